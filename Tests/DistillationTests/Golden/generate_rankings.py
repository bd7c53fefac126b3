"""Writes rankings.json: BiAlign's ranking loss of groups with its gradients, and optimizer steps of a tiny Llama with it.

Independent of the code under test. `groups`: the formula over all ordered pairs in float64, gradients by autograd with the
denominator detached. `steps`: transformers' model in float64, forward KL of whole rows beside the ranking, torch.optim.AdamW.
Run from the root: .venv/bin/python Tests/DistillationTests/Golden/generate_rankings.py   (torch, transformers; seed 0)
"""

import itertools
import json
import pathlib

import torch

from generate_steps import VOCABULARY, adamw, model, row_loss, values

# By sample: demonstrations, question, answer, and the places of the demonstrations of each subset. The last sample has one subset
# twice, between which the teacher has no preference; the third has no answer, so that nothing is preferred.
SAMPLES = [
    ([[4, 2], [7, 3], [6, 10]], [8], [5, 9], [[0], [1, 2], [0, 2]]),
    ([[9, 1], [3], [5, 5]], [3, 2], [0], [[2], [0, 1, 2], [1]]),
    ([[2], [6], [4]], [7], [], [[0], [1], [2]]),
    ([[10, 6], [8, 0], [1]], [2], [4, 7, 2], [[1, 2], [0], [1, 2]]),
]
CASES = [
    {"groupSize": 3, "weight": 1.0, "leastSpread": 0.01, "crossEntropy": 0.0, "reduction": "tokenMean", "topCount": 0},
    {"groupSize": 3, "weight": 0.5, "leastSpread": 3.0, "crossEntropy": 0.25, "reduction": "sequenceMean", "topCount": 3},
]


def ranking(student, teacher, size, least):
    """Sum over pairs, number of pairs, number of pairs in the teacher's order; s may carry gradients."""
    position = {i: 1 + sum(other > t for other in teacher) for i, t in enumerate(teacher)}
    spread = max((student.max() - student.min()).item(), least)
    total, pairs, alike = torch.zeros((), dtype=torch.float64), 0, 0
    for plus, minus in itertools.permutations(range(size), 2):
        if not teacher[plus] > teacher[minus]:
            continue
        margin = (position[minus] - position[plus]) / (size - 1)
        total = total + torch.relu((student[minus] - student[plus]) / spread + margin)
        pairs += 1
        alike += int(student[plus] > student[minus])
    return total, pairs, alike


def group(student, teacher, least):
    s = torch.tensor(student, dtype=torch.float64, requires_grad=True)
    total, pairs, alike = ranking(s, teacher, len(student), least)
    slopes = torch.autograd.grad(total, s)[0].tolist() if total.requires_grad else [0.0] * len(student)
    return {
        "student": student, "teacher": teacher, "leastSpread": least, "sum": total.item(), "slopes": slopes,
        "pairCount": pairs, "agreementCount": alike}


def groups():
    generator = torch.Generator().manual_seed(0)

    def draw(size):
        return (-20 * torch.rand(size, dtype=torch.float64, generator=generator)).tolist()

    found = [group(draw(size), draw(size), 0.01) for size in (2, 2, 3, 4, 4, 4, 6, 10)]
    found += [
        group([-3.0, -5.0], [-1.0, -2.0], 0.01),  # Two, in the teacher's order: nothing is left to learn.
        group([-5.0, -3.0], [-1.0, -2.0], 0.01),  # Two, the other way round: the loss is 2.
        group([-4.0] * 4, [-1.0, -2.0, -3.0, -4.0], 0.01),  # No spread: the least one divides.
        group([-4.0, -4.001, -4.002, -4.0005], [-1.0, -2.0, -3.0, -4.0], 0.01),  # Less than the least.
        group(draw(4), [-2.0] * 4, 0.01),  # The teacher finds all alike: no pairs.
        group(draw(4), [-1.0, -2.0, -2.0, -7.0], 0.01),  # Two alike.
        group(draw(4), [-3.0, -1.0, -3.0, -1.0], 0.01),  # Two and two.
        group([-1.0, -2.0, -300.0, -4.0], draw(4), 0.01),  # One far off.
        group(draw(5), draw(5), 25.0),  # A least spread above any.
    ]
    return found


def sequences():
    """(token ids, prompt length, term): of each sample the whole row, whose first id is given, then the answer after each subset."""
    rows = []
    for demonstrations, question, answer, subsets in SAMPLES:
        def row(places):
            return [1] + [i for place in places for i in demonstrations[place]] + question
        rows.append((row(range(len(demonstrations))) + answer, 1, 0))
        rows += [(row(places) + answer, len(row(places)), 1) for places in subsets]
    return rows


def logprobs(network, ids, prompt):
    return torch.log_softmax(network(torch.tensor([ids])).logits[0, prompt - 1:-1, :VOCABULARY], -1)


def total(rows, prompt, ids):
    return sum((rows[i, ids[prompt + i]] for i in range(len(ids) - prompt)), torch.zeros((), dtype=torch.float64))


def steps(case):
    student, teacher = model(1).double(), model(2).double()
    optimizer = adamw(student.parameters())
    taken = []
    for _ in range(3):
        terms, means = [0.0, 0.0], case["reduction"] == "sequenceMean"
        counts = [sum(1 if means else len(ids) - prompt for ids, prompt, t in sequences() if t == term) for term in (0, 1)]
        own, known = [], []
        for ids, prompt, term in sequences():
            lq = logprobs(student, ids, prompt)
            with torch.no_grad():
                lp = logprobs(teacher, ids, prompt)
            kind = "crossEntropy" if term else "forwardKL"
            losses = [
                row_loss(kind, None, lp[i], lq[i], ids[prompt + i], case["topCount"]) for i in range(len(ids) - prompt)]
            if losses:
                terms[term] = terms[term] + sum(losses) / (len(losses) * counts[term] if means else counts[term])
            if term:
                own.append(total(lq, prompt, ids))
                known.append(float(total(lp, prompt, ids)))
        found = [
            ranking(torch.stack(own[i:i + case["groupSize"]]), known[i:i + case["groupSize"]], case["groupSize"], case["leastSpread"])
            for i in range(0, len(own), case["groupSize"])]
        pairs = sum(count for _, count, _ in found)
        ranked = sum(value for value, _, _ in found) / pairs
        loss = terms[0] + case["crossEntropy"] * terms[1] + case["weight"] * ranked
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(student.parameters(), 0.5)
        optimizer.step()
        taken.append({
            "loss": loss.item(), "ranking": ranked.item(), "terms": [t.item() for t in terms], "norm": norm.item(),
            "agreement": sum(alike for _, _, alike in found) / pairs})
    return {**case, "steps": taken, "parameters": values(student)}


def main():
    teacher = model(2).double()
    with torch.no_grad():
        rows = [logprobs(teacher, ids, prompt).tolist() for ids, prompt, _ in sequences()]
    content = {
        "groups": groups(), "start": values(model(1)),
        "sequences": [{"tokenIDs": ids, "promptLength": prompt, "term": term} for ids, prompt, term in sequences()],
        "teacher": rows, "cases": [steps(case) for case in CASES]}
    text = json.dumps(content, separators=(",", ":"))
    (pathlib.Path(__file__).parent / "rankings.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
