"""Writes pairs.json: losses of pairs with their gradients, and optimizer steps of a tiny Llama with them.

Independent of the code under test. `numbers`: float64 transcriptions of the formulas with autograd's gradients and, where TRL
has the loss, value and gradients of TRL's own: `DPOTrainer._compute_loss` with precomputed log-probs of the reference, or
`CPOTrainer.cpo_loss` where there is no reference. They must agree to 1e-12. `steps`: transformers' model, float32,
torch.optim.AdamW; what is minimised is TRL's own loss where `DPOTrainer` has it, weights of the terms included. `rows`: DPKD's
released token form in float64.
Run from the root: .venv/bin/python Tests/DistillationTests/Golden/generate_pairs.py   (torch, transformers, trl; seed 0)
"""

import collections
import json
import pathlib
import types

import torch
from torch.nn.functional import logsigmoid
from trl import DPOTrainer
from trl.experimental.cpo import CPOTrainer

from generate_steps import VOCABULARY, adamw, model, values

FORMS = [  # (form, beta or tau, gamma or margin, label smoothing, length normalised, referenced)
    ("logistic", 0.1, 0.0, 0.0, False, True),  # DPO
    ("logistic", 0.1, 0.0, 0.2, False, True),  # DPO with label smoothing
    ("logistic", 0.1, 0.0, 0.0, True, True),  # DPKD
    ("logistic", 2.0, 1.0, 0.0, True, False),  # SimPO
    ("logistic", 0.1, 0.0, 0.1, False, False),  # CPO
    ("logistic", 2.5, 0.5, 0.1, True, True),  # DPKD's SimPO form
    ("squared", 0.1, 0.0, 0.0, True, True),  # IPO
    ("squared", 0.5, 0.0, 0.0, False, False),  # IPO of sums, no reference
    ("hinge", 0.1, 1.0, 0.0, False, True),  # TRL's hinge
    ("hinge", 1.0, 1.0, 0.0, True, False),  # SLiC, PLaD on means
    ("hinge", 1.0, 3.0, 0.0, False, False),  # PLaD on sums
]
PAIRS = [  # (s_w, s_l, r_w, r_l, tokens of w, tokens of l, margin)
    (-12.0, -20.0, -10.0, -30.0, 8, 10, 1.0),  # the known values
    (-31.5, -7.25, -29.0, -9.5, 21, 4, 0.5),
    (-0.75, -140.0, -60.5, -2.0, 1, 64, 2.0),  # far apart
    (-140.0, -0.75, -2.0, -60.5, 64, 1, 0.0),
    (-5.0, -5.0, -5.0, -5.0, 5, 5, 1.0),
]
SEQUENCES = [  # (token ids, prompt length): two of a pair after another
    ([1, 4, 2, 7, 5, 9], 2), ([1, 4, 3, 3], 2),
    ([1, 8, 6, 10, 2], 1), ([1, 5, 0, 7, 2, 2, 6], 1),
    ([1, 2, 9, 4], 3), ([1, 2, 9], 3),  # A completion without tokens.
]
GIVEN = [(-6.0, -5.5), (-9.25, -11.0), (-2.0, 0.0)]
CASES = [  # (form, its numbers, means, reference, weight, cross-entropy of chosen, margins, weights)
    ("logistic", 0.3, 0.0, 0.1, False, "given", 1.0, 0.0, [], []),  # DPO
    ("logistic", 2.0, 0.0, 0.0, True, "teacher", 1.0, 0.5, [], []),  # DPKD
    ("logistic", 2.0, 1.0, 0.0, True, "none", 1.0, 0.0, [], []),  # SimPO
    ("squared", 0.4, 0.0, 0.0, True, "given", 0.5, 0.25, [], []),  # IPO
    ("hinge", 1.0, 1.5, 0.0, True, "none", 2.0, 1.0, [1.0, 2.0, 0.5], [1.0, 0.0, 1.0]),  # PLaD
    ("logistic", 0.1, 0.0, 0.0, False, "given", 1.0, 0.0, [], []),  # DPO, TRL's sigmoid
    ("squared", 0.1, 0.0, 0.0, True, "teacher", 1.0, 0.0, [], []),  # IPO, TRL's ipo
    ("hinge", 0.3, 1.0, 0.0, False, "given", 1.0, 0.5, [], []),  # TRL's hinge and sft
]


def loss(form, number, second, smoothing, delta, margin):
    if form == "logistic":
        x = number * delta - second
        return -(1 - smoothing) * logsigmoid(x) - smoothing * logsigmoid(-x)
    if form == "squared":
        return (delta - 1 / (2 * number)) ** 2
    return torch.relu(second * margin - number * delta)


def dpo_kind(form, second, smoothing, means, pairs):
    """The name of a loss of log-ratios in DPOTrainer; None where it has none."""
    if form == "squared":
        return "ipo" if means else None
    if form == "hinge":
        return "hinge" if second == 1 and not means else None
    if second or smoothing and (means or pairs > 1):
        return None
    # Of one pair AOT is DPO with label smoothing: there is nothing to sort.
    return "sigmoid_norm" if means else "aot" if smoothing else "sigmoid"


def dpo_loss(kinds, weights, number, smoothing, log_probs, mask, references):
    """DPOTrainer's loss and metrics.

    log_probs: of each token but the first, 0 beside the completions; chosen sequences, then rejected ones. Shape: [2P, T - 1].
    mask: 1 for tokens of completions. Shape: [2P, T]. references: precomputed log-probs of chosen and rejected completions, [P] each.
    """
    trainer = object.__new__(DPOTrainer)
    trainer.model = types.SimpleNamespace(training=True)
    trainer.accelerator = types.SimpleNamespace(device="cpu", gather=lambda x: x, gather_for_metrics=lambda x: x)
    trainer.aux_loss_enabled = trainer.use_weighting = False
    trainer.ld_alpha, trainer.f_divergence_type, trainer.precompute_ref_logps = None, "reverse_kl", True
    trainer.loss_types, trainer.loss_weights, trainer.beta, trainer.label_smoothing = kinds, weights, number, smoothing
    trainer._metrics, trainer._total_train_tokens, trainer._tp_size = {"train": collections.defaultdict(list)}, 0, 1

    def network(input_ids, attention_mask, use_cache, labels, fused_lm_head):
        assert torch.equal(labels[:, 1:] != -100, mask[:, 1:] > 0)
        unused = torch.zeros_like(log_probs).detach()
        return types.SimpleNamespace(log_probs=log_probs, entropy=unused, mean_logits=unused, is_top1=unused > 0)

    ids = torch.ones_like(mask)
    loss = trainer._compute_loss(network, {
        "input_ids": ids, "attention_mask": ids, "completion_mask": mask, "ref_chosen_logps": references[0],
        "ref_rejected_logps": references[1]}, False)
    return loss, {name: found[0] for name, found in trainer._metrics["train"].items() if name.startswith("rewards/")}


def cpo(form, number, second, smoothing, w, l):
    """CPOTrainer's value of log-ratios, and its rewards."""
    kind = {"squared": "ipo", "hinge": "hinge"}.get(form, "simpo" if second else "sigmoid")
    trainer = types.SimpleNamespace(
        alpha=0.0, beta=number, simpo_gamma=second, label_smoothing=smoothing, loss_type=kind,
        accelerator=types.SimpleNamespace(device="cpu"))
    return CPOTrainer.cpo_loss(trainer, w, l)


def trl(form, number, second, smoothing, means, referenced, pair, lengths, margin):
    """TRL's value of a pair with its gradients; None where it has no such loss.

    Rewards are CPOTrainer's where the loss takes means: DPOTrainer reports those of sums.
    """
    if form == "hinge" and (second != 1 or margin != 1):
        return None
    s = torch.tensor(pair[:2], dtype=torch.float64, requires_grad=True)
    r = torch.tensor(pair[2:], dtype=torch.float64)
    ratios = (s - r) / (torch.tensor(lengths, dtype=torch.float64) if means else 1)
    value, *rewards = cpo(form, number, second, smoothing, *ratios)
    kind = dpo_kind(form, second, smoothing, means, pairs=1) if referenced else None
    if kind:
        mask = torch.tensor([[0] + [1] * n + [0] * (max(lengths) - n) for n in lengths])
        log_probs = (s / torch.tensor(lengths))[:, None] * mask[:, 1:]
        value, metrics = dpo_loss([kind], [1.0], number, smoothing, log_probs, mask, r[:, None])
        if not means:
            rewards = [torch.tensor(metrics[f"rewards/{side}"], dtype=torch.float64) for side in ("chosen", "rejected")]
    value.backward()
    return {
        "by": f"DPOTrainer {kind}" if kind else "CPOTrainer", "value": value.item(), "slopes": s.grad.tolist(),
        "rewards": [x.item() for x in rewards]}


def numbers():
    rows = []
    for form, number, second, smoothing, means, referenced in FORMS:
        for s_w, s_l, r_w, r_l, n_w, n_l, margin in PAIRS:
            s = torch.tensor([s_w, s_l], dtype=torch.float64, requires_grad=True)
            r = torch.tensor([r_w, r_l], dtype=torch.float64) * referenced
            ratios = (s - r) / (torch.tensor([n_w, n_l], dtype=torch.float64) if means else 1)
            value = loss(form, number, second, smoothing, ratios[0] - ratios[1], margin)
            value.backward()
            pair = [s_w, s_l, *r.tolist()]
            theirs = trl(form, number, second, smoothing, means, referenced, pair, [n_w, n_l], margin)
            for a, b in zip([theirs["value"], *theirs["slopes"]], [value.item(), *s.grad.tolist()]) if theirs else []:
                assert abs(a - b) < 1e-12 * max(1, abs(a)), (form, theirs, value)
            rows.append({
                "form": form, "number": number, "second": second, "smoothing": smoothing, "means": means,
                "pair": pair, "lengths": [n_w, n_l], "margin": margin, "value": value.item(), "slopes": s.grad.tolist(),
                "trl": theirs})
    return rows


def steps(case):
    form, number, second, smoothing, means, reference, weight, anchor, margins, weights = case
    student, teacher = model(1), model(2)
    optimizer = adamw(student.parameters())

    def tokens(network):
        logprobs = []
        for ids, prompt in SEQUENCES:
            lq = torch.log_softmax(network(torch.tensor([ids])).logits[0, prompt - 1:-1, :VOCABULARY], -1)
            logprobs.append([lq[i, ids[prompt + i]] for i in range(len(ids) - prompt)])
        return logprobs

    def sums(network):
        return [sum(row, torch.tensor(0.0)) for row in tokens(network)]

    def by_trl(kind, rows):
        order = [*range(0, len(SEQUENCES), 2), *range(1, len(SEQUENCES), 2)]
        width = max(len(ids) for ids, _ in SEQUENCES)
        mask = torch.tensor([
            [0] * prompt + [1] * (len(ids) - prompt) + [0] * (width - len(ids)) for ids, prompt in SEQUENCES])[order]
        log_probs = torch.stack([
            torch.stack([torch.tensor(0.0)] * (SEQUENCES[i][1] - 1) + rows[i]
                        + [torch.tensor(0.0)] * (width - len(SEQUENCES[i][0]))) for i in order])
        given = torch.tensor([float(r) for r in references])[order].chunk(2)
        kinds, shares = ([kind, "sft"], [weight, anchor]) if anchor else ([kind], [weight])
        return dpo_loss(kinds, shares, number, smoothing, log_probs, mask, given)

    references = [0.0] * len(SEQUENCES)
    if reference == "given":
        references = [r for pair in GIVEN for r in pair]
    if reference == "teacher":
        with torch.no_grad():
            references = sums(teacher)
    kind = None if reference == "none" or margins or weights else dpo_kind(
        form, second, smoothing, means, pairs=len(SEQUENCES) // 2)
    taken = []
    for _ in range(3):
        rows = tokens(student)
        s = [sum(row, torch.tensor(0.0)) for row in rows]
        pairs = []
        for i in range(0, len(SEQUENCES), 2):
            lengths = [max(len(ids) - prompt, 1) if means else 1 for ids, prompt in SEQUENCES[i:i + 2]]
            delta = (s[i] - references[i]) / lengths[0] - (s[i + 1] - references[i + 1]) / lengths[1]
            pairs.append(loss(form, number, second, smoothing, delta, margins[i // 2] if margins else 1))
        shares = weights or [1.0] * len(pairs)
        pair = sum(w * p for w, p in zip(shares, pairs)) / sum(w > 0 for w in shares)
        terms = [
            -sum(s[k::2]) / sum(len(ids) - prompt for ids, prompt in SEQUENCES[k::2]) for k in range(2)]
        total, metrics = weight * pair + anchor * terms[0], None
        if kind:
            written, (total, metrics) = total, by_trl(kind, rows)
            assert abs(total - written) < 1e-5 * max(1, abs(written)), (case, total, written)
        optimizer.zero_grad()
        total.backward()
        norm = torch.nn.utils.clip_grad_norm_(student.parameters(), 0.5)
        optimizer.step()
        taken.append({
            "loss": total.item(), "pairLoss": pair.item(), "terms": [t.item() for t in terms], "norm": norm.item(),
            "logprobs": [x.item() for x in s],
            # DPOTrainer reports rewards of sums, whatever its loss takes.
            "rewards": None if means or not metrics else [metrics["rewards/chosen"], metrics["rewards/rejected"]]})
    keys = ("form", "number", "second", "smoothing", "means", "reference", "weight", "anchor", "margins", "weights")
    by = f"DPOTrainer {kind}" if kind else None
    return {**dict(zip(keys, case)), "by": by, "steps": taken, "parameters": values(student)}


def row(generator, size):
    z = torch.randn(size, dtype=torch.float64, generator=generator).float().double() * 3
    z = z.float().double().requires_grad_(True)
    lp = torch.log_softmax(z.detach() + 2 * torch.randn(size, dtype=torch.float64, generator=generator), -1).float()
    target = int(torch.randint(size, (1,), generator=generator))
    a, b = int(lp.argmax()), int(z.argmax())
    lq = torch.log_softmax(z, -1)
    beta, anchor = 0.3, 0.7
    delta = (lq[a] - lq[b]) - (lp.double()[a] - lp.double()[b])
    value = -logsigmoid(beta * delta) - anchor * lq[target]
    value.backward()
    return {
        "logits": z.tolist(), "teacher": lp.tolist(), "target": target, "beta": beta, "anchor": anchor,
        "value": value.item(), "gradient": z.grad.tolist()}


def main():
    teacher = model(2)
    logprobs = []
    for ids, prompt in SEQUENCES:
        with torch.no_grad():
            lp = torch.log_softmax(teacher(torch.tensor([ids])).logits[0, prompt - 1:-1, :VOCABULARY], -1)
        logprobs += [lp[i, ids[prompt + i]].item() for i in range(len(ids) - prompt)]
    generator = torch.Generator().manual_seed(0)
    content = {
        "numbers": numbers(),
        "sequences": [{"tokenIDs": ids, "promptLength": prompt} for ids, prompt in SEQUENCES],
        "start": values(model(1)), "given": GIVEN, "teacher": logprobs, "cases": [steps(case) for case in CASES],
        "rows": [row(generator, size) for size in (2, 5, 5, 40, 40, 130)],
    }
    text = json.dumps(content, separators=(",", ":"))
    (pathlib.Path(__file__).parent / "pairs.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
