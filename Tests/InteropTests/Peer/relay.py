"""A relay that passes an HTTP/2 connection on unchanged, and notes which of its gRPC messages are compressed.

grpcio does not say whether a message was compressed on the wire; the flag byte of each message's prefix does.
With TLS the relay ends one side's session and begins the other's, with the same certificates.
"""

import asyncio
import threading

import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, CONTINUATION = 0, 1, 9
END_HEADERS, PADDED, PRIORITY = 0x4, 0x8, 0x20
MARK = "x-wire-mark"


class Call:
    """The compressed flags of one call's messages, in order; and the encodings that its headers name."""

    def __init__(self):
        self.request = []
        self.response = []
        self.encodings = []


class Messages:
    """Cuts one direction of a stream into messages and notes the flag of each."""

    def __init__(self, flags):
        self.flags = flags
        self.prefix = b""
        self.rest = 0

    def feed(self, data):
        while data:
            if self.rest:
                taken = min(self.rest, len(data))
                self.rest -= taken
                data = data[taken:]
                continue
            missing = 5 - len(self.prefix)
            self.prefix += data[:missing]
            data = data[missing:]
            if len(self.prefix) == 5:
                self.flags.append(self.prefix[0])
                self.rest = int.from_bytes(self.prefix[1:], "big")
                self.prefix = b""


class Direction:
    """One direction of a connection: frames, header blocks, messages."""

    def __init__(self, calls, streams, is_request):
        self.calls = calls
        self.streams = streams
        self.is_request = is_request
        self.skip = len(PREFACE) if is_request else 0
        self.buffer = b""
        self.decoder = hpack.Decoder()
        self.decoder.max_allowed_table_size = 1 << 24
        self.decoder.max_header_list_size = 1 << 24
        self.block = b""
        self.messages = {}

    def feed(self, data):
        skipped = min(self.skip, len(data))
        self.skip -= skipped
        self.buffer += data[skipped:]
        while len(self.buffer) >= 9:
            length = int.from_bytes(self.buffer[:3], "big")
            if len(self.buffer) < 9 + length:
                return
            kind, flags = self.buffer[3], self.buffer[4]
            stream = int.from_bytes(self.buffer[5:9], "big") & 0x7FFFFFFF
            payload = self.buffer[9 : 9 + length]
            self.buffer = self.buffer[9 + length :]
            self.frame(kind, flags, stream, payload)

    def frame(self, kind, flags, stream, payload):
        if kind in (DATA, HEADERS) and flags & PADDED:
            payload = payload[1 : len(payload) - payload[0]]
        if kind == HEADERS and flags & PRIORITY:
            payload = payload[5:]
        if kind in (HEADERS, CONTINUATION):
            self.block += payload
            if flags & END_HEADERS:
                # Raw: between two of grpcio, binary metadata is not base64.
                fields, self.block = self.decoder.decode(self.block, raw=True), b""
                self.headers(stream, dict(fields))
        elif kind == DATA and stream in self.streams:
            call = self.streams[stream]
            messages = self.messages.setdefault(stream, Messages(call.request if self.is_request else call.response))
            messages.feed(payload)

    def headers(self, stream, fields):
        mark = fields.get(MARK.encode(), b"").decode()
        if self.is_request and mark:
            self.streams[stream] = self.calls.setdefault(mark, Call())
        if stream in self.streams and b"grpc-encoding" in fields:
            self.streams[stream].encodings.append(fields[b"grpc-encoding"].decode())


class Relay:
    """Listens on a port of its own and passes each connection to `target`. All relays share one loop, in one thread."""

    loop = asyncio.new_event_loop()
    joined = set()

    def __init__(self, target, server_context=None, client_context=None):
        self.calls = {}
        self.target = target
        self.client_context = client_context
        if not Relay.loop.is_running():
            threading.Thread(target=Relay.loop.run_forever, daemon=True).start()
        listening = asyncio.start_server(self.keep, "127.0.0.1", 0, ssl=server_context)
        self.server = asyncio.run_coroutine_threadsafe(listening, Relay.loop).result()
        self.port = self.server.sockets[0].getsockname()[1]

    def keep(self, reader, writer):
        # The loop itself holds tasks weakly.
        task = Relay.loop.create_task(self.join(reader, writer))
        Relay.joined.add(task)
        task.add_done_callback(Relay.joined.discard)

    async def join(self, client_reader, client_writer):
        name = "localhost" if self.client_context else None
        try:
            server_reader, server_writer = await asyncio.open_connection(
                "127.0.0.1", self.target, ssl=self.client_context, server_hostname=name
            )
        except OSError:
            client_writer.close()
            return
        streams = {}
        await asyncio.gather(
            self.copy(client_reader, server_writer, Direction(self.calls, streams, True)),
            self.copy(server_reader, client_writer, Direction(self.calls, streams, False)),
        )

    async def copy(self, reader, writer, direction):
        try:
            while data := await reader.read(65536):
                # Noted before it is passed on: who receives a message finds its flag here.
                direction.feed(data)
                writer.write(data)
                await writer.drain()
        except (OSError, hpack.HPACKError):
            pass
        finally:
            writer.close()

    def close(self):
        Relay.loop.call_soon_threadsafe(self.server.close)
