"""Writes skews.json: optimizer steps of a tiny Llama with DistiLLM-2's alpha per sequence and its moving weights.

Independent of the code under test: transformers' model, float32, losses and alphas from their definitions, torch.optim.AdamW.
`alphas`: the formula alone, in float64.
Run from the root: .venv/bin/python Tests/DistillationTests/Golden/generate_skews.py   (torch, transformers; seed 0)
"""

import json
import pathlib

import torch

from generate_steps import VOCABULARY, adamw, model, row_loss, values

SEQUENCES = [  # (token ids, prompt length, term)
    ([1, 4, 2, 7, 5, 9], 2, 0), ([1, 3, 3], 1, 1), ([1, 8, 6, 10, 2], 1, 0), ([1, 5, 0, 7, 2, 2, 6], 2, 1),
    ([1, 2, 9], 3, 1),  # No completion.
    ([1, 6, 6, 4], 1, 0),
]
CASES = [  # first steps, top count, (kind, alpha, weight, final weight) of each term; weights move over half of 8 steps
    {"firstSteps": 2, "topCount": 0, "terms": [("skewForwardKL", 0.1, 0.5, 0.25), ("skewReverseKL", 0.1, 0.5, 0.75)]},
    {"firstSteps": 1, "topCount": 3, "terms": [("skewReverseKL", 0.2, 1.0, 1.0), ("skewReverseKL", 0.3, 1.0, 1.5)]},
]
MAX_STEPS, STEPS, LEAST = 8, 6, 0.01


def alpha(gap, mean, greatest):
    return min(max(1 - (1 - greatest) * mean / (gap + 1e-5), LEAST), greatest)


def logprobs(network, ids, prompt):
    return torch.log_softmax(network(torch.tensor([ids])).logits[0, prompt - 1:-1, :VOCABULARY], -1)


def run(case):
    student, teacher = model(1), model(2)
    optimizer = adamw(student.parameters())
    known = [[], []]
    steps = []
    for step in range(STEPS):
        terms, gaps, alphas = [0.0, 0.0], [[], []], [[], []]
        for ids, prompt, term in SEQUENCES:
            count = len(ids) - prompt
            if count == 0:
                continue
            kind, greatest, _, _ = case["terms"][term]
            lq = logprobs(student, ids, prompt)
            with torch.no_grad():
                lp = logprobs(teacher, ids, prompt)
            p, q = (
                torch.stack([x[i, ids[prompt + i]] for i in range(count)]).double().mean().exp().item()
                for x in (lp, lq.detach()))
            gap = p - q if kind == "skewForwardKL" else q - p
            mean = sum(known[term]) / len(known[term]) if known[term] else None
            a = greatest if step < case["firstSteps"] else alpha(gap, mean, greatest)
            gaps[term].append(gap)
            alphas[term].append(a)
            losses = [row_loss(kind, a, lp[i], lq[i], ids[prompt + i], case["topCount"]) for i in range(count)]
            terms[term] = terms[term] + sum(losses) / (count * sum(t == term for _, _, t in SEQUENCES))
        if step < case["firstSteps"]:
            for term in range(2):
                known[term] += gaps[term]
        weights = [w + (end - w) * min(1, 2 * step / MAX_STEPS) for _, _, w, end in case["terms"]]
        loss = sum(w * t for w, t in zip(weights, terms))
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(student.parameters(), 0.5)
        optimizer.step()
        steps.append({
            "loss": loss.item(), "terms": [t.item() for t in terms], "norm": norm.item(), "weights": weights,
            "alphas": [sum(a) / len(a) for a in alphas], "gaps": [sum(g) / len(g) for g in gaps]})
    return {**case, "steps": steps, "parameters": values(student)}


def main():
    teacher = model(2)
    with torch.no_grad():
        rows = [logprobs(teacher, ids, prompt).tolist() for ids, prompt, _ in SEQUENCES]
    numbers = [
        {"gap": gap, "mean": mean, "greatest": 0.1, "alpha": alpha(gap, mean, 0.1)}
        for mean in (0.05, 0.4, -0.1) for gap in (-0.5, -0.001, 0.0, 0.04, 0.046, 0.0475, 0.05, 0.38, 0.4, 0.9)]
    content = {
        "sequences": [{"tokenIDs": ids, "promptLength": prompt, "term": term} for ids, prompt, term in SEQUENCES],
        "teacher": rows, "start": values(model(1)), "maxSteps": MAX_STEPS, "least": LEAST, "alphas": numbers,
        "cases": [run(case) for case in CASES]}
    text = json.dumps(content, separators=(",", ":"))
    (pathlib.Path(__file__).parent / "skews.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
