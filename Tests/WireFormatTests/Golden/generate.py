"""Writes messages.json: random messages of every type in Protos/ as Google's own implementation encodes them.

Each message type has a source of its own, so that a new type or field leaves the others' bytes as they are. Files
messages-N.json are those of earlier schemas: never written again, they prove that old bytes are still read.

Run with the project's Python environment from the package root:
    .venv/bin/python Tests/WireFormatTests/Golden/generate.py
"""

import json
import pathlib
import random
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_tools import protoc

SEED = 20240607
PER_MESSAGE = 6
ROOT = pathlib.Path(__file__).resolve().parents[3]


def file_set():
    """Returns the descriptors of every proto file."""
    protos = sorted(str(path.relative_to(ROOT / "Protos")) for path in (ROOT / "Protos").glob("[gr]*/**/*.proto"))
    with tempfile.NamedTemporaryFile() as output:
        status = protoc.main(
            ["protoc", f"-I{ROOT / 'Protos'}", "--include_imports", f"--descriptor_set_out={output.name}", *protos])
        assert status == 0, "protoc failed"
        return descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(output.name).read_bytes())


def value(field, source):
    """Returns a random value of a scalar field; small, extreme and ordinary ones alike."""
    kind = field.cpp_type
    if kind in (field.CPPTYPE_UINT32, field.CPPTYPE_UINT64):
        bits = 32 if kind == field.CPPTYPE_UINT32 else 64
        return source.choice([0, 1, 127, 128, 2**bits - 1, source.getrandbits(bits)])
    if kind in (field.CPPTYPE_INT32, field.CPPTYPE_INT64):
        bits = 31 if kind == field.CPPTYPE_INT32 else 63
        return source.choice([0, 1, -1, 2**bits - 1, -(2**bits)])
    if kind in (field.CPPTYPE_FLOAT, field.CPPTYPE_DOUBLE):
        return source.choice([0.0, 1.0, -0.5, float("inf"), float("-inf"), -source.getrandbits(20) / 1024])
    if kind == field.CPPTYPE_BOOL:
        return source.random() < 0.5
    if kind == field.CPPTYPE_ENUM:
        return source.choice(field.enum_type.values).number
    assert kind == field.CPPTYPE_STRING, field.full_name
    if field.type == field.TYPE_BYTES:
        return source.choice([b"", b"\x00", source.randbytes(7), source.randbytes(300)])
    return source.choice(["", "a", "läuft über 10 °C", "日本語🙂", "line\nline", "x" * 200, "a\0b"])


def fill(message, source):
    """Sets each field with probability 3/4."""
    for field in message.DESCRIPTOR.fields:
        if source.random() < 0.25:
            continue
        repeated = field.is_repeated if hasattr(field, "is_repeated") else field.label == field.LABEL_REPEATED
        if field.cpp_type == field.CPPTYPE_MESSAGE:
            if repeated and field.message_type.GetOptions().map_entry:
                # One entry: maps have no order.
                fill(getattr(message, field.name)["a key"], source)
            elif repeated:
                for _ in range(source.randrange(4)):
                    fill(getattr(message, field.name).add(), source)
            else:
                getattr(message, field.name).SetInParent()
                fill(getattr(message, field.name), source)
        elif repeated:
            getattr(message, field.name).extend(value(field, source) for _ in range(source.randrange(6)))
        else:
            setattr(message, field.name, value(field, source))


def main():
    files = file_set()
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    golden = {}
    for file in files.file:
        for message in file.message_type:
            name = f"{file.package}.{message.name}"
            cls = message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
            source = random.Random(f"{SEED} {name}")
            encodings = []
            for _ in range(PER_MESSAGE):
                instance = cls()
                fill(instance, source)
                encodings.append(instance.SerializeToString(deterministic=True).hex())
            golden[name] = encodings
    path = pathlib.Path(__file__).with_name("messages.json")
    path.write_text(json.dumps({"seed": SEED, "messages": golden}, indent=1) + "\n")


if __name__ == "__main__":
    main()
