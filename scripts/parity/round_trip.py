"""Exports a model folder with Retort and compares what transformers makes of both folders: every logit, bit for bit."""

import pathlib
import subprocess
import sys
import tempfile

import torch
from transformers import AutoModelForCausalLM


def logits(folder: str, token_ids: torch.Tensor) -> torch.Tensor:
    model, report = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    problems = {key: value for key, value in report.items() if value and key != "error_msgs"}
    if problems:
        raise SystemExit(f"parity: {folder}: transformers reports {problems}")
    with torch.no_grad():
        return model.eval()(token_ids).logits


def main(retort: str, folder: str) -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as root:
        exported = str(pathlib.Path(root) / "exported")
        done = subprocess.run(
            [retort, "export", "--checkpoint", folder, "--to", exported], capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise SystemExit(f"parity: {folder} is not exported: {done.stderr.strip()}")
        token_ids = torch.randint(0, 250, (2, 90), generator=torch.Generator().manual_seed(3))
        before, after = logits(folder, token_ids), logits(exported, token_ids)
    if not torch.equal(before, after):
        raise SystemExit(f"parity: {folder}: exported logits differ by up to {(before - after).abs().max():.2e}")
    print(f"parity: {pathlib.Path(folder).name}: exported, transformers computes the same bits")


if __name__ == "__main__":
    main(*sys.argv[1:])
