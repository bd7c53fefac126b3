"""The two programs of python grpcio (C-core), as BenchmarkPeer of Sources/WireBenchmark describes them.

    grpcio_peer.py serve
    grpcio_peer.py call --port 50051 --server-pid 1234 --case echo-32 --seconds 1
"""

import argparse
import json
import os
import pathlib
import sys
import threading
import time
from concurrent import futures

import grpc

sys.path.insert(0, str(pathlib.Path(__file__).parent / "Protos"))
Parcel = grpc.protos("wire_benchmark.proto").Parcel

SERVICE = "retort.benchmark.v1.WireBenchmark"
ECHO_BYTES = 100
SMALL_ROWS, LARGE_ROWS = 512, 262_144
OPTIONS = [("grpc.max_receive_message_length", 64 << 20), ("grpc.max_send_message_length", -1)]


def columns(rows):
    return Parcel(token_ids=[row * 31 & 0xFFFFFFFF for row in range(rows)], logprobs=[-(row & 1023) / 64 for row in range(rows)])


def content_bytes(message):
    for column in (message.token_ids, message.logprobs):
        if column:
            column[0] + column[-1]
    return 4 * (len(message.token_ids) + len(message.logprobs)) + len(message.payload)


def pull(order, context):
    message = columns(order.rows)
    for _ in range(order.message_count):
        yield message


def push(messages, context):
    count = total = 0
    for message in messages:
        count += 1
        total += content_bytes(message)
    return Parcel(message_count=count, rows=total // max(1, count) // 8)


def serve():
    coding = {"request_deserializer": Parcel.FromString, "response_serializer": Parcel.SerializeToString}
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=32), options=OPTIONS)
    handlers = {
        "Echo": grpc.unary_unary_rpc_method_handler(lambda request, context: request, **coding),
        "Pull": grpc.unary_stream_rpc_method_handler(pull, **coding),
        "Push": grpc.stream_unary_rpc_method_handler(push, **coding),
    }
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, handlers)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(json.dumps({"port": port, "pid": os.getpid()}), flush=True)
    sys.stdin.read()
    os._exit(0)


class Tally:
    def __init__(self):
        self.messages = self.bytes = 0
        self.latencies = []
        self.lock = threading.Lock()

    def add(self, messages, count, latency):
        with self.lock:
            self.messages += messages
            self.bytes += count
            self.latencies.append(latency)


class Client:
    def __init__(self, port):
        channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=OPTIONS)
        coding = {"request_serializer": Parcel.SerializeToString, "response_deserializer": Parcel.FromString}
        self.echo_call = channel.unary_unary(f"/{SERVICE}/Echo", **coding)
        self.pull_call = channel.unary_stream(f"/{SERVICE}/Pull", **coding)
        self.push_call = channel.stream_unary(f"/{SERVICE}/Push", **coding)

    def echo(self, in_flight, seconds):
        message = Parcel(payload=bytes(row * 31 & 0xFF for row in range(ECHO_BYTES)))
        if in_flight == 1:
            return self.repeated(seconds, lambda: (1, content_bytes(self.echo_call(message))))
        # Calls in flight without a thread each: a finished one starts the next.
        tally, end, done = Tally(), time.monotonic() + seconds, threading.Semaphore(0)

        def start():
            begin = time.monotonic()

            def finished(call):
                tally.add(1, content_bytes(call.result()), time.monotonic() - begin)
                start() if time.monotonic() < end else done.release()

            self.echo_call.future(message).add_done_callback(finished)

        for _ in range(in_flight):
            start()
        for _ in range(in_flight):
            done.acquire()
        return tally

    def pull(self, count, rows, seconds):
        def once():
            sizes = [content_bytes(message) for message in self.pull_call(Parcel(message_count=count, rows=rows))]
            return len(sizes), sum(sizes)

        return self.repeated(seconds, once)

    def push(self, count, rows, seconds):
        message = columns(rows)

        def once():
            taken = self.push_call(message for _ in range(count)).message_count
            return taken, taken * rows * 8

        return self.repeated(seconds, once)

    def stall(self, streams, count, rows, seconds):
        calls = [self.pull_call(Parcel(message_count=count, rows=rows)) for _ in range(streams)]
        tally, end = Tally(), time.monotonic() + seconds
        for call in calls:
            tally.add(1, content_bytes(next(call)), 0)
        time.sleep(max(0, end - time.monotonic()))
        for call in calls:
            call.cancel()
        return tally

    def repeated(self, seconds, once):
        tally, end, start = Tally(), time.monotonic() + seconds, time.monotonic()
        while start < end:
            messages, count = once()
            now = time.monotonic()
            tally.add(messages, count, now - start)
            start = now
        return tally

    def run(self, case, seconds):
        match case:
            case "echo-1":
                return self.echo(1, seconds)
            case "echo-32":
                return self.echo(32, seconds)
            case "pull-4k":
                return self.pull(4096, SMALL_ROWS, seconds)
            case "push-4k":
                return self.push(4096, SMALL_ROWS, seconds)
            case "pull-2m":
                return self.pull(32, LARGE_ROWS, seconds)
            case "push-2m":
                return self.push(32, LARGE_ROWS, seconds)
            case "stalled-16":
                return self.stall(16, 24, LARGE_ROWS, seconds)


def usage(process):
    folder = pathlib.Path(f"/proc/{process}")
    ticks = sum(int(field) for field in (folder / "stat").read_text().rpartition(")")[2].split()[11:13])
    peak = next(line for line in (folder / "status").read_text().splitlines() if line.startswith("VmHWM:"))
    return ticks / os.sysconf("SC_CLK_TCK"), int(peak.split()[1]) << 10


def measure(arguments):
    client = Client(arguments.port)
    if arguments.case != "stalled-16":
        client.run(arguments.case, min(0.25, arguments.seconds))
    own, server = usage(os.getpid()), usage(arguments.server_pid)
    start = time.monotonic()
    tally = client.run(arguments.case, arguments.seconds)
    elapsed = time.monotonic() - start
    own_after, server_after = usage(os.getpid()), usage(arguments.server_pid)
    latencies = sorted(tally.latencies)

    def percentile(share):
        return latencies[min(len(latencies) - 1, int(share * len(latencies)))] * 1e6 if latencies else 0

    print(
        json.dumps(
            {
                "seconds": elapsed,
                "calls": len(latencies),
                "messages": tally.messages,
                "bytes": tally.bytes,
                "client_cpu_seconds": own_after[0] - own[0],
                "server_cpu_seconds": server_after[0] - server[0],
                "client_peak_bytes": own_after[1],
                "server_peak_bytes": server_after[1],
                "p50_microseconds": percentile(0.5),
                "p99_microseconds": percentile(0.99),
            }
        ),
        flush=True,
    )
    os._exit(0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve")
    call = commands.add_parser("call")
    call.add_argument("--port", type=int, required=True)
    call.add_argument("--server-pid", type=int, required=True)
    call.add_argument("--case", required=True)
    call.add_argument("--seconds", type=float, required=True)
    arguments = parser.parse_args()
    serve() if arguments.command == "serve" else measure(arguments)
