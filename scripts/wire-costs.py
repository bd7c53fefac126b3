#!/usr/bin/env python3
"""Measures what Score's answers cost on the wire, beside the same answers as vLLM-style JSON, and what rounding costs in KL.

usage: scripts/wire-costs.py [--retort FILE] [--sequences N] [--new-tokens N] MODEL_FOLDER...
       (make wire-costs: the puzzle teacher, and tinystories-656k where ../shared/data or RETORT_DATA has it)

Serves each folder with `retort teacher`, lets it write N sequences from its first token at temperature 1, and scores them:
bytes are those of the messages with gRPC's five-byte prefix, HTTP/2 framing left out on both sides. The JSON is the array
`choices[0].logprobs.content` of a chat completion as vLLM and OpenAI send it, without white space: per position `token`,
`logprob`, `bytes` and `top_logprobs`, K times the same three; float32 numbers printed as Python prints them. There, an id is
text, no tail is sent, and the envelope is left out.

The divergence is KL(p || q) in nats per position: p is the teacher, q the same model that sees the last 8 tokens alone. With
K candidates it is taken over them, the actual token and the tail. Everything but the columns themselves is in double.
"""

import argparse
import json
import math
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile

import grpc
from grpc_tools import protoc

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONTEXT = 8


def make_stubs():
    stubs = tempfile.mkdtemp()
    protos = [str(path) for path in sorted((ROOT / "Protos/retort").rglob("*.proto"))]
    if protoc.main(["protoc", f"-I{ROOT / 'Protos'}", f"--python_out={stubs}", f"--grpc_python_out={stubs}", *protos]):
        sys.exit("wire-costs: the stubs cannot be made from Protos/")
    sys.path.insert(0, stubs)


# Decoding, from the comments of Protos/retort/v1/score.proto alone.


def bit_column(data, bits):
    whole, mask = int.from_bytes(data, "little"), (1 << bits) - 1
    return [whole >> (index * bits) & mask for index in range(len(data) * 8 // bits)]


def logprob_column(data):
    def logprob(code):
        if code > 15360:
            return -math.inf if code == 16383 else math.nan
        return -256 * struct.unpack("<e", struct.pack("<H", code))[0]

    return [logprob(code) for code in bit_column(data, 14)]


def halves(data):
    return struct.unpack(f"<{len(data) // 2}e", data)


class Answer:
    """The columns of one reply as lists, in either precision, and the bytes that they took."""

    def __init__(self, chunks, size):
        self.size, self.token, self.ids, self.top, self.tail, self.full = size, [], [], [], [], []
        for chunk in chunks:
            n = chunk.position_count
            self.token += chunk.token_logprobs or halves(chunk.token_logprobs_f16)
            self.full += chunk.full_logprobs or halves(chunk.full_logprobs_f16)
            self.tail += chunk.tail_logprobs or logprob_column(chunk.packed_tail_logprobs)[:n]
            if chunk.packed_top_token_ids:
                ids = bit_column(chunk.packed_top_token_ids, chunk.top_token_id_bits)
                k = len(logprob_column(chunk.packed_top_logprobs)) // n
                self.ids += ids[: n * k]
                self.top += logprob_column(chunk.packed_top_logprobs)[: n * k]
            else:
                self.ids += chunk.top_token_ids
                self.top += chunk.top_logprobs


class Teacher:
    def __init__(self, address):
        channel = grpc.insecure_channel(address, options=[("grpc.max_receive_message_length", -1)])
        self.stub = teacher_grpc.TeacherServiceStub(channel)
        self.model = self.stub.Describe(teacher_pb2.TeacherServiceDescribeRequest(), wait_for_ready=True, timeout=60).model

    def write(self, count, new_tokens):
        start = list(self.model.bos_token_ids) or [1]
        prompts = sequences_pb2.SequenceBatch(
            token_ids=start * count, sequence_lengths=[1] * count, prompt_lengths=[1] * count)
        sampling = sequences_pb2.SamplingOptions(temperature=1, max_new_tokens=new_tokens)
        request = teacher_pb2.TeacherServiceGenerateRequest(prompts=prompts, sampling=sampling, seeds=range(count))
        written, place = {}, 0
        for message in self.stub.Generate(request):
            place, batch = 0, message.completions
            for index, length in zip(batch.prompt_indices, batch.completion_lengths):
                written[index] = start + list(batch.token_ids[place : place + length])
                place += length
        return [written[index] for index in range(count)]

    def score(self, sequences, prompts, **options):
        batch = sequences_pb2.SequenceBatch(
            token_ids=[token for tokens in sequences for token in tokens],
            sequence_lengths=[len(tokens) for tokens in sequences], prompt_lengths=prompts)
        request = teacher_pb2.TeacherServiceScoreRequest(sequences=batch, options=score_pb2.ScoreOptions(**options))
        messages = list(self.stub.Score(iter([request])))
        return Answer([message.chunk for message in messages], sum(message.ByteSize() + 5 for message in messages))


def token_texts(folder):
    """The text of each id: byte-level alphabets and SentencePiece marks turned back."""
    vocabulary = json.loads((folder / "tokenizer.json").read_text())
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    alphabet = {chr(byte): byte for byte in printable}
    alphabet |= {chr(256 + place): byte for place, byte in enumerate(byte for byte in range(256) if byte not in printable)}
    is_byte_level = "ByteLevel" in json.dumps([vocabulary.get("pre_tokenizer"), vocabulary.get("decoder")])
    texts = {}
    for token, number in vocabulary["model"]["vocab"].items():
        if is_byte_level and all(letter in alphabet for letter in token):
            texts[number] = bytes(alphabet[letter] for letter in token)
        elif len(token) == 6 and token.startswith("<0x"):
            texts[number] = bytes([int(token[3:5], 16)])
        else:
            texts[number] = token.replace("\u2581", " ").encode()
    for token in vocabulary.get("added_tokens", []):
        texts[token["id"]] = token["content"].encode()
    return texts


def vllm_json(targets, answer, k, texts):
    def entry(token, logprob):
        data = texts.get(token, b"")
        return {"token": data.decode(errors="replace"), "logprob": max(logprob, -9999.0), "bytes": list(data)}

    content = []
    for place, token in enumerate(targets):
        tops = range(place * k, (place + 1) * k)
        content.append(entry(token, answer.token[place]) | {"top_logprobs": [entry(answer.ids[i], answer.top[i]) for i in tops]})
    return len(json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode())


def buckets(answer, place, k, target, q):
    """(log p, q) of the candidates, the actual token and the rest."""
    ids = answer.ids[place * k : (place + 1) * k]
    p = list(answer.top[place * k : (place + 1) * k])
    rest = math.exp(answer.tail[place])
    if target not in ids:
        ids, p = [*ids, target], [*p, answer.token[place]]
        rest = max(rest - math.exp(answer.token[place]), rest * 2**-8)
    pairs = [(logprob, q[token]) for logprob, token in zip(p, ids)]
    if len(ids) < len(q) and rest > 0:
        pairs.append((math.log(rest), max(1 - sum(q[token] for token in ids), 1e-12)))
    return pairs


def divergence(pairs):
    return sum(math.exp(logprob) * (logprob - math.log(mass)) for logprob, mass in pairs if logprob > -math.inf)


def measure(folder, address, options):
    teacher, texts = Teacher(address), token_texts(folder)
    sequences = [tokens for tokens in teacher.write(options.sequences, options.new_tokens) if len(tokens) > 1]
    targets = [token for tokens in sequences for token in tokens[1:]]
    prompts, size, count = [1] * len(sequences), teacher.model.vocab_size, len(targets)
    full = teacher.score(sequences, prompts, full_logprobs=True)
    windows = [tokens[max(0, end - CONTEXT) : end + 1] for tokens in sequences for end in range(1, len(tokens))]
    student = teacher.score(windows, [len(tokens) - 1 for tokens in windows], full_logprobs=True).full
    q = [[math.exp(value) for value in student[place * size : (place + 1) * size]] for place in range(count)]
    exact = [
        divergence(zip(full.full[place * size : (place + 1) * size], q[place])) for place in range(count)]
    print(f"\n{folder.name}: V {size}, D {teacher.model.hidden_size}, {count} positions of {len(sequences)} texts that it "
          f"wrote; KL(p || q) {sum(exact) / count:.4f} nats\n")
    print("| asked | coded | B/position | B/candidate | vLLM JSON B/position | times less | KL of K | KL error of rounding, mean | worst position |")
    print("|---|---|---|---|---|---|---|---|---|")

    def row(asked, coded, answer, k=0, text=0, kl="", error=None):
        numbers = [f"{answer.size / count:.1f}", f"{answer.size / count / k:.2f}" if k else "",
                   f"{text / count:.0f}" if text else "", f"{text / answer.size:.1f}" if text else "", kl]
        numbers += [f"{sum(error) / count:+.1e}", f"{max(map(abs, error)):.1e}"] if error else ["", ""]
        print(f"| {asked} | {coded} | " + " | ".join(numbers) + " |")

    for k in [k for k in (8, 20, 64) if k <= size]:
        plain = teacher.score(sequences, prompts, token_logprobs=True, top_count=k)
        packed = teacher.score(sequences, prompts, token_logprobs=True, top_count=k, precision=score_pb2.PRECISION_FLOAT16)
        assert packed.ids == plain.ids, "other candidates in float16"
        text = vllm_json(targets, plain, k, texts)
        known = [divergence(buckets(plain, place, k, targets[place], q[place])) for place in range(count)]
        rounded = [divergence(buckets(packed, place, k, targets[place], q[place])) for place in range(count)]
        row(f"top {k}, tail, actual", "float32", plain, k, text, f"{sum(known) / count:.4f}")
        row(f"top {k}, tail, actual", "float16", packed, k, text, f"{sum(known) / count:.4f}",
            [a - b for a, b in zip(rounded, known)])
    half = teacher.score(sequences, prompts, full_logprobs=True, precision=score_pb2.PRECISION_FLOAT16)
    rounded = [divergence(zip(half.full[place * size : (place + 1) * size], q[place])) for place in range(count)]
    row("full", "float32", full)
    row("full", "float16", half, error=[a - b for a, b in zip(rounded, exact)])
    row("hidden state", "float32", teacher.score(sequences, prompts, hidden_state=True))
    row("hidden state", "float16", teacher.score(sequences, prompts, hidden_state=True, precision=score_pb2.PRECISION_FLOAT16))
    head = sum(message.ByteSize() + 5 for message in teacher.stub.GetOutputHead(teacher_pb2.GetOutputHeadRequest()))
    print(f"\nThe output head, once: {head} bytes.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--retort", default=str(ROOT / ".build/release/retort"))
    parser.add_argument("--sequences", type=int, default=24)
    parser.add_argument("--new-tokens", type=int, default=48)
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    for folder in options.folders:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        service = subprocess.Popen(
            [options.retort, "teacher", "--model", str(folder), "--listen", address], stderr=subprocess.DEVNULL)
        try:
            measure(folder, address, options)
        finally:
            service.terminate()
            service.wait()


if __name__ == "__main__":
    make_stubs()
    from retort.v1 import score_pb2, sequences_pb2
    from retort.v1 import teacher_service_pb2 as teacher_pb2, teacher_service_pb2_grpc as teacher_grpc

    main()
