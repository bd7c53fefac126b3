"""Makes one DistiLLM-2 optimizer step on given pairs with Retort and with PyTorch, and compares every parameter.

The loss is that of the released trainer: skewed forward KL on chosen, skewed reverse KL on rejected with the student
inside the mixture detached, mean over the tokens of a sequence, mean over sequences, the two summed; AdamW.
"""

import json
import math
import pathlib
import subprocess
import sys

import torch
from make_folders import llama, save
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

ALPHA = 0.1
LEARNING_RATE = 1e-3
TOLERANCE = 1e-4  # of each tensor, relative to its norm
PAIRS = [
    ("Name a colour: ", "blue, like the sea", "I do not know"),
    ("2 + 2 = ", "4", "22, or so"),
    ("Say hello. ", "Hello there!", "hello hello hello"),
    ("A word with x: ", "fox", "cat"),
]


def sequence(tokenizer: Tokenizer, prompt: str, completion: str) -> tuple[list[int], int]:
    given = tokenizer.encode(prompt).ids
    eos = tokenizer.token_to_id("</s>")
    return given + tokenizer.encode(completion).ids + [eos], len(given)


def completion_logprobs(model, token_ids: list[int], prompt_length: int) -> torch.Tensor:
    logits = model(torch.tensor([token_ids])).logits[0]
    return torch.log_softmax(logits[prompt_length - 1 : -1], -1)


def skewed(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    """KL(p || alpha p + (1 - alpha) q) per position, from log-probs."""
    mixture = torch.logaddexp(math.log(ALPHA) + p, math.log1p(-ALPHA) + q)
    return (p.exp() * (p - mixture)).sum(-1)


def torch_step(teacher, student, tokenizer: Tokenizer) -> float:
    decayed = [p for p in student.parameters() if p.dim() >= 2]
    plain = [p for p in student.parameters() if p.dim() < 2]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}],
        lr=LEARNING_RATE, betas=(0.9, 0.999), eps=1e-8,
    )
    forward, reverse = [], []
    for prompt, chosen, rejected in PAIRS:
        token_ids, given = sequence(tokenizer, prompt, chosen)
        with torch.no_grad():
            p = completion_logprobs(teacher, token_ids, given)
        forward.append(skewed(p, completion_logprobs(student, token_ids, given)).mean())
        token_ids, given = sequence(tokenizer, prompt, rejected)
        with torch.no_grad():
            p = completion_logprobs(teacher, token_ids, given)
        q = completion_logprobs(student, token_ids, given)
        mixture = torch.logaddexp(math.log1p(-ALPHA) + p, math.log(ALPHA) + q.detach())
        reverse.append((q.exp() * (q - mixture)).sum(-1).mean())
    loss = torch.stack(forward).mean() + torch.stack(reverse).mean()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
    optimizer.step()
    return loss.item()


def main(retort: str, root: str) -> None:
    torch.set_num_threads(1)
    folder = pathlib.Path(root)
    save(llama(11), folder / "teacher")
    save(llama(12, num_hidden_layers=2), folder / "student")
    rows = [{"prompt": p, "chosen": c, "rejected": r} for p, c, r in PAIRS]
    (folder / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "recipe.yaml").write_text(f"""
method: distillm2
teacher: {folder}/teacher
student: {folder}/student
data:
  train: {folder}/pairs.jsonl
output_dir: {folder}/out
seed: 1
generation: none
objective:
  alpha: {ALPHA}
training:
  max_steps: 1
  learning_rate: {LEARNING_RATE}
  lr_scheduler_type: constant
  warmup_ratio: 0
  weight_decay: 0.01
  max_grad_norm: 1.0
  per_device_train_batch_size: {len(PAIRS)}
  gradient_accumulation_steps: 1
""")
    done = subprocess.run([retort, "run", f"{folder}/recipe.yaml", "--local"], capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise SystemExit(f"parity: retort run failed: {done.stderr.strip()}")
    ours = load_file(folder / "out" / "student" / "model.safetensors")
    metrics = [json.loads(line) for line in (folder / "out" / "metrics.jsonl").read_text().splitlines()]
    our_loss = next(row["loss"] for row in metrics if "loss" in row)

    tokenizer = Tokenizer.from_file(str(folder / "student" / "tokenizer.json"))
    teacher = AutoModelForCausalLM.from_pretrained(folder / "teacher", dtype=torch.float32).double().eval()
    student = AutoModelForCausalLM.from_pretrained(folder / "student", dtype=torch.float32).double()
    before = {name: value.clone() for name, value in student.state_dict().items()}
    loss = torch_step(teacher, student, tokenizer)
    worst = 0.0
    for name, value in student.state_dict().items():
        update = (value - before[name]).norm()
        worst = max(worst, ((ours[name].double() - value).norm() / value.norm()).item())
        assert update > 0, f"{name} did not move"
    print(f"parity: one step: loss {our_loss:.7f} and {loss:.7f}; parameters differ by {worst:.1e} (relative)")
    if worst > TOLERANCE or abs(our_loss - loss) > 1e-4 * abs(loss):
        raise SystemExit("parity: the step differs")


if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    main(*sys.argv[1:])
