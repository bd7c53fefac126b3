"""Writes mutual.json: optimizer steps of two tiny Llamas that teach each other, as docs/methods/okd.md has it: a student, and
low-rank adapters on another model that stays as it is.

Independent of the code under test: transformers' models called with adapted weights, losses from their definitions, autograd and
torch.optim.AdamW in float64. `gradients` are those of the first step, before clipping.
Run from the root: .venv/bin/python Tests/DistillationTests/Golden/generate_mutual.py   (torch, transformers; seed 0)
"""

import json
import pathlib

import torch

from generate_alignment import SEQUENCES, wide_teacher
from generate_steps import VOCABULARY, model

RANK, SCALE = 2, 3.0
MODULES = [
    "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj",
    "mlp.down_proj"]
CASES = [  # reverse KL, alpha, beta, sequence mean, largest norm (0: no clipping)
    {"reverse": False, "alpha": 0.4, "beta": 0.7, "sequenceMean": False, "maxNorm": 0.0},
    {"reverse": True, "alpha": 0.75, "beta": 1.5, "sequenceMean": True, "maxNorm": 0.0},
    {"reverse": False, "alpha": 0.5, "beta": 0.0, "sequenceMean": False, "maxNorm": 0.3},
]
RATES = {"student": 1e-2, "module": 3e-2}


def fresh_adapters(network):
    torch.manual_seed(5)
    weights, adapters = dict(network.named_parameters()), {}
    for name in MODULES:
        module = f"model.layers.0.{name}"
        out, width = weights[module + ".weight"].shape
        adapters[module + ".lora_A.weight"] = 0.4 * torch.randn(RANK, width)
        adapters[module + ".lora_B.weight"] = 0.3 * torch.randn(out, RANK)
    return {name: value.float().double().requires_grad_(True) for name, value in adapters.items()}


def adapted(network, adapters):
    """The model's weights with W + scale * B A in place of each adapted W."""
    weights = {name: value.detach() for name, value in network.named_parameters()}
    for name in MODULES:
        module = f"model.layers.0.{name}"
        product = adapters[module + ".lora_B.weight"] @ adapters[module + ".lora_A.weight"]
        weights[module + ".weight"] = weights[module + ".weight"] + SCALE * product
    return weights


def logprobs(network, weights, ids, prompt):
    output = torch.func.functional_call(network, weights, (), {"input_ids": torch.tensor([ids])})
    return torch.log_softmax(output.logits[0, prompt - 1:-1, :VOCABULARY], -1)


def divergence(reverse, other, own):
    """Of the learner from the other, whose distribution is a constant: KL(other || own), or KL(own || other)."""
    other = other.detach()
    return (own.exp() * (own - other)).sum() if reverse else (other.exp() * (other - own)).sum()


def optimizer(parameters, rate):
    decayed = [p for p in parameters if p.dim() > 1]
    others = [p for p in parameters if p.dim() == 1]
    return torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}], lr=rate,
        betas=(0.9, 0.95), eps=1e-4)


def clip(parameters, limit):
    return torch.nn.utils.clip_grad_norm_(parameters, limit or float("inf")).item()


def flat(tensors):
    return {name: value.detach().flatten().tolist() for name, value in tensors}


def begin():
    student, base = model(1).double(), wide_teacher().double()
    return student, base, fresh_adapters(base)


def steps(case):
    student, base, adapters = begin()
    own, theirs = list(student.parameters()), list(adapters.values())
    learners = [optimizer(own, RATES["student"]), optimizer(theirs, RATES["module"])]
    lengths = [len(ids) - prompt for ids, prompt in SEQUENCES]
    made, gradients = [], {}
    for _ in range(4):
        losses = {"student": torch.zeros((), dtype=torch.float64), "module": torch.zeros((), dtype=torch.float64)}
        weights = adapted(base, adapters)
        for (ids, prompt), length in zip(SEQUENCES, lengths):
            if not length:
                continue
            divisor = len(SEQUENCES) * length if case["sequenceMean"] else sum(lengths)
            q = logprobs(student, dict(student.named_parameters()), ids, prompt)
            p = logprobs(base, weights, ids, prompt)
            for i in range(length):
                target = ids[prompt + i]
                losses["student"] = losses["student"] + (
                    -(1 - case["alpha"]) * q[i, target]
                    + case["alpha"] * divergence(case["reverse"], p[i], q[i])) / divisor
                losses["module"] = losses["module"] + (
                    -p[i, target] + case["beta"] * divergence(case["reverse"], q[i], p[i])) / divisor
        for learner in learners:
            learner.zero_grad()
        (losses["student"] + losses["module"]).backward()
        if not gradients:
            gradients = {
                "student": {name: p.grad.flatten().tolist() for name, p in student.named_parameters()},
                "module": {name: p.grad.flatten().tolist() for name, p in adapters.items()}}
        norms = [clip(parameters, case["maxNorm"]) for parameters in (own, theirs)]
        for learner in learners:
            learner.step()
        made.append({
            "loss": losses["student"].item(), "norm": norms[0], "moduleLoss": losses["module"].item(),
            "moduleNorm": norms[1]})
    return {
        **case, "gradients": gradients, "steps": made, "parameters": flat(student.named_parameters()),
        "adapters": flat(adapters.items())}


def rounded(value):
    """Nine digits, which tell every float32 apart."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {name: rounded(item) for name, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list) else value


def main():
    student, base, adapters = begin()
    content = {
        "sequences": [{"tokenIDs": ids, "promptLength": prompt} for ids, prompt in SEQUENCES],
        "scale": SCALE, "rank": RANK, "rates": RATES, "start": rounded(flat(student.named_parameters())),
        "base": rounded(flat(base.named_parameters())), "adapters": rounded(flat(adapters.items())),
        "cases": [rounded(steps(case)) for case in CASES]}
    path = pathlib.Path(__file__).with_name("mutual.json")
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
