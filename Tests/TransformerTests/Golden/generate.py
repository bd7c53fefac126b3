"""Makes the golden models of TransformerTests with transformers and PyTorch, in float64.

Each tiny model has parameters that a formula gives, the same in the tests (`GoldenModel.swift`). Its file holds the
config.json that transformers writes, the log-probs of every completion position, the loss, the gradient of every parameter
and greedy continuations. Sequences run one at a time: nothing is padded.

Command: python3 Tests/TransformerTests/Golden/generate.py [NAME ...] (torch, transformers; versions stand in each file).
"""

import json
import math
import pathlib
import sys

import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.generation import logits_process
from transformers.models.gemma2 import modeling_gemma2

FOLDER = pathlib.Path(__file__).parent
SEQUENCES = [
    ([3, 1, 4, 1, 5, 9], 2), ([2, 6], 1), ([7, 7, 7, 8, 10, 0, 12, 11, 5], 4),
    ([5, 0, 11, 2, 9, 9, 3, 6, 1, 12, 4, 8, 8, 2, 7, 10, 0, 1], 7),
]
MASK = (1 << 64) - 1

# What Llama's descendants share; 4 heads of width 2 unless said otherwise.
WIDE = dict(hidden_size=8, intermediate_size=12, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
            max_position_embeddings=64, rms_norm_eps=1e-5)
PLAIN = {"rope_type": "default", "rope_theta": 10000.0}
LLAMA3 = {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 16}
LINEAR = {"rope_type": "linear", "rope_theta": 1000.0, "factor": 3.0}
YARN = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 16}
LONG = {"rope_type": "longrope", "rope_theta": 10000.0, "short_factor": [1.0, 1.1, 1.25], "long_factor": [1.5, 3.0, 9.0],
        "original_max_position_embeddings": 24, "partial_rotary_factor": 0.75}

MODELS = {
    "llama": ("llama", dict(WIDE, rope_parameters=PLAIN, tie_word_embeddings=True)),
    "llama-untied": ("llama", dict(WIDE, rope_parameters=LLAMA3, tie_word_embeddings=False, num_key_value_heads=1,
                                   head_dim=6, attention_bias=True, mlp_bias=True)),
    "llama-linear": ("llama", dict(WIDE, rope_parameters=LINEAR, num_key_value_heads=4, hidden_act="gelu")),
    "llama-yarn": ("llama", dict(WIDE, rope_parameters=dict(YARN, beta_fast=4.0, beta_slow=0.5), head_dim=12)),
    "mistral": ("mistral", dict(WIDE, rope_parameters=PLAIN, sliding_window=5, num_key_value_heads=1)),
    "mistral-full": ("mistral", dict(WIDE, rope_parameters=PLAIN, sliding_window=None, head_dim=6)),
    "qwen2": ("qwen2", dict(WIDE, rope_parameters=PLAIN, tie_word_embeddings=True)),
    "qwen2-window": ("qwen2", dict(WIDE, rope_parameters=PLAIN, use_sliding_window=True, sliding_window=4,
                                   max_window_layers=1)),
    "qwen3": ("qwen3", dict(WIDE, rope_parameters=PLAIN, head_dim=6, tie_word_embeddings=True)),
    "qwen3-yarn": ("qwen3", dict(WIDE, rope_parameters=dict(YARN, attention_factor=1.3, truncate=False), head_dim=8,
                                 attention_bias=True, num_key_value_heads=4)),
    "gemma2": ("gemma2", dict(WIDE, rope_parameters=PLAIN, head_dim=6, query_pre_attn_scalar=9, sliding_window=4,
                              attn_logit_softcapping=1.5, final_logit_softcapping=4.0)),
    "gemma2-uncapped": ("gemma2", dict(WIDE, rope_parameters=PLAIN, head_dim=4, query_pre_attn_scalar=5,
                                       sliding_window=7, attn_logit_softcapping=None, final_logit_softcapping=None,
                                       num_key_value_heads=1, attention_bias=True, tie_word_embeddings=False)),
    "phi3": ("phi3", dict(WIDE, rope_parameters=PLAIN, sliding_window=6, num_key_value_heads=4)),
    "phi3-longrope": ("phi3", dict(WIDE, hidden_size=16, num_attention_heads=2, num_key_value_heads=1,
                                   rope_parameters=LONG, original_max_position_embeddings=24,
                                   max_position_embeddings=96, tie_word_embeddings=True)),
    "gpt2": ("gpt2", dict(n_embd=8, n_layer=2, n_head=2, n_positions=24, n_inner=20)),
    "gpt2-untied": ("gpt2", dict(n_embd=8, n_layer=2, n_head=2, n_positions=24, tie_word_embeddings=False)),
    "gpt2-scales": ("gpt2", dict(n_embd=8, n_layer=3, n_head=4, n_positions=24, n_inner=12, activation_function="relu",
                                 scale_attn_weights=False, scale_attn_by_inverse_layer_idx=True)),
    "gpt-neo": ("gpt_neo", dict(hidden_size=8, num_layers=2, num_heads=2, intermediate_size=12,
                                max_position_embeddings=24, attention_types=[[["global", "local"], 1]], window_size=4)),
    "gpt-neo-local": ("gpt_neo", dict(hidden_size=8, num_layers=3, num_heads=4, max_position_embeddings=24,
                                      attention_types=[[["local"], 2], [["global"], 1]], window_size=2,
                                      activation_function="gelu", tie_word_embeddings=False)),
    "gpt-neox": ("gpt_neox", dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12,
                                  max_position_embeddings=24)),
    "gpt-neox-sequential": ("gpt_neox", dict(hidden_size=8, num_hidden_layers=2, num_attention_heads=2,
                                             intermediate_size=12, max_position_embeddings=24, attention_bias=False,
                                             use_parallel_residual=False, hidden_act="gelu_new",
                                             rope_parameters=dict(LINEAR, partial_rotary_factor=1.0),
                                             tie_word_embeddings=True)),
    "opt": ("opt", dict(hidden_size=8, num_hidden_layers=2, num_attention_heads=2, ffn_dim=12,
                        max_position_embeddings=24)),
    "opt-unbiased": ("opt", dict(hidden_size=8, num_hidden_layers=2, num_attention_heads=4, ffn_dim=12,
                                 max_position_embeddings=24, enable_bias=False, activation_function="gelu",
                                 tie_word_embeddings=False)),
    # opt-350m's form.
    "opt-projected": ("opt", dict(hidden_size=8, num_hidden_layers=2, num_attention_heads=2, ffn_dim=12,
                                  max_position_embeddings=24, word_embed_proj_dim=6, do_layer_norm_before=False,
                                  activation_function="gelu")),
    "opt-widened": ("opt", dict(hidden_size=8, num_hidden_layers=2, num_attention_heads=4, ffn_dim=12,
                                max_position_embeddings=24, word_embed_proj_dim=12, _remove_final_layer_norm=True,
                                activation_function="gelu", tie_word_embeddings=False)),
    "opt-after": ("opt", dict(hidden_size=8, num_hidden_layers=3, num_attention_heads=2, ffn_dim=12,
                              max_position_embeddings=24, do_layer_norm_before=False)),
}


def keep_float64():
    """Keeps norms, softmax and scores in float64, which transformers rounds to float32 in between."""
    softmax, to = torch.nn.functional.softmax, torch.Tensor.to

    def exact_norm(self, x):
        return x * (x.pow(2).mean(-1, keepdim=True) + self.eps).rsqrt() * (1.0 + self.weight)

    torch.nn.functional.softmax = lambda x, dim=None, dtype=None, **_: softmax(x, dim=dim)
    torch.Tensor.to = lambda self, *args, **named: (
        self if self.dtype == torch.float64 and args[:1] == (torch.float32,) else to(self, *args, **named))
    modeling_gemma2.Gemma2RMSNorm.forward = exact_norm


def mixed(value):
    """The finalizer of SplitMix64."""
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)


def parameter_values(name, shape, norm_weight):
    """Numbers of -0.75 to 0.75 in steps of 2^-11, around `norm_weight` for weights of norms."""
    seed = 0
    for byte in name.encode():
        seed = (seed * 31 + byte) & MASK
    center = norm_weight if len(shape) == 1 and name.endswith(".weight") else 0.0
    spread = 0.25 if len(shape) == 1 else 1.0
    count = math.prod(shape)
    values = [center + spread * ((mixed((seed + index) & MASK) % 3073) - 1536) / 2048 for index in range(count)]
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def rounded(tensor, digits=8):
    return [float(f"{value:.{digits}g}") for value in tensor.detach().double().flatten().tolist()]


def loss_and_logprobs(model):
    rows, total, count = [], 0.0, 0
    for token_ids, prompt_length in SEQUENCES:
        logprobs = model(torch.tensor([token_ids])).logits[0].double().log_softmax(-1)
        for position in range(prompt_length, len(token_ids)):
            rows.append(logprobs[position - 1])
            total = total - logprobs[position - 1, token_ids[position]]
            count += 1
    return total / count, torch.stack(rows)


def greedy(model, prompt, count):
    token_ids = list(prompt)
    for _ in range(count):
        token_ids.append(int(model(torch.tensor([token_ids])).logits[0, -1].argmax()))
    return token_ids[len(prompt):]


def stored_name(family, name):
    return name.replace("lm_head.", "embed_out.") if family == "gpt_neox" else name


def write_model(name):
    family, fields = MODELS[name]
    config = AutoConfig.for_model(
        family, vocab_size=13, pad_token_id=None, bos_token_id=1, eos_token_id=2, **json.loads(json.dumps(fields)))
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").double().eval()
    norm_weight = 0.0 if family == "gemma2" else 1.0
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            parameter.copy_(parameter_values(stored_name(family, key), list(parameter.shape), norm_weight))
    loss, logprobs = loss_and_logprobs(model)
    loss.backward()
    tensors = {
        stored_name(family, key): {"shape": list(value.shape), "gradient": rounded(value.grad)}
        for key, value in model.named_parameters()
    }
    prompts = [token_ids[:prompt_length] for token_ids, prompt_length in SEQUENCES]
    golden = {
        "madeBy": f"generate.py, transformers {transformers.__version__}, torch {torch.__version__}, float64",
        "config": json.loads(model.config.to_json_string()) | {"architectures": [type(model).__name__]},
        "normWeight": norm_weight,
        "sequences": [{"tokenIDs": ids, "promptLength": length} for ids, length in SEQUENCES],
        "loss": loss.item(), "logprobs": rounded(logprobs), "tensors": tensors,
        "greedy": [greedy(model, prompt, 8) for prompt in prompts],
    }
    (FOLDER / f"{name}.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


def write_filters():
    generator = torch.Generator().manual_seed(7)
    cases = []
    for temperature, top_k, top_p in [(1.0, 0, 1.0), (0.7, 0, 1.0), (1.0, 5, 1.0), (1.0, 0, 0.8), (1.3, 9, 0.5),
                                      (0.5, 40, 0.95), (1.0, 1, 1.0), (1.0, 0, 0.01), (2.0, 3, 0.9)]:
        logits = torch.randn(1, 24, generator=generator, dtype=torch.float32) * 3
        scores = logits_process.TemperatureLogitsWarper(temperature)(None, logits)
        if top_k > 0:
            scores = logits_process.TopKLogitsWarper(top_k)(None, scores)
        if top_p < 1:
            scores = logits_process.TopPLogitsWarper(top_p)(None, scores)
        cases.append({
            "samplingTemperature": temperature, "topK": top_k, "topP": top_p, "logits": rounded(logits, 10),
            "probabilities": rounded(scores.double().softmax(-1), 10),
        })
    (FOLDER / "sampling.json").write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    keep_float64()
    for name in sys.argv[1:] or MODELS:
        write_model(name)
    if not sys.argv[1:]:
        write_filters()
