#!/usr/bin/env python3
"""Calls every implemented RPC of running services with python grpcio, whose stubs are made from Protos/, and checks the answers.

usage: scripts/check-grpcio.py TEACHER COORDINATOR STUDENT RECIPE FOLDER

TEACHER, COORDINATOR and STUDENT are HOST:PORT; the student is registered with the coordinator. RECIPE is run by the
coordinator. FOLDER is a model folder that student and teacher share the tokenizer with; what is saved goes beside it.
"""

import functools
import json
import math
import pathlib
import struct
import sys
import tempfile

import grpc
from grpc_tools import protoc

ROOT = pathlib.Path(__file__).resolve().parent.parent / "Protos"
called: set[str] = set()


def make_stubs() -> None:
    stubs = tempfile.mkdtemp()
    protos = [str(path) for folder in ("grpc", "retort") for path in sorted((ROOT / folder).rglob("*.proto"))]
    command = ["protoc", f"-I{ROOT}", f"--python_out={stubs}", f"--grpc_python_out={stubs}", *protos]
    if protoc.main(command) != 0:
        sys.exit("check-grpcio: the stubs cannot be made from Protos/")
    # grpcio brings no package `grpc` below our stubs' folder: health lives in grpc.health.v1, so its path is extended.
    sys.path.insert(0, stubs)
    grpc.__path__.append(f"{stubs}/grpc")


class Counted:
    """A stub that remembers which RPCs have answered."""

    def __init__(self, stub, service: str):
        self.stub, self.service = stub, service

    def __getattr__(self, name: str):
        call = getattr(self.stub, name)

        def counted(*arguments):
            called.add(f"{self.service}.{name}")
            return call(*arguments, timeout=120)

        return counted


def check(condition: bool, what: str) -> None:
    if not condition:
        sys.exit(f"check-grpcio: {what}")


def expect_code(call, code: grpc.StatusCode, what: str) -> None:
    try:
        call()
    except grpc.RpcError as error:
        check(error.code() == code, f"{what}: {error.code()} where {code} is expected ({error.details()})")
        check(bool(error.details()), f"{what}: a status without a message")
        return
    sys.exit(f"check-grpcio: {what}: no error where {code} is expected")


def batch(sequences: list[tuple[list[int], int]]):
    return sequences_pb2.SequenceBatch(
        token_ids=[token for tokens, _ in sequences for token in tokens],
        sequence_lengths=[len(tokens) for tokens, _ in sequences],
        prompt_lengths=[prompt for _, prompt in sequences],
    )


def check_answers(stub, requests, name: str) -> None:
    """Describe, Generate and Score of a teacher, a façade or a student."""
    describe, generate, score = requests
    model = stub.Describe(describe()).model
    check(len(model.model_digest) == 64 and model.vocab_size > 0 and model.abilities.full_logprobs, f"{name}: Describe")
    prompts = batch([([1, 5, 6], 3), ([1, 7], 2)])
    options = sequences_pb2.SamplingOptions(temperature=1, max_new_tokens=5)
    completions = {}
    for message in stub.Generate(generate(prompts=prompts, sampling=options, seeds=[3, 4])):
        start = 0
        for index, length in zip(message.completions.prompt_indices, message.completions.completion_lengths):
            completions[index] = list(message.completions.token_ids[start : start + length])
            start += length
    check(set(completions) == {0, 1} and all(1 <= len(ids) <= 5 for ids in completions.values()), f"{name}: Generate")
    given = [([1, 5, 6] + completions[0], 3), ([1, 7] + completions[1], 2)]
    positions = sum(len(tokens) - prompt for tokens, prompt in given)
    ask = score(sequences=batch(given), options=score_pb2.ScoreOptions(token_logprobs=True, top_count=3, full_logprobs=True))
    chunks = [message.chunk for message in stub.Score(iter([ask, ask]))]
    check(sum(chunk.position_count for chunk in chunks) == 2 * positions and sum(c.last for c in chunks) == 2, f"{name}: Score")
    targets = [token for tokens, prompt in given for token in tokens[prompt:]] * 2
    full = [value for chunk in chunks for value in chunk.full_logprobs]
    own = [value for chunk in chunks for value in chunk.token_logprobs]
    for index, token in enumerate(targets):
        row = full[index * model.vocab_size : (index + 1) * model.vocab_size]
        check(abs(sum(map(math.exp, row)) - 1) < 1e-4, f"{name}: log-probs of position {index} do not add up to 1")
        check(abs(row[token] - own[index]) < 1e-6, f"{name}: log-prob {index} is not of token {index}")
    half = score_pb2.ScoreOptions(full_logprobs=True, top_count=3, precision=score_pb2.PRECISION_FLOAT16)
    chunks = [message.chunk for message in stub.Score(iter([score(sequences=batch(given), options=half)]))]
    rounded = [value for chunk in chunks for (value,) in struct.iter_unpack("<e", chunk.full_logprobs_f16)]
    close = all(abs(a - b) <= 2**-11 * abs(b) + 2**-24 for a, b in zip(rounded, full))
    check(len(rounded) == positions * model.vocab_size and close, f"{name}: Score in float16")
    beyond = generate(prompts=batch([([model.vocab_size], 1)]), sampling=options)
    expect_code(lambda: list(stub.Generate(beyond)), grpc.StatusCode.INVALID_ARGUMENT, f"{name}: an id beyond the vocabulary")


def check_head(stub, name: str) -> None:
    """Hidden states and the output head give the log-probs that Score gives."""
    model = stub.Describe(teacher_pb2.TeacherServiceDescribeRequest()).model
    weights, width = [], 0
    for message in stub.GetOutputHead(teacher_pb2.GetOutputHeadRequest(output_head_digest=model.output_head_digest)):
        weights, width = weights + list(message.weights), message.width
    check(width == model.hidden_size and len(weights) == width * model.vocab_size, f"{name}: GetOutputHead")
    options = score_pb2.ScoreOptions(hidden_state=True, full_logprobs=True)
    request = teacher_pb2.TeacherServiceScoreRequest(sequences=batch([([1, 5, 6, 7], 3)]), options=options)
    chunk = next(stub.Score(iter([request]))).chunk
    logits = [sum(w * h for w, h in zip(weights[row * width :], chunk.hidden_states)) for row in range(model.vocab_size)]
    total = math.log(sum(map(math.exp, logits)))
    check(all(abs(a - total - b) < 1e-4 for a, b in zip(logits, chunk.full_logprobs)), f"{name}: the head's log-probs")
    other = teacher_pb2.GetOutputHeadRequest(output_head_digest="other")
    expect_code(lambda: list(stub.GetOutputHead(other)), grpc.StatusCode.FAILED_PRECONDITION, f"{name}: another head")


def check_student(stub, folder: str) -> None:
    objective = training_pb2.Objective(
        terms=[training_pb2.LossTerm(kind="TOKEN_LOSS_KIND_CROSS_ENTROPY", weight=1)], reduction="REDUCTION_TOKEN_MEAN")
    optimizer = training_pb2.OptimizerOptions(
        learning_rate=1e-2, adam_beta1=0.9, adam_beta2=0.999, adam_epsilon=1e-8, max_grad_norm=1,
        lr_scheduler_type="constant", max_steps=10)
    load = {"objective": objective, "optimizer": optimizer, "seed": 1}
    expect_code(
        lambda: stub.Load(student_pb2.LoadRequest(path=folder, **load)),
        grpc.StatusCode.FAILED_PRECONDITION, "a student that the coordinator was given")
    newest = {"fencing_token": 2**64 - 1}
    expect_code(
        lambda: stub.Load(student_pb2.LoadRequest(path=f"{folder}/nothing", **load, **newest)),
        grpc.StatusCode.NOT_FOUND, "a folder that is not there")
    loaded = stub.Load(student_pb2.LoadRequest(run_id="check", path=folder, **load, **newest))
    check(loaded.step == 0 and loaded.model.vocab_size > 0, "student: Load")
    check_answers(
        stub,
        (student_pb2.StudentServiceDescribeRequest, functools.partial(student_pb2.StudentServiceGenerateRequest, **newest),
         student_pb2.StudentServiceScoreRequest),
        "student")
    steps = [
        student_pb2.TrainRequest(step=step, batch=training_pb2.TrainBatch(
            sequences=batch([([1, 5, 6, 7, 2], 2), ([1, 8, 9, 2], 1)]), term_indices=[0, 0], micro_batch_size=1), **newest)
        for step in range(1, 6)
    ]
    losses = [message.metrics.loss for message in stub.Train(iter(steps))]
    check(len(losses) == 5 and losses[-1] < losses[0], f"student: Train: losses {losses}")
    saved = stub.Save(student_pb2.SaveRequest(path=f"{folder}-saved/checkpoint-5", **newest))
    check(saved.step == 5, "student: Save")
    exported = stub.Export(student_pb2.ExportRequest(path=f"{folder}-exported", **newest))
    check(exported.model_digest == saved.model_digest, "student: Export")
    check((pathlib.Path(f"{folder}-exported") / "model.safetensors").exists(), "student: Export wrote no weights")
    expect_code(lambda: stub.Save(student_pb2.SaveRequest(path="../outside", **newest)), grpc.StatusCode.INVALID_ARGUMENT, "a path outside")


def check_coordinator(stub, recipe: str) -> None:
    yaml = pathlib.Path(recipe).read_text()
    expect_code(
        lambda: stub.SubmitRun(coordinator_pb2.SubmitRunRequest(recipe_yaml=yaml + "\nlerning_rate: 1\n")),
        grpc.StatusCode.INVALID_ARGUMENT, "an unknown key")
    run = stub.SubmitRun(coordinator_pb2.SubmitRunRequest(recipe_yaml=yaml, idempotency_key="check-grpcio")).run
    again = stub.SubmitRun(coordinator_pb2.SubmitRunRequest(recipe_yaml=yaml, idempotency_key="check-grpcio")).run
    check(run.run_id == again.run_id != "", "coordinator: the same idempotency key made two runs")
    steps, last = [], None
    for message in stub.WatchRun(coordinator_pb2.WatchRunRequest(run_id=run.run_id)):
        rows = [json.loads(row) for row in message.metrics_rows]
        steps += [row["step"] for row in rows if "loss" in row]
        last = message.run if message.HasField("run") else last
    check(last.state == coordinator_pb2.RUN_STATE_FINISHED, f"coordinator: the run did not finish: {last.message}")
    check(steps == list(range(1, last.max_steps + 1)), f"coordinator: WatchRun sent the steps {steps}")
    check(stub.GetRun(coordinator_pb2.GetRunRequest(run_id=run.run_id)).run.step == last.max_steps, "coordinator: GetRun")
    check(run.run_id in [run.run_id for run in stub.ListRuns(coordinator_pb2.ListRunsRequest()).runs], "coordinator: ListRuns")
    for name in ["CancelRun", "ResumeRun"]:
        request = getattr(coordinator_pb2, f"{name}Request")
        expect_code(lambda: getattr(stub, name)(request(run_id=run.run_id)), grpc.StatusCode.FAILED_PRECONDITION, f"{name} of a run that is done")
        expect_code(lambda: getattr(stub, name)(request(run_id="nothing")), grpc.StatusCode.NOT_FOUND, f"{name} of no run")
    lease = stub.RegisterTrainer(coordinator_pb2.RegisterTrainerRequest(trainer_id="check", address="127.0.0.1:9"))
    check(stub.RenewLease(coordinator_pb2.RenewLeaseRequest(lease_id=lease.lease_id)).lease_milliseconds > 0, "coordinator: RenewLease")
    trainers = stub.ListTrainers(coordinator_pb2.ListTrainersRequest()).trainers
    check(any(trainer.trainer_id == "check" and not trainer.run_id for trainer in trainers), "coordinator: ListTrainers")
    teachers = stub.ListTeachers(coordinator_pb2.ListTeachersRequest())
    check([teacher.name for teacher in teachers.teachers] == ["teacher"] and teachers.cache_misses > 0, "coordinator: ListTeachers")
    expect_code(lambda: stub.RenewLease(coordinator_pb2.RenewLeaseRequest(lease_id="nothing")), grpc.StatusCode.NOT_FOUND, "no lease")


def main(teacher: str, coordinator: str, student: str, recipe: str, folder: str) -> None:
    channels = {name: grpc.insecure_channel(address) for name, address in
                [("teacher", teacher), ("coordinator", coordinator), ("student", student)]}
    for name, channel in channels.items():
        health = Counted(health_grpc.HealthStub(channel), "Health")
        request = health_pb2.HealthCheckRequest()
        check(health.Check(request).status == health_pb2.HealthCheckResponse.SERVING, f"{name}: not serving")
        check(next(health.Watch(request)).status == health_pb2.HealthCheckResponse.SERVING, f"{name}: Watch")
    check_coordinator(Counted(coordinator_grpc.CoordinatorServiceStub(channels["coordinator"]), "Coordinator"), recipe)
    requests = (teacher_pb2.TeacherServiceDescribeRequest, teacher_pb2.TeacherServiceGenerateRequest, teacher_pb2.TeacherServiceScoreRequest)
    for name in ["teacher", "coordinator"]:
        stub = Counted(teacher_grpc.TeacherServiceStub(channels[name]), f"Teacher at {name}")
        check_answers(stub, requests, name)
        check_head(stub, name)
    check_student(Counted(student_grpc.StudentServiceStub(channels["student"]), "Student"), folder)
    print(f"check-grpcio: {len(called)} RPCs answered as they should: {', '.join(sorted(called))}")


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    make_stubs()
    from grpc.health.v1 import health_pb2, health_pb2_grpc as health_grpc
    from retort.v1 import coordinator_service_pb2 as coordinator_pb2, coordinator_service_pb2_grpc as coordinator_grpc
    from retort.v1 import score_pb2, sequences_pb2, training_pb2
    from retort.v1 import student_service_pb2 as student_pb2, student_service_pb2_grpc as student_grpc
    from retort.v1 import teacher_service_pb2 as teacher_pb2, teacher_service_pb2_grpc as teacher_grpc

    main(*sys.argv[1:])
