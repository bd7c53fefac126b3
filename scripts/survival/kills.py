#!/usr/bin/env python3
"""Kills teacher, coordinator and students of a run, one or several at once, at random instants, and lets a supervisor start them again.

usage: scripts/survival/kills.py [--kills N] [--seed N] [--students N] [--stop SHARE] [--set KEY=VALUE ...] [--retort FILE]
       (make kills)

A short run is made undisturbed, by one student and by all. Then, until so many instants were reached, runs are made in which SIGKILL hits
one, two, all students or everybody, a quarter of the time while the last victims are still recovering. Each run must end without a hand,
with the bytes of the undisturbed one in its student and its checkpoints, with the same samples and each step once in journal and
metrics. Times are from an instant to the first row of a step that nobody had made before it, and to the first step that all students share
again. `--stop` is a share of instants at which SIGSTOP makes the victims stand still for 0.5 to 15 s instead. `--set method=dpkd` and other settings of recipes make another job.
"""

import argparse
import collections
import pathlib
import random
import shutil
import statistics
import sys
import tempfile
import time

from fleet import ROOT, Broken, Fleet

TARGETS = {"student": 8, "coordinator": 4, "teacher": 3, "two": 3, "students": 1, "everybody": 1}


class Disturbance:
    """What is done to one run, and when: all of it follows from the seed but how far the run is then."""

    def __init__(self, fleet, seed, limit, share_stopped, mean):
        self.fleet, self.random, self.limit, self.share_stopped, self.mean = fleet, random.Random(seed), limit, share_stopped, mean
        self.instants, self.due, self.is_late = [], None, False

    def __call__(self, now):
        if self.due is None:
            # Rows are what the times are measured by; a start is disturbed as often as any second.
            self.due = now + self.random.uniform(0, 2 * self.mean)
        if not self.is_late and self.fleet.step == self.fleet.steps:
            # What happens once, at the end of a run, is disturbed in every other run.
            self.is_late = True
            self.due = now + self.random.uniform(0, 0.2) if self.random.random() < 0.5 else self.due
        if now < self.due or len(self.instants) >= self.limit:
            return
        target = self.random.choices(list(TARGETS), TARGETS.values())[0]
        stops = self.random.random() < self.share_stopped
        seconds = self.random.uniform(0.5, 15)
        hit = [name for name in self.victims(target)
               if (self.fleet.services[name].stand_still(seconds) if stops else self.fleet.services[name].kill())]
        recovering = self.random.random() < 0.25
        self.due = now + (self.random.uniform(0.02, 0.5) if recovering else self.random.uniform(0.4, 2 * self.mean))
        if hit:
            self.instants.append(Instant(("stop " if stops else "") + target, hit, now, self.fleet.step))

    def victims(self, target):
        names = list(self.fleet.services)
        students = [name for name in names if name.startswith("student")]
        match target:
            case "student": return [self.random.choice(students)]
            case "two": return self.random.sample(names, 2)
            case "students": return students
            case "everybody": return names
            case _: return [target]


class Instant:
    """One moment, and what came of it."""

    def __init__(self, target, hit, at, step):
        self.target, self.hit, self.at, self.step = target, hit, at, step

    def whole(self, fleet):
        """Seconds until all students shared a step after everybody who was hit was there again; None where the run ended before."""
        back = max(min((start for start in fleet.services[name].starts if start > self.at), default=fleet.end) for name in self.hit)
        times = [time for step, time in fleet.row_times.items() if time > back and fleet.row_replicas[step] == fleet.students]
        return min(times) - self.at if times else None

    def progress(self, fleet):
        """Seconds until a step was made that nobody had made before; at the end of a run: until that."""
        return min((time for step, time in fleet.row_times.items() if step > self.step), default=fleet.end) - self.at


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def table(title, times):
    print(f"\n{title:<24} {'instants':>8} {'mean':>7} {'median':>7} {'p95':>7} {'p99':>7} {'max':>7}")
    for target, values in [*sorted(times.items()), ("all", [value for values in times.values() for value in values])]:
        print(f"{target:<24} {len(values):>8} {statistics.mean(values):>7.2f} {statistics.median(values):>7.2f} "
              f"{percentile(values, 0.95):>7.2f} {percentile(values, 0.99):>7.2f} {max(values):>7.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--retort", default=str(ROOT / ".build/release/retort"))
    parser.add_argument("--kills", type=int, default=200, help="instants (200)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--students", type=int, default=3)
    parser.add_argument("--steps", type=int, help="of each run (480; where few instants are asked for, fewer)")
    parser.add_argument("--mean", type=float, default=1.5, help="seconds from one instant to the next, about (1.5)")
    parser.add_argument("--stop", type=float, default=0, help="share of instants that stop instead of killing (0)")
    parser.add_argument("--restart-after", type=float, default=0.1, help="seconds until what died is started again (0.1)")
    parser.add_argument("--median", type=float, default=3, help="the greatest median of times to progress that is good (3 s)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting that wins over the recipe's; may be repeated")
    parser.add_argument("--keep", help="folder for everything that the runs leave")
    parser.add_argument("--plant", action="store_true", help="spoil one weight after each run: every run must be found broken")
    options = parser.parse_args()
    if options.steps is None:
        options.steps = min(480, 60 + 8 * options.kills)
    if options.students < 1 or options.kills < 1 or options.steps < 30:
        parser.error("at least 1 student, 1 kill and 30 steps")

    place = pathlib.Path(options.keep or tempfile.mkdtemp(prefix="survival-"))
    def fleet(name, students):
        return Fleet(options.retort, place / name, students, options.students, options.steps, options.restart_after,
                     settings=options.set)

    expected = None
    for students in sorted({1, options.students}):
        with fleet(f"undisturbed-{students}", students) as undisturbed:
            seconds = undisturbed.run()
            expected = undisturbed.check(expected)
        gaps = [b - a for a, b in zip(sorted(undisturbed.row_times.values()), sorted(undisturbed.row_times.values())[1:])]
        print(f"undisturbed, {students} students: {seconds:.1f} s, {options.steps} steps, at most {max(gaps):.2f} s between two; "
              f"student {expected.digest[:16]}", flush=True)

    times, wholes, hits = collections.defaultdict(list), collections.defaultdict(list), collections.Counter()
    slowest, broken, done, repeated = [], [], 0, 0
    begin, run, missed = time.monotonic(), 0, 0
    while done < options.kills:
        run += 1
        seed = f"{options.seed}/{run}"
        with fleet(f"run-{run}", options.students) as disturbed:
            plan = Disturbance(disturbed, seed, options.kills - done, options.stop, options.mean)
            try:
                seconds = disturbed.run(plan, seconds=300)
                if options.plant:
                    spoil(disturbed.output / "student/model.safetensors")
                repeated += (found := disturbed.check(expected)).repeated
                for instant in plan.instants:
                    times[instant.target].append(instant.progress(disturbed))
                    if (until := instant.whole(disturbed)) is not None:
                        wholes[instant.target].append(until)
                    slowest.append((instant.progress(disturbed), run, instant.at - disturbed.begin, " ".join(instant.hit)))
                print(f"run {run}: {seconds:5.1f} s, {len(plan.instants):2} instants, {found.repeated:2} steps made again, "
                      f"same bytes, each step once", flush=True)
                if not options.keep:
                    shutil.rmtree(disturbed.folder)
            except Broken as problem:
                broken.append(run)
                print(f"run {run}: BROKEN: {problem}\n  instants: "
                      + ", ".join(f"{i.at - disturbed.begin:.2f}s {i.target} ({' '.join(i.hit)})" for i in plan.instants)
                      + f"\n  logs: {disturbed.folder}", flush=True)
            for instant in plan.instants:
                hits.update(name.split("-")[0] for name in instant.hit)
            missed = 0 if plan.instants else missed + 1
            if missed == 3:
                raise SystemExit("survival: three runs ended before anything was killed: more --steps, or a smaller --mean")
            done += len(plan.instants)
    if times:
        table("s to progress, after", times)
    if wholes:
        table("s until all share a step", wholes)
    for progress, number, at, hit in sorted(slowest, reverse=True)[:3]:
        print(f"slowest: {progress:.2f} s after {hit}, in run {number} at {at:.2f} s")
    victims = ", ".join(f"{count} × {name}" for name, count in hits.most_common())
    print(f"\n{done} instants, {sum(hits.values())} processes hit ({victims}), in {run} runs, {time.monotonic() - begin:.0f} s; "
          f"{repeated} steps made again; broken runs: {len(broken)}; seed {options.seed}")
    if broken:
        raise SystemExit(f"survival: broken runs: {broken}; again with --seed {options.seed}; what they left: {place}")
    every = [value for values in times.values() for value in values]
    if statistics.median(every) > options.median:
        raise SystemExit(f"survival: the median time to progress is {statistics.median(every):.2f} s, more than {options.median} s")
    if not options.keep:
        shutil.rmtree(place)


def spoil(file):
    """Turns one bit of the last weight."""
    content = bytearray(file.read_bytes())
    content[-2] ^= 1
    file.write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
