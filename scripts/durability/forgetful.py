#!/usr/bin/env python3
"""Cuts the power under runs, again and again, on a disk that forgets what nobody waited for.

usage: scripts/durability/forgetful.py [--cuts N] [--seed N] [--lie NAME | --plants] [--retort FILE]     (make durability; needs root)

State and output of each run are on a FUSE file system of our own (disk.py, mount.py). Before a change of them, drawn by the seed, it stands
still, who asked for it is killed by SIGKILL, and what they had not waited for is gone, or all of it but for some pages and names: what the
coordinator wrote, what the student wrote, or, where both are one machine, all. They are started again, and the run goes on without a hand.

After each cut: the journal is whole; it has each row that `metrics.jsonl` had before; each checkpoint that it names and did not delete is whole,
and so is the student once it is said to be exported. At the end the power is cut once more, under all at once: the folder of the run must be
that of an undisturbed run, byte by byte, each step there once. `--lie NAME` lets fsync of files or folders of that name do
nothing, `--plants` one after the other of some such names: then the checks must find runs broken.
"""

import argparse
import json
import os
import pathlib
import queue
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "survival"))
from fleet import ROOT, Broken, Fleet, sha256  # noqa: E402

STEPS = 40
KEPT_CHECKPOINTS = 3
OWNERS = {"coordinator": "coordinator", "student": "student", "machine": "all"}
# The topmost folder is `disk`.
PLANTS = ["journal.sqlite-wal", "model.safetensors", "checkpoint-*", "student", "out", "state", "disk"]


class Power:
    """`with Power(folder, lies) as power`: the mounted disk, and its switch."""

    def __init__(self, folder, lies=()):
        self.place, self.lies = pathlib.Path(folder, "disk"), lies
        self.place.mkdir()
        words = [sys.executable, str(pathlib.Path(__file__).with_name("mount.py")), str(self.place), "out/metrics.jsonl"]
        self.log = open(pathlib.Path(folder, "mount.log"), "wb")
        self.process = subprocess.Popen(
            words + [word for lie in lies for word in ("--lie", lie)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)
        # `standing` is said unasked.
        self.standing, self.answers = queue.Queue(), queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self):
        try:
            self.answer("ready")
        except SystemExit:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        subprocess.run(["umount", "-l", str(self.place)], capture_output=True)

    def tell(self, *words):
        self.process.stdin.write((" ".join(map(str, words)) + "\n").encode())
        self.process.stdin.flush()

    def _listen(self):
        for line in self.process.stdout:
            name, _, rest = line.decode().strip().partition(" ")
            (self.standing if name == "standing" else self.answers).put((name, json.loads(rest or "{}")))
        self.answers.put(("nothing more", {}))

    def answer(self, wanted):
        """What the disk says when it is told something."""
        try:
            name, values = self.answers.get(timeout=20)
        except queue.Empty:
            name, values = "nothing", {}
        if name != wanted:
            raise SystemExit(f"durability: the disk says {name} and not {wanted}: {pathlib.Path(self.log.name).read_text()[-300:]}")
        return values

    def cut(self, owners, seed, luck):
        """Forgets; returns how many changes there have been, of each owner."""
        self.tell("cut", seed, luck, owners)
        return self.answer("forgotten")

    @property
    def seen_rows(self):
        """The rows of metrics.jsonl before the last cut."""
        file = pathlib.Path(f"{self.place}.seen")
        return [line for line in file.read_text().splitlines(keepends=True) if line.endswith("\n")] if file.exists() else []


class Cuts:
    """What is done to one run: all of it follows from the seed but how its calls come to follow each other."""

    def __init__(self, fleet, power, seed, owner, changes, count, expected):
        self.power, self.owner, self.expected = power, owner, expected
        self.random, self.left, self.done, self.changes, self.stands = random.Random(seed), count, [], changes, None
        self.victims = [service for name, service in fleet.services.items()
                        if name.startswith({"machine": ("student", "coordinator")}.get(owner, owner))]
        for service in self.victims:
            # Not before what is left was looked at.
            service.restart_after = float("inf")
        # Whoever reads the disk while it stands still waits with it: not this thread.
        threading.Thread(target=self._cut, daemon=True).start()
        self._arm(first=True)

    def _arm(self, first=False):
        if self.left:
            # Later cuts come within what a run does after it was begun again; one in three while it is still about that.
            most = self.changes if first else self.random.choice([self.changes // 2, self.changes // 3, 40])
            self.power.tell("arm", self.random.randint(1, max(1, most)), OWNERS[self.owner])

    def _cut(self):
        for _ in range(self.left):
            _, call = self.power.standing.get()
            for service in self.victims:
                service.kill()
            luck = self.random.choice([0] if self.power.lies else [0, 0, 0.5, 0.9])
            self.power.cut(OWNERS[self.owner], self.random.random(), luck)
            self.stands = f"{self.owner}, luck {luck}, before {call['call']} {call['path']}"

    def __call__(self, now):
        if not self.stands or any(service.process for service in self.victims):
            return
        self.left -= 1
        self.done.append(self.stands)
        self.stands = None
        survivors(self.power.place, self.power.seen_rows, self.expected)
        for service in self.victims:
            service.due = now
        self._arm()


def survivors(place, seen, expected):
    """Raises where something is gone that somebody was told of."""
    with tempfile.TemporaryDirectory() as copy:
        for name in ("journal.sqlite", "journal.sqlite-wal", "journal.sqlite-journal"):
            if (file := place / "state" / name).exists():
                shutil.copy(file, copy)
        file = pathlib.Path(copy, "journal.sqlite")
        if not file.exists():
            if seen:
                raise Broken("after the cut: the journal is gone")
            return
        try:
            with sqlite3.connect(file) as journal:
                if (found := journal.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
                    raise Broken(f"after the cut: the journal: {found}")
                events, rows, state = [], set(), ""
                if journal.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'tokens'").fetchone()[0]:
                    events = [json.loads(body) for (body,) in journal.execute("SELECT body FROM events ORDER BY sequence")]
                    rows = {identity(row) for (row,) in journal.execute("SELECT row FROM metrics")}
                    state = "".join(state for (state,) in journal.execute("SELECT state FROM runs"))
        except sqlite3.DatabaseError as problem:
            raise Broken(f"after the cut: the journal: {problem}") from None
    if lost := [row for row in seen if identity(row) not in {*rows, None}]:
        raise Broken(f"after the cut: the journal has lost {len(lost)} of {len(seen)} rows, the first {lost[0][:60]!r}")
    saved, is_exported = [], False
    for event in events:
        name, values = next(iter(event.items()))
        if name == "saved" and values["position"] not in saved:
            saved.append(values["position"])
        elif name == "checkpointDamaged":
            raise Broken(f"after a cut: a checkpoint was damaged: {values['message']}")
        elif name == "exported":
            is_exported = True
    for position in saved[-KEPT_CHECKPOINTS:]:
        whole(place / "out" / f"checkpoint-{position}", expected, "after the cut")
    if is_exported:
        whole(place / "out/student", expected, "after the cut")
    if state == "finished":
        left = {file.name for file in (place / "out").iterdir()}
        if missing := {"metrics.jsonl", "recipe.yaml", "report.html"} - left:
            raise Broken(f"after the cut: the run has finished, and {', '.join(sorted(missing))} is missing")


def identity(row):
    """Step and kind of a row: its times are others where the step was made again. None where an earlier cut tore it."""
    try:
        return (values := json.loads(row))["step"], "loss" in values
    except ValueError:
        return None


def whole(folder, expected, when):
    """Raises where a folder has not the bytes of the undisturbed run."""
    for name, digest in expected.hashes.items():
        if name.split("/")[0] == folder.name:
            file = folder / name.split("/")[1]
            if not file.exists() or sha256(file) != digest:
                raise Broken(f"{when}: {name}, which the journal counts on, {'is torn' if file.exists() else 'is gone'}")


class Case:
    """One run on a disk of its own."""

    def __init__(self, retort, place, lies=()):
        self.retort, self.place, self.lies = retort, place, lies

    def run(self, seed=None, owner="machine", changes=None, count=0, expected=None):
        """Makes the run; returns what it has left, the changes of each owner, and the cuts."""
        with Power(self.place, self.lies) as power, \
                Fleet(self.retort, self.place / "run", 1, 1, STEPS, disk=power.place) as fleet:
            plan = None
            try:
                plan = Cuts(fleet, power, seed, owner, changes, count, expected) if count else None
                during = plan or (lambda now: None)
                fleet.run(during, seconds=120, at_start=during)
                for service in fleet.services.values():
                    service.end()
                told = power.cut("all", 0, 0)
                results = fleet.check(expected)
            except Broken as problem:
                raise Broken(f"{problem}\n  cuts: {'; '.join(plan.done) if plan else 'none'}") from None
            except FileNotFoundError as problem:
                raise Broken(f"{problem.filename} is gone\n  cuts: {'; '.join(plan.done) if plan else 'none'}") from None
            return results, told, plan.done if plan else []


def skipped():
    """Why nothing can be tried here; None: it can."""
    if os.geteuid() != 0:
        return "not root"
    if not os.path.exists("/dev/fuse"):
        return "no /dev/fuse"
    try:
        import fuse  # noqa: F401
    except (ImportError, OSError) as problem:
        return f"no FUSE for Python ({problem}): make durability installs it"
    try:
        with tempfile.TemporaryDirectory() as place, Power(place):
            return None
    except SystemExit:
        return "nothing can be mounted here"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--retort", default=str(ROOT / ".build/release/retort"))
    parser.add_argument("--cuts", type=int, default=60, help="cuts under runs (60)")
    parser.add_argument("--each", type=int, default=3, help="cuts under one run (3)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--owner", choices=OWNERS, help="whose power is cut (each in turn)")
    parser.add_argument("--lie", action="append", default=[], metavar="NAME", help="fsync of what has this name does nothing")
    parser.add_argument("--plants", action="store_true", help="tell such lies, one after the other: each must be found")
    parser.add_argument("--keep", action="store_true", help="keep what broken runs leave in their logs")
    options = parser.parse_args()
    if why := skipped():
        return print(f"durability: {why}: no power is cut", file=sys.stderr)

    place, begin = pathlib.Path(tempfile.mkdtemp(prefix="forgetful-")), time.monotonic()
    numbers = iter(range(1 << 30))
    def case(lies=()):
        (folder := place / str(next(numbers))).mkdir()
        return Case(options.retort, folder, lies)

    try:
        expected, told, _ = case().run()
    except Broken as problem:
        raise SystemExit(f"durability: a run that is over, and then has its power cut: {problem}") from None
    changes = {"coordinator": told["changes"]["coordinator"], "student": told["changes"]["student"]}
    changes["machine"] = sum(changes.values())
    print(f"undisturbed, then all power is cut: {STEPS} steps, {changes['coordinator']} changes by the coordinator, {changes['student']} by the student; "
          f"student {expected.digest[:16]}", flush=True)

    def runs(count, lies=()):
        """Makes runs with so many cuts; returns the cuts, and the seeds of broken runs."""
        done, broken, number = 0, [], 0
        while done < count:
            owner = options.owner or [*OWNERS][number % len(OWNERS)]
            seed, number = f"{options.seed}/{number}", number + 1
            one = case(lies)
            try:
                _, _, cuts = one.run(seed, owner, changes[owner], min(options.each, count - done), expected)
                done += max(1, len(cuts))
                print(f"run {seed}: {'; '.join(cuts)}: same bytes, each step once", flush=True)
            except Broken as problem:
                done += options.each
                broken.append(seed)
                print(f"run {seed}: BROKEN: {problem}", flush=True)
                if lies:
                    break
            if not (options.keep and broken):
                shutil.rmtree(one.place, ignore_errors=True)
        return done, broken

    if options.plants:
        missed = []
        for lie in PLANTS:
            print(f"fsync of {lie} does nothing:", flush=True)
            if not runs(options.cuts, [lie])[1]:
                missed.append(lie)
        print(f"durability: {len(PLANTS) - len(missed)} of {len(PLANTS)} lies found, {time.monotonic() - begin:.0f} s")
        if missed:
            raise SystemExit(f"durability: lies not found: {' '.join(missed)}")
        return
    done, broken = runs(options.cuts, options.lie)
    print(f"durability: {done} cuts of power, {len(broken)} broken runs, {time.monotonic() - begin:.0f} s; seed {options.seed}")
    if broken:
        raise SystemExit(f"durability: broken runs: {' '.join(broken)}{f'; their logs: {place}' if options.keep else ''}")
    shutil.rmtree(place, ignore_errors=True)


main()
