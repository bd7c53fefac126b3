"""A TCP proxy that makes connections slow, thin, lame and short-lived, by a seed."""

import asyncio
import dataclasses
import random
import re
import socket
import struct
import threading
import time

CHUNK = 1 << 16
# A replica's door as it puts it down at the coordinator: the length of a sockaddr_in without its zeros, then that.
DOOR = re.compile(rb"\x08\x02\x00(..)\x7f\x00\x07(.)", re.DOTALL)


@dataclasses.dataclass
class Profile:
    """What is done to each connection. Times in seconds; a mean of 0: never."""

    latency: float = 0
    # Each piece is late by up to so much more; their order stays.
    jitter: float = 0
    # Pieces begin and end in writes of 1 to 7 bytes.
    slices: bool = False
    # Bytes per second, each way.
    bandwidth: float = 0
    # Mean time until a connection is reset.
    reset_mean: float = 0
    # Share of connections that are reset as soon as they are accepted.
    refused: float = 0
    # Mean time until nothing is forwarded any more; for how long, until the connection is closed.
    stall_mean: float = 0
    stall: tuple = (0.5, 4)
    # So many connections at most.
    stalls: int = 1 << 30
    # Mean time until all that comes between students is taken, acknowledged, and forwarded no more, and nothing is closed.
    swallow_mean: float = 0
    # So many connections at most.
    swallows: int = 0
    # Whether connections between students go through the proxy as well.
    doors: bool = True


PROFILES = {
    "latency": Profile(latency=0.02),
    "jitter": Profile(jitter=0.03),
    "slices": Profile(slices=True),
    "resets": Profile(reset_mean=4, refused=0.1),
    "half-open": Profile(stall_mean=5),
    "bandwidth": Profile(bandwidth=250_000),
    # What is silent between students is told by packets that are lost: scripts/survival/blackhole.py.
    "silent": Profile(stall_mean=3, stall=(600, 600), stalls=3, doors=False),
    # Keepalive finds nothing wrong: that students wait for each other in vain is seen by the coordinator, after a minute each time.
    "swallow": Profile(swallow_mean=1.5, swallows=2),
    "mixed": Profile(latency=0.002, jitter=0.008, slices=True, bandwidth=2_000_000, reset_mean=10, refused=0.05, stall_mean=15),
}


class Connection:
    """One connection through the proxy: two ways, and what will befall it."""

    def __init__(self, proxy, link, number):
        self.proxy, self.link, self.profile = proxy, link, proxy.profile
        self.random = random.Random(f"{proxy.seed}/{link}/{number}")
        self.writers, self.is_stalled, self.is_swallowed = [], False, False

    async def run(self, reader, writer, target):
        count, profile = self.proxy.counts, self.profile
        count["connections"] += 1
        if self.random.random() < profile.refused:
            count["resets"] += 1
            return abort(writer)
        try:
            far_reader, far_writer = await asyncio.open_connection(*target)
        except OSError:
            return abort(writer)
        self.writers = [writer, far_writer]
        out, back = asyncio.Queue(maxsize=8), asyncio.Queue(maxsize=8)
        ways = [asyncio.create_task(way) for way in (
            self.take(reader, out, outwards=True), self.give(out, far_writer),
            self.take(far_reader, back, outwards=False), self.give(back, writer))]
        # Both ways end in peace, or any of them breaks.
        whole = asyncio.gather(*ways)
        fate = asyncio.create_task(self.fate())
        try:
            await asyncio.wait([fate, whole], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (fate, *ways):
                task.cancel()
            for one in self.writers:
                one.close()
            await asyncio.gather(fate, *ways, whole, return_exceptions=True)

    async def fate(self):
        """Ends when the connection does, by a reset or by a close after a while of silence."""
        ends = []
        if self.profile.reset_mean:
            ends.append((self.random.expovariate(1 / self.profile.reset_mean), "resets"))
        if self.profile.stall_mean:
            ends.append((self.random.expovariate(1 / self.profile.stall_mean), "stalls"))
        if self.profile.swallow_mean and self.link == "replicas":
            ends.append((self.random.expovariate(1 / self.profile.swallow_mean), "swallows"))
        if not ends:
            await asyncio.Event().wait()
        after, what = min(ends)
        await asyncio.sleep(after)
        if self.proxy.counts[what] >= {"stalls": self.profile.stalls, "swallows": self.profile.swallows}.get(what, 1 << 30):
            await asyncio.Event().wait()
        self.proxy.counts[what] += 1
        if what == "resets":
            for one in self.writers:
                abort(one)
        elif what == "swallows":
            self.is_swallowed = True
            await asyncio.Event().wait()
        else:
            self.is_stalled = True
            await asyncio.sleep(self.random.uniform(*self.profile.stall))

    async def take(self, reader, queue, outwards):
        """Reads pieces as they come, and says when each is due."""
        late = 0.0
        while True:
            data = await reader.read(CHUNK)
            if outwards and self.link == "student" and self.profile.doors:
                data = await self.proxy.through_doors(data)
            if self.link == "replicas":
                data = self.proxy.spoiled(data)
            # Never before the piece that came first.
            late = max(late, time.monotonic() + self.profile.latency + self.random.uniform(0, self.profile.jitter))
            await queue.put((late, data))
            if not data:
                return

    async def give(self, queue, writer):
        """Writes pieces when they are due; an empty one is the end."""
        while True:
            due, data = await queue.get()
            if (left := due - time.monotonic()) > 0:
                await asyncio.sleep(left)
            if self.is_stalled:
                await asyncio.Event().wait()
            if self.is_swallowed and data:
                continue
            if not data:
                return writer.write_eof()
            self.proxy.counts["bytes"] += len(data)
            for piece in self.pieces(data):
                writer.write(piece)
                await writer.drain()
                if self.profile.bandwidth:
                    await asyncio.sleep(len(piece) / self.profile.bandwidth)
                elif len(piece) < 8:
                    await asyncio.sleep(0)

    def pieces(self, data):
        """The data, whole; or cut to bits where frames begin and end."""
        if not self.profile.slices:
            # A thin line is not one that sleeps for seconds.
            return [data[place:place + 4096] for place in range(0, len(data), 4096)] if self.profile.bandwidth else [data]
        pieces, head, tail = [], min(96, len(data)), max(96, len(data) - 32)
        for begin, end in ((0, head), (tail, len(data))):
            if begin == tail and head < tail:
                pieces.append(data[head:tail])
            while begin < end:
                size = self.random.randint(1, 7)
                pieces.append(data[begin:min(begin + size, end)])
                begin += size
        self.proxy.counts["slices"] += len(pieces)
        return pieces


def abort(writer):
    """Resets a connection."""
    try:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        pass
    writer.transport.abort()


class Proxy:
    """`with Proxy(…) as proxy: proxy.stand_before(…)`; it works in a thread of its own."""

    def __init__(self, profile, seed, plants=False):
        self.profile, self.seed, self.plants = profile, seed, plants
        self.counts = dict.fromkeys(("connections", "bytes", "doors", "slices", "resets", "stalls", "swallows"), 0)
        self.numbers, self.known, self.servers = {}, {}, []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        async def end():
            for server in self.servers:
                server.close()
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    def stand_before(self, asker, address):
        """The address at which those who ask find the proxy instead of a service."""
        host, port = address.rsplit(":", 1)
        if (asker, address) not in self.known:
            future = asyncio.run_coroutine_threadsafe(self.listen(asker, host, int(port)), self.loop)
            self.known[asker, address] = f"{host}:{future.result(10)}"
        return self.known[asker, address]

    async def listen(self, link, host, port):
        async def serve(reader, writer):
            number = self.numbers[link] = self.numbers.get(link, 0) + 1
            try:
                await Connection(self, link, number).run(reader, writer, (host, port))
            except asyncio.CancelledError:
                abort(writer)  # the proxy ends

        server = await asyncio.start_server(serve, host, 0)
        self.servers.append(server)
        return server.sockets[0].getsockname()[1]

    async def through_doors(self, data):
        """What a student tells the coordinator, with the proxy's doors instead of its own where it names some."""
        for found in reversed(list(DOOR.finditer(data))):
            port, host = int.from_bytes(found[1], "big"), f"127.0.7.{found[2][0]}"
            if (host, port) not in self.known:
                self.known[host, port] = await self.listen("replicas", host, port)
                self.counts["doors"] += 1
            data = data[:found.start(1)] + self.known[host, port].to_bytes(2, "big") + data[found.end(1):]
        return data

    def spoiled(self, data):
        """The data; where a fault is planted, with one bit turned in each large piece."""
        if not self.plants or len(data) < 4096:
            return data
        return data[:2048] + bytes([data[2048] ^ 8]) + data[2049:]
