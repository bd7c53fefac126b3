#!/usr/bin/env python3
"""Makes a run whose every connection goes through a proxy that is slow, thin, lame or breaks connections.

usage: scripts/survival/misery.py [--profiles LIST] [--seed N] [--students N] [--retort FILE]     (make misery)

Between coordinator and teacher, coordinator and students both ways, and from student to student stands a TCP proxy of our own. With each profile a
run is made: latency, jitter, slices (writes of 1 to 7 bytes), resets, half-open (nothing is forwarded for a while, then closed), silent (nothing is
forwarded any more, and nothing closed, but between students), swallow (between students all is taken and nothing forwarded any more, nothing closed),
bandwidth, mixed (all but silent and swallow). It must end in bounded time without a hand, with the bytes of the run without a proxy, the same samples, and each
step once. What a profile does follows from the seed, and it must have been done.
"""

import argparse
import pathlib
import shutil
import sys
import tempfile

from fleet import ROOT, Broken, Fleet
from proxy import PROFILES, Proxy


def acted(profile, counts):
    """Raises where a profile has not done what it is named for."""
    wanted = {"slices": profile.slices, "resets": profile.reset_mean, "stalls": profile.stall_mean, "swallows": profile.swallow_mean, "bytes": 1, "doors": profile.doors}
    idle = [name for name, is_wanted in wanted.items() if is_wanted and not counts[name]]
    if idle:
        raise Broken(f"the proxy has not acted: no {', '.join(idle)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--retort", default=str(ROOT / ".build/release/retort"))
    parser.add_argument("--profiles", default="all", help=f"some of {','.join(PROFILES)} (all)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--students", type=int, default=3)
    parser.add_argument("--steps", type=int, default=60, help="of each run (60)")
    parser.add_argument("--seconds", type=float, default=240, help="the longest that a run may take (240)")
    parser.add_argument("--keep", help="folder for everything that the runs leave")
    parser.add_argument("--plant", action="store_true", help="turn one bit between two students: every run must be found broken")
    options = parser.parse_args()
    names = list(PROFILES) if options.profiles == "all" else options.profiles.split(",")
    if unknown := [name for name in names if name not in PROFILES]:
        parser.error(f"no profile {', '.join(unknown)}: there are {', '.join(PROFILES)}")
    if options.students < 2 or options.steps < 30:
        parser.error("at least 2 students and 30 steps")

    place = pathlib.Path(options.keep or tempfile.mkdtemp(prefix="survival-"))
    def fleet(name, proxies=None):
        return Fleet(options.retort, place / name, options.students, options.students, options.steps, proxies=proxies)

    with fleet("undisturbed") as undisturbed:
        seconds = undisturbed.run(seconds=options.seconds)
        expected = undisturbed.check()
    print(f"{'without a proxy':<15} {seconds:6.1f} s  student {expected.digest[:16]}", flush=True)
    broken = []
    for name in names:
        with Proxy(PROFILES[name], f"{options.seed}/{name}", options.plant) as proxy, fleet(name, proxy.stand_before) as run:
            try:
                seconds = run.run(seconds=options.seconds)
                found = run.check(expected)
                acted(PROFILES[name], proxy.counts)
                what = ", ".join(f"{count:,} {kind}" for kind, count in proxy.counts.items() if count)
                print(f"{name:<15} {seconds:6.1f} s  same bytes, each step once; {found.repeated} steps made again; {what}", flush=True)
                if not options.keep:
                    shutil.rmtree(run.folder)
            except Broken as problem:
                broken.append(name)
                print(f"{name:<15} BROKEN: {problem}\n  {proxy.counts}; logs: {run.folder}", flush=True)
    if broken:
        raise SystemExit(f"survival: broken: {','.join(broken)}; again with --profiles {','.join(broken)} --seed {options.seed}; "
                         f"what they left: {place}")
    if not options.keep:
        shutil.rmtree(place)


if __name__ == "__main__":
    sys.exit(main())
