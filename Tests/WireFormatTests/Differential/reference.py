"""Makes messages and broken messages of every type in Protos/, and says what Google's own implementation makes of each.

usage: reference.py COUNT SEED

Writes to stdout one line of JSON, the list of type names, then COUNT records, all numbers little-endian:
    u16 type index   u8 verdict   u32 length   the bytes   u32 length   the canonical bytes
Verdicts: 0 refused; 1 accepted; 2 accepted, but our codec refuses it, for a reason that `deviations` below names.
Canonical bytes are those of the message read, without unknown fields and with unknown enum values as 0: our codec drops
both, so that a value has one encoding.
"""

import json
import pathlib
import random
import struct
import sys

from google.protobuf import descriptor_pool, message
from google.protobuf.message_factory import GetMessageClass

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Golden"))
import generate  # noqa: E402

# Known field types by wire type: 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes.
VARINT, I64, LEN, START, END, I32 = range(6)


def wire_type(field):
    if field.type in (field.TYPE_DOUBLE, field.TYPE_FIXED64, field.TYPE_SFIXED64):
        return I64
    if field.type in (field.TYPE_FLOAT, field.TYPE_FIXED32, field.TYPE_SFIXED32):
        return I32
    if field.type in (field.TYPE_STRING, field.TYPE_BYTES, field.TYPE_MESSAGE):
        return LEN
    return VARINT


def is_repeated(field):
    return field.is_repeated if hasattr(field, "is_repeated") else field.label == field.LABEL_REPEATED


def varint(data, place):
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place, shift // 7


def deviations(data, descriptor):
    """Why our codec refuses what Google's implementation accepts. `data` is accepted by the latter."""
    reasons, place, seen = set(), 0, set()
    while place < len(data):
        tag, place, length = varint(data, place)
        if length > 5:
            reasons.add("a tag of more bytes than it needs")
        number, kind = tag >> 3, tag & 7
        if number == 0:
            return reasons | {"the field number 0, which no field has"}
        field = descriptor.fields_by_number.get(number)
        if kind in (START, END):
            return reasons | {"a group, which proto3 has not"}
        if field is not None and kind != wire_type(field):
            packed = kind == LEN and is_repeated(field) and wire_type(field) != LEN
            if not packed:
                reasons.add("a known field of another wire type")
        if kind == VARINT:
            value, place, length = varint(data, place)
        elif kind == I64:
            place += 8
        elif kind == I32:
            place += 4
        else:
            size, place, length = varint(data, place)
            if length > 5:
                reasons.add("a length of more bytes than it needs")
            if field is not None and wire_type(field) == LEN and not is_repeated(field):
                if number in seen:
                    reasons.add("a string, bytes or a message sent twice")
                seen.add(number)
            if field is not None and field.type == field.TYPE_MESSAGE:
                reasons |= deviations(data[place : place + size], field.message_type)
            place += size
    return reasons


def settle(instance):
    """Takes away what our codec does not keep."""
    instance.DiscardUnknownFields()
    for field, value in instance.ListFields():
        if field.type == field.TYPE_ENUM:
            known = field.enum_type.values_by_number
            if is_repeated(field):
                value[:] = [item if item in known else 0 for item in value]
            elif value not in known:
                instance.ClearField(field.name)
        elif field.type == field.TYPE_MESSAGE:
            for part in value if is_repeated(field) else [value]:
                settle(part)


def mutate(data, other, source):
    data = bytearray(data)
    for _ in range(source.choice([1, 1, 1, 2, 3])):
        place = source.randrange(len(data) + 1)
        choice = source.randrange(8)
        if choice == 0:
            del data[place:]
        elif choice == 1 and place < len(data):
            data[place] = source.randrange(256)
        elif choice == 2 and place < len(data):
            data[place] ^= 1 << source.randrange(8)
        elif choice == 3:
            data.insert(place, source.choice([0, 1, 8, 127, 128, 255, source.randrange(256)]))
        elif choice == 4 and place < len(data):
            del data[place]
        elif choice == 5:
            data[place:place] = data[source.randrange(len(data) + 1) :][: source.randrange(20)]
        elif choice == 6:
            data += other
        else:
            number = source.choice([1, 2, 3, 15, 16, 200, 2**29 - 1, 2**29])
            data += bytes(encode(number << 3 | source.choice([0, 1, 2, 5, 3, 4, 6, 7])))
            data += bytes(source.randrange(256) for _ in range(source.randrange(10)))
    return bytes(data)


def encode(value):
    while value > 127:
        yield value & 127 | 128
        value >>= 7
    yield value


def main(count, seed):
    files = generate.file_set()
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    names = [f"{file.package}.{item.name}" for file in files.file for item in file.message_type]
    # A map is a list of entries to us: doubled keys stay, and nobody's encoding is canonical.
    names = [name for name in names if name != "grpc.health.v1.HealthListResponse"]
    classes = [GetMessageClass(pool.FindMessageTypeByName(name)) for name in names]
    source, output = random.Random(seed), sys.stdout.buffer
    output.write(json.dumps(names).encode() + b"\n")
    previous = b""
    for number in range(count):
        index = source.randrange(len(names))
        instance = classes[index]()
        generate.fill(instance, source)
        data = made = instance.SerializeToString(deterministic=True)
        if number % 2:
            data = mutate(data, previous, source)
        previous = made
        verdict, canonical = 1, b""
        read = classes[index]()
        try:
            read.ParseFromString(data)
        except message.DecodeError:
            verdict = 0
        else:
            if deviations(data, read.DESCRIPTOR):
                verdict = 2
            settle(read)
            canonical = read.SerializeToString(deterministic=True)
        output.write(struct.pack("<HBI", index, verdict, len(data)) + data)
        output.write(struct.pack("<I", len(canonical)) + canonical)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
