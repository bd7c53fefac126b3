"""Makes the golden files of TransformerTests with transformers and PyTorch, in float64.

Each tiny model is random. Its file holds the configuration, every tensor with the gradient of the loss, the log-probs of
every completion position, the loss and greedy continuations. Sequences run one at a time: nothing is padded.

Command: python3 Tests/TransformerTests/Golden/generate.py (torch, transformers; versions stand in each file). Seed: 7.
"""

import json
import pathlib

import torch
import transformers
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM
from transformers.generation import logits_process

FOLDER = pathlib.Path(__file__).parent
SEQUENCES = [([3, 1, 4, 1, 5, 9], 2), ([2, 6], 1), ([7, 7, 7, 8, 10, 0, 12, 11, 5], 4)]
LLAMA3 = {
    "rope_type": "llama3",
    "factor": 4.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16,
}


def llama(**changes):
    fields = dict(
        vocab_size=13, hidden_size=8, intermediate_size=12, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=64, rms_norm_eps=1e-5, tie_word_embeddings=True,
        attn_implementation="eager",
    )
    rope = {"rope_type": "default", "rope_theta": 10000.0}
    rope.update(changes.pop("rope", {}))
    config = LlamaConfig(**{**fields, **changes}, rope_parameters=rope)
    return LlamaForCausalLM(config), {
        "family": "llama", "vocabSize": 13, "width": 8, "layerCount": 2, "headCount": 4,
        "keyValueHeadCount": config.num_key_value_heads, "headWidth": config.head_dim, "feedForwardWidth": 12,
        "contextLength": 64, "ropeTheta": rope["rope_theta"], "stretched": rope["rope_type"] == "llama3",
        "normEpsilon": config.rms_norm_eps, "tiesWordEmbeddings": config.tie_word_embeddings,
        "attentionBias": config.attention_bias, "mlpBias": config.mlp_bias,
    }


def gpt2(tied):
    config = GPT2Config(
        vocab_size=13, n_embd=8, n_layer=2, n_head=2, n_positions=24, n_inner=20, tie_word_embeddings=tied,
        attn_implementation="eager", resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
    )
    return GPT2LMHeadModel(config), {
        "family": "gpt2", "vocabSize": 13, "width": 8, "layerCount": 2, "headCount": 2, "keyValueHeadCount": 2,
        "headWidth": 4, "feedForwardWidth": 20, "contextLength": 24, "ropeTheta": 10000.0, "stretched": False,
        "normEpsilon": config.layer_norm_epsilon, "tiesWordEmbeddings": tied, "attentionBias": True, "mlpBias": True,
    }


def rounded(tensor):
    return [float(f"{value:.10g}") for value in tensor.detach().double().flatten().tolist()]


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


def write_model(name, model, configuration):
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in model.parameters():
            # float32 values, so that both sides start from the same numbers; larger than usual, so that gradients are.
            offset = 1.0 if parameter.ndim == 1 else 0.0
            values = torch.randn(parameter.shape, generator=generator) * 0.4 + offset
            parameter.copy_((values * 4096).round() / 4096)
    model = model.double().eval()
    loss, logprobs = loss_and_logprobs(model)
    loss.backward()
    tensors = {
        key: {"shape": list(value.shape), "values": rounded(value), "gradient": rounded(value.grad)}
        for key, value in model.named_parameters()
    }
    prompts = [token_ids[:prompt_length] for token_ids, prompt_length in SEQUENCES]
    golden = {
        "madeBy": f"generate.py, transformers {transformers.__version__}, torch {torch.__version__}, float64, seed 7",
        "configuration": configuration,
        "sequences": [{"tokenIDs": ids, "promptLength": length} for ids, length in SEQUENCES],
        "loss": loss.item(), "logprobs": rounded(logprobs), "tensors": tensors,
        "greedy": [greedy(model, prompt, 8) for prompt in prompts],
    }
    (FOLDER / f"{name}.json").write_text(json.dumps(golden) + "\n")


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
            "samplingTemperature": temperature, "topK": top_k, "topP": top_p, "logits": rounded(logits),
            "probabilities": rounded(scores.double().softmax(-1)),
        })
    (FOLDER / "sampling.json").write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    write_model("llama", *llama())
    write_model("llama-untied", *llama(
        tie_word_embeddings=False, num_key_value_heads=1, head_dim=6, attention_bias=True, mlp_bias=True, rope=LLAMA3))
    write_model("gpt2", *gpt2(tied=True))
    write_model("gpt2-untied", *gpt2(tied=False))
    write_filters()
