"""Checks what compose/compose.yaml promises, and, by faults planted in a copy, that each check finds its own.

Who may reach whom, what a container may do, health, order, limits, published ports, secrets, options that the program has.
"""

import copy
import functools
import pathlib
import shlex
import subprocess
import sys

import yaml

LONG_LIVED = ("teacher", "endpoint", "coordinator", "student")
OUTSIDE = {"coordinator", "endpoint"}
NETWORKS = {"teacher": {"teachers"}, "endpoint": {"teachers", "outside"}, "coordinator": {"students", "teachers", "outside"},
            "student": {"students"}, "submit": {"students", "teachers"}}
# How each is asked for its health: a student's service serves while the coordinator knows it.
HEALTH = {"teacher": "127.0.0.1:7001", "endpoint": "127.0.0.1:7001", "coordinator": "127.0.0.1:7000",
          "student": "127.0.0.1:7002 --service retort.v1.StudentService"}
CREDENTIALS = {"teacher": "teacher", "endpoint": "teacher", "coordinator": "coordinator", "student": "student", "submit": "admin"}
WRITABLE = {"certs": {"/certs/" + role for role in ("ca", "teacher", "coordinator", "student", "admin", "read")}, "teacher": set(),
            "endpoint": {"/state"}, "coordinator": {"/state", "/runs"}, "student": {"/runs"}, "submit": {"/runs"}}


def words(service, key):
    value = service.get(key, [])
    return shlex.split(value) if isinstance(value, str) else [str(word) for word in value]


def mounts(service):
    """Source, target, mode; a source may be a variable with a colon of its own."""
    for volume in service.get("volumes", []):
        mode = "ro" if volume.endswith(":ro") else "rw"
        source, target = volume.removesuffix(":ro").rsplit(":", 1)
        yield source, target, mode


def privileges(name, service):
    wanted = {"cap_drop": ["ALL"], "read_only": True, "security_opt": ["no-new-privileges:true"], "user": "10001:10001", "init": True,
              "pids_limit": 1024, "ulimits": {"core": 0}, "tmpfs": ["/tmp:rw,noexec,nosuid,nodev,size=64m,mode=1777"]}
    for key, value in wanted.items():
        if service.get(key) != value:
            yield f"{key} must be {value}"
    for key in ("privileged", "cap_add", "devices", "pid", "ipc", "userns_mode", "extra_hosts"):
        if key in service:
            yield f"{key} has no place here"
    if not service.get("mem_limit") or service.get("memswap_limit") != service["mem_limit"]:
        yield "mem_limit must be there, and memswap_limit the same"
    if {"max-size", "max-file"} - set(service.get("logging", {}).get("options", {})):
        yield "its logs must be turned over"
    if {target for _, target, mode in mounts(service) if mode == "rw"} != WRITABLE[name]:
        yield f"must have {sorted(WRITABLE[name])} alone to write to"
    for source, _, _ in mounts(service):
        if "docker.sock" in source:
            yield "the engine's socket has no place here"
    if "--insecure" in words(service, "command") + words(service, "entrypoint"):
        yield "--insecure has no place in the file that people start from"


def life(name, service):
    expected = "unless-stopped" if name in LONG_LIVED else "no"
    if service.get("restart") != expected:
        yield f"restart must be {expected}"
    if name in LONG_LIVED and service.get("healthcheck", {}).get("test") != ["CMD", "retort", "health", *HEALTH[name].split()]:
        yield f"its health check must be retort health {HEALTH[name]}"
    if not service.get("stop_grace_period"):
        yield "must have a stop_grace_period"


def reach(name, service, project):
    networks = set(service.get("networks", []))
    if name == "certs":
        if networks or service.get("network_mode") != "none":
            yield "must have no network"
        return
    if networks != NETWORKS[name]:
        yield f"must be on {sorted(NETWORKS[name])}"
    open_ones = {network for network in networks if not (project["networks"].get(network) or {}).get("internal")}
    if open_ones and name not in OUTSIDE:
        yield f"has a way out by {sorted(open_ones)}"
    for port in service.get("ports", []):
        if name != "coordinator" or not str(port).startswith("127.0.0.1:"):
            yield f"publishes {port} off loopback"


def secrets(name, service):
    if name == "certs":
        return
    own = f"certs-{CREDENTIALS[name]}"
    seen = [(source, target, mode) for source, target, mode in mounts(service) if "certs-" in source]
    if (own, "/credentials", "ro") not in seen or any(own not in source or mode != "ro" for source, _, mode in seen):
        yield f"must see {own} alone, read-only, as /credentials"
    if service.get("environment") != {"RETORT_CREDENTIALS": "/credentials"}:
        yield "its environment must be RETORT_CREDENTIALS=/credentials alone"


def order(name, service, project):
    for needed, how in service.get("depends_on", {}).items():
        target = project["services"].get(needed, {})
        expected = "service_completed_successfully" if target.get("restart") == "no" else "service_healthy"
        if not target or how.get("condition") != expected:
            yield f"must wait for {needed} by {expected}"
    for source, _, _ in mounts(service):
        if "/" not in source and "$" not in source and source not in project["volumes"]:
            yield f"volume {source} is not declared"


@functools.cache
def help_of(program, role):
    return subprocess.run([program, role, "--help"], capture_output=True, text=True).stdout


def options(service, program):
    if not program:
        return
    line = words(service, "entrypoint")[1:] + words(service, "command")
    role = line[0]
    for word in line[1:]:
        if word.startswith("--") and f"{word} " not in help_of(program, role):
            yield f"retort {role} has no option {word}"


def complaints(project, program=None):
    found = []
    for name in (*LONG_LIVED, "certs", "submit"):
        if name not in project["services"]:
            found.append(f"no service {name}")
    for name, service in project["services"].items():
        if name not in WRITABLE:
            found.append(f"{name}: nothing is known of it here")
            continue
        for part in (privileges(name, service), life(name, service), reach(name, service, project), secrets(name, service),
                     order(name, service, project), options(service, program)):
            found += [f"{name}: {text}" for text in part]
    for network in ("students", "teachers"):
        settings = project["networks"].get(network) or {}
        if not settings.get("internal") or settings.get("driver_opts", {}).get("com.docker.network.bridge.inhibit_ipv4") != "true":
            found.append(f"network {network} must be internal, and its bridge without an address")
    return found


# Where a fault is planted, the value; None takes the key away.
PLANTS = {
    "services.student.cap_drop": ["NET_RAW"], "services.student.read_only": False, "services.student.security_opt": None, "services.teacher.user": "0",
    "services.teacher.tmpfs": ["/tmp"], "services.teacher.pids_limit": None, "services.student.mem_limit": None, "services.student.memswap_limit": "99g",
    "services.student.privileged": True, "services.student.logging": {}, "services.student.restart": "no", "services.teacher.healthcheck": {},
    "services.student.healthcheck.test": ["CMD", "retort", "health", "127.0.0.1:7002"],
    "services.teacher.stop_grace_period": None, "services.student.networks": ["students", "outside"], "services.teacher.networks": ["students"],
    "services.teacher.ports": ["127.0.0.1:7001:7001"], "services.coordinator.ports": ["7000:7000"], "networks.students.internal": False,
    "networks.teachers.driver_opts": {}, "services.student.environment": {"KEY": "x"}, "services.student.ulimits": {},
    "services.student.volumes": ["certs-admin:/credentials:ro", "runs:/runs"], "services.coordinator.depends_on": {"certs": {"condition": "service_started"}},
    "services.student.command": ["student", "--insecure"], "services.submit.volumes": ["certs-admin:/credentials:ro", "runs:/runs", "secret:/x:ro"],
    "services.teacher.volumes": ["certs-teacher:/credentials:ro", "/var/run/docker.sock:/s:ro"], "services.certs.network_mode": None,
    "services.endpoint": None, "services.other": {"image": "x"}, "services.endpoint.command": "teacher --upstreams x",
}


def planted(project, path, value):
    copied = copy.deepcopy(project)
    *way, last = path.split(".")
    place = copied
    for step in way:
        place = place[step]
    if value is None:
        place.pop(last)
    else:
        place[last] = value
    return copied


def main(path: str) -> int:
    project = yaml.safe_load(pathlib.Path(path).read_text(encoding="utf-8"))
    built = pathlib.Path(".build/release/retort")
    program = str(built.resolve()) if built.exists() else None
    found = complaints(project, program)
    for place, value in PLANTS.items():
        if not program and place == "services.endpoint.command":
            continue
        if len(complaints(planted(project, place, value), program)) <= len(found):
            found.append(f"{place} = {value} is not found to be a fault")
    for complaint in found:
        print(f"compose: {complaint}", file=sys.stderr)
    if not found:
        print(f"compose: {len(project['services'])} services keep the rules; {len(PLANTS)} planted faults are found"
              + ("" if program else "; nothing is built here, so that options were not looked up"))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
