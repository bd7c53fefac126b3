"""Writes what the fuzzer starts from: Corpus/TARGET/NAME. Run with the .venv of `make venv`.

The first byte of an input for a connection is its plan (Tests/FuzzTargets/Connections.swift): 0 is a greeted connection
in one piece whose calls are answered at once.
"""

import gzip
import os
import struct

import hpack

HERE = os.path.dirname(os.path.abspath(__file__))
DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
END_STREAM, END_HEADERS, ACK, PADDED = 1, 4, 1, 8


def write(target, name, *parts):
    folder = os.path.join(HERE, "Corpus", target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as file:
        file.write(b"".join(parts))


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def block(*fields):
    # Huffman codes hide the text from the fuzzer's mutations.
    return hpack.Encoder().encode(fields, huffman=False)


def message(data, flag=0):
    return bytes([flag]) + len(data).to_bytes(4, "big") + data


def request(stream, *extra, flags=END_HEADERS, method="POST", path="/fuzz.Fuzz/Call", kind="application/grpc"):
    fields = block(
        (":method", method), (":scheme", "http"), (":path", path), (":authority", "a"), ("te", "trailers"),
        ("content-type", kind), *extra,
    )  # fmt: skip
    return frame(HEADERS, flags, stream, fields)


HEAD = block((":status", "200"), ("content-type", "application/grpc"))
OK = block(("grpc-status", "0"))
ZIPPED = gzip.compress(b"retort " * 40, mtime=0)


def server():
    def case(name, *frames, plan=0):
        write("http2-server", name, bytes([plan]), *frames)

    call = request(1) + frame(DATA, END_STREAM, 1, message(b"hello"))
    case("unary", call)
    case("unary-bytewise", call, plan=1)
    case("unary-raw", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", frame(SETTINGS, 0, 0), call, plan=4)
    case("http1", b"GET / HTTP/1.1\r\nhost: a\r\n\r\n", plan=4)
    case("tls", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32), plan=4)
    case("open-waits", request(1), frame(DATA, 0, 1, message(b"x" * 100)), plan=0x28)
    case("left", call, plan=0x30)
    case("two-messages", request(1), frame(DATA, END_STREAM, 1, message(b"") + message(b"abc")), plan=0x60)
    case("cut-message", request(1), frame(DATA, END_STREAM, 1, message(b"hello")[:7]))
    case("huge-message", request(1), frame(DATA, 0, 1, b"\0\xff\xff\xff\xff"), plan=0x20)
    case("bad-flag", request(1), frame(DATA, 0, 1, b"\7\0\0\0\1a"), plan=0x20)
    case("gzip", request(1, ("grpc-encoding", "gzip")), frame(DATA, END_STREAM, 1, message(ZIPPED, 1)), plan=0x20)
    case("deadline", request(1, ("grpc-timeout", "1m")), plan=0x28)
    case("get", request(1, method="GET", path="/", flags=END_HEADERS | END_STREAM))
    case("415", request(1, kind="text/plain"))
    case("path", request(1, path="nothing"))
    case("metadata", request(1, ("k-bin", "AAEC,/w"), ("cookie", "a=b"), ("x", "y")), frame(DATA, END_STREAM, 1))
    case("resets", *[request(n) + frame(RST, 0, n, bytes([0, 0, 0, 8])) for n in range(1, 25, 2)], plan=0x20)
    case("pings", *[frame(PING, 0, 0, bytes(8))] * 20)
    case("settings", *[frame(SETTINGS, 0, 0, b"\0\4\0\0\0\0")] * 20, call)
    case("settings-values", frame(SETTINGS, 0, 0, b"\0\1\0\0\0\0\0\3\0\0\0\1\0\5\0\0\x40\0\0\6\0\0\x20\0"), call)
    case("window", frame(WINDOW, 0, 0, b"\x7f\xff\0\0"), request(1), frame(WINDOW, 0, 1, b"\0\0\0\0"), plan=0x20)
    case("small-window", frame(SETTINGS, 0, 0, b"\0\4\0\0\0\1"), request(1), frame(DATA, END_STREAM, 1), plan=0xF8)
    fields = block((":method", "POST"), (":path", "/a/b"), ("x", "y" * 60))
    case(
        "continuation", frame(HEADERS, 0, 1, fields[:5]), frame(CONTINUATION, 0, 1, fields[5:9]),
        frame(CONTINUATION, END_HEADERS, 1, fields[9:]),
    )  # fmt: skip
    case("many-fields", request(1, *[("x", "y")] * 40))
    case("padded", request(1), frame(DATA, PADDED | END_STREAM, 1, b"\3" + message(b"hi") + bytes(3)))
    case("priority", frame(PRIORITY, 0, 3, b"\0\0\0\1\x10"), call)
    case("goaway", request(1), frame(GOAWAY, 0, 0, bytes(8) + b"bye"), frame(DATA, END_STREAM, 1, message(b"x")))
    case("unknown", frame(0xFA, 0, 0, b"grease"), frame(0x0B, 0, 1, b"x" * 9), call)
    case("trailers", request(1), frame(HEADERS, END_HEADERS | END_STREAM, 1, block(("x", "y"))), plan=0x20)
    case("streams", *[request(n) for n in range(1, 30, 2)], plan=0x20)


def client():
    def case(name, *frames, plan=0):
        write("http2-client", name, bytes([plan]), *frames)

    answer = frame(HEADERS, END_HEADERS, 1, HEAD) + frame(DATA, 0, 1, message(b"hello"))
    end = frame(HEADERS, END_HEADERS | END_STREAM, 1, OK)
    trailers_only = block((":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "5"),
                          ("grpc-message", "%41%zz"), ("k-bin", "AAEC"))  # fmt: skip
    case("unary", answer, end)
    case("unary-bytewise", answer, end, plan=1)
    case("raw", frame(SETTINGS, 0, 0, b"\0\3\0\0\0\1"), answer, end, plan=0x34)
    case("trailers-only", frame(HEADERS, END_HEADERS | END_STREAM, 1, trailers_only))
    case("no-status", answer, frame(DATA, END_STREAM, 1))
    case("cut", answer, frame(DATA, 0, 1, b"\0\0\0\0\x20abc"), end)
    case("huge", answer, frame(DATA, 0, 1, b"\0\x7f\xff\xff\xff"))
    case("http-404", frame(HEADERS, END_HEADERS, 1, block((":status", "404"))), frame(DATA, END_STREAM, 1, b"no"))
    case("informational", frame(HEADERS, END_HEADERS, 1, block((":status", "103"))), answer, end)
    case("gzip", frame(HEADERS, END_HEADERS, 1, block((":status", "200"), ("content-type", "application/grpc"),
         ("grpc-encoding", "gzip"))), frame(DATA, 0, 1, message(ZIPPED, 1)), end)  # fmt: skip
    case("refused", frame(RST, 0, 1, b"\0\0\0\7"), plan=0x20)
    case("reset-after", answer, frame(RST, 0, 1, b"\0\0\0\0"))
    case("goaway", frame(GOAWAY, 0, 0, b"\0\0\0\1\0\0\0\0"), answer, end, plan=0x38)
    case("calm", frame(GOAWAY, 0, 0, b"\0\0\0\0\0\0\0\x0btoo_many_pings"), plan=0x30)
    case("push", frame(PUSH, END_HEADERS, 1, b"\0\0\0\2" + HEAD))
    case("cancelled", answer, end, plan=0x70)
    case("ping", frame(PING, 0, 0, bytes(8)), frame(PING, ACK, 0, bytes(8)), answer, plan=8)
    case("settings-zero-window", frame(SETTINGS, 0, 0, b"\0\4\0\0\0\0"), frame(WINDOW, 0, 1, b"\0\0\0\5"), plan=0x34)
    case("window-overflow", frame(WINDOW, 0, 0, b"\x7f\xff\xff\xff"))
    case("unopened", frame(HEADERS, END_HEADERS, 9, HEAD))


def messages():
    for name, body in (
        ("empty", message(b"")), ("three", message(b"a") + message(b"") + message(b"bcd")),
        ("cut", message(b"hello")[:8]), ("oversize", b"\0\0\1\0\0"), ("flag", b"\2\0\0\0\0"),
        ("gzip", message(ZIPPED, 1)), ("gzip-twice", message(gzip.compress(ZIPPED, mtime=0), 1) + message(ZIPPED, 1)),
        ("gzip-cut", message(ZIPPED[:-6], 1)), ("gzip-more", message(ZIPPED + b"x", 1)),
        ("gzip-bomb", message(gzip.compress(bytes(1 << 20), mtime=0), 1)), ("gzip-empty", message(b"", 1)),
        ("gzip-members", message(ZIPPED + ZIPPED, 1)),
    ):  # fmt: skip
        write("messages", name, b"\0", body)
        write("messages", name + "-cut", b"\3", body)


def wire_messages():
    bodies = {
        "empty": b"", "numbers": b"\x08\x01\x10\x02\x18\x03\x20\x04\x28\x05\x30\x06\x38\x07",
        "columns": b"\x0a\x08\1\0\0\0\2\0\0\0\x12\x08\0\0\x80\xbf\0\0\0\xc0\x1a\x04\0\0\x20\xc1",
        "texts": b"\x0a\x03run\x12\x05m\xc3\xb6del\x1a\x01x\x22\x02ab",
        "not-utf8": b"\x0a\x02\xff\xfe\x12\x01\x80", "nul": b"\x0a\x03a\0b", "nested": b"\x0a\x04\x0a\x02\x08\x01\x12\x00",
        "unknown": b"\xf8\x7f\x01\xfa\x7f\x02ab", "cut": b"\x0a\x10abc", "huge": b"\x0a\xff\xff\xff\xff\x0f",
    }  # fmt: skip
    for index in range(64):
        for name, body in list(bodies.items())[index % 5 :: 5]:
            write("wire-messages", f"{index:02}-{name}", bytes([index]), body)


def varint(value):
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


def fields(**values):
    """A message: field numbers as f1=, f2=, with bytes, numbers, or lists of float32 and packed numbers."""
    out = b""
    for name, value in values.items():
        number = int(name[1:])
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
            continue
        if isinstance(value, list):
            value = b"".join(struct.pack("<f", x) if isinstance(x, float) else struct.pack("<I", x) for x in value)
        out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def mappings():
    def reply(name, flags, counts, positions, *chunks):
        write("mappings", "chunk-" + name, bytes([0, flags | 32, counts, positions]), chunks[0])
        body = b"".join(len(chunk).to_bytes(2, "big") + chunk for chunk in (fields(f1=x) for x in chunks))
        write("mappings", "reply-" + name, bytes([0, flags, counts, positions]), body)

    reply("tokens", 1, 0, 3, fields(f1=0, f2=1, f4=[-1.0]), fields(f1=1, f2=2, f3=1, f4=[-2.0, -3.0]))
    top = fields(f1=0, f2=2, f3=1, f5=[1, 2, 3, 4], f6=[-1.0] * 4, f7=[-9.0] * 2, f8=[-4.0] * 6, f10=[2.0] * 2)
    reply("top", 4, 0x32, 2, top)
    reply("hidden", 8, 0, 2, fields(f1=0, f2=1, f11=[0.5] * 4), fields(f1=1, f2=1, f3=1, f11=[0.5] * 4))
    reply("full", 2, 0, 1, fields(f1=0, f2=1, f3=1, f9=[-3.9] * 50))
    half = fields(
        f1=0, f2=2, f3=1, f12=bytes(4), f13=6, f14=bytes(3), f15=bytes(7), f16=bytes(4), f17=bytes(12), f19=bytes(4)
    )
    reply("half", 0x15, 0x32, 2, half)
    reply("half-hidden", 0x18, 0, 2, fields(f1=0, f2=2, f3=1, f20=bytes(16)))
    reply("half-full", 0x12, 0, 1, fields(f1=0, f2=1, f3=1, f18=bytes(100)))
    reply("half-tokens", 0x11, 0, 1, fields(f1=0, f2=1, f3=1, f12=bytes(2), f13=6))
    reply("none", 1, 0, 0, fields(f3=1))
    batch = fields(f1=[5, 6, 7, 8, 9], f2=[3, 2], f3=[1, 1])
    write("mappings", "batch", b"\1", fields(f1=batch, f2=fields(f1=1, f6=[1, 2, 3], f7=1)))
    completions = fields(f1=[0, 1], f2=[5, 6, 7], f3=[1, 2], f4=[-1.0] * 3, f5=b"\1\2")
    for first in (2, 0x22):
        write("mappings", f"completions-{first}", bytes([first]), completions)
    write("mappings", "sampling", b"\3", b"\x0d\0\0\x80\x3f", fields(f2=5), b"\x1d\0\0\x80\x3f", fields(f4=9, f5=[1, 2]))


def heads():
    texts = {
        "request": ":method:POST\n:path:/a.B/C\ncontent-type:application/grpc+proto\nte:trailers\ngrpc-timeout:10S\n"
        "x:y\nk-bin:AAEC, /w",
        "response": ":status:200\ncontent-type:application/grpc\ngrpc-status:13\ngrpc-message:50%25 %C3%A9 %4",
        "http": ":status:503\ncontent-type:text/html", "text": "50 % – «größer»\n\t\0",
        "encodings": "grpc-encoding:gzip\ngrpc-accept-encoding:identity,deflate, gzip", "status": "grpc-status:99",
        "address": "[::1]:50051", "unix": "unix:/tmp/a", "port": "host:65536", "reserved": "grpc-x:1\nconnection:close",
    }  # fmt: skip
    for name, text in texts.items():
        write("heads", name, text.encode())


for make in (server, client, messages, wire_messages, mappings, heads):
    make()
