"""A grpcio server of raw bytes for InteropTests: prints its port, then serves until stdin closes."""

import sys
import time
from concurrent import futures

import grpc


def echo(request, context):
    if ("gzip", "on") in context.invocation_metadata():
        context.set_compression(grpc.Compression.Gzip)
    context.set_trailing_metadata((("end", "1"),))
    for key, value in context.invocation_metadata():
        if key in ("say", "say-bin"):
            context.send_initial_metadata((("said-bin" if key == "say-bin" else "said", value),))
    return request


def collect(requests, context):
    return str(sum(len(request) for request in requests)).encode()


def pull(request, context):
    count, size = map(int, request.split())
    for index in range(count):
        yield bytes([index & 255]) * size


def chat(requests, context):
    yield from requests


def fail(request, context):
    context.abort(grpc.StatusCode.FAILED_PRECONDITION, request.decode())


def hang(request, context):
    while context.is_active():
        time.sleep(0.01)
    return b""


def main():
    handlers = {
        "Echo": grpc.unary_unary_rpc_method_handler(echo),
        "Collect": grpc.stream_unary_rpc_method_handler(collect),
        "Pull": grpc.unary_stream_rpc_method_handler(pull),
        "Chat": grpc.stream_stream_rpc_method_handler(chat),
        "Fail": grpc.unary_unary_rpc_method_handler(fail),
        "Hang": grpc.unary_unary_rpc_method_handler(hang),
    }
    server = grpc.server(
        futures.ThreadPoolExecutor(32), options=[("grpc.max_receive_message_length", -1), ("grpc.so_reuseport", 0)]
    )
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    sys.stdin.read()
    server.stop(0)


main()
