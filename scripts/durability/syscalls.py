#!/usr/bin/env python3
"""Kills coordinator or student at each of their durable system calls, or fails the call, and lets the run go on.

usage: scripts/durability/syscalls.py [--retort FILE] [--count N] [--seed N] [--only TEXT | --case NAME [--times N]]
       [--part K/N] [--keep]     (make durability)

A tiny run is made undisturbed, its fsync, fdatasync, rename, pwrite64 and write calls counted by strace. Then, again and again, a new
run whose coordinator or student is killed at the K-th call (of a thread), or gets EIO or ENOSPC for it, once: a process that dies is
started again. Each run must end with the bytes of the undisturbed one, whole checkpoints, metrics and journal; after a kill with no hand
needed, after an error at most with `--resume`, having said why in one line. `--count` cases are drawn; 0: all.
"""

import argparse
import collections
import pathlib
import random
import re
import shutil
import sys
import tempfile
import time

from services import ROOT, Broken, Services, Teacher

GROUPS = {"sync": "fsync,fdatasync", "rename": "rename,renameat,renameat2", "pwrite": "pwrite64", "write": "write"}
MODES = {"kill": "signal=SIGKILL", "EIO": "error=EIO", "ENOSPC": "error=ENOSPC"}


def counts(log):
    """Most calls of one thread, by group."""
    threads = collections.Counter()
    for line in open(log, errors="replace"):
        if found := re.match(r"(\d+) +(\w+)\(", line):
            for group, names in GROUPS.items():
                threads[found[1], group] += found[2] in names.split(",")
    return {group: max((count for (_, one), count in threads.items() if one == group), default=0) for group in GROUPS}


def call(line):
    """A failed call, for people: its name, and the name of the file."""
    found = re.search(r"(\w+)[(](?:\d+<([^>]*)>)?", line)
    name = (found[2] or (re.findall(r'"([^"]*)"', line) or [""])[-1]) if found else ""
    return f"{found[1]}({pathlib.PurePath(name).name})" if found else "a call that others interrupted"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--retort", default=str(ROOT / ".build/release/retort"))
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="cases whose names hold this text")
    parser.add_argument("--case", help="this one case, by its whole name")
    parser.add_argument("--times", type=int, default=1, help="how often each case is tried (1)")
    parser.add_argument("--part", help="2/5: every fifth case, from the second")
    parser.add_argument("--keep", action="store_true", help="keep what broken cases leave")
    options = parser.parse_args()
    if not shutil.which("strace"):
        return print("durability: no strace: system calls are not failed (apt-get install strace)", file=sys.stderr)

    with tempfile.TemporaryDirectory() as folder, Teacher(options.retort, f"{folder}/teacher.log") as teacher:
        def services(inject={}):
            return Services(options.retort, tempfile.mkdtemp(dir=folder), teacher.address, inject=inject)

        cases = []
        names = ",".join(GROUPS.values())
        expected = None
        for target in ("coordinator", "student"):
            with services({target: ["-e", f"trace={names}"]}) as undisturbed:
                undisturbed.run(hands=0)
                digest = undisturbed.check()
                found = counts(undisturbed.folder / f"{target}.log.strace")
            if digest != (expected := expected or digest):
                raise SystemExit("durability: two undisturbed runs differ")
            print(f"{target}: " + ", ".join(f"{count} {group}" for group, count in found.items()), flush=True)
            cases += [(target, group, mode, k) for group, most in found.items() for mode in MODES
                      for k in range(1, most + 1)]
        if options.case:
            target, group, mode, k = options.case.split("/")
            cases = [(target, group, mode, int(k))]
        cases = [case for case in cases if options.only in "/".join(map(str, case))]
        total = len(cases)
        if options.part:
            part, parts = map(int, options.part.split("/"))
            cases = cases[part - 1::parts]
        if options.count and options.count < total:
            cases = random.Random(options.seed).sample(cases, options.count)

        broken, deaths, hands, reached = [], 0, 0, 0
        begin = time.monotonic()
        for target, group, mode, k in [case for case in cases for _ in range(options.times)]:
            name = f"{target}/{group}/{mode}/{k}"
            inject = ["-e", f"trace={GROUPS[group]}", "-e", f"inject={GROUPS[group]}:{MODES[mode]}:when={k}"]
            with services({target: inject}) as run:
                try:
                    used = run.run(hands=0 if mode == "kill" else 3)
                    if run.check() != expected:
                        raise Broken("other bytes than those of the undisturbed run")
                    died = sum(process.deaths for process in run.processes)
                    failed = [call(line) for process in run.processes for line in process.failed]
                    (deaths, hands, reached) = (deaths + died, hands + used, reached + (died + len(failed) > 0))
                    print(f"{name}: {died} deaths, {used} hands {' '.join(failed)} {run.complaints or ''}", flush=True)
                except Exception as problem:  # noqa: BLE001: whatever it is, the other cases are tried too.
                    broken.append(name)
                    print(f"{name}: BROKEN: {problem} {run.complaints}", flush=True)
                    if options.keep:
                        print(f"  {shutil.copytree(run.folder, tempfile.mkdtemp(prefix='durability-'), dirs_exist_ok=True)}", flush=True)
            shutil.rmtree(run.folder, ignore_errors=True)
        print(f"durability: {len(cases)} of {total} cases, {reached} met their call, {deaths} deaths, {hands} hands, {len(broken)} broken, "
              f"{time.monotonic() - begin:.0f} s")
        if broken:
            raise SystemExit(f"durability: broken: {' '.join(broken)}; again: --case CASE --keep")


main()
