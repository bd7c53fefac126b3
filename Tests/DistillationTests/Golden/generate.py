"""Writes rows.json: values and gradients of every token loss on random rows, from autograd in float64.

Independent of the code under test: losses are written from their definitions on log-softmaxes, gradients are autograd's.
Run from the root: .venv/bin/python Tests/DistillationTests/Golden/generate.py   (torch; seed 0)
"""

import json
import pathlib

import torch

KINDS = [
    ("crossEntropy", None), ("forwardKL", None), ("reverseKL", None), ("skewForwardKL", 0.1), ("skewForwardKL", 0.5),
    ("skewReverseKL", 0.1), ("skewReverseKLFull", 0.1), ("skewReverseKLFull", 0.5), ("generalizedJSD", 0.1),
    ("generalizedJSD", 0.5), ("generalizedJSD", 0.9), ("generalizedJSD", 0.0), ("generalizedJSD", 1.0),
    ("totalVariation", None),
]


def kl(a, b):
    """KL of two vectors of log-probs."""
    return (a.exp() * (a - b)).sum()


def mixture(a, weight, b):
    """log(weight * exp(a) + (1 - weight) * exp(b))."""
    return torch.log(weight * a.exp() + (1 - weight) * b.exp())


def divergence(kind, x, lp, lq):
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


def detached(kind, x, lp, z, fold):
    """Value and gradient; `fold` maps a row's log-probs to those of its categories."""
    z = z.clone().requires_grad_(True)
    lq = fold(torch.log_softmax(z, -1))
    loss = divergence(kind, x, fold(lp), lq)
    if kind == "skewReverseKL":
        # The mixture is constant: the derivative of sum q (lq - lm) in q alone.
        lm = mixture(lq, x, fold(lp)).detach()
        loss = (lq.exp() * (lq - lm)).sum()
    loss.backward()
    return loss.item(), z.grad.tolist()


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
            whole = detached(kind, x, lp, z, lambda values: values)
            buckets = detached(kind, x, lp, z, bucketed)
        losses.append({
            "kind": kind, "weight": x, "value": whole[0], "gradient": whole[1],
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
