#!/usr/bin/env python3
"""Stops a student while it writes a checkpoint, lets another take its place, and lets the first go on.

usage: scripts/durability/paused-writer.py [--retort FILE] [--count N]     (make durability)

SIGSTOP hits the first student in the middle of a save; its lease ends, and a second one makes the run. The first goes on while the second writes
the same checkpoint, or once the run is at its end, in turn. The run must end with the bytes of an undisturbed one, whole checkpoints, and
nothing half-written left over.
"""

import argparse
import os
import shutil
import signal
import tempfile
import time

from services import ROOT, Broken, Process, Services, Teacher


class Pause:
    """What is done to the students while the run is followed."""

    def __init__(self, run, retort, goes_on_early):
        self.run, self.retort, self.goes_on_early = run, retort, goes_on_early
        self.first = run.processes[1].process.pid
        self.stopped = self.went_on = self.went_early = None

    def partial(self):
        found = {}
        for file in self.run.output.glob(".checkpoint-*.partial*"):
            try:
                found[file.stat().st_ino] = file.name
            except FileNotFoundError:
                pass
        return found

    def __call__(self):
        if self.stopped is None and (found := self.partial()):
            os.kill(self.first, signal.SIGSTOP)
            self.stopped = found
            self.run.processes.append(Process(
                [self.retort, "student", "--coordinator", self.run.address, "--root", "/", "--listen", "127.0.0.1:0"],
                self.run.folder / "second.log"))
        elif self.stopped and self.goes_on_early and self.partial().keys() - self.stopped.keys():
            self.go_on()
            self.went_early = True

    def go_on(self):
        if self.stopped and not self.went_on:
            os.kill(self.first, signal.SIGCONT)
            self.went_on = True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--retort", default=str(ROOT / ".build/release/retort"))
    parser.add_argument("--count", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Teacher(options.retort, f"{folder}/teacher.log") as teacher:
        with Services(options.retort, tempfile.mkdtemp(dir=folder), teacher.address, steps=12) as undisturbed:
            undisturbed.run(hands=0)
            expected = undisturbed.check()
        broken = 0
        for case in range(options.count):
            place = tempfile.mkdtemp(dir=folder)
            with Services(options.retort, place, teacher.address, steps=12) as run:
                pause = Pause(run, options.retort, goes_on_early=case % 2 == 0)
                try:
                    status, errors = run.follow(False, during=pause)
                    if status != 0:
                        raise Broken(errors[-600:])
                    if "cannot be written" in errors:
                        raise Broken(f"the two are in each other's way: {errors[-600:]!r}")
                    pause.go_on()
                    end = time.monotonic() + 5
                    while pause.partial() and time.monotonic() < end:
                        time.sleep(0.05)
                    # What it had begun to write it finishes now, or finds gone.
                    time.sleep(1)
                    if pause.partial():
                        raise Broken(f"left over: {pause.partial()}")
                    if run.check() != expected:
                        raise Broken("other bytes than those of the undisturbed run")
                    print(f"paused writer {case}: stopped at {[*(pause.stopped or {}).values()]}, "
                          f"went on {'early' if pause.went_early else 'at the end'}", flush=True)
                except Broken as problem:
                    broken += 1
                    print(f"paused writer {case}: BROKEN: {problem}", flush=True)
            shutil.rmtree(place, ignore_errors=True)
        if broken:
            raise SystemExit(f"durability: {broken} cases of a paused writer are broken")


main()
