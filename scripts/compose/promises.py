#!/usr/bin/env python3
"""Asserts of each running container of a compose project what docs/security.md promises, from inside it and from the engine.

usage: scripts/compose/promises.py PROJECT [--plant IMAGE]

Each service has the program of probe.c at /probe/probe; the engine's command is `docker`. --plant starts a container that keeps no promise
beside them, and expects that each rule finds fault with it.
"""

import argparse
import json
import subprocess
import sys

USER = "10001"
OWN_MEMORY = {"/tmp", "/dev/shm", "/dev/mqueue"}
VOLUMES = {"coordinator": {"/state", "/runs"}, "student": {"/runs"}, "teacher": set(), "endpoint": {"/state"}}
# Addresses for documentation: nobody has them, and no packet for them leaves a network without a way out.
NOWHERE = "192.0.2.1"
PORTS = {"coordinator": 7000, "teacher": 7001, "endpoint": 7001, "student": 7002}
# Who may open a connection to whom.
REACHES = {
    "student": {"coordinator", "student"}, "teacher": {"coordinator", "teacher", "endpoint"},
    "endpoint": {"coordinator", "teacher", "endpoint"}, "coordinator": set(PORTS)}
REACHED = {"open", "refused"}


def docker(*words):
    done = subprocess.run(["docker", *words], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"compose: docker {words[0]}: {done.stderr.strip()}")
    return done.stdout


def containers(project):
    names = docker("ps", "-q", "--filter", f"label=com.docker.compose.project={project}").split()
    return json.loads(docker("inspect", *names)) if names else []


def service_of(container):
    return container["Config"]["Labels"]["com.docker.compose.service"]


def addresses(container):
    return {name: network["IPAddress"] for name, network in container["NetworkSettings"]["Networks"].items() if network["IPAddress"]}


def facts_of(container):
    facts = {"process": [], "writable": [], "create": {}}
    for line in docker("exec", container["Id"], "/probe/probe").splitlines():
        key, *rest = line.split()
        if key == "process":
            facts[key].append(dict(word.split("=", 1) for word in rest[1:]))
        elif key == "create":
            facts[key][rest[0] if len(rest) == 2 else "/"] = rest[-1]
        elif key == "writable":
            facts[key].append(rest[0])
        else:
            facts[key] = rest
    return facts


def kernel_complaints(container, facts):
    """What the kernel says of the processes, and what came of trying."""
    service, host = service_of(container), container["HostConfig"]
    for process in facts["process"]:
        name = process["Name"]
        if process["Uid"] != USER or process["Gid"] != USER:
            yield "user", f"{name} runs as {process['Uid']}:{process['Gid']}"
        if any(int(process[key], 16) for key in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")):
            yield "capabilities", f"{name} has {process['CapEff']} of {process['CapBnd']}"
        if process["NoNewPrivs"] != "1":
            yield "privileges", f"{name} may get new ones"
        if process["Seccomp"] != "2":
            yield "seccomp", f"{name} has no filter"
    if "retort" not in {process["Name"] for process in facts["process"]}:
        yield "process", "no retort was seen"
    for folder, outcome in facts["create"].items():
        if folder != "/tmp" and outcome != "EROFS":
            yield "read-only", f"a file in {folder}: {outcome}"
    if facts["create"].get("/tmp") != "done" or facts["exec"] != ["/tmp", "EACCES"] or int(facts["tmp"][0]) > 64 << 20 \
            or facts["tmp"][1] != "noexec,nosuid,nodev":
        yield "tmp", f"{facts['create'].get('/tmp')}, exec {facts['exec'][-1]}, {facts['tmp']}"
    if set(facts["writable"]) != OWN_MEMORY | VOLUMES[service]:
        yield "writable", ", ".join(sorted(facts["writable"]))
    for call in ("mount", "setuid", "mknod", "chroot", "sethostname", "raw-socket"):
        if facts[call] != ["EPERM"]:
            yield "calls", f"{call}: {facts[call][0]}"
    if facts["memory"] != [str(host["Memory"])] or host["Memory"] == 0 or host["MemorySwap"] != host["Memory"]:
        yield "memory", f"{facts['memory'][0]}, with swap {host['MemorySwap']}"
    if facts["pids"] != ["1024"]:
        yield "pids", facts["pids"][0]
    if facts["core"] != ["0"]:
        yield "core", facts["core"][0]


def engine_complaints(container):
    """What the engine was told."""
    host = container["HostConfig"]
    for port, bindings in (container["NetworkSettings"]["Ports"] or {}).items():
        for binding in bindings or []:
            if binding["HostIp"] != "127.0.0.1" or service_of(container) != "coordinator":
                yield "published", f"{port} at {binding['HostIp']}"
    if host["RestartPolicy"]["Name"] != "unless-stopped":
        yield "restart", host["RestartPolicy"]["Name"] or "never"
    if not {"max-size", "max-file"} <= set(host["LogConfig"]["Config"] or {}):
        yield "logs", "they grow for ever"
    if container["Config"].get("StopTimeout") != 20:
        yield "stop", f"{container['Config'].get('StopTimeout')} seconds to end"
    if not (container["Config"].get("Healthcheck") or {}).get("Test"):
        yield "health", "nobody asks after it"
    for mount in container["Mounts"]:
        if mount["Source"].endswith("docker.sock"):
            yield "mounts", "the engine's socket"
        elif mount["RW"] and mount["Destination"] not in VOLUMES[service_of(container)]:
            yield "mounts", f"{mount['Destination']} may be written"


def reach_complaints(container, everybody, gateways):
    """Who can be reached that should not, and the reverse."""
    service, targets = service_of(container), {}
    own = set(addresses(container).values())
    for other in everybody:
        for network, address in addresses(other).items():
            shared = network in addresses(container)
            targets[address, PORTS[service_of(other)]] = address in own or (shared and service_of(other) in REACHES[service])
    outside = service in ("coordinator", "endpoint")
    for network, gateway in gateways:
        targets[gateway, 9] = outside and network.endswith("_outside")
    if not outside:
        targets[NOWHERE, 443] = False
    words = [str(word) for target in targets for word in target]
    for line in docker("exec", container["Id"], "/probe/probe", "reach", *words).splitlines():
        _, address, port, outcome = line.split()
        # With a way out, an address of a network that is not its own leaves by it: who says no there is somebody else.
        reached = outcome == "open" if outside and not targets[address, int(port)] else outcome in REACHED
        if reached != targets[address, int(port)]:
            yield "reach", f"{address}:{port} is {outcome}"
    print(f"  {container['Name'][1:]}: {sum(targets.values())} addresses reached, {len(targets) - sum(targets.values())} not")


def complaints(container, everybody, gateways):
    yield from kernel_complaints(container, facts_of(container))
    yield from engine_complaints(container)
    yield from reach_complaints(container, everybody, gateways)


def gateways_of(project):
    """The host's own addresses on the project's networks; a bridge without one has none that answers."""
    names = docker("network", "ls", "-q", "--filter", f"label=com.docker.compose.project={project}").split()
    return [(network["Name"], config["Gateway"]) for network in json.loads(docker("inspect", *names)) for config in network["IPAM"]["Config"]
            if "Gateway" in config]


RULES = {"user", "capabilities", "privileges", "seccomp", "read-only", "tmp", "writable", "calls", "memory", "pids", "core", "published",
         "restart", "logs", "stop", "health", "mounts", "reach"}


def plant(project, image, everybody, gateways):
    """A student that keeps no promise: each rule must say so."""
    probe = next(m["Source"] for m in everybody[0]["Mounts"] if m["Destination"] == "/probe")
    name = f"{project}-planted"
    try:
        docker("run", "-d", "--name", name, "--user", "0", "--security-opt", "seccomp=unconfined", "--network", f"{project}_outside", "-p", "7993:7002",
               "--ulimit", "core=-1", "--log-driver", "none", "--pids-limit", "2048", "-v", f"{probe}:/probe", "-l", "com.docker.compose.service=student", "-l", "planted",
               "--tmpfs", "/tmp:exec,size=128m",
               image, "student", "--coordinator", "127.0.0.1:9", "--listen", "127.0.0.1:7002", "--root", "/")
        container = json.loads(docker("inspect", name))[0]
        found = {rule for rule, _ in complaints(container, everybody, gateways)}
    finally:
        subprocess.run(["docker", "rm", "-f", name], capture_output=True)
    missed = RULES - found
    print(f"  a container that keeps none of them is found by {len(found & RULES)} of {len(RULES)} rules")
    return [f"the rule {rule} finds no fault where there is one" for rule in sorted(missed)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("project")
    parser.add_argument("--plant", metavar="IMAGE")
    arguments = parser.parse_args()
    everybody = [c for c in containers(arguments.project) if service_of(c) in VOLUMES]
    gateways = gateways_of(arguments.project)
    found = [f"{container['Name'][1:]}: {rule}: {text}" for container in everybody for rule, text in complaints(container, everybody, gateways)]
    absent = {"coordinator", "student"} - {service_of(container) for container in everybody}
    found += [f"no {service} is running" for service in sorted(absent)]
    if arguments.plant and everybody:
        found += plant(arguments.project, arguments.plant, everybody, gateways)
    for line in found:
        print(f"compose: {line}", file=sys.stderr)
    if not found:
        print(f"compose: {len(everybody)} containers keep all promises: {', '.join(sorted(RULES))}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
