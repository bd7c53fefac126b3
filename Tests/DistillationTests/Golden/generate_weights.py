"""Writes weights.json: optimizer steps of a tiny Llama whose tokens have weights, sum of m w L over sum of m.

Independent of the code under test: transformers' model in float64, losses from their definitions, torch.optim.AdamW.
Run from the root: .venv/bin/python Tests/DistillationTests/Golden/generate_weights.py   (torch, transformers; seed 0)
"""

import json
import pathlib

import torch

from generate_steps import SEQUENCES, VOCABULARY, adamw, model, row_loss, values

WEIGHTS = [[1, 1.5, 1.5, 0.25], [0, 2], [1.5], [0, 0, 1, 1.5, 1.5], []]  # By completion token; 0: not learnt.
CASES = [
    {"terms": [("crossEntropy", None, 1.0), ("crossEntropy", None, 0.5)], "reduction": "tokenMean", "topCount": 0},
    {"terms": [("crossEntropy", None, 1.0), ("forwardKL", None, 0.7)], "reduction": "sequenceMean", "topCount": 0},
]


def run(case):
    student, teacher = model(1).double(), model(2).double()
    optimizer = adamw(student.parameters())
    steps = []
    for _ in range(3):
        terms = [0.0 for _ in case["terms"]]
        for (ids, prompt, term), weights in zip(SEQUENCES, WEIGHTS):
            counted = [sum(w > 0 for w in ws) for ws in WEIGHTS]
            same = [i for i, (_, _, t) in enumerate(SEQUENCES) if t == term]
            if not weights:
                continue
            tokens = torch.tensor([ids])
            lq = torch.log_softmax(student(tokens).logits[0, prompt - 1:-1, :VOCABULARY], -1)
            with torch.no_grad():
                lp = torch.log_softmax(teacher(tokens).logits[0, prompt - 1:-1, :VOCABULARY], -1)
            losses = [
                w * row_loss(case["terms"][term][0], None, lp[i], lq[i], ids[prompt + i], 0)
                for i, w in enumerate(weights)]
            divisor = (
                sum(counted[i] for i in same) if case["reduction"] == "tokenMean"
                else len(same) * sum(w > 0 for w in weights))
            terms[term] = terms[term] + sum(losses) / divisor
        loss = sum(weight * value for (_, _, weight), value in zip(case["terms"], terms))
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(student.parameters(), 0.5)
        optimizer.step()
        steps.append({
            "loss": loss.item(), "norm": norm.item(), "terms": [t.item() for t in terms],
            "parameters": values(student)})
    steps = [{**step, "parameters": step["parameters"] if step is steps[-1] else {}} for step in steps]
    return {**case, "start": values(model(1)), "steps": steps}


def main():
    teacher = model(2)
    with torch.no_grad():
        rows = [
            torch.log_softmax(teacher(torch.tensor([ids])).logits[0, prompt - 1:-1, :VOCABULARY], -1).tolist()
            for ids, prompt, _ in SEQUENCES]
    content = {
        "weights": WEIGHTS, "steps": {
            "sequences": [{"tokenIDs": ids, "promptLength": prompt, "term": term} for ids, prompt, term in SEQUENCES],
            "teacher": rows, "cases": [run(case) for case in CASES]}}
    text = json.dumps(content, separators=(",", ":"))
    (pathlib.Path(__file__).parent / "weights.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
