"""Writes rows.json: values and gradients of every token loss on random rows, from autograd in float64.

Independent of the code under test: losses are written from their definitions on log-softmaxes, gradients are autograd's.
Forward and reverse KL and the JSD must be those of TRL's `GKDTrainer.generalized_jsd_loss` too, to 1e-12.
Run from the root: .venv/bin/python Tests/DistillationTests/Golden/generate.py   (torch, trl; seed 0)
"""

import json
import pathlib

import torch
from trl.experimental.gkd import GKDTrainer

KINDS = [
    ("crossEntropy", None), ("forwardKL", None), ("reverseKL", None), ("skewForwardKL", 0.1), ("skewForwardKL", 0.5),
    ("skewReverseKL", 0.1), ("skewReverseKLFull", 0.1), ("skewReverseKLFull", 0.5), ("generalizedJSD", 0.1),
    ("generalizedJSD", 0.5), ("generalizedJSD", 0.9), ("generalizedJSD", 0.0), ("generalizedJSD", 1.0),
    ("totalVariation", None), ("adaptiveKL", 0.5), ("adaptiveKL", 0.9), ("alphaBeta", (0.2, 0.7)),
    ("alphaBeta", (0.5, 0.5)), ("alphaBeta", (1.0, 1.0)),
]


def kl(a, b):
    """KL of two vectors of log-probs."""
    return (a.exp() * (a - b)).sum()


def mixture(a, weight, b):
    """log(weight * exp(a) + (1 - weight) * exp(b))."""
    return torch.log(weight * a.exp() + (1 - weight) * b.exp())


def head_share(lp, lq, mass, eligible):
    """The share of sum |q - p| that the most probable tokens have, as AKL's code takes them: by inclusive cumulative mass."""
    order = torch.argsort(lp[:eligible], descending=True, stable=True)
    inside = torch.cumsum(lp[order].exp(), 0) <= mass
    inside[0] = True
    error = (lp.exp() - lq.exp()).abs()
    return error[order[inside]].sum() / error.sum()


def divergence(kind, x, lp, lq, eligible=None):
    if kind == "adaptiveKL":
        w = head_share(lp, lq.detach(), x, eligible)
        return w * kl(lp, lq) + (1 - w) * kl(lq, lp)
    if kind == "alphaBeta":
        a, b = x
        powers = (a * lp + b * lq).exp() - a / (a + b) * ((a + b) * lp).exp() - b / (a + b) * ((a + b) * lq).exp()
        return -powers.sum() / (a * b)
    if kind == "forwardKL":
        return kl(lp, lq)
    if kind == "reverseKL":
        return kl(lq, lp)
    if kind == "skewForwardKL":
        return kl(lp, mixture(lp, x, lq))
    if kind == "skewReverseKL":
        return kl(lq, mixture(lq, x, lp).detach())
    if kind == "skewReverseKLFull":
        return kl(lq, mixture(lq, x, lp))
    if kind == "generalizedJSD":
        if x in (0.0, 1.0):
            return kl(lp, lq) if x == 0 else kl(lq, lp)
        m = mixture(lp, x, lq)
        return x * kl(lp, m) + (1 - x) * kl(lq, m)
    return 0.5 * (lp.exp() - lq.exp()).abs().sum()


def detached(kind, x, lp, z, fold, eligible):
    """Value and gradient; `fold` maps a row's log-probs to those of its categories, of which `eligible` are no tail."""
    z = z.clone().requires_grad_(True)
    lq = fold(torch.log_softmax(z, -1))
    loss = divergence(kind, x, fold(lp), lq, eligible)
    if kind == "skewReverseKL":
        # The mixture is constant: the derivative of sum q (lq - lm) in q alone.
        lm = mixture(lq, x, fold(lp)).detach()
        loss = (lq.exp() * (lq - lm)).sum()
    loss.backward()
    return loss.item(), z.grad.tolist()


def check_against_trl(kind, x, lp, z, value):
    """TRL's beta is the teacher's weight in the mixture, and names the KLs at its ends."""
    beta = {"forwardKL": 0.0, "reverseKL": 1.0, "generalizedJSD": x}.get(kind)
    if beta is not None:
        theirs = GKDTrainer.generalized_jsd_loss(z[None, None], lp[None, None], beta=beta, reduction="sum").item()
        assert abs(theirs - value) < 1e-12 * max(1, abs(value)), (kind, x, theirs, value)


def row(generator, size, spread, kept):
    z = torch.randn(size, dtype=torch.float64, generator=generator) * spread
    t = z + torch.randn(size, dtype=torch.float64, generator=generator) * spread
    # What the code under test reads is float32: the reference starts from the same numbers.
    z = z.float().double()
    lp32 = torch.log_softmax(t, -1).float()
    lp = torch.log_softmax(lp32.double(), -1)
    target = int(torch.randint(size, (1,), generator=generator))
    order = torch.argsort(lp32, descending=True, stable=True)[:kept].tolist()
    support = order + ([target] if target not in order else [])
    rest = [j for j in range(size) if j not in support]

    def bucketed(values):
        return torch.cat([values[support], torch.logsumexp(values[rest], 0, keepdim=True)]) if rest else values[support]

    unkept = [j for j in range(size) if j not in order]
    losses = []
    for kind, x in KINDS:
        if kind == "crossEntropy":
            zz = z.clone().requires_grad_(True)
            loss = -torch.log_softmax(zz, -1)[target]
            loss.backward()
            whole = buckets = (loss.item(), zz.grad.tolist())
        else:
            whole = detached(kind, x, lp, z, lambda values: values, size)
            check_against_trl(kind, x, lp, z, whole[0])
            buckets = detached(kind, x, lp, z, bucketed, len(support))
        losses.append({
            "kind": kind, "weight": x[0] if isinstance(x, tuple) else x,
            **({"second": x[1]} if isinstance(x, tuple) else {}), "value": whole[0], "gradient": whole[1],
            "bucketedValue": buckets[0], "bucketedGradient": buckets[1],
        })
    return {
        "logits": z.tolist(), "teacher": lp32.tolist(), "target": target, "topTokenIDs": order,
        "tail": torch.logsumexp(lp[unkept], 0).item() if unkept else -1e30, "losses": losses,
    }


def main():
    generator = torch.Generator().manual_seed(0)
    shapes = [(5, 1.0, 2), (7, 0.1, 7), (33, 2.0, 4), (64, 4.0, 8), (50, 8.0, 1)]
    rows = [row(generator, *shape) for shape in shapes]
    path = pathlib.Path(__file__).parent / "rows.json"
    path.write_text(json.dumps(rows) + "\n")


if __name__ == "__main__":
    main()
