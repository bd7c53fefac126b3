#!/usr/bin/env python3
"""Fills the disk under runs, each time a little later, and goes on with them once there is space again.

usage: scripts/durability/full-disk.py [--retort FILE] [--count N]     (make durability; needs root, for a mount)

Output and state of each run are on a small disk of their own: ext4 in a file, or tmpfs where there is no loop device. A file takes all of
its space once the run has made some steps. The run must stop, say in one line that the disk is full, and go on with `--resume` once
the file is gone, to the bytes of an undisturbed run.
"""

import argparse
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from services import ROOT, Broken, Services, Teacher

MIB = 1 << 20


@contextlib.contextmanager
def disk(folder):
    """A disk of 128 MiB at a folder; yields its kind, or None where none can be had."""
    image, place = f"{folder}/disk.img", pathlib.Path(folder, "disk")
    place.mkdir()
    with open(image, "wb") as file:
        file.truncate(128 * MIB)
    kinds = {
        "ext4": [["mkfs.ext4", "-q", "-m", "0", image], ["mount", "-o", "loop", image, str(place)]],
        "tmpfs": [["mount", "-t", "tmpfs", "-o", "size=128m", "tmpfs", str(place)]]}
    for kind, commands in kinds.items():
        try:
            for command in commands:
                subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        try:
            yield kind, place
        finally:
            subprocess.run(["umount", "-l", str(place)], check=True)
            pathlib.Path(image).unlink()
        return
    yield None, place


def fill(file):
    """Takes all space there is, to the last byte."""
    with open(file, "ab", buffering=0) as balloon:
        size = MIB
        while size:
            try:
                balloon.write(bytes(size))
            except OSError:
                size //= 2


def rows(run):
    file = run.output / "metrics.jsonl"
    return file.read_bytes().count(b"\n") if file.exists() else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--retort", default=str(ROOT / ".build/release/retort"))
    parser.add_argument("--count", type=int, default=3)
    options = parser.parse_args()
    if os.geteuid() != 0:
        return print("durability: not root: no disk is filled", file=sys.stderr)

    with tempfile.TemporaryDirectory() as folder, Teacher(options.retort, f"{folder}/teacher.log") as teacher:
        expected, broken = None, []
        for after in [None, *range(options.count)]:
            place = tempfile.mkdtemp(dir=folder)
            with disk(place) as (kind, mounted):
                if kind is None:
                    return print("durability: nothing can be mounted here: no disk is filled", file=sys.stderr)
                steps = 40
                with Services(options.retort, place, teacher.address, steps, output=mounted / "out") as run:
                    try:
                        if after is None:
                            run.run(hands=0)
                        else:
                            stop(run, mounted / "balloon", 1 + after * (steps - 4) // max(1, options.count - 1))
                        digest = run.check()
                        if digest != (expected := expected or digest):
                            raise Broken("other bytes than those of the undisturbed run")
                        if after is not None:
                            print(f"{kind}, full after {run.filled} steps: {run.complaints}", flush=True)
                    except Broken as problem:
                        broken.append(after)
                        print(f"{kind}, case {after}: BROKEN: {problem} {run.complaints}", flush=True)
            shutil.rmtree(place, ignore_errors=True)
        if broken:
            raise SystemExit(f"durability: {len(broken)} cases of a full disk are broken")


def stop(run, balloon, step):
    """Fills the disk once a step was made; lets the run fail, and goes on with it when there is space again."""
    run.filled = None

    def watch():
        if run.filled is None and rows(run) >= step:
            fill(balloon)
            run.filled = rows(run)

    status, errors = run.follow(False, during=watch)
    lines = [line for line in errors.splitlines() if line.startswith("retort: ")]
    if status == 0:
        raise Broken(f"the run did not notice that the disk was full after {run.filled} steps")
    if len(lines) != 1 or "full" not in lines[0]:
        raise Broken(f"the run says in one line that the disk is full, not: {errors[-600:]!r}")
    run.complaints += lines
    balloon.unlink(missing_ok=True)
    status, errors = run.follow(True)
    if status != 0:
        raise Broken(f"with space again, the run goes on, and says not: {errors[-600:]!r}")


main()
