#!/usr/bin/env python3
"""Writes sampling-rules.json: what transformers' own chain of processors makes of random logits.

Run: python Tests/TransformerTests/Golden/generate_sampling.py (needs torch and transformers, as scripts/venv.sh installs).
"""
import json
from pathlib import Path

import torch
import transformers
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

VOCAB_SIZE, PROMPT_LENGTH, EOS = 24, 4, [3, 7]
TOKEN_IDS = [5, 9, 2, 5, 9, 11, 5, 9]
CASES = [
    {}, {"repetition_penalty": 1.3}, {"repetition_penalty": 0.7}, {"no_repeat_ngram_size": 2},
    {"no_repeat_ngram_size": 3}, {"no_repeat_ngram_size": 1}, {"min_new_tokens": 5}, {"min_new_tokens": 4},
    {"min_p": 0.1}, {"min_p": 0.9}, {"min_p": 0.05, "top_k": 9, "top_p": 0.9, "temperature": 0.7},
    {"repetition_penalty": 1.5, "no_repeat_ngram_size": 2, "min_new_tokens": 9, "min_p": 0.02, "top_p": 0.8},
    {"temperature": 2.0, "top_k": 6, "repetition_penalty": 2.0},
]


def main():
    torch.manual_seed(7)
    model = LlamaForCausalLM(LlamaConfig(
        vocab_size=VOCAB_SIZE, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2))
    generator = torch.Generator().manual_seed(8)
    token_ids = torch.tensor([TOKEN_IDS])
    golden = []
    for case in CASES:
        options = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, **case}
        config = GenerationConfig(do_sample=True, max_new_tokens=64, eos_token_id=EOS, pad_token_id=0, **options)
        model._prepare_special_tokens(config, device="cpu")
        processors = model._get_logits_processor(config, input_ids_seq_length=PROMPT_LENGTH, device="cpu")
        logits = torch.randn(1, VOCAB_SIZE, generator=generator) * 3
        probabilities = processors(token_ids, logits.clone()).double().softmax(-1)
        golden.append({
            "samplingTemperature": options["temperature"], "topK": options["top_k"], "topP": options["top_p"],
            "minP": options.get("min_p", 0), "repetitionPenalty": options.get("repetition_penalty", 1),
            "noRepeatNgramSize": options.get("no_repeat_ngram_size", 0), "minNewTokens": options.get("min_new_tokens", 0),
            "logits": [round(x, 9) for x in logits.flatten().tolist()],
            "probabilities": [round(x, 9) for x in probabilities.flatten().tolist()],
        })
    file = {
        "madeBy": f"generate_sampling.py, transformers {transformers.__version__}, torch {torch.__version__}, seed 7",
        "tokenIDs": TOKEN_IDS, "promptLength": PROMPT_LENGTH, "stopTokenIDs": EOS, "cases": golden,
    }
    (Path(__file__).parent / "sampling-rules.json").write_text(json.dumps(file) + "\n")


if __name__ == "__main__":
    main()
