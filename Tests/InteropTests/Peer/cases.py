"""The client of gRPC's interoperability tests, on grpcio: one function for each of the 18 cases, and some of our own.

Each takes a Client and returns when the case passes; what does not hold is raised.
"""

import queue
import random
import threading
import uuid

import grpc

from relay import MARK
from service import INITIAL, TRAILING, messages, services

REQUEST_SIZE, RESPONSE_SIZE = 271828, 314159


class Client:
    """A channel to the server under test; `relay` is None where no case asks for the flags on the wire."""

    def __init__(self, channel, relay):
        self.channel = channel
        self.relay = relay
        self.test = services.TestServiceStub(channel)
        self.unimplemented = services.UnimplementedServiceStub(channel)

    def marked(self):
        """Metadata that names a call for the relay, and the name."""
        mark = str(uuid.uuid4())
        return ((MARK, mark),), mark

    def call(self, mark):
        return self.relay.calls[mark]


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def error_of(call):
    try:
        call()
    except grpc.RpcError as error:
        return error
    raise AssertionError("the call did not fail")


def expect_code(error, code, details=None):
    expect(error.code() == code, f"{error.code()} ({error.details()}) is not {code}")
    expect(details is None or error.details() == details, f"{error.details()!r} is not {details!r}")


def payload(size):
    return messages.Payload(body=bytes(size))


def noise(size):
    """Bytes that gzip cannot make fewer: grpcio sends such a message uncompressed in a call that compresses."""
    return messages.Payload(body=random.Random(1).randbytes(size))


def large(**fields):
    return messages.SimpleRequest(response_size=RESPONSE_SIZE, payload=payload(REQUEST_SIZE), **fields)


def expect_large(response):
    expect(response.payload.body == bytes(RESPONSE_SIZE), f"{len(response.payload.body)} bytes")


def output(*sizes, **fields):
    parameters = [messages.ResponseParameters(size=size) for size in sizes]
    return messages.StreamingOutputCallRequest(response_parameters=parameters, **fields)


def yes(value):
    return messages.BoolValue(value=value)


class Requests:
    """The requests of a stream, sent as the test goes on."""

    def __init__(self):
        self.queue = queue.Queue()

    def send(self, request):
        self.queue.put(request)

    def end(self):
        self.queue.put(None)

    def __iter__(self):
        return iter(self.queue.get, None)


def empty_unary(client):
    expect(client.test.EmptyCall(messages.Empty()) == messages.Empty(), "an empty message")


def large_unary(client):
    expect_large(client.test.UnaryCall(large()))


def client_compressed_unary(client):
    metadata, _ = client.marked()
    error = error_of(lambda: client.test.UnaryCall(large(expect_compressed=yes(True)), metadata=metadata))
    expect_code(error, grpc.StatusCode.INVALID_ARGUMENT)
    for compressed in (True, False):
        metadata, mark = client.marked()
        algorithm = grpc.Compression.Gzip if compressed else grpc.Compression.NoCompression
        request = large(expect_compressed=yes(compressed))
        expect_large(client.test.UnaryCall(request, compression=algorithm, metadata=metadata))
        expect(client.call(mark).request == [int(compressed)], f"flags {client.call(mark).request}")


def server_compressed_unary(client):
    for compressed in (True, False):
        metadata, mark = client.marked()
        expect_large(client.test.UnaryCall(large(response_compressed=yes(compressed)), metadata=metadata))
        expect(client.call(mark).response == [int(compressed)], f"flags {client.call(mark).response}")


def client_streaming(client):
    requests = [messages.StreamingInputCallRequest(payload=payload(size)) for size in (27182, 8, 1828, 45904)]
    reply = client.test.StreamingInputCall(iter(requests))
    expect(reply.aggregated_payload_size == 74922, f"{reply.aggregated_payload_size} bytes")


def client_compressed_streaming(client):
    probe = messages.StreamingInputCallRequest(payload=payload(27182), expect_compressed=yes(True))
    metadata, _ = client.marked()
    error = error_of(lambda: client.test.StreamingInputCall(iter([probe]), metadata=metadata))
    expect_code(error, grpc.StatusCode.INVALID_ARGUMENT)
    plain = messages.StreamingInputCallRequest(payload=noise(45904), expect_compressed=yes(False))
    metadata, mark = client.marked()
    reply = client.test.StreamingInputCall(iter([probe, plain]), compression=grpc.Compression.Gzip, metadata=metadata)
    expect(reply.aggregated_payload_size == 73086, f"{reply.aggregated_payload_size} bytes")
    expect(client.call(mark).request == [1, 0], f"flags {client.call(mark).request}")


def server_streaming(client):
    sizes = [31415, 9, 2653, 58979]
    replies = list(client.test.StreamingOutputCall(output(*sizes)))
    expect([len(reply.payload.body) for reply in replies] == sizes, "sizes")


def server_compressed_streaming(client):
    metadata, mark = client.marked()
    request = messages.StreamingOutputCallRequest(
        response_parameters=[
            messages.ResponseParameters(size=31415, compressed=yes(True)),
            messages.ResponseParameters(size=92653, compressed=yes(False)),
        ]
    )
    replies = list(client.test.StreamingOutputCall(request, metadata=metadata))
    expect([len(reply.payload.body) for reply in replies] == [31415, 92653], "sizes")
    expect(client.call(mark).response == [1, 0], f"flags {client.call(mark).response}")


def ping_pong(client):
    requests = Requests()
    replies = client.test.FullDuplexCall(iter(requests))
    for size, request_size in ((31415, 27182), (9, 8), (2653, 1828), (58979, 45904)):
        requests.send(output(size, payload=payload(request_size)))
        expect(len(next(replies).payload.body) == size, f"a reply of {size} bytes")
    requests.end()
    expect(list(replies) == [], "no more replies")


def empty_stream(client):
    expect(list(client.test.FullDuplexCall(iter(()))) == [], "no replies")


def custom_metadata(client):
    metadata = ((INITIAL, "test_initial_metadata_value"), (TRAILING, b"\xab\xab\xab"))
    response, call = client.test.UnaryCall.with_call(large(), metadata=metadata)
    expect_large(response)
    requests = Requests()
    stream = client.test.FullDuplexCall(iter(requests), metadata=metadata)
    requests.send(output(RESPONSE_SIZE, payload=payload(REQUEST_SIZE)))
    expect(len(next(stream).payload.body) == RESPONSE_SIZE, "a reply")
    requests.end()
    expect(list(stream) == [], "no more replies")
    for each in (call, stream):
        expect(metadata[0] in each.initial_metadata(), f"initial metadata {each.initial_metadata()}")
        expect(metadata[1] in each.trailing_metadata(), f"trailing metadata {each.trailing_metadata()}")


def expect_status(client, code, text):
    status = messages.EchoStatus(code=code.value[0], message=text)
    expect_code(error_of(lambda: client.test.UnaryCall(messages.SimpleRequest(response_status=status))), code, text)
    requests = iter([messages.StreamingOutputCallRequest(response_status=status)])
    expect_code(error_of(lambda: list(client.test.FullDuplexCall(requests))), code, text)


def status_code_and_message(client):
    expect_status(client, grpc.StatusCode.UNKNOWN, "test status message")


def special_status_message(client):
    text = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n"
    expect_status(client, grpc.StatusCode.UNKNOWN, text)


def unimplemented_method(client):
    error = error_of(lambda: client.test.UnimplementedCall(messages.Empty()))
    expect_code(error, grpc.StatusCode.UNIMPLEMENTED)


def unimplemented_service(client):
    error = error_of(lambda: client.unimplemented.UnimplementedCall(messages.Empty()))
    expect_code(error, grpc.StatusCode.UNIMPLEMENTED)


def cancel_after_begin(client):
    requests = Requests()
    call = client.test.StreamingInputCall.future(iter(requests))
    call.cancel()
    requests.end()
    expect(call.code() == grpc.StatusCode.CANCELLED, f"{call.code()}")


def cancel_after_first_response(client):
    requests = Requests()
    call = client.test.FullDuplexCall(iter(requests))
    requests.send(output(31415, payload=payload(27182)))
    expect(len(next(call).payload.body) == 31415, "a reply")
    call.cancel()
    requests.end()
    expect_code(error_of(lambda: next(call)), grpc.StatusCode.CANCELLED)


def timeout_on_sleeping_server(client):
    requests = Requests()
    call = client.test.FullDuplexCall(iter(requests), timeout=0.001)
    requests.send(messages.StreamingOutputCallRequest(payload=payload(27182)))
    error = error_of(lambda: next(call))
    requests.end()
    expect_code(error, grpc.StatusCode.DEADLINE_EXCEEDED)


ALL = [
    empty_unary, large_unary, client_compressed_unary, server_compressed_unary, client_streaming,
    client_compressed_streaming, server_streaming, server_compressed_streaming, ping_pong, empty_stream,
    custom_metadata, status_code_and_message, special_status_message, unimplemented_method, unimplemented_service,
    cancel_after_begin, cancel_after_first_response, timeout_on_sleeping_server,
]


def parallel_large_unary(client):
    """A thousand at once on one channel: none fails."""
    calls = [client.test.UnaryCall.future(large()) for _ in range(1000)]
    for call in calls:
        expect_large(call.result())


def cancel_storm(client):
    """Thousands of calls begun and cancelled; a stream that began before them ends after them, untouched."""
    requests = Requests()
    beside = client.test.FullDuplexCall(iter(requests))
    requests.send(output(9))
    expect(len(next(beside).payload.body) == 9, "a first reply")
    for index in range(3000):
        if index % 3:
            call = client.test.StreamingOutputCall(output(*[1000] * 50))
            if index % 3 == 2:
                next(call)
        else:
            call = client.test.UnaryCall.future(large())
        call.cancel()
        if index % 100 == 0:
            requests.send(output(9))
            expect(len(next(beside).payload.body) == 9, "a reply in the storm")
    expect_large(client.test.UnaryCall(large()))
    requests.end()
    expect(list(beside) == [], "no more replies")


def beside_stalled_readers(client):
    """All 18 cases on a channel on which sixteen readers have stopped reading."""
    streams = [client.test.StreamingOutputCall(output(*[1 << 20] * 16)) for _ in range(16)]
    for stream in streams:
        expect(len(next(stream).payload.body) == 1 << 20, "a first reply")
    for case in ALL:
        try:
            case(client)
        except Exception as error:
            raise AssertionError(f"{case.__name__}: {error}") from error
    counts = []
    threads = [threading.Thread(target=lambda stream=stream: counts.append(len(list(stream)))) for stream in streams]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expect(counts == [15] * 16, f"replies after the stall: {counts}")
