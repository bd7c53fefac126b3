"""HTTP/2 as bytes: frames, header lists that are not compressed, and a connection that reads what it must."""

import select
import socket
import time

import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
CHECK, WATCH = "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"
EMPTY_MESSAGE = bytes(5)


def frame(kind, flags=0, stream=0, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def integer(value, bits, first):
    most = (1 << bits) - 1
    if value < most:
        return bytes([first | value])
    out, rest = bytearray([first | most]), value - most
    while rest >= 128:
        out.append(rest & 127 | 128)
        rest >>= 7
    return bytes(out + bytes([rest]))


def text(value):
    return integer(len(value), 7, 0) + value.encode()


def fields(*pairs, first=0x00):
    return b"".join(bytes([first]) + text(name) + text(value) for name, value in pairs)


def request(path, *more):
    return fields(
        (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "x"), ("te", "trailers"),
        ("content-type", "application/grpc"), *more)


def headers(stream, block, end=False):
    return frame(1, 5 if end else 4, stream, block)


def data(stream, payload=b"", end=False):
    return frame(0, 1 if end else 0, stream, payload)


def call(stream, path=CHECK, message=EMPTY_MESSAGE):
    return headers(stream, request(path)) + data(stream, message, end=True)


class Connection:
    """A socket to a server, greeted; SETTINGS and PING are answered while frames are read."""

    def __init__(self, address, source=None, greets=True):
        self.socket = socket.create_connection(address, timeout=5, source_address=source and (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest, self.is_open, self.go_away, self.decoder = bytearray(), True, None, hpack.Decoder()
        if greets:
            self.send(PREFACE + frame(4) + frame(8, 0, 0, (1 << 30).to_bytes(4, "big")))

    def fileno(self):
        return self.socket.fileno()

    def send(self, payload):
        try:
            self.socket.sendall(payload)
        except OSError:
            self.is_open = False

    def frames(self, timeout=0.0):
        """The frames that have come, as (kind, flags, stream, payload or fields); waits for the first."""
        if not self.is_open or not select.select([self.socket], [], [], timeout)[0]:
            return []
        try:
            got = self.socket.recv(1 << 18)
        except OSError:
            got = b""
        if not got:
            self.is_open = False
        self.rest += got
        found = []
        while len(self.rest) >= 9:
            length = int.from_bytes(self.rest[:3], "big")
            if len(self.rest) < 9 + length:
                break
            kind, flags, stream = self.rest[3], self.rest[4], int.from_bytes(self.rest[5:9], "big") & 0x7FFFFFFF
            payload = bytes(self.rest[9 : 9 + length])
            del self.rest[: 9 + length]
            if kind == 1:
                payload = self.decoder.decode(payload)
            found.append((kind, flags, stream, payload))
            if kind == 4 and not flags & 1:
                self.send(frame(4, 1))
            elif kind == 6 and not flags & 1:
                self.send(frame(6, 1, 0, payload))
            elif kind == 7:
                self.go_away = (int.from_bytes(payload[4:8], "big"), payload[8:].decode(errors="replace"))
        return found

    def wait(self, until, seconds=5.0):
        """Reads until `until(frame)` holds, the connection is closed or the time is over; returns that frame."""
        end = time.monotonic() + seconds
        while self.is_open and (left := end - time.monotonic()) > 0:
            for one in self.frames(left):
                if until(one):
                    return one
        return None

    def wait_for_close(self, seconds):
        self.wait(lambda one: False, seconds)
        return not self.is_open

    def status(self, stream, seconds=5.0):
        """How a call ended: the number of its status, "reset", "goaway" or "closed"; None when nothing came in time."""
        def ends(one):
            return one[0] == 7 or one[2] == stream and (one[0] == 3 or one[0] == 1 and one[1] & 1)

        one = self.wait(ends, seconds)
        if one is None:
            return None if self.is_open else "closed"
        if one[0] == 1:
            return next((int(value) for name, value in one[3] if name == "grpc-status"), "none")
        return "goaway" if one[0] == 7 else "reset"

    def close(self):
        self.is_open = False
        self.socket.close()
