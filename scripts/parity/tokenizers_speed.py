"""Times encoding beside PyPI `tokenizers`, one thread each, in turns: megabytes of text a second of processor time.

The first pass of a fresh process is timed apart: it meets every word for the first time.

Usage: python3 tokenizers_speed.py DRIVER [DATA]
"""

import os

os.environ["TOKENIZERS_PARALLELISM"] = "false"

import pathlib  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402

from tokenizers_parity import ROOT, golden  # noqa: E402

TURNS = 3


def ours(driver, location, text):
    out = subprocess.run([driver, str(location), "--time", str(text)], capture_output=True, text=True, check=True).stdout.split()
    return float(out[0]) / 1e6, int(out[1]), float(out[2]) / 1e6


def theirs(tokenizer, text):
    start, passes = time.process_time(), 0
    while time.process_time() - start < 0.5:
        count = len(tokenizer.encode(text).ids)
        passes += 1
    return passes * len(text.encode()) / (time.process_time() - start) / 1e6, count


def main():
    driver = sys.argv[1]
    data = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT.parent / "shared" / "data"
    if not data.exists():
        sys.exit(f"{data}: there are no foreign tokenizers; nothing is timed")
    module = golden()
    module.DATA = data
    texts = [path for path in [data / "tinyshakespeare" / "input.txt", data / "wikitext2-valid" / "valid.txt", data / "tokenizer-cases" / "botchan.txt"] if path.exists()]
    print(f"{'tokenizer':38} {'text':12} {'Retort MB/s':>12} {'first pass':>10} {'tokenizers MB/s':>16} {'ratio':>6}")
    for name in module.FOREIGN:
        tokenizer = module.foreign_tokenizer(name)
        for path in texts:
            text = path.read_bytes().decode()
            pairs = []
            for _ in range(TURNS):
                mine, count, first = ours(driver, data / name, path)
                other, expected = theirs(tokenizer, text)
                if count != expected:
                    sys.exit(f"{name} on {path.name}: {count} ids, tokenizers has {expected}")
                pairs.append((mine, other, first))
            mine, other, first = (max(pair[part] for pair in pairs) for part in range(3))
            print(f"{name:38} {path.name:12} {mine:12.1f} {first:10.1f} {other:16.1f} {mine / other:6.1f}", flush=True)


if __name__ == "__main__":
    main()
