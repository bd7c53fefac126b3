#!/usr/bin/env python3
"""Prints the table of scripts/study.sh: the mean of each figure over seeds and its 95 % interval (Student's t).

usage: scripts/study-table.py FOLDER SEED [SEED ...]
"""

import json
import math
import pathlib
import sys

# Name in the table, run, which of the run's evaluations.
ROWS = [
    ("teacher", "ceiling", 0),
    ("start", "warm", -1),
    ("SFT on 256", "sft-few", -1),
    ("SeqKD", "seqkd", -1),
    ("forward KL", "kd", -1),
    ("DistiLLM-2", "distillm2", -1),
]
COLUMNS = [
    ("valid at T = 1", "eval/valid"),
    ("valid, greedy", "eval/valid_greedy"),
    ("KL to the teacher", "eval/kl"),
    ("distinct right of 8", "eval/distinct_valid"),
]
# 97.5 % quantiles of Student's t for 1, 2, … degrees of freedom.
QUANTILES = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262]


def evaluations(path: pathlib.Path) -> list[dict]:
    rows = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    return [row for row in rows if "eval/valid" in row]


def cell(values: list[float]) -> str:
    mean = sum(values) / len(values)
    if len(values) < 2:
        return f"{mean:.3f}"
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
    quantile = QUANTILES[min(len(values) - 1, len(QUANTILES)) - 1]
    return f"{mean:.3f} ± {quantile * deviation / math.sqrt(len(values)):.3f}"


def main() -> None:
    if len(sys.argv) < 3 or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__)
    folder, seeds = pathlib.Path(sys.argv[1]), sys.argv[2:]
    print("| | " + " | ".join(title for title, _ in COLUMNS) + " |")
    print("|---" * (len(COLUMNS) + 1) + "|")
    for title, run, which in ROWS:
        found = [evaluations(folder / seed / run / "metrics.jsonl")[which] for seed in seeds]
        cells = [cell([row[key] for row in found if key in row]) for _, key in COLUMNS]
        print(f"| {title} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
