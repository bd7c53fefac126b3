"""Writes alignment.json: divergences of z-scored logits with cross-entropy beside them, and optimizer steps of a tiny Llama whose
projected hidden states are compared with a wider teacher's.

Independent of the code under test. `rows`: float64 transcriptions of LLAVADI's logit loss (mean and unbiased deviation of torch, 1e-7
in the denominator) with autograd's gradients. `steps`: transformers' models and torch.nn.Sequential, float32, torch.optim.AdamW, one
clip over all gradients.
Run from the root: .venv/bin/python Tests/DistillationTests/Golden/generate_alignment.py   (torch, transformers; seed 0)
"""

import json
import pathlib

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from generate_steps import HEAD, VOCABULARY, adamw, model, values

SEQUENCES = [  # (token ids, prompt length)
    ([1, 4, 2, 7, 5, 9], 2),
    ([1, 3, 3], 1),
    ([1, 8, 6, 10, 2], 4),
    ([1, 5, 0, 7, 2, 2, 6], 2),
    ([1, 2, 9], 3),  # No completion.
]
TEACHER_WIDTH = 12
CASES = [  # z-scores, factor of the cross-entropy, factor of the hidden states, sequence mean
    (True, 1.0, 1.0, True),  # LLAVADI
    (False, 0.0, 0.4, False),
]


def standardize(logits):
    return (logits - logits.mean(-1, keepdim=True)) / (1e-7 + logits.std(-1, keepdim=True))


def divergence(name, t, s):
    if name == "forwardKL":
        return (t.exp() * (t - s)).sum()
    if name == "reverseKL":
        return (s.exp() * (s - t)).sum()
    m = torch.log((t.exp() + s.exp()) / 2)
    return ((t.exp() * (t - m)).sum() + (s.exp() * (s - m)).sum()) / 2


def loss_of(name, standardized, cross_entropy, lp, z, target):
    t, s = (standardize(lp), standardize(z)) if standardized else (lp, z)
    found = divergence(name, torch.log_softmax(t, -1), torch.log_softmax(s, -1))
    return found - cross_entropy * torch.log_softmax(z, -1)[target]


def rows(generator):
    found = []
    for name in ("forwardKL", "reverseKL", "jsd"):
        for standardized, cross_entropy in ((True, 0.0), (True, 1.5), (False, 0.7)):
            for size, spread in ((2, 1.0), (11, 3.0), (90, 2.0)):
                z = (spread * torch.randn(size, generator=generator, dtype=torch.float64)).float().double()
                lp = torch.log_softmax(z + torch.randn(size, generator=generator, dtype=torch.float64), -1)
                lp = lp.float().double()
                z.requires_grad_(True)
                target = int(torch.randint(size, (1,), generator=generator))
                loss = loss_of(name, standardized, cross_entropy, lp, z, target)
                loss.backward()
                found.append({
                    "kind": name, "standardized": standardized, "crossEntropy": cross_entropy, "target": target,
                    "logits": z.tolist(), "teacher": lp.tolist(), "value": loss.item(), "gradient": z.grad.tolist()})
    return found


def wide_teacher():
    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=HEAD, hidden_size=TEACHER_WIDTH, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=16, rms_norm_eps=1e-5, tie_word_embeddings=True,
        attention_bias=False)
    network = LlamaForCausalLM(config).float()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape))
    return network


def positions(network, ids, prompt):
    """Log-probs, and hidden states as the head reads them, of the positions that predict the completion."""
    output = network(torch.tensor([ids]), output_hidden_states=True)
    logits = output.logits[0, prompt - 1:-1, :VOCABULARY]
    return logits, output.hidden_states[-1][0, prompt - 1:-1]


def steps(case, known):
    standardized, cross_entropy, weight, sequence_mean = case
    student = model(1)
    torch.manual_seed(4)
    projector = torch.nn.Sequential(
        torch.nn.Linear(8, TEACHER_WIDTH), torch.nn.GELU(), torch.nn.Linear(TEACHER_WIDTH, TEACHER_WIDTH))
    start, projector_start = values(student), values(projector)
    everything = list(student.parameters()) + list(projector.parameters())
    optimizer = adamw(everything)
    lengths = [len(ids) - prompt for ids, prompt in SEQUENCES]
    made = []
    for _ in range(3):
        term, hidden = torch.zeros(()), torch.zeros(())
        for (ids, prompt), length, (lp, wanted) in zip(SEQUENCES, lengths, known):
            if not length:
                continue
            divisor = len(SEQUENCES) * length if sequence_mean else sum(lengths)
            logits, states = positions(student, ids, prompt)
            for i in range(length):
                term = term + loss_of("forwardKL", standardized, cross_entropy, lp[i], logits[i], ids[prompt + i]) / divisor
                hidden = hidden + torch.nn.functional.mse_loss(projector(states[i]), wanted[i]) / divisor
        total = term + weight * hidden
        optimizer.zero_grad()
        total.backward()
        norm = torch.nn.utils.clip_grad_norm_(everything, 0.5)
        optimizer.step()
        made.append({"loss": total.item(), "term": term.item(), "hidden": hidden.item(), "norm": norm.item()})
    return {
        "standardized": standardized, "crossEntropy": cross_entropy, "hiddenWeight": weight, "sequenceMean": sequence_mean,
        "start": start, "projectorStart": projector_start, "steps": made, "parameters": values(student),
        "projector": values(projector)}


def main():
    generator = torch.Generator().manual_seed(0)
    known, teacher = [], wide_teacher()
    with torch.no_grad():
        for ids, prompt in SEQUENCES:
            logits, states = positions(teacher, ids, prompt)
            known.append((torch.log_softmax(logits, -1), states))
    content = {
        "sequences": [{"tokenIDs": ids, "promptLength": prompt} for ids, prompt in SEQUENCES],
        "teacher": [lp.tolist() for lp, _ in known],
        "hidden": [states.tolist() for _, states in known],
        "rows": rows(generator),
        "cases": [steps(case, known) for case in CASES],
    }
    path = pathlib.Path(__file__).with_name("alignment.json")
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
