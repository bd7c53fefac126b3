"""Writes steps.json: losses and parameters of three optimizer steps of a tiny Llama in PyTorch, float32 and by autograd.

Independent of the code under test: transformers' model, losses from their definitions, torch.optim.AdamW.
Run from the root: .venv/bin/python Tests/DistillationTests/Golden/generate_steps.py   (torch, transformers; seed 0)
"""

import json
import pathlib

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from generate import divergence

VOCABULARY, HEAD = 11, 12  # One row of the head is padding.
SEQUENCES = [  # (token ids, prompt length, term)
    ([1, 4, 2, 7, 5, 9], 2, 0),
    ([1, 3, 3], 1, 1),
    ([1, 8, 6, 10, 2], 4, 0),
    ([1, 5, 0, 7, 2, 2, 6], 2, 1),
    ([1, 2, 9], 3, 1),  # No completion.
]
CASES = [
    {"terms": [("skewForwardKL", 0.1, 1.0), ("skewReverseKL", 0.1, 0.5)], "reduction": "sequenceMean", "topCount": 0},
    {"terms": [("forwardKL", None, 0.7), ("crossEntropy", None, 1.3)], "reduction": "tokenMean", "topCount": 3},
]


def model(seed):
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=HEAD, hidden_size=8, intermediate_size=12, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=16, rms_norm_eps=1e-5, tie_word_embeddings=True,
        attention_bias=False)
    network = LlamaForCausalLM(config).float()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape))
    return network


def row_loss(kind, weight, lp, lq, target, top):
    if kind == "crossEntropy":
        return -lq[target]
    if top:
        order = torch.argsort(lp, descending=True, stable=True)[:top].tolist()
        support = order + ([target] if target not in order else [])
        rest = [j for j in range(VOCABULARY) if j not in support]
        lp, lq = (torch.cat([x[support], torch.logsumexp(x[rest], 0, keepdim=True)]) for x in (lp, lq))
    if kind == "skewReverseKL":
        m = torch.log((1 - weight) * lp.exp() + weight * lq.exp()).detach()
        return (lq.exp() * (lq - m)).sum()
    return divergence(kind, weight, lp, lq)


def adamw(parameters):
    """The optimizer of every golden run: vectors are not decayed."""
    parameters = list(parameters)
    decayed = [p for p in parameters if p.dim() > 1]
    others = [p for p in parameters if p.dim() == 1]
    return torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}], lr=1e-2,
        betas=(0.9, 0.95), eps=1e-6)


def values(network):
    return {name: p.detach().flatten().tolist() for name, p in network.named_parameters()}


def run(case):
    student, teacher = model(1), model(2)
    start = values(student)
    optimizer = adamw(student.parameters())
    steps = []
    for _ in range(3):
        terms = [0.0 for _ in case["terms"]]
        counts = [0 for _ in case["terms"]]
        for ids, prompt, term in SEQUENCES:
            counts[term] += 1 if case["reduction"] == "sequenceMean" else len(ids) - prompt
        for ids, prompt, term in SEQUENCES:
            if len(ids) == prompt:
                continue
            kind, weight, _ = case["terms"][term]
            tokens = torch.tensor([ids])
            lq = torch.log_softmax(student(tokens).logits[0, prompt - 1:-1, :VOCABULARY], -1)
            with torch.no_grad():
                lp = torch.log_softmax(teacher(tokens).logits[0, prompt - 1:-1, :VOCABULARY], -1)
            losses = [
                row_loss(kind, weight, lp[i], lq[i], ids[prompt + i], case["topCount"])
                for i in range(len(ids) - prompt)
            ]
            divisor = len(losses) * counts[term] if case["reduction"] == "sequenceMean" else counts[term]
            terms[term] = terms[term] + sum(losses) / divisor
        loss = sum(weight * term for (_, _, weight), term in zip(case["terms"], terms))
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(student.parameters(), 0.5)
        optimizer.step()
        steps.append({
            "loss": loss.item(), "terms": [term.item() for term in terms], "norm": norm.item(),
            "parameters": values(student),
        })
    return {**case, "start": start, "steps": steps}


def main():
    teacher = model(2)
    rows = []
    for ids, prompt, _ in SEQUENCES:
        with torch.no_grad():
            rows.append(torch.log_softmax(
                teacher(torch.tensor([ids])).logits[0, prompt - 1:-1, :VOCABULARY], -1).tolist())
    content = {
        "sequences": [{"tokenIDs": ids, "promptLength": prompt, "term": term} for ids, prompt, term in SEQUENCES],
        "teacher": rows,
        "cases": [run(case) for case in CASES],
    }
    text = json.dumps(content, separators=(",", ":"), default=float)
    (pathlib.Path(__file__).parent / "steps.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
