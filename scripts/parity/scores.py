"""Compares `retort score` and `retort generate` with transformers on one model folder, at every position."""

import json
import pathlib
import subprocess
import sys
import tempfile

import torch
from transformers import AutoModelForCausalLM

TOLERANCE_NATS = 1e-4  # float32 sums in another order; the largest seen is printed
NEW_TOKENS = 24


def random_rows(vocab_size: int, context: int, count: int = 6) -> list[dict]:
    generator = torch.Generator().manual_seed(7)
    rows = []
    for index in range(count):
        length = int(torch.randint(2, min(context, 96), (1,), generator=generator))
        token_ids = torch.randint(0, vocab_size, (length,), generator=generator).tolist()
        rows.append({"token_ids": token_ids, "prompt_length": 1 + index % min(3, length - 1)})
    return rows


def run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise SystemExit(f"parity: {' '.join(command)} failed: {done.stderr.strip()}")
    return done.stdout


def main(retort: str, folder: str) -> None:
    torch.set_num_threads(1)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    config = json.loads((pathlib.Path(folder) / "config.json").read_text())
    context = config.get("max_position_embeddings") or config.get("n_positions")
    rows = random_rows(config["vocab_size"], context)
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write("".join(json.dumps(row) + "\n" for row in rows))
        file.flush()
        output = run([retort, "score", "--model", folder, "--data", file.name, "--top-logprobs", "5"])
    worst = 0.0
    for row, line in zip(rows, output.splitlines(), strict=True):
        reply = json.loads(line)
        with torch.no_grad():
            logits = model(torch.tensor([row["token_ids"]])).logits[0].double()
        logprobs = torch.log_softmax(logits, -1)
        start = row["prompt_length"]
        expected = [logprobs[t - 1, row["token_ids"][t]].item() for t in range(start, len(row["token_ids"]))]
        assert len(reply["logprobs"]) == len(expected), (len(reply["logprobs"]), len(expected))
        worst = max([worst] + [abs(a - b) for a, b in zip(reply["logprobs"], expected)])
        for offset, (ids, values, tail) in enumerate(
            zip(reply["top_token_ids"], reply["top_logprobs"], reply["tail_logprob"], strict=True)
        ):
            position = logprobs[start - 1 + offset]
            worst = max([worst] + [abs(v - position[i].item()) for i, v in zip(ids, values)])
            kept = position[torch.tensor(ids)].exp().sum()
            worst = max(worst, abs(torch.tensor(tail).double().exp().item() - (1 - kept).item()))
    if worst > TOLERANCE_NATS:
        raise SystemExit(f"parity: {folder}: log-probs differ by {worst:.2e} nats, allowed {TOLERANCE_NATS:.0e}")

    prompt = "Once upon a time"
    reply = json.loads(run([
        retort, "generate", "--model", folder, "--prompt", prompt, "--max-new-tokens", str(NEW_TOKENS),
        "--temperature", "0", "--json",
    ]))
    ours = reply["token_ids"][reply["prompt_length"]:]
    with torch.no_grad():
        generated = model.generate(
            torch.tensor([reply["token_ids"][: reply["prompt_length"]]]), max_new_tokens=NEW_TOKENS, do_sample=False,
            pad_token_id=0,
        )[0].tolist()[reply["prompt_length"]:]
    if ours != generated:
        raise SystemExit(f"parity: {folder}: greedy tokens differ: {ours} and {generated}")
    print(f"parity: {pathlib.Path(folder).name}: {len(rows)} rows, worst difference {worst:.1e} nats; "
          f"{len(ours)} greedy tokens equal")


if __name__ == "__main__":
    main(*sys.argv[1:])
