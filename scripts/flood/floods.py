#!/usr/bin/env python3
"""Floods a `retort teacher` of its own in every way that its limits know, and watches a client that behaves.

usage: scripts/flood/floods.py [--retort FILE] [--seconds S] [--only TEXT] [--json FILE]     (make flood)

For each way, and each of burst (all at once) and paced (ten, a pause of 2 ms, ten more):
  closed   what one connection had sent when the server ended it, and what the server said. One more than the limit, and what
           the limit refills meanwhile, must do.
  p99      of Health/Check calls on another connection, 400/s at times that were fixed before (a call that is late counts from
           when it should have begun), while attackers flood connection after connection for S seconds.
  control  the same while the attackers flood another server beside: what the machine's processors alone cost.
  CPU, RSS of the flooded server meanwhile.
Where the system allows it (root), the servers and the client that behaves run before all other programs, attackers included:
what is measured is what the server does to its clients, not what an attacker's own computing does to the machine.
Fails where a connection is not closed in time, where p99 exceeds three times the quiet one and three times the control,
or where memory grows by more than 32 MiB.
"""

import argparse
import json
import multiprocessing
import os
import sys
import time

from server import ROOT, Server, hurry
from wire import CHECK, WATCH, Connection, call, data, fields, frame, headers, request

RATE = 400


class Flood:
    """One way: what is sent before, what again and again, how often it may be, and how much of it is forgotten in a second."""

    def __init__(self, name, allowed, one, before=b"", per_second=0.0):
        self.name, self.allowed, self.one, self.before, self.per_second = name, allowed, one, before, per_second

    def units(self, first, count):
        return b"".join(self.one(2 * index + 3) for index in range(first, first + count))


def word(value):
    return value.to_bytes(4, "big")


OPEN = headers(1, request(WATCH))
RESETS = {"per_second": 200 / 30}
USELESS = {"per_second": 50}
FLOODS = [
    Flood("rapid reset", 200, lambda i: headers(i, request(WATCH)) + frame(3, 0, i, word(8)), **RESETS),
    Flood("rapid reset of whole requests", 200, lambda i: call(i) + frame(3, 0, i, word(8)), **RESETS),
    Flood("WINDOW_UPDATE of 0", 200, lambda i: headers(i, request(WATCH)) + frame(8, 0, i, word(0)), **RESETS),
    Flood("window too large", 200, lambda i: headers(i, request(WATCH)) + frame(8, 0, i, word(0x7FFFFFFF)), **RESETS),
    Flood("wrong content-length", 200,
          lambda i: headers(i, request(CHECK, ("content-length", "9"))) + data(i, b"x", True), **RESETS),
    Flood("bad header names", 200, lambda i: headers(i, request(CHECK, ("Bad", "x")), True), **RESETS),
    Flood("header bombs", 50, lambda i: headers(i, request(CHECK, *[(f"a{n}", "b") for n in range(70)]), True), per_second=50 / 30),
    Flood("PING", 3, lambda i: frame(6, 0, 0, bytes(8))),
    Flood("SETTINGS", 200, lambda i: frame(4), **RESETS),
    Flood("PRIORITY", 200, lambda i: frame(2, 0, i, word(0) + b"\x0f"), **RESETS),
    Flood("CONTINUATION", 8, lambda i: frame(9, 0, 1), frame(1, 0, 1, request(WATCH))),
    Flood("empty DATA", 10, lambda i: data(1), OPEN),
    Flood("padding alone", 10, lambda i: frame(0, 8, 1, b"\x03\0\0\0"), OPEN),
    Flood("unknown frames", 1000, lambda i: frame(0xBB, 0, 0, b"x"), **USELESS),
    Flood("headers on a closed stream", 1000, lambda i: headers(1, fields(("a", "b"))), headers(1, request("/x")), **USELESS),
    Flood("WINDOW_UPDATE in vain", 1000, lambda i: frame(8, 0, 0, word(1)), **USELESS),
]


def closing(flood, address, paced):
    """Floods one connection with what must be too much; returns what was sent when the end was seen, and its words."""
    connection = Connection(address)
    connection.send(flood.before)
    connection.frames(0.1)
    began, sent = time.monotonic(), 0
    while connection.is_open and not connection.go_away:
        most = flood.allowed + 10 + int(flood.per_second * (time.monotonic() - began))
        if sent > most:
            connection.wait(lambda one: one[0] == 7, 1)
            break
        connection.send(flood.units(sent, 10))
        sent += 10
        connection.frames(0.002 if paced else 0)
    is_ended = connection.go_away is not None or not connection.is_open
    words = connection.go_away[1] if connection.go_away else "closed" if is_ended else "OPEN"
    closed = connection.wait_for_close(3)
    connection.close()
    return sent, words, is_ended and closed


def attack(flood, address, paced, seconds, result):
    hurry(0)
    blob = flood.before + flood.units(0, flood.allowed + 60)
    end, connections = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        try:
            connection = Connection(address)
        except OSError:
            continue
        connections += 1
        if paced:
            connection.send(flood.before)
            sent = 0
            while connection.is_open and time.monotonic() < end:
                connection.send(flood.units(sent, 10))
                sent += 10
                connection.frames(0.002)
        else:
            connection.send(blob)
            connection.wait_for_close(end - time.monotonic())
        connection.close()
    result.value = connections


def percentiles(address, seconds):
    """The median and the 99th percentile of calls at fixed times, in ms."""
    connection = Connection(address)
    start, sent, latencies, due = time.monotonic() + 0.05, 0, [], {}
    count = int(RATE * seconds)
    while len(latencies) < count and time.monotonic() < start + seconds + 5 and connection.is_open:
        now = time.monotonic()
        while sent < count and now >= start + sent / RATE:
            stream = 2 * sent + 1
            due[stream] = start + sent / RATE
            connection.send(call(stream))
            sent += 1
        pause = max(start + sent / RATE - time.monotonic(), 0) if sent < count else 1
        for kind, flags, stream, _ in connection.frames(pause):
            if kind == 1 and flags & 1 and stream in due:
                latencies.append(time.monotonic() - due.pop(stream))
    connection.close()
    if len(latencies) < count:
        raise SystemExit(f"flood: the client that behaves got {len(latencies)} answers of {count}")
    latencies.sort()
    return 1000 * latencies[count // 2], 1000 * latencies[count * 99 // 100]


def beside(flood, address, paced, watched, seconds):
    """The percentiles at `watched` while `address` is flooded, and how many connections the attacker spent."""
    connections = multiprocessing.Value("i", 0)
    attacker = multiprocessing.Process(target=attack, args=(flood, address, paced, seconds + 0.3, connections))
    attacker.start()
    try:
        time.sleep(0.1)
        return percentiles(watched, seconds), connections
    finally:
        attacker.join()


def measure(flood, paced, server, other, quiet, seconds):
    sent, words, is_closed = closing(flood, server.address, paced)
    control, _ = beside(flood, other.address, paced, server.address, seconds)
    cpu, resident = server.cpu_seconds, server.resident_kib
    server.forget_peak()
    flooded, connections = beside(flood, server.address, paced, server.address, seconds)
    row = {
        "flood": flood.name, "paced": paced, "allowed": flood.allowed, "sent": sent, "words": words, "closed": is_closed,
        "p50": flooded[0], "p99": flooded[1], "control_p99": control[1], "connections": connections.value,
        "cpu": server.cpu_seconds - cpu, "grown_mib": (server.peak_kib - resident) / 1024}
    row["ok"] = is_closed and row["grown_mib"] < 32 and row["p99"] <= 3 * max(quiet, row["control_p99"])
    print(f"{flood.name:30} {'paced' if paced else 'burst'} {sent:5} of {flood.allowed:4}  {words[:16]:16} "
          f"{row['p50']:6.2f} {row['p99']:7.2f} {row['control_p99']:7.2f}  x{row['p99'] / quiet:4.1f} "
          f"x{row['p99'] / row['control_p99']:4.1f} {row['connections']:6} {row['cpu']:5.2f} {row['grown_mib']:5.1f}"
          f"{'' if row['ok'] else '  FAILED'}", flush=True)
    return row


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--retort", default=str(ROOT / ".build/release/retort"))
    options.add_argument("--model", default=str(ROOT / "Examples/puzzles/teacher"))
    options.add_argument("--seconds", type=float, default=3)
    options.add_argument("--only", default="")
    options.add_argument("--json")
    options = options.parse_args()
    is_alone = hurry(20)
    if not is_alone:
        print("floods: not allowed to run before other programs: their time is in what follows", file=sys.stderr)
    with Server(options.retort, options.model, 10) as server, Server(options.retort, options.model, 10) as other:
        percentiles(server.address, 1)
        quiet = sorted(percentiles(server.address, options.seconds) for _ in range(3))[1]
        print(f"quiet: p50 {quiet[0]:.2f} ms, p99 {quiet[1]:.2f} ms; load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
        print(f"{'flood':30} how    closed at       said              p50 ms  p99 ms control  /quiet /control  conns CPU s MiB")
        rows = [
            measure(flood, paced, server, other, quiet[1], options.seconds)
            for flood in FLOODS if options.only in flood.name for paced in (False, True)]
        again = percentiles(server.address, options.seconds)
        print(f"quiet again: p50 {again[0]:.2f} ms, p99 {again[1]:.2f} ms; {server.resident_kib / 1024:.0f} MiB")
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"quiet_p99": quiet[1], "rows": rows}, file, indent=1)
    failed = [row["flood"] for row in rows if not row["ok"]]
    sys.exit(f"flood: {len(failed)} of {len(rows)} failed" if failed else 0)


if __name__ == "__main__":
    main()
