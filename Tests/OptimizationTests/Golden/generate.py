"""Writes adamw.json and schedules.json: what PyTorch and transformers do with given gradients and steps.

Run from the root: .venv/bin/python Tests/OptimizationTests/Golden/generate.py   (torch, transformers; seed 0)
"""

import json
import pathlib

import torch
from transformers import (
    get_constant_schedule_with_warmup,
    get_cosine_schedule_with_warmup,
    get_linear_schedule_with_warmup,
)

FOLDER = pathlib.Path(__file__).parent
# A llama of width 2, one head, feed-forward 2, vocabulary 3: (number of parameters, decays) of its runs of tensors.
RUNS = [(6, True), (2, False), (16, True), (2, False), (12, True), (2, False)]
SHAPES = {
    "linear": lambda o, w, n: get_linear_schedule_with_warmup(o, w, n),
    "cosine": lambda o, w, n: get_cosine_schedule_with_warmup(o, w, n),
    "constant": lambda o, w, n: get_constant_schedule_with_warmup(o, w),
}


def adamw(case):
    """Float32 AdamW with clipping and a cosine schedule, 8 steps."""
    generator = torch.Generator().manual_seed(0)
    start = [torch.randn(count, generator=generator) for count, _ in RUNS]
    parameters = [torch.nn.Parameter(values.clone()) for values in start]
    groups = [
        {"params": [p for p, (_, decays) in zip(parameters, RUNS) if decays], "weight_decay": case["weightDecay"]},
        {"params": [p for p, (_, decays) in zip(parameters, RUNS) if not decays], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(
        groups, lr=case["lr"], betas=(case["beta1"], case["beta2"]), eps=case["eps"], foreach=False)
    scheduler = get_cosine_schedule_with_warmup(optimizer, 2, 8)
    steps = []
    for step in range(8):
        scale = 10.0 ** (step % 3 - 1)
        gradients = [torch.randn(count, generator=generator) * scale for count, _ in RUNS]
        for parameter, gradient in zip(parameters, gradients):
            parameter.grad = gradient.clone()
        norm = torch.sqrt(sum((g.double() ** 2).sum() for g in gradients)).item()
        if case["maxNorm"] > 0:
            torch.nn.utils.clip_grad_norm_(parameters, case["maxNorm"])
        rate = scheduler.get_last_lr()[0]
        optimizer.step()
        scheduler.step()
        steps.append({
            "gradients": torch.cat(gradients).tolist(),
            "norm": norm,
            "learningRate": rate,
            "parameters": torch.cat([p.detach() for p in parameters]).tolist(),
        })
    return {**case, "start": torch.cat(start).tolist(), "steps": steps}


def schedule(shape, warmup, total):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.003)
    scheduler = SHAPES[shape](optimizer, warmup, total)
    rates = []
    for _ in range(total + 3):
        rates.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return {"shape": shape, "warmup": warmup, "total": total, "peak": 0.003, "rates": rates}


def main():
    cases = [
        {"lr": 1e-3, "weightDecay": 0.0, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "maxNorm": 0.0},
        {"lr": 1e-2, "weightDecay": 0.1, "beta1": 0.9, "beta2": 0.95, "eps": 1e-6, "maxNorm": 1.0},
        {"lr": 5e-1, "weightDecay": 0.01, "beta1": 0.0, "beta2": 0.5, "eps": 1e-2, "maxNorm": 100.0},
    ]
    (FOLDER / "adamw.json").write_text(json.dumps([adamw(case) for case in cases]) + "\n")
    schedules = [schedule(s, w, n) for s in SHAPES for w, n in ((0, 10), (3, 10), (1, 1), (10, 10), (0, 0))]
    (FOLDER / "schedules.json").write_text(json.dumps(schedules) + "\n")


if __name__ == "__main__":
    main()
