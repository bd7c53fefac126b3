#!/usr/bin/env python3
"""Tries `retort teacher --upstream` on endpoints: one that bills and fails, whose teacher is killed, and a real one.

usage: scripts/check-upstream.py RETORT FOLDER [--kills N] [--seed N] [--real] [--llama-server PROGRAM] [--serve]

RETORT is the program, FOLDER a Llama folder whose tokenizer.json is a byte-fallback BPE, such as TinyStories'. Killed: the teacher
of a faulty endpoint ends by SIGKILL N times (20) while prompts are asked for, under --doubtful-calls retry and skip; then the endpoint's
bill is compared with the ledger.
--real also serves FOLDER by llama-cpp-python (scripts/venv.sh --bench) and compares the teacher's log-probs with the engine's.
--llama-server PROGRAM does so with llama.cpp's own server, and compares the most probable tokens too.
--serve serves FOLDER by `transformers serve` (scripts/venv.sh --bench), compares greedy text with the engine's, and makes a run of
`method: seqkd` whose recipe names the endpoint, twice: the second asks nothing and writes the same bytes.
"""

import argparse
import collections
import http.server
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import grpc
from grpc_tools import protoc

HERE = pathlib.Path(__file__).resolve().parent
PRICE_IN, PRICE_OUT, BUDGET = 1000.0, 2000.0, 400.0


def make_stubs():
    stubs = tempfile.mkdtemp()
    root = HERE.parent / "Protos"
    protos = [str(path) for path in sorted((root / "retort").rglob("*.proto"))]
    if protoc.main(["protoc", f"-I{root}", f"--python_out={stubs}", f"--grpc_python_out={stubs}", *protos]) != 0:
        sys.exit("check-upstream: the stubs cannot be made from Protos/")
    sys.path.insert(0, stubs)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Endpoint:
    """Bills what it answers, fails at and breaks off, and puts off some calls, as a seed says."""

    def __init__(self, seed):
        self.random, self.lock = random.Random(seed), threading.Lock()
        self.billed, self.faults = collections.Counter(), collections.Counter()
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length)
                if len(body) < length:
                    return  # Who asked was killed first.
                with endpoint.lock:
                    fate = endpoint.random.choices(["answer", "later", "broken", "cut"], [70, 14, 6, 10])[0]
                    pause = endpoint.random.uniform(0, 0.05)
                    if fate != "later":
                        endpoint.billed[body] += 1
                    endpoint.faults[fate] += 1
                time.sleep(pause)
                words = json.loads(body).get("prompt", "")[-8:]
                text = json.dumps({
                    "choices": [{"index": 0, "text": f" of {words}", "finish_reason": "stop"}],
                    "usage": {"prompt_tokens": 5, "completion_tokens": 3}})
                try:
                    if fate in ("later", "broken"):
                        self.reply(429 if fate == "later" else 500, "{}", {"Retry-After": "0"})
                    elif fate == "cut":
                        self.reply(200, text[:20], {"Content-Length": str(len(text))})
                        self.connection.shutdown(socket.SHUT_RDWR)
                    else:
                        self.reply(200, text, {})
                except OSError:
                    pass

            def reply(self, status, text, headers):
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", "Content-Length": str(len(text)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text.encode())

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"


class Teacher:
    """A process of `retort teacher`."""

    def __init__(self, retort, folder, url, state, *options, model="tiny"):
        self.address = f"127.0.0.1:{free_port()}"
        self.process = subprocess.Popen(
            [retort, "teacher", "--upstream", url, "--upstream-model", model, "--upstream-api", "completions", "--tokenizer", folder,
             "--state", state, "--listen", self.address, "--log-level", "error", *options])
        self.channel = grpc.insecure_channel(self.address)
        from retort.v1 import teacher_service_pb2_grpc
        self.stub = teacher_service_pb2_grpc.TeacherServiceStub(self.channel)

    def ready(self):
        grpc.channel_ready_future(self.channel).result(timeout=60)
        return self

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.channel.close()

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)
        self.channel.close()


def batch(prompts):
    from retort.v1 import sequences_pb2
    return sequences_pb2.SequenceBatch(
        token_ids=[token for ids, _ in prompts for token in ids], sequence_lengths=[len(ids) for ids, _ in prompts],
        prompt_lengths=[length for _, length in prompts])


def check_bill(arguments, policy):
    """Kills the teacher at seeded moments until a process comes to the end; compares bill and ledger."""
    from retort.v1 import sequences_pb2, teacher_service_pb2
    draws = random.Random(arguments.seed)
    endpoint = Endpoint(arguments.seed)
    prompts = [([1] + [100 + (7 * i + j) % 900 for j in range(6)], 7) for i in range(160)]
    request = teacher_service_pb2.TeacherServiceGenerateRequest(
        prompts=batch(prompts), seeds=list(range(160)), sampling=sequences_pb2.SamplingOptions(temperature=1, max_new_tokens=8))
    kills, attempts = 0, 0
    with tempfile.TemporaryDirectory() as state:
        options = ["--price-input", str(PRICE_IN), "--price-output", str(PRICE_OUT), "--budget", str(BUDGET), "--doubtful-calls", policy]
        while True:
            attempts += 1
            teacher = Teacher(arguments.retort, arguments.folder, endpoint.url, state, *options).ready()
            timer = threading.Timer(draws.uniform(0.02, 0.5), teacher.kill) if kills < arguments.kills else None
            if timer:
                timer.start()
            try:
                answers = [part.completions for part in teacher.stub.Generate(request, timeout=120)]
                if timer:
                    timer.cancel()
                    timer.join()
                break
            except grpc.RpcError as error:
                if not timer:
                    raise
                timer.join()
                kills += 1
                if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.DATA_LOSS):
                    sys.exit(f"check-upstream: {error.code()} {error.details()}")
        if teacher.process.poll() is None:
            teacher.stop()
        ledger = sqlite3.connect(f"{state}/ledger.sqlite")
        rows = collections.Counter(dict(ledger.execute("SELECT state, count(*) FROM calls GROUP BY state").fetchall()))
        spent = sum(ledger.execute("SELECT sum(CASE state WHEN 'settled' THEN cost ELSE worst END) FROM calls WHERE state != 'released'").fetchone()) / 1e9
    answered = {index for part in answers for index in part.prompt_indices}
    empty = sum(length == 0 for part in answers for length in part.completion_lengths)
    billed = sum(endpoint.billed.values())
    bill = billed * (5 * PRICE_IN + 3 * PRICE_OUT) / 1e6
    print(f"killed {kills} times in {attempts} processes, seed {arguments.seed}; the endpoint did {dict(endpoint.faults)}")
    print(f"bill: {billed} calls, {bill:.4f}; ledger: {dict(rows)}, {spent:.4f} of {BUDGET}")
    assert answered == set(range(160)), "some prompts have no answer"
    assert billed <= rows["settled"] + rows["doubtful"] + rows["failed"] + rows["reserved"], "a billed call is in no row of the ledger"
    assert bill <= spent <= BUDGET, "the ledger says less than the bill, or more than the budget"
    # What each process asks to find out what the endpoint gives is no question of ours.
    per_question = [count for body, count in endpoint.billed.items() if json.loads(body).get("max_tokens") == 8]
    # One that a kill met before the endpoint did may be skipped too: nobody can know.
    assert 160 - empty <= len(per_question) <= 160, f"{len(per_question)} questions were billed"
    extra = sum(per_question) - len(per_question)
    assert extra <= rows["doubtful"] + rows["failed"], "a settled call was paid twice"
    assert policy == "skip" or empty == 0, "a prompt was left out"
    assert empty <= rows["doubtful"], "a prompt was left out whose answer is known"
    print(f"{policy}: {len(per_question)} questions were billed {sum(per_question)} times: {extra} times more, all doubtful or failed in the ledger; "
          f"{empty} left without an answer")


def with_byte_tokens(folder, target):
    """Copies a Llama folder and adds a token for each byte, without which llama.cpp ends at a letter that it does not know."""
    import numpy
    from safetensors.numpy import load_file, save_file

    shutil.copytree(folder, target)
    document = json.loads((target / "tokenizer.json").read_text())
    vocabulary = document["model"]["vocab"]
    if "<0x00>" in vocabulary:
        return
    size = len(vocabulary)
    vocabulary.update({f"<0x{byte:02X}>": size + byte for byte in range(256)})
    (target / "tokenizer.json").write_text(json.dumps(document))
    config = json.loads((target / "config.json").read_text())
    (target / "config.json").write_text(json.dumps({**config, "vocab_size": size + 256}))
    tensors = load_file(target / "model.safetensors")
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        if name in tensors:
            rows = numpy.random.default_rng(1).normal(0, 0.02, (256, tensors[name].shape[1]))
            tensors[name] = numpy.concatenate([tensors[name][:size], rows.astype(tensors[name].dtype)])
    save_file(tensors, target / "model.safetensors", {"format": "pt"})


def check_real(arguments, program=None):
    """Compares log-probs of a real server with the engine's."""
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place) / "model"
        with_byte_tokens(arguments.folder, folder)
        port, adapter = free_port(), [sys.executable, str(HERE / "upstream-server.py"), str(folder)]
        if not program:
            return compare_real(arguments.retort, str(folder), port, [*adapter, str(port), "tiny"])
        file = f"{place}/model.gguf"
        subprocess.run([*adapter, "--gguf", file], check=True)
        server = [program, "-m", file, "-a", "tiny", "-c", "2048", "-np", "4", "-t", "1", "--log-disable"]
        compare_real(arguments.retort, str(folder), port, [*server, "--host", "127.0.0.1", "--port", str(port)], top_count=5)


def compare_real(retort, folder, port, command, top_count=0):
    """Serves the folder twice, by a server and by the engine."""
    from retort.v1 import score_pb2, teacher_service_pb2
    server = subprocess.Popen(command)
    teacher = None
    try:
        with tempfile.TemporaryDirectory() as state:
            teacher = Teacher(retort, folder, f"http://127.0.0.1:{port}", state).ready()
            model = teacher.stub.Describe(teacher_service_pb2.TeacherServiceDescribeRequest(), timeout=60).model
            print(f"real endpoint: token_logprobs {model.abilities.token_logprobs}, max_top_count {model.abilities.max_top_count}")
            assert model.abilities.generate and model.abilities.token_logprobs
            assert (model.abilities.max_top_count > 0) == (top_count > 0)
            texts = ["Once upon a time, a little girl named Lily lived in a house.", "The dog ran to the park and saw a big red ball.",
                     "Zoë said: café, 東京 and 🙂 are 42!"]
            from tokenizers import Tokenizer
            tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
            rows = "".join(json.dumps({"token_ids": tokenizer.encode(text).ids, "prompt_length": 2}) + "\n" for text in texts)
            file = pathlib.Path(state) / "rows.jsonl"
            file.write_text(rows)
            options = ["--top-logprobs", str(top_count)] if top_count else []
            output = subprocess.run(
                [retort, "score", "--model", folder, "--data", str(file), *options], capture_output=True, text=True, check=True)
            expected = [json.loads(line) for line in output.stdout.splitlines()]

            def score(sequences):
                request = teacher_service_pb2.TeacherServiceScoreRequest(
                    sequences=batch(sequences), options=score_pb2.ScoreOptions(token_logprobs=True, top_count=top_count))
                chunks = [part.chunk for part in teacher.stub.Score(iter([request]), timeout=60)]
                columns = ("token_logprobs", "top_token_ids", "top_logprobs")
                return [[value for chunk in chunks for value in getattr(chunk, name)] for name in columns]

            found, ids, top = score([(row["token_ids"], row["prompt_length"]) for row in expected])
            wanted = [value for row in expected for value in row["logprobs"]]
            assert len(found) == len(wanted)
            most = max(abs(a - b) for a, b in zip(found, wanted))
            print(f"log-probs of {len(found)} tokens: largest difference to the engine's {most:.2e} nats")
            # llama.cpp keeps keys and values in float16; another token's log-prob is off by nats.
            assert most < 0.02
            if top_count:
                compare_top(expected, ids, top)
                return
            ids = [token for letter in "Once" for token in tokenizer.encode(letter).ids[2:]]
            try:
                score([([1] + ids, 2)])
                sys.exit("check-upstream: tokens that the endpoint does not have were scored")
            except grpc.RpcError as error:
                assert error.code() == grpc.StatusCode.FAILED_PRECONDITION, error
                print(f"another cut of the text is refused: {error.details()}")
    finally:
        if teacher:
            teacher.kill()
        server.terminate()
        server.wait()


def compare_top(expected, ids, top):
    """Compares the most probable tokens, where no two are so close that half precision may change their order."""
    rows = [(i, p) for row in expected for pair in zip(row["top_token_ids"], row["top_logprobs"]) for i, p in zip(*pair)]
    assert len(rows) == len(ids) == len(top)
    most = max(abs(p - q) for (_, p), q in zip(rows, top))
    same = sum(i == j for (i, _), j in zip(rows, ids))
    print(f"{len(rows)} most probable tokens: largest difference {most:.2e} nats, {same} in the same place")
    assert most < 0.02 and same > 0.97 * len(rows)


def wait_for_health(port, server):
    """Waits until the server answers."""
    for _ in range(600):
        if server.poll() is not None:
            sys.exit("check-upstream: transformers serve ended; its last lines stand above")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as reply:
                if reply.status == 200:
                    return
        except OSError:
            time.sleep(0.5)
    sys.exit("check-upstream: transformers serve does not answer")


def check_serve(arguments):
    """Serves the folder by `transformers serve`; compares greedy text, then distils from it."""
    port, folder = free_port(), str(pathlib.Path(arguments.folder).resolve())
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    program = pathlib.Path(sys.executable).parent / "transformers"
    server = subprocess.Popen(
        [program, "serve", folder, "--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--dtype", "float32"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_health(port, server)
        with tempfile.TemporaryDirectory() as place:
            compare_greedy(arguments, folder, f"http://127.0.0.1:{port}", pathlib.Path(place))
            run_seqkd(arguments, folder, f"http://127.0.0.1:{port}/v1", pathlib.Path(place))
    finally:
        server.terminate()
        server.wait()


STARTS = ["Once upon a time", "The little dog", "One day, a girl named", "Tom and his mom went to the", "She was happy because"]


def compare_greedy(arguments, folder, url, place):
    """The endpoint's greedy text against the engine's."""
    from retort.v1 import sequences_pb2, teacher_service_pb2
    from tokenizers import Tokenizer
    tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
    teacher = Teacher(arguments.retort, folder, url, str(place / "state"), model=folder).ready()
    try:
        prompts = [tokenizer.encode(text).ids for text in STARTS]
        request = teacher_service_pb2.TeacherServiceGenerateRequest(
            prompts=batch([(ids, len(ids)) for ids in prompts]), seeds=[0] * len(prompts),
            sampling=sequences_pb2.SamplingOptions(temperature=0, max_new_tokens=16))
        found = {}
        for part in teacher.stub.Generate(request, timeout=300):
            ids, first = list(part.completions.token_ids), 0
            for index, length in zip(part.completions.prompt_indices, part.completions.completion_lengths):
                found[index], first = ids[first:first + length], first + length
    finally:
        teacher.stop()
    same = 0
    for index, text in enumerate(STARTS):
        output = subprocess.run(
            [arguments.retort, "generate", "--model", folder, "--prompt", text, "--max-new-tokens", "16", "--temperature", "0", "--json"],
            capture_output=True, text=True, check=True)
        row = json.loads(output.stdout)
        expected = row["token_ids"][row["prompt_length"]:]
        # Text travels, not ids: the same words may be cut otherwise.
        same += tokenizer.decode(found[index]) == tokenizer.decode(expected)
    print(f"transformers serve: {same} of {len(STARTS)} greedy texts of 16 tokens are the engine's")
    assert same == len(STARTS)


def run_seqkd(arguments, folder, url, place):
    """A recipe that names the endpoint, twice."""
    rows = [{"prompt": f"{start} {word}"} for start in STARTS for word in ("who", "and", "saw", "the")]
    (place / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ledger, weights, calls = place / "ledger", [], []
    for name in ("first", "second"):
        recipe = place / f"{name}.yaml"
        recipe.write_text(json.dumps({
            "method": "seqkd", "student": folder, "data": {"train": str(place / "prompts.jsonl")}, "output_dir": str(place / name),
            "teacher": {"url": url, "model": folder, "api": "completions", "state": str(ledger), "concurrency": 2},
            "generation": {"max_new_tokens": 12}, "training": {"max_steps": 4, "max_length": 64}}))
        subprocess.run([arguments.retort, "run", str(recipe)], check=True, capture_output=True)
        weights.append((place / name / "student" / "model.safetensors").read_bytes())
        with sqlite3.connect(ledger / "ledger.sqlite") as rows_of:
            calls.append(rows_of.execute("SELECT count(*) FROM calls WHERE state = 'settled'").fetchone()[0])
    # Each process asks what the endpoint gives; of the prompts the second asks none.
    probes = calls[0] - len(rows)
    print(f"transformers serve: seqkd on {len(rows)} prompts, {calls[0]} calls, {probes} of them to find out what it gives")
    print(f"the same run again: {calls[1] - calls[0]} calls; the same bytes: {weights[0] == weights[1]}")
    assert probes >= 0 and calls[1] - calls[0] == probes and weights[0] == weights[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("retort")
    parser.add_argument("folder")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--llama-server", metavar="PROGRAM")
    parser.add_argument("--serve", action="store_true")
    arguments = parser.parse_args()
    make_stubs()
    if arguments.kills:
        for policy in ("retry", "skip"):
            check_bill(arguments, policy)
    if arguments.real:
        check_real(arguments)
    if arguments.llama_server:
        check_real(arguments, arguments.llama_server)
    if arguments.serve:
        check_serve(arguments)


if __name__ == "__main__":
    main()
