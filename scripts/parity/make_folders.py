"""Makes small random model folders of every family with a byte-level tokenizer, as transformers writes them."""

import json
import pathlib
import sys

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoConfig, AutoModelForCausalLM

VOCAB = 260  # 256 bytes, 4 special tokens

WIDE = dict(hidden_size=48, intermediate_size=96, num_hidden_layers=3, num_attention_heads=6, num_key_value_heads=2,
            max_position_embeddings=128)
HALF_TURNED = {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5}
LLAMA3 = {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 32}
YARN = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 32}
LONG = {"rope_type": "longrope", "rope_theta": 10000.0, "short_factor": [1.0, 1.1, 1.2, 1.3],
        "long_factor": [1.0, 2.0, 4.0, 8.0], "original_max_position_embeddings": 128, "factor": 4.0}

# Name, family, element type, changes.
FOLDERS = [
    ("llama-gqa-untied", "llama", torch.float32, WIDE | {"tie_word_embeddings": False}),
    ("llama-mha-tied", "llama", torch.float32, WIDE | {"tie_word_embeddings": True, "num_key_value_heads": 6}),
    ("llama-bf16", "llama", torch.bfloat16, WIDE),
    ("llama-f16", "llama", torch.float16, WIDE),
    ("llama-biases", "llama", torch.float32, WIDE | {"attention_bias": True, "mlp_bias": True, "head_dim": 10}),
    ("llama-3", "llama", torch.float32, WIDE | {"rope_parameters": LLAMA3}),
    ("llama-yarn", "llama", torch.float32, WIDE | {"rope_parameters": YARN, "head_dim": 16}),
    ("mistral", "mistral", torch.float32, WIDE | {"sliding_window": 20}),
    ("mistral-full", "mistral", torch.bfloat16, WIDE | {"sliding_window": None, "num_key_value_heads": 1}),
    ("qwen2", "qwen2", torch.float32, WIDE | {"tie_word_embeddings": True}),
    ("qwen2-windows", "qwen2", torch.float32, WIDE | {
        "use_sliding_window": True, "sliding_window": 16, "max_window_layers": 1}),
    ("qwen3", "qwen3", torch.float32, WIDE | {"head_dim": 16, "tie_word_embeddings": True}),
    ("gemma2", "gemma2", torch.float32, WIDE | {
        "head_dim": 16, "query_pre_attn_scalar": 24, "sliding_window": 24, "attn_logit_softcapping": 5.0,
        "final_logit_softcapping": 9.0}),
    ("phi3", "phi3", torch.float32, WIDE | {"sliding_window": 33, "rope_parameters": HALF_TURNED}),
    ("phi3-longrope", "phi3", torch.float32, WIDE | {
        "rope_parameters": LONG, "original_max_position_embeddings": 128, "max_position_embeddings": 512,
        "partial_rotary_factor": 1.0}),
    ("gpt2", "gpt2", torch.float32, dict(n_embd=48, n_layer=3, n_head=4, n_positions=128)),
    ("gpt2-scales", "gpt2", torch.float32, dict(
        n_embd=48, n_layer=3, n_head=4, n_positions=128, n_inner=50, activation_function="gelu",
        scale_attn_weights=False, scale_attn_by_inverse_layer_idx=True)),
    ("gpt-neo", "gpt_neo", torch.float32, dict(
        hidden_size=48, num_layers=4, num_heads=4, max_position_embeddings=128, window_size=20,
        attention_types=[[["global", "local"], 2]])),
    ("gpt-neox", "gpt_neox", torch.float32, dict(
        hidden_size=64, num_hidden_layers=3, num_attention_heads=4, intermediate_size=96, max_position_embeddings=128)),
    ("gpt-neox-sequential", "gpt_neox", torch.float16, dict(
        hidden_size=64, num_hidden_layers=3, num_attention_heads=4, intermediate_size=96, max_position_embeddings=128,
        use_parallel_residual=False)),
    ("opt", "opt", torch.float32, dict(
        hidden_size=48, num_hidden_layers=3, num_attention_heads=4, ffn_dim=96, max_position_embeddings=128)),
    ("opt-unbiased", "opt", torch.float32, dict(
        hidden_size=48, num_hidden_layers=3, num_attention_heads=4, ffn_dim=96, max_position_embeddings=128,
        enable_bias=False, tie_word_embeddings=False)),
    ("opt-projected", "opt", torch.float16, dict(
        hidden_size=48, num_hidden_layers=3, num_attention_heads=4, ffn_dim=96, max_position_embeddings=128,
        word_embed_proj_dim=32, do_layer_norm_before=False)),
]


def byte_tokenizer() -> Tokenizer:
    """A byte-level BPE without merges: every byte is a token."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {symbol: index for index, symbol in enumerate(alphabet)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<s>", "</s>", "<pad>", "<unk>"])
    return tokenizer


def random_model(seed: int, family: str, changes: dict):
    """A model whose parameters are all random, biases and norms too, and far enough from zero to matter."""
    torch.manual_seed(seed)
    config = AutoConfig.for_model(
        family, vocab_size=VOCAB, bos_token_id=256, eos_token_id=257, pad_token_id=258, **json.loads(json.dumps(changes)))
    model = AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * (0.15 if parameter.ndim > 1 else 0.1))
    return model


def main(root: str) -> None:
    for seed, (name, family, dtype, changes) in enumerate(FOLDERS, start=1):
        folder = pathlib.Path(root) / name
        random_model(seed, family, changes).to(dtype).save_pretrained(folder)
        byte_tokenizer().save(str(folder / "tokenizer.json"))
        (folder / "tokenizer_config.json").write_text(
            json.dumps({"bos_token": "<s>", "eos_token": "</s>", "tokenizer_class": "PreTrainedTokenizerFast"})
        )
    print(f"parity: {len(FOLDERS)} random folders in {root}")


if __name__ == "__main__":
    main(sys.argv[1])
