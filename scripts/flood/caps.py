#!/usr/bin/env python3
"""Goes to each cap of a `retort teacher` of its own, and one beyond, and reads the server's memory at both.

usage: scripts/flood/caps.py [--retort FILE] [--only TEXT]     (make flood)

Each line: what is capped, at what, how the server met the cap and one more, and the resident memory before, at the cap and beyond
it, in MiB. Fails where the cap is refused, where one more is not refused within a second (or waits, where waiting is
the rule), where one more costs more than the row allows, or where descriptors are left over.
"""

import argparse
import gzip
import sys
import time

from server import ROOT, Server
from wire import CHECK, WATCH, Connection, call, data, fields, frame, headers, request

MIB = 1 << 20


class Caps:
    def __init__(self, server):
        self.server = server
        self.failures = []
        self.connection().close()

    def connection(self, source=None):
        connection = Connection(self.server.address, source)
        connection.wait(lambda one: one[0] == 4, 2)
        return connection

    def row(self, name, cap, at, beyond, memory, at_ok, beyond_ok, allowed_mib):
        before, reached, passed = (kib / 1024 for kib in memory)
        is_ok = at_ok and beyond_ok and passed - reached <= allowed_mib
        print(f"{name:42} {cap:>10}  {at:>16} {beyond:>24} {before:7.1f} {reached:7.1f} {passed:7.1f}"
              f"{'' if is_ok else '  FAILED'}", flush=True)
        if not is_ok:
            self.failures.append(name)

    # Connections.

    def connections(self, name, cap, per_source):
        before, descriptors = self.server.resident_kib, self.server.descriptors
        sources = [f"127.0.2.{1 + index // per_source}" for index in range(cap + 1)]
        held = [self.connection(source) for source in sources[:cap]]
        answers = sum(self.answers(connection) for connection in held)
        reached = self.server.resident_kib
        start = time.monotonic()
        more = Connection(self.server.address, sources[cap] if per_source < cap else sources[0])
        refused = more.wait_for_close(2)
        waited = time.monotonic() - start
        passed = self.server.resident_kib
        for connection in [*held, more]:
            connection.close()
        is_clean = self.server.settles(descriptors)
        self.row(name, cap, f"{answers} answer", f"closed in {waited:.2f} s" if refused else "OPEN",
                 (before, reached, passed), answers == cap, refused and waited < 1 and is_clean, 1)

    @staticmethod
    def answers(connection):
        connection.send(call(1))
        return connection.status(1) == 0

    # Calls of one connection.

    def streams(self):
        before = self.server.resident_kib
        connection = self.connection()
        connection.send(b"".join(call(2 * index + 1, WATCH) for index in range(100)))
        begun = set()
        connection.wait(lambda one: (one[0] == 1 and begun.add(one[2])) or len(begun) == 100, 3)
        reached = self.server.resident_kib
        connection.send(call(201, CHECK))
        status = connection.status(201, 1)
        passed = self.server.resident_kib
        connection.close()
        self.row("streams of one connection", 100, f"{len(begun)} begin", str(status), (before, reached, passed),
                 len(begun) == 100, status in ("reset", "goaway", "closed"), 1)

    def calls(self, name, cap, at, beyond, allowed_mib, at_status=(0,), beyond_status=(8,)):
        """A call at the cap, and one beyond it."""
        before = self.server.resident_kib
        statuses, memory, times = [], [before], []
        for payload in (at, beyond):
            connection = self.connection()
            self.server.forget_peak()
            start = time.monotonic()
            connection.send(payload)
            start = start if payload is beyond and len(payload) < MIB else time.monotonic()
            statuses.append(connection.status(1, 10))
            times.append(time.monotonic() - start)
            memory.append(self.server.peak_kib)
            connection.close()
        # What the first call has left to the allocator is not the second's.
        self.row(name, cap, f"status {statuses[0]}", f"status {statuses[1]} in {times[1]:.2f} s", memory,
                 statuses[0] in at_status, statuses[1] in beyond_status and times[1] < 1, allowed_mib)

    def header_bytes(self):
        def of(size):
            base = sum(len(a) + len(b) + 32 for a, b in [
                (":method", "POST"), (":scheme", "http"), (":path", CHECK), (":authority", "x"), ("te", "trailers"),
                ("content-type", "application/grpc")])
            block = request(CHECK, ("x", "v" * (size - base - 33)))
            return headers(1, block) + data(1, bytes(5), True)
        self.calls("bytes of a header list", 8192, of(8192), of(8193), 1)

    def header_fields(self):
        def of(count):
            return headers(1, request(CHECK, *[(f"x{index}", "") for index in range(count - 6)])) + data(1, bytes(5), True)
        self.calls("fields of a header list", 64, of(64), of(65), 1)

    def header_bomb(self):
        big = fields(("x", "v" * 4000), first=0x40)
        block = request(CHECK) + big + b"\xbe" * 10_000
        self.calls("a header list of 40 MB in 14 kB", "8 KiB", call(1), headers(1, block, True), 1)

    def message(self, mib):
        def of(size):
            # One unknown field: its tag, its length, its bytes.
            head = b"\x7a" + varint(size - 5)
            return headers(1, request(CHECK)) + body(head + bytes(size - len(head)))
        def announced(size):
            return headers(1, request(CHECK)) + data(1, b"\0" + size.to_bytes(4, "big"))
        size = mib * MIB
        self.calls("bytes of a message", f"{mib} MiB", of(size), announced(size + 1), 1, at_status=(0,))

    def inflated(self, mib):
        def of(size):
            packed = gzip.compress(bytes(size), 9)
            block = request(CHECK, ("grpc-encoding", "gzip"))
            return headers(1, block) + body(packed, flag=1)
        self.calls("bytes of a message when inflated", f"{mib} MiB", of(MIB), of(4 * mib * MIB), 2 * mib,
                   at_status=(0, 3, 8, 13))

    # What waits for a peer that does not read.

    def unread(self):
        before = self.server.resident_kib
        connection = self.connection()
        connection.socket.settimeout(0.3)
        sent, stream = 0, 1
        try:
            while sent < 200_000:
                connection.socket.sendall(b"".join(call(stream + 2 * index) for index in range(100)))
                sent, stream = sent + 100, stream + 200
        except OSError:
            pass
        time.sleep(0.2)
        reached = self.server.resident_kib
        is_served = self.answers(self.connection())
        connection.close()
        self.row("answers that nobody reads", "1.3 MiB", f"{sent} calls", "others are served" if is_served else "STUCK",
                 (before, before, reached), sent < 200_000, is_served, 8)

    def churn(self, count):
        for _ in range(300):
            self.connection().close()
        descriptors, before = self.server.descriptors, self.server.resident_kib
        for _ in range(count):
            Connection(self.server.address).close()
        is_clean = self.server.settles(descriptors)
        passed = self.server.resident_kib
        self.row("connections that come and go", count, f"{descriptors} files", f"{self.server.descriptors} files",
                 (before, before, passed), True, is_clean, 4)


def varint(value):
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def body(message, flag=0):
    whole = bytes([flag]) + len(message).to_bytes(4, "big") + message
    size = 16 << 10
    parts = [whole[start : start + size] for start in range(0, len(whole), size)]
    return b"".join(data(1, part, part is parts[-1]) for part in parts)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--retort", default=str(ROOT / ".build/release/retort"))
    options.add_argument("--model", default=str(ROOT / "Examples/puzzles/teacher"))
    options.add_argument("--only", default="")
    options = options.parse_args()
    with Server(options.retort, options.model) as server:
        caps = Caps(server)
        print(f"{'cap':42} {'at':>10}  {'the cap':>16} {'one more':>24}  before  at cap  beyond")
        for name, measure in {
            "per peer": lambda: caps.connections("connections from one address", 32, 32),
            "connections": lambda: caps.connections("connections", 256, 32),
            "streams": caps.streams, "header bytes": caps.header_bytes, "header fields": caps.header_fields,
            "header bomb": caps.header_bomb, "message": lambda: caps.message(64), "inflated": lambda: caps.inflated(64),
            "unread": caps.unread, "churn": lambda: caps.churn(10_000),
        }.items():
            if options.only in name:
                measure()
    sys.exit(f"caps: {len(caps.failures)} failed: {', '.join(caps.failures)}" if caps.failures else 0)


if __name__ == "__main__":
    main()
