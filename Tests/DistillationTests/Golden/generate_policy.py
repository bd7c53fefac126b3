"""Writes policy.json: policy gradients on sampled text with their derivatives, and optimizer steps of a tiny Llama with them.

Independent of the code under test. `advantages`: the sums of their definition, term by term. `rows`: float64 transcriptions of
`w [max(-A r, -A clip(r)) + lambda KL(q || p)]` with autograd's gradients, w = q_old / (alpha p + (1 - alpha) q_old) of probabilities
and not of log-probs. `steps`: transformers' model, float32, torch.optim.AdamW.
Run from the root: .venv/bin/python Tests/DistillationTests/Golden/generate_policy.py   (torch, transformers; seeds 0, 1)
"""

import json
import math
import pathlib

import torch

from generate_steps import VOCABULARY, adamw, model, values

SEQUENCES = [  # (token ids, prompt length)
    ([1, 4, 2, 7, 5, 9], 2),
    ([1, 3, 3], 1),
    ([1, 8, 6, 10, 2], 4),
    ([1, 5, 0, 7, 2, 2, 6], 2),
    ([1, 2, 9], 3),  # No completion.
]
POLICIES = [  # (discount, future only, length normalised, clip, reward limit, reverse KL, teacher's share)
    (0.0, False, False, 0.0, 0.0, 0.0, 0.0),  # on-policy distillation
    (0.0, False, False, 0.2, 0.0, 0.0, 0.0),
    (1.0, True, True, 0.2, 100.0, 1.0, 0.0),  # MiniLLM, the student writing alone
    (0.95, False, True, 0.2, 1.5, 1.0, 0.0),  # as its code, with a limit that is reached
    (1.0, False, False, 0.0, 0.0, 0.5, 0.0),
    (1.0, True, True, 0.2, 100.0, 1.0, 0.2),  # MiniLLM
    (0.0, False, False, 0.0, 0.0, 0.0, 0.7),
]


def advantages(rewards, policy):
    discount, future, mean, _, limit, _, _ = policy
    cut = [max(-limit, min(limit, r)) if limit else r for r in rewards]
    found = []
    for t in range(len(cut)):
        later = range(t + 1 if future else t, len(cut))
        total = sum(discount ** (u - later.start) * cut[u] for u in later)
        found.append(total / max(len(later), 1) if mean else total)
    return found


def weight_of(policy, teacher, old):
    # Of log-probs of one token.
    p, q = math.exp(teacher), math.exp(old)
    return q / (policy[6] * p + (1 - policy[6]) * q)


def row_loss(policy, lq, lp, target, advantage, old, weight):
    clip, reverse = policy[3], policy[5]
    ratio = (lq[target] - old).exp()
    loss = -advantage * ratio
    if clip:
        loss = torch.maximum(loss, -advantage * ratio.clamp(1 - clip, 1 + clip))
    return weight * (loss + reverse * (lq.exp() * (lq - lp)).sum())


def rows(policies, generator):
    found = []
    for policy in policies:
        for shift in (-0.5, -0.05, 0.0, 0.15, 0.4):
            for advantage in (-1.25, 0.75):
                z = (2 * torch.randn(VOCABULARY, generator=generator, dtype=torch.float64)).float().double()
                lp = torch.log_softmax(z + torch.randn(VOCABULARY, generator=generator, dtype=torch.float64), -1).float()
                z.requires_grad_(True)
                target = int(torch.randint(VOCABULARY, (1,), generator=generator))
                lq = torch.log_softmax(z, -1)
                old = (lq[target] - shift).detach().float().double()
                weight = weight_of(policy, lp[target].item(), old.item())
                loss = row_loss(policy, lq, torch.log_softmax(lp.double(), -1), target, advantage, old, weight)
                loss.backward()
                found.append({
                    "policy": policy, "logits": z.tolist(), "teacher": lp.tolist(), "target": target,
                    "advantage": advantage, "behavior": old.item(), "weight": weight, "value": loss.item(),
                    "gradient": z.grad.tolist()})
    return found


def completion_logprobs(network, ids, prompt):
    return torch.log_softmax(network(torch.tensor([ids])).logits[0, prompt - 1:-1, :VOCABULARY], -1)


def steps(policy, generator):
    student, teacher, before = model(1), model(2), model(1)
    with torch.no_grad():
        for parameter in before.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    start = values(student)
    optimizer = adamw(student.parameters())
    count = sum(len(ids) - prompt for ids, prompt in SEQUENCES)
    behavior, known = [], []
    with torch.no_grad():
        for ids, prompt in SEQUENCES:
            if len(ids) == prompt:
                behavior.append([])
                known.append([])
                continue
            targets = torch.tensor(ids[prompt:])[:, None]
            behavior.append(completion_logprobs(before, ids, prompt).gather(1, targets)[:, 0].tolist())
            known.append(completion_logprobs(teacher, ids, prompt))
    made = []
    for _ in range(2):
        total = torch.zeros(())
        for (ids, prompt), old, lp in zip(SEQUENCES, behavior, known):
            if not old:
                continue
            lq = completion_logprobs(student, ids, prompt)
            rewards = [lp[i, ids[prompt + i]].item() - old[i] for i in range(len(old))]
            for i, advantage in enumerate(advantages(rewards, policy)):
                weight = weight_of(policy, lp[i, ids[prompt + i]].item(), old[i])
                total = total + row_loss(policy, lq[i], lp[i], ids[prompt + i], advantage, old[i], weight) / count
        optimizer.zero_grad()
        total.backward()
        norm = torch.nn.utils.clip_grad_norm_(student.parameters(), 0.5)
        optimizer.step()
        made.append({"loss": total.item(), "norm": norm.item()})
    return {
        "policy": policy, "start": start, "behavior": behavior, "teacher": [[] if not len(x) else x.tolist() for x in known],
        "steps": made, "parameters": values(student)}


def main():
    generator, other = torch.Generator().manual_seed(0), torch.Generator().manual_seed(1)
    lists = [[0.5, -1.0, 2.0, -0.25], [3.0], []]
    content = {
        "sequences": [{"tokenIDs": ids, "promptLength": prompt} for ids, prompt in SEQUENCES],
        "advantages": [
            {"policy": policy, "rewards": rewards, "advantages": advantages(rewards, policy)}
            for policy in POLICIES for rewards in lists],
        "rows": rows(POLICIES[:5], generator) + rows(POLICIES[5:], other),
        "cases": [steps(POLICIES[0], generator), steps(POLICIES[2], generator), steps(POLICIES[5], other)],
    }
    path = pathlib.Path(__file__).with_name("policy.json")
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
