#!/usr/bin/env python3
"""Asks running services about themselves with the packages that users of gRPC have: grpcio-health-checking and
grpcio-reflection. Calls an RPC of each without stubs.

usage: scripts/check-introspection.py [--stop PID] TEACHER COORDINATOR STUDENT

The three are HOST:PORT. With --stop the process of the teacher is ended by SIGTERM while its health is watched: it must say
NOT_SERVING, let the watcher go, and be gone within five seconds.
"""

import os
import signal
import sys
import time

import grpc
from google.protobuf import descriptor_pool, message_factory
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

STATES = health_pb2.HealthCheckResponse
HEALTH, REFLECTION = "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"
SERVICES = {
    "teacher": ["retort.v1.TeacherService"],
    "coordinator": ["retort.v1.CoordinatorService", "retort.v1.TeacherService"],
    "student": ["retort.v1.StudentService"],
}


def check(condition: bool, what: str) -> None:
    if not condition:
        sys.exit(f"check-introspection: {what}")


def code_of(call) -> grpc.StatusCode:
    try:
        call()
    except grpc.RpcError as error:
        return error.code()
    return grpc.StatusCode.OK


def check_health(channel: grpc.Channel, name: str) -> None:
    stub = health_pb2_grpc.HealthStub(channel)
    request = lambda service: health_pb2.HealthCheckRequest(service=service)
    for service in [""] + SERVICES[name]:
        check(stub.Check(request(service), timeout=10).status == STATES.SERVING, f"{name}: '{service}' is not serving")
    check(code_of(lambda: stub.Check(request("no.Such"), timeout=10)) == grpc.StatusCode.NOT_FOUND, f"{name}: Check of no service")
    watch = stub.Watch(request("no.Such"), timeout=10)
    check(next(watch).status == STATES.SERVICE_UNKNOWN, f"{name}: Watch of no service")
    watch.cancel()
    watch = stub.Watch(request(""), timeout=10)
    check(next(watch).status == STATES.SERVING, f"{name}: Watch")
    watch.cancel()
    statuses = stub.List(health_pb2.HealthListRequest(), timeout=10).statuses
    check(set(statuses) == {"", *SERVICES[name]}, f"{name}: List has {sorted(statuses)}")
    check(all(entry.status == STATES.SERVING for entry in statuses.values()), f"{name}: List")


def check_reflection(channel: grpc.Channel, name: str) -> int:
    """Resolves every method of every service from the server alone, and calls one. Returns the number of methods."""
    database = ProtoReflectionDescriptorDatabase(channel)
    services = list(database.get_services())
    check(services == sorted([HEALTH, REFLECTION] + SERVICES[name]), f"{name}: reflection lists {services}")
    pool = descriptor_pool.DescriptorPool(database)
    methods = [method for service in services for method in pool.FindServiceByName(service).methods]
    for method in methods:
        check(pool.FindMessageTypeByName(method.input_type.full_name).full_name != "", f"{name}: {method.full_name}")
    for symbol in ["no.Such", "retort.v1.Nothing"]:
        try:
            pool.FindMessageTypeByName(symbol)
            sys.exit(f"check-introspection: {name}: {symbol} was found")
        except KeyError:
            pass
    check(list(database.FindAllExtensionNumbers("retort.v1.ScoreChunk")) == [], f"{name}: extensions")
    call = "ListRuns" if name == "coordinator" else "Describe"
    answer = call_by_name(channel, pool, SERVICES[name][0], call)
    check(name != "teacher" or answer.model.vocab_size > 0, f"{name}: {call} without stubs")
    check_newer_reflection(channel, pool, name, services)
    return len(methods)


def call_by_name(channel: grpc.Channel, pool, service: str, method: str):
    """Calls a unary method with an empty request, knowing its name alone."""
    described = pool.FindServiceByName(service).FindMethodByName(method)
    request, response = (message_factory.GetMessageClass(kind) for kind in (described.input_type, described.output_type))
    return channel.unary_unary(
        f"/{service}/{method}", request_serializer=request.SerializeToString, response_deserializer=response.FromString,
    )(request(), timeout=10)


def check_newer_reflection(channel: grpc.Channel, pool, name: str, services: list[str]) -> None:
    """The service under its present name, v1, described by itself; several requests in one call."""
    described = pool.FindServiceByName(REFLECTION).FindMethodByName("ServerReflectionInfo")
    request, response = (message_factory.GetMessageClass(kind) for kind in (described.input_type, described.output_type))
    ask = channel.stream_stream(
        f"/{REFLECTION}/ServerReflectionInfo", request_serializer=request.SerializeToString,
        response_deserializer=response.FromString)
    asked = [request(list_services=""), request(file_by_filename="no.proto"), request(file_containing_symbol=HEALTH), request()]
    listed, missing, found, empty = ask(iter(asked), timeout=10)
    check([entry.name for entry in listed.list_services_response.service] == services, f"{name}: reflection v1 lists others")
    check(missing.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0], f"{name}: a file that is not there")
    check(len(found.file_descriptor_response.file_descriptor_proto) == 1, f"{name}: the file of a symbol")
    check(empty.error_response.error_code == grpc.StatusCode.INVALID_ARGUMENT.value[0], f"{name}: a request of nothing")
    check(listed.original_request == asked[0], f"{name}: the request is not given back")


def check_stop(channel: grpc.Channel, pid: int) -> None:
    watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=30)
    check(next(watch).status == STATES.SERVING, "stop: not serving before")
    os.kill(pid, signal.SIGTERM)
    begin = time.monotonic()
    check(next(watch).status == STATES.NOT_SERVING, "stop: the watcher was not told")
    check(code_of(lambda: next(watch)) == grpc.StatusCode.UNAVAILABLE, "stop: the watcher was not let go")
    while time.monotonic() - begin < 5:
        try:
            with open(f"/proc/{pid}/stat") as stat:
                # A zombie is one that has ended and that its parent has not asked about yet.
                if stat.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return
        except FileNotFoundError:
            return
        time.sleep(0.02)
    sys.exit("check-introspection: stop: the service was still there after five seconds")


def main(arguments: list[str]) -> None:
    pid = None
    if arguments[:1] == ["--stop"]:
        pid, arguments = int(arguments[1]), arguments[2:]
    if len(arguments) != 3:
        sys.exit(__doc__)
    channels = {name: grpc.insecure_channel(address) for name, address in zip(SERVICES, arguments)}
    count = 0
    for name, channel in channels.items():
        check_health(channel, name)
        count += check_reflection(channel, name)
    if pid:
        check_stop(channels["teacher"], pid)
    print(f"check-introspection: {count} methods found without stubs")


if __name__ == "__main__":
    main(sys.argv[1:])
