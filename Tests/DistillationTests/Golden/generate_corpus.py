"""Writes corpus.json: optimizer steps of a tiny Llama with a term on a corpus beside pairs, and beside DPKD's released loss.

Independent of the code under test: transformers' model in float64, losses from their definitions, torch.optim.AdamW.
Run from the root: .venv/bin/python Tests/DistillationTests/Golden/generate_corpus.py   (torch, transformers; seed 0)
"""

import json
import pathlib

import torch
from torch.nn.functional import logsigmoid

from generate_steps import VOCABULARY, adamw, model, values

PAIRS = [  # (token ids, prompt length): two of a pair after another
    ([1, 4, 2, 7, 5, 9], 2), ([1, 4, 3, 3], 2),
    ([1, 8, 6, 10, 2], 1), ([1, 5, 0, 7, 2, 2, 6], 1),
]
CORPUS = [([1, 6, 3, 9, 2, 8, 4], 1), ([5, 7, 2], 1), ([1, 10, 3, 3, 2], 1)]
BETA, ANCHOR, WEIGHT = 0.8, 0.5, 0.75


def rows(network, ids, prompt):
    return torch.log_softmax(network(torch.tensor([ids])).logits[0, prompt - 1:-1, :VOCABULARY], -1)


def picked(lq, ids, prompt):
    return torch.stack([lq[i, token] for i, token in enumerate(ids[prompt:])])


def dpkd(student, teacher):
    """The total, the loss of pairs, and the terms: CE of preferred, other and corpus text."""
    s, r = ([picked(rows(network, *x), *x) for x in PAIRS] for network in (student, teacher))
    ratios = [(a - b.detach()).mean() for a, b in zip(s, r)]
    pair = sum(-logsigmoid(BETA * (ratios[i] - ratios[i + 1])) for i in range(0, len(PAIRS), 2)) / (len(PAIRS) // 2)
    corpus = [picked(rows(student, *x), *x) for x in CORPUS]
    terms = [-torch.cat(group).mean() for group in (s[::2], s[1::2], corpus)]
    return pair + ANCHOR * terms[0] + WEIGHT * terms[2], pair, terms


def released(student, teacher):
    """The total, no loss of pairs, and the terms: margin and CE of the teacher's text, KL and CE of the corpus."""
    def position(lp, lq, token):
        a, b = int(lp.argmax()), int(lq.argmax())
        return -logsigmoid(BETA * ((lq[a] - lq[b]) - (lp[a] - lp[b]))) - ANCHOR * lq[token]

    def divergence(lp, lq, token):
        return (lp.exp() * (lp - lq)).sum() - lq[token]

    def mean(group, loss):
        found = []
        for ids, prompt in group:
            lp, lq = rows(teacher, ids, prompt).detach(), rows(student, ids, prompt)
            found += [loss(lp[i], lq[i], token) for i, token in enumerate(ids[prompt:])]
        return sum(found) / len(found)

    terms = [mean(PAIRS[::2], position), mean(CORPUS, divergence)]
    return terms[0] / 2 + WEIGHT / 2 * (terms[1] / 2), torch.tensor(0.0), terms


def run(name, loss, sequences, terms):
    student, teacher = model(1).double(), model(2).double()
    optimizer = adamw(student.parameters())
    steps = []
    for _ in range(3):
        total, pair, found = loss(student, teacher)
        optimizer.zero_grad()
        total.backward()
        norm = torch.nn.utils.clip_grad_norm_(student.parameters(), 0.5)
        optimizer.step()
        steps.append({
            "loss": total.item(), "pairLoss": pair.item(), "terms": [t.item() for t in found], "norm": norm.item()})
    with torch.no_grad():
        known = [rows(teacher, *x).tolist() for x in sequences]
    return {
        "name": name, "teacher": known, "steps": steps, "parameters": values(student),
        "sequences": [
            {"tokenIDs": ids, "promptLength": prompt, "term": term} for (ids, prompt), term in zip(sequences, terms)]}


def main():
    content = {
        "beta": BETA, "anchor": ANCHOR, "weight": WEIGHT, "start": values(model(1)), "cases": [
            run("dpkd", dpkd, PAIRS + CORPUS, [0, 1, 0, 1, 2, 2, 2]),
            run("released", released, PAIRS[::2] + CORPUS, [0, 0, 1, 1, 1])]}
    text = json.dumps(content, separators=(",", ":"))
    (pathlib.Path(__file__).parent / "corpus.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
