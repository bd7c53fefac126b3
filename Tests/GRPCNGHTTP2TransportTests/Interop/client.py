"""A grpcio client of raw bytes for InteropTests: python3 client.py HOST:PORT CASE; exits 0 when the case passes."""

import sys
import threading

import grpc

MEBI = 1 << 20


def method(channel, name, kind):
    return getattr(channel, kind)("/test.Echo/" + name)


def expect(condition, what):
    if not condition:
        sys.exit("failed: " + what)


def error_of(call):
    try:
        call()
    except grpc.RpcError as error:
        return error
    sys.exit("failed: no error")


def unary(channel):
    echo = method(channel, "Echo", "unary_unary")
    for size in (0, 1, 100, 16384, 65536, MEBI, 3 * MEBI):
        message = bytes(index & 255 for index in range(251)) * (size // 251 + 1)
        expect(echo(message[:size]) == message[:size], f"echo of {size} bytes")


def metadata(channel):
    call = method(channel, "Echo", "unary_unary").with_call
    _, call = call(b"x", metadata=(("say", "one"), ("say", "two"), ("say-bin", b"\x00\xff")))
    initial = call.initial_metadata()
    expect([value for key, value in initial if key == "said"] == ["one", "two"], "text metadata")
    expect([value for key, value in initial if key == "said-bin"] == [b"\x00\xff"], "binary metadata")
    expect(("end", "1") in call.trailing_metadata(), "trailing metadata")


def server_stream(channel):
    replies = list(method(channel, "Pull", "unary_stream")(b"20 2097152"))
    expect(len(replies) == 20 and all(len(reply) == 2 * MEBI for reply in replies), "20 messages of 2 MiB")
    expect(list(method(channel, "Pull", "unary_stream")(b"0 0")) == [], "an empty stream")


def client_stream(channel):
    collect = method(channel, "Collect", "stream_unary")
    expect(collect(bytes(2 * MEBI) for _ in range(20)) == str(40 * MEBI).encode(), "20 messages of 2 MiB")
    expect(collect(iter(())) == b"0", "an empty stream")


def both_stream(channel):
    messages = [bytes([index]) * 10_000 for index in range(100)]
    expect(list(method(channel, "Chat", "stream_stream")(iter(messages))) == messages, "100 messages")


def status(channel):
    for text in ("", "plain", "50 % – «größer»\n"):
        error = error_of(lambda: method(channel, "Fail", "unary_unary")(text.encode()))
        expect(error.code() == grpc.StatusCode.FAILED_PRECONDITION and error.details() == text, "status and message")
    error = error_of(lambda: method(channel, "Nothing", "unary_unary")(b""))
    expect(error.code() == grpc.StatusCode.UNIMPLEMENTED, "an unknown method")


def deadline(channel):
    error = error_of(lambda: method(channel, "Hang", "unary_unary")(b"", timeout=0.1))
    # The server's own clock may be the first, and its handler says that it was cancelled.
    codes = grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED
    expect(error.code() in codes, f"deadline: {error.code()}")


def cancel(channel):
    for _ in range(50):
        stream = method(channel, "Pull", "unary_stream")(b"1000 65536")
        next(stream)
        stream.cancel()
    expect(method(channel, "Echo", "unary_unary")(b"on") == b"on", "a call after many cancelled")


def many(channel):
    echo = method(channel, "Echo", "unary_unary")
    messages = [str(index).encode() for index in range(2000)]
    calls = [echo.future(message) for message in messages]
    expect([call.result() for call in calls] == messages, "2000 calls at once")


def compressed(channel):
    echo = method(channel, "Echo", "unary_unary")
    for metadata in ((), (("gzip", "on"),)):
        message = bytes(100_000)
        expect(echo(message, compression=grpc.Compression.Gzip, metadata=metadata) == message, "gzip")
        expect(echo(message, metadata=metadata) == message, "gzip of the answer")
    error = error_of(lambda: echo(bytes(1000), compression=grpc.Compression.Deflate))
    expect(error.code() == grpc.StatusCode.UNIMPLEMENTED, "deflate is not read")


def stalled(channel):
    streams = [method(channel, "Pull", "unary_stream")(b"8 2097152") for _ in range(8)]
    for stream in streams:
        next(stream)
    expect(method(channel, "Echo", "unary_unary")(b"on") == b"on", "a call beside stalled streams")
    threads = [threading.Thread(target=list, args=(stream,)) for stream in streams]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main():
    options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(sys.argv[1], options=options) as channel:
        grpc.channel_ready_future(channel).result(timeout=60)
        globals()[sys.argv[2]](channel)


main()
