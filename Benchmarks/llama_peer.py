"""llama.cpp as a peer of `retort bench generate`: one stream, greedy, through llama-cpp-python.

Usage: llama_peer.py CASE.json float32|bfloat16|int8
The model is written as GGUF from the case's own folder: F32, BF16, or Q8_0 (vectors stay F32).
"""

import ctypes
import json
import os
import pathlib
import tempfile

import peer


def permuted(weight, heads):
    """Rows of queries or keys in llama.cpp's order: it turns neighbouring pairs, Hugging Face's folders halves of a head."""
    rows, columns = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


LAYER_NAMES = {
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}


def gguf_name(name):
    """llama.cpp's name of a tensor of a Llama folder."""
    if name == "model.embed_tokens.weight":
        return "token_embd.weight"
    if name in ("model.norm.weight", "lm_head.weight"):
        return {"model.norm.weight": "output_norm.weight", "lm_head.weight": "output.weight"}[name]
    _, _, layer, rest = name.split(".", 3)
    part, kind = rest.rsplit(".", 1)
    return f"blk.{layer}.{LAYER_NAMES[part]}.{kind}"


def convert(folder, form, target, add_tokenizer=lambda writer: writer.add_tokenizer_model("no_vocab")):
    """Writes a Llama folder as GGUF, without a tokenizer unless somebody adds one."""
    import gguf
    from safetensors import safe_open

    config = json.loads((folder / "config.json").read_text())
    if config["model_type"] != "llama" or config.get("rope_scaling"):
        raise ValueError(f"{config['model_type']}: only plain Llama folders are converted")
    heads, key_heads = config["num_attention_heads"], config.get("num_key_value_heads") or config["num_attention_heads"]
    kind = {
        "float32": gguf.GGMLQuantizationType.F32, "bfloat16": gguf.GGMLQuantizationType.BF16,
        "int8": gguf.GGMLQuantizationType.Q8_0,
    }[form]
    file_type = {
        "float32": gguf.LlamaFileType.ALL_F32, "bfloat16": gguf.LlamaFileType.MOSTLY_BF16,
        "int8": gguf.LlamaFileType.MOSTLY_Q8_0,
    }[form]
    writer = gguf.GGUFWriter(str(target), "llama")
    writer.add_file_type(file_type)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(key_heads)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    rope = config.get("rope_parameters") or {}
    writer.add_rope_freq_base(rope.get("rope_theta") or config.get("rope_theta") or 10000.0)
    writer.add_rope_dimension_count(config.get("head_dim") or config["hidden_size"] // heads)
    writer.add_vocab_size(config["vocab_size"])
    add_tokenizer(writer)
    with safe_open(folder / "model.safetensors", "numpy") as tensors:
        names = list(tensors.keys())
        for name in names:
            stored = name
            if name == "lm_head.weight" and config.get("tie_word_embeddings"):
                if "model.embed_tokens.weight" in names:
                    continue
                name = "model.embed_tokens.weight"
            values = tensors.get_tensor(stored).astype("float32")
            if ".q_proj." in name or ".k_proj." in name:
                values = permuted(values, heads if ".q_proj." in name else key_heads)
            type_ = kind if values.ndim > 1 else gguf.GGMLQuantizationType.F32
            writer.add_tensor(gguf_name(name), gguf.quants.quantize(values, type_), raw_dtype=type_)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def run(case, form):
    import llama_cpp
    import numpy

    llama_cpp.llama_backend_init()
    quiet = llama_cpp.llama_log_callback(lambda *_: None)
    llama_cpp.llama_log_set(quiet, ctypes.c_void_p(0))
    with tempfile.TemporaryDirectory() as place:
        path = pathlib.Path(place) / "model.gguf"
        convert(pathlib.Path(case["folder"]), form, path)
        settings = llama_cpp.llama_model_default_params()
        settings.use_mmap = False
        model = llama_cpp.llama_model_load_from_file(os.fsencode(path), settings)
    if not model:
        raise ValueError("llama.cpp does not load the converted model")
    prompt = case["sequences"][0]
    options = llama_cpp.llama_context_default_params()
    options.n_ctx = len(prompt) + case["new_tokens"] + 8
    options.n_batch = options.n_ubatch = len(prompt)
    options.n_threads = options.n_threads_batch = case["threads"]
    context = llama_cpp.llama_init_from_model(model, options)
    if not context:
        raise ValueError("llama.cpp makes no context")
    memory = llama_cpp.llama_get_memory(context)

    def read(tokens):
        array = (llama_cpp.llama_token * len(tokens))(*tokens)
        if llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(array, len(tokens))) != 0:
            raise ValueError("llama_decode failed")
        logits = llama_cpp.llama_get_logits_ith(context, -1)
        return int(numpy.ctypeslib.as_array(logits, (case["vocab_size"],)).argmax())

    said = []

    def answer():
        llama_cpp.llama_memory_clear(memory, True)
        tokens = [read(prompt)]
        while len(tokens) < case["new_tokens"]:
            tokens.append(read(tokens[-1:]))
        values = [] if said else tokens
        said.append(True)
        return len(tokens), values

    system = llama_cpp.llama_print_system_info().decode().split("|")
    features = " ".join(part.strip() for part in system if part.strip().endswith("= 1"))
    peer.serve(answer, f"{form}, llama-cpp-python {llama_cpp.__version__}, {features}, {case['threads']} threads")


if __name__ == "__main__":
    peer.main(run)
