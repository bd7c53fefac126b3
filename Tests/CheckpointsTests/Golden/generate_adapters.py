"""Makes adapters-*.json with PEFT, transformers and PyTorch, in float64: LoRA on tiny random models.

Each file holds config.json's keys, adapter_config.json's keys, every tensor of model and adapters, the mean cross-entropy of all
positions but each sequence's first with the gradient of every adapter, and the merged matrices.

Run from the root: .venv/bin/python Tests/CheckpointsTests/Golden/generate_adapters.py [CASE...]   (torch, transformers, peft; seed 11)
"""

import json
import pathlib
import sys

import torch
from peft import LoraConfig, get_peft_model
from transformers import (
    AutoConfig, AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel, GPTNeoXConfig, GPTNeoXForCausalLM, LlamaConfig,
    LlamaForCausalLM, Phi3Config, Phi3ForCausalLM,
)

SEQUENCES = [[3, 1, 4, 1, 5, 9], [2, 6], [7, 7, 7, 8, 10, 0, 12, 11, 5]]
SIZES = dict(vocab_size=13, hidden_size=8, intermediate_size=12, num_hidden_layers=2, max_position_embeddings=32)
GROUPED = dict(SIZES, num_attention_heads=4, num_key_value_heads=2)


def model(family, **fields):
    config = AutoConfig.for_model(family, bos_token_id=1, eos_token_id=2, pad_token_id=0, **fields)
    return AutoModelForCausalLM.from_config(config, attn_implementation="eager")


MODELS = {
    "mistral": lambda: model("mistral", **GROUPED, sliding_window=5),
    "qwen2": lambda: model("qwen2", **GROUPED, tie_word_embeddings=True),
    "qwen3": lambda: model("qwen3", **GROUPED, head_dim=6),
    "gemma2": lambda: model("gemma2", **GROUPED, head_dim=6, query_pre_attn_scalar=9, sliding_window=4,
                            attn_logit_softcapping=1.5, final_logit_softcapping=None),
    "gpt-neo": lambda: model("gpt_neo", vocab_size=13, hidden_size=8, num_layers=2, num_heads=2, intermediate_size=12,
                             max_position_embeddings=32, attention_types=[[["global", "local"], 1]], window_size=4),
    "opt": lambda: model("opt", vocab_size=13, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, ffn_dim=12,
                         max_position_embeddings=32, word_embed_proj_dim=8),
    "opt-projected": lambda: model("opt", vocab_size=13, hidden_size=8, num_hidden_layers=2, num_attention_heads=2,
                                   ffn_dim=12, max_position_embeddings=32, word_embed_proj_dim=6,
                                   do_layer_norm_before=False),
    "llama": lambda: LlamaForCausalLM(LlamaConfig(
        **SIZES, num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=True)),
    "gpt2": lambda: GPT2LMHeadModel(GPT2Config(
        vocab_size=13, n_embd=8, n_layer=2, n_head=2, n_positions=32, n_inner=12, resid_pdrop=0.0, embd_pdrop=0.0,
        attn_pdrop=0.0, bos_token_id=1, eos_token_id=2)),
    "gpt-neox": lambda: GPTNeoXForCausalLM(GPTNeoXConfig(**SIZES, num_attention_heads=1, hidden_act="gelu")),
    "phi3": lambda: Phi3ForCausalLM(Phi3Config(
        **SIZES, num_attention_heads=4, num_key_value_heads=2, pad_token_id=0, eos_token_id=1, bos_token_id=2)),
}
CASES = {
    "llama": ("llama", dict(r=3, lora_alpha=5, target_modules=["q_proj", "v_proj", "down_proj"])),
    "llama-all": ("llama", dict(r=2, lora_alpha=4, target_modules="all-linear", use_rslora=True)),
    "gpt2": ("gpt2", dict(r=2, lora_alpha=3, target_modules=["c_attn", "mlp.c_proj"], fan_in_fan_out=True)),
    "gpt-neox": ("gpt-neox", dict(r=2, lora_alpha=3, target_modules=["query_key_value", "dense"])),
    "phi3": ("phi3", dict(r=2, lora_alpha=3, target_modules=["qkv_proj", "gate_up_proj"])),
    "mistral": ("mistral", dict(r=2, lora_alpha=3, target_modules=["k_proj", "o_proj", "gate_proj"])),
    "qwen2": ("qwen2", dict(r=2, lora_alpha=3, target_modules=["q_proj", "v_proj", "up_proj"])),
    "qwen3": ("qwen3", dict(r=2, lora_alpha=3, target_modules=["q_proj", "k_proj", "o_proj"])),
    "gemma2": ("gemma2", dict(r=2, lora_alpha=3, target_modules=["v_proj", "o_proj", "down_proj"])),
    "gpt-neo": ("gpt-neo", dict(r=2, lora_alpha=3, target_modules=["q_proj", "out_proj", "c_fc"])),
    "opt": ("opt", dict(r=2, lora_alpha=3, target_modules=["k_proj", "v_proj", "fc1", "fc2"])),
    "opt-projected": ("opt-projected", dict(r=2, lora_alpha=3, target_modules="all-linear")),
}
PREFIX = "base_model.model."


def numbers(tensor):
    return {"shape": list(tensor.shape), "values": [float(f"{x:.9g}") for x in tensor.detach().flatten().tolist()]}


def write(name, kind, options):
    torch.manual_seed(11)
    base = MODELS[kind]().double().eval()
    base.config.dtype = "float32"
    with torch.no_grad():
        for parameter in base.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
            parameter.copy_(parameter.float().double())
    config = json.loads(base.config.to_json_string(use_diff=False))
    tensors = {key: numbers(value) for key, value in base.named_parameters()}
    model = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", **options))
    adapters = {key: p for key, p in model.named_parameters() if p.requires_grad}
    with torch.no_grad():
        for parameter in adapters.values():
            parameter.copy_((0.4 * torch.randn_like(parameter)).float().double())
    total, count = 0.0, 0
    for ids in SEQUENCES:
        logprobs = model(torch.tensor([ids])).logits[0].log_softmax(-1)
        for position in range(1, len(ids)):
            total, count = total - logprobs[position - 1, ids[position]], count + 1
    loss = total / count
    loss.backward()
    content = {
        "config": {key: value for key, value in config.items() if not key.startswith("_") or key == "_name_or_path"},
        "adapterConfig": {key: sorted(value) if isinstance(value, set) else value
                          for key, value in model.peft_config["default"].to_dict().items()},
        "sequences": SEQUENCES, "loss": loss.item(), "tensors": tensors,
        # As save_pretrained names them.
        "adapters": {key.replace(".default.", "."): {**numbers(p), "gradient": numbers(p.grad)["values"]}
                     for key, p in adapters.items()},
    }
    merged = model.merge_and_unload()
    content["merged"] = {key: numbers(value) for key, value in merged.named_parameters()
                         if numbers(value) != tensors[key]}
    text = json.dumps(content, separators=(",", ":"), default=str)
    (pathlib.Path(__file__).parent / f"adapters-{name}.json").write_text(text + "\n")
    print(name, len(text), len(content["adapters"]), len(content["merged"]))


if __name__ == "__main__":
    for case, (kind, options) in CASES.items():
        if len(sys.argv) == 1 or case in sys.argv[1:]:
            write(case, kind, options)
