#!/usr/bin/env python3
"""Makes a run in a network of its own, in which connections between students fall silent: every packet of theirs is dropped.

usage: scripts/survival/blackhole.py [--retort FILE] [--times N]     (make misery; needs root and iptables)

So many times, the packets of all connections that there are just then between two students are dropped for good; neither end is told. Keepalive
must break the connections within 30 s, the students meet anew, and the run ends with the bytes of an undisturbed one.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from fleet import ROOT, Broken, Fleet


def connections(own):
    """Ports of the connections between students, which listen for services at `own`: both ends of each."""
    found = set()
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        ends = [end.split(":") for end in fields[1:3]]
        ports = [int(port, 16) for _, port in ends]
        if fields[3] == "01" and any(host.endswith("07007F") for host, _ in ends) and not own.intersection(ports):
            found.update(ports)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--retort", default=str(ROOT / ".build/release/retort"))
    parser.add_argument("--times", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=40, help="the longest that each may take (40)")
    options = parser.parse_args()
    if os.geteuid() != 0 or not shutil.which("iptables") or not shutil.which("unshare"):
        return print("survival: not root, or no iptables: no packet is dropped", file=sys.stderr)
    if "RETORT_BLACKHOLE" not in os.environ:
        # In a network of its own nobody else's packets are dropped.
        command = 'ip link set lo up && exec "$0" "$@"'
        return subprocess.run(["unshare", "--net", "sh", "-c", command, *sys.argv],
                              env={**os.environ, "RETORT_BLACKHOLE": "1"}).returncode

    place = pathlib.Path(tempfile.mkdtemp(prefix="survival-"))
    steps = 60 * (options.times + 1)
    with Fleet(options.retort, place / "undisturbed", steps=steps) as undisturbed:
        undisturbed.run()
        expected = undisturbed.check()
    print(f"undisturbed: student {expected.digest[:16]}", flush=True)
    with Fleet(options.retort, place / "run", steps=steps) as run:
        dropped = []

        def during(now):
            # Once the steps since the last time have shown that the students share them again.
            if len(dropped) < options.times and run.step >= 40 * (len(dropped) + 1) and run.row_replicas[run.step] == 3:
                own = {int(service.arguments[service.arguments.index("--listen") + 1].rsplit(":", 1)[1])
                       for service in run.services.values()}
                ports = connections(own)
                for port in ports:
                    for end in ("--sport", "--dport"):
                        subprocess.run(["iptables", "-A", "INPUT", "-p", "tcp", end, str(port), "-j", "DROP"], check=True)
                dropped.append((now, run.step, len(ports)))

        try:
            run.run(during, seconds=60 + options.seconds * options.times)
            run.check(expected)
            if len(dropped) < options.times or not all(count for _, _, count in dropped):
                raise Broken(f"packets were dropped {len(dropped)} times: {dropped}")
        except Broken as problem:
            raise SystemExit(f"survival: BROKEN: {problem}; dropped: {dropped}; what it left: {place}")
    for at, step, count in dropped:
        # A step that was under way may still have been told of.
        after = min((time for number, time in run.row_times.items() if number > step + 1), default=run.end) - at
        print(f"after step {step}: {count // 2} connections fell silent; {after:.1f} s until the next steps")
        if after > options.seconds:
            raise SystemExit(f"survival: {after:.1f} s, more than {options.seconds} s")
    print("same bytes, each step once")
    shutil.rmtree(place)


if __name__ == "__main__":
    sys.exit(main())
