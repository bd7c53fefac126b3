"""Checks the manifests of compose/kubernetes: the API's schemas, what each pod may do, who reaches whom; then plants faults in copies of them.

Folders are put together by `kubectl kustomize` where it is installed; else each file is read as it stands, and patches are left out.
"""

import copy
import functools
import ipaddress
import json
import pathlib
import shutil
import subprocess
import sys

import kubernetes_validate
import yaml

VERSIONS = ("1.27", kubernetes_validate.latest_version())
FOLDERS = ("base", "remote-teacher", "endpoint", "submit")
SECRETS = {"retort-teacher", "retort-coordinator", "retort-student", "retort-admin", "retort-upstream-key"}
PORTS = {"teacher": 7001, "coordinator": 7000, "student": 7002}
# A student is ready while its coordinator knows it, and is not started anew because the coordinator is away.
READY = {"student": ["--service", "retort.v1.StudentService"]}
# Who may open a connection to whom; each folder's own way out.
REACHES = {("coordinator", "teacher"), ("coordinator", "student"), ("student", "coordinator"), ("student", "student"), ("submit", "coordinator")}
OUTSIDE = {"remote-teacher": {("coordinator", "192.0.2.10", 7001)}, "endpoint": {("teacher", "203.0.113.1", 443)}}
STRANGERS = [("192.0.2.10", 7001), ("203.0.113.1", 443), ("203.0.113.1", 80), ("10.1.2.3", 443), ("169.254.169.254", 80), ("169.254.169.254", 443)]
COMPONENT = "app.kubernetes.io/component"


def load(path):
    return [document for document in yaml.safe_load_all(path.read_text(encoding="utf-8")) if document]


def render(folder):
    """The folder's objects, and whether patches are in them."""
    if shutil.which("kubectl"):
        done = subprocess.run(["kubectl", "kustomize", str(folder)], capture_output=True, text=True)
        if done.returncode == 0:
            return [document for document in yaml.safe_load_all(done.stdout) if document], True
    found = []
    for name in load(folder / "kustomization.yaml")[0]["resources"]:
        path = folder / name
        found += render(path)[0] if path.is_dir() else load(path)
    return found, False


@functools.cache
def schema_fault(text, version):
    document = json.loads(text)
    try:
        kubernetes_validate.validate(document, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        return f"{document['kind']} {document['metadata']['name']}: {version}: {'.'.join(map(str, error.path))}: {error.message}"


def schemas(documents):
    faults = (schema_fault(json.dumps(document), version) for document in documents for version in VERSIONS)
    return [fault for fault in faults if fault]


def workloads(documents):
    for document in documents:
        if document["kind"] in ("Deployment", "StatefulSet", "Job"):
            yield document["metadata"]["name"], document, document["spec"]["template"]


def of_kind(documents, kind):
    return {document["metadata"]["name"]: document for document in documents if document["kind"] == kind}


def pods(documents, known_claims):
    accounts, claims = of_kind(documents, "ServiceAccount"), known_claims | set(of_kind(documents, "PersistentVolumeClaim"))
    for name, document, template in workloads(documents):
        spec = template["spec"]
        account = accounts.get(spec.get("serviceAccountName"), {})
        if spec.get("automountServiceAccountToken") is not False or account.get("automountServiceAccountToken") is not False:
            yield f"{name}: must have an account of its own, and none of its tokens"
        if spec.get("enableServiceLinks") is not False:
            yield f"{name}: enableServiceLinks must be false"
        security = spec.get("securityContext", {})
        wanted = {"runAsNonRoot": True, "runAsUser": 10001, "runAsGroup": 10001, "fsGroup": 10001, "fsGroupChangePolicy": "OnRootMismatch",
                  "seccompProfile": {"type": "RuntimeDefault"}}
        if security != wanted:
            yield f"{name}: securityContext must be {wanted}"
        for key in ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"):
            if spec.get(key):
                yield f"{name}: {key} has no place here"
        if document["kind"] != "Job" and spec.get("terminationGracePeriodSeconds", 0) < 15:
            yield f"{name}: needs 15 seconds to end"
        own = claims | {claim["metadata"]["name"] for claim in document["spec"].get("volumeClaimTemplates", [])}
        yield from volumes(name, spec, own)
        for container in spec.get("initContainers", []) + spec["containers"]:
            for text in container_faults(container, long_lived=document["kind"] != "Job" and container in spec["containers"]):
                yield f"{name}: {container['name']}: {text}"


def volumes(name, spec, claims):
    volumes = {volume["name"]: volume for volume in spec.get("volumes", [])}
    for volume in volumes.values():
        kind = next(key for key in volume if key != "name")
        settings = volume[kind]
        if kind not in ("secret", "emptyDir", "persistentVolumeClaim", "configMap"):
            yield f"{name}: a volume of kind {kind} has no place here"
        elif kind == "emptyDir" and (not settings.get("sizeLimit") or settings.get("medium") != "Memory"):
            yield f"{name}: volume {volume['name']} must be memory with a sizeLimit"
        elif kind == "secret" and settings["secretName"] not in SECRETS:
            yield f"{name}: nobody makes the Secret {settings['secretName']}"
        elif kind == "persistentVolumeClaim" and settings["claimName"] not in claims:
            yield f"{name}: there is no claim {settings['claimName']}"
    for container in spec.get("initContainers", []) + spec["containers"]:
        for mount in container["volumeMounts"]:
            if mount["name"] not in volumes and mount["name"] not in claims:
                yield f"{name}: there is no volume {mount['name']}"
            if mount["mountPath"] in ("/models", "/secret", "/recipe", "/upstream") and not mount.get("readOnly"):
                yield f"{name}: {mount['mountPath']} must be read-only"


def container_faults(container, long_lived):
    if container.get("securityContext") != {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}:
        yield "must have a read-only root, no capabilities, and no way to more"
    resources = container.get("resources", {})
    for part in ("requests", "limits"):
        if set(resources.get(part, {})) != {"cpu", "memory"}:
            yield f"must have {part} of cpu and memory"
    if any("valueFrom" in variable and "fieldRef" not in variable["valueFrom"] for variable in container.get("env", [])) or "envFrom" in container:
        yield "secrets are files, not variables"
    if long_lived:
        port = container["ports"][0]["containerPort"]
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            wanted = ["retort", "health", f"127.0.0.1:{port}", *(READY.get(container["name"], []) if probe == "readinessProbe" else [])]
            if container.get(probe, {}).get("exec", {}).get("command") != wanted:
                yield f"{probe} must be {' '.join(wanted)}"
    if "--insecure" in container.get("args", []):
        yield "--insecure has no place here"


def matches(selector, labels):
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())


def wiring(documents):
    running = {name: (document, template) for name, document, template in workloads(documents) if document["kind"] != "Job"}
    budgets = of_kind(documents, "PodDisruptionBudget")
    for name, (document, template) in running.items():
        labels = template["metadata"]["labels"]
        if not matches(document["spec"]["selector"], labels) or labels[COMPONENT] != name:
            yield f"{name}: its selector is not its pods'"
        if sum(matches(budget["spec"]["selector"], labels) for budget in budgets.values()) != 1:
            yield f"{name}: must have one PodDisruptionBudget"
        elif name in READY and budgets[name]["spec"].get("unhealthyPodEvictionPolicy") != "AlwaysAllow":
            yield f"{name}: those that are not ready must not keep a node"
    for name, service in of_kind(documents, "Service").items():
        template = running.get(name, (None, None))[1]
        if template is None or not matches({"matchLabels": service["spec"]["selector"]}, template["metadata"]["labels"]):
            yield f"Service {name} selects nothing"
            continue
        ports = {port["name"]: port["containerPort"] for port in template["spec"]["containers"][0]["ports"]}
        if any(ports.get(port["targetPort"]) != port["port"] for port in service["spec"]["ports"]):
            yield f"Service {name}: its ports are not its pods'"
        if service["spec"].get("type", "ClusterIP") != "ClusterIP":
            yield f"Service {name} is open to outside the cluster"


def lets(policies, direction, labels, peer, port):
    """Whether the policies that select `labels` let a connection through; a peer is labels, or an address."""
    chosen = [policy["spec"] for policy in policies if matches(policy["spec"]["podSelector"], labels) and direction in policy["spec"]["policyTypes"]]
    key = "from" if direction == "Ingress" else "to"
    for rule in (rule for spec in chosen for rule in spec.get(direction.lower(), [])):
        if rule.get("ports") and port not in [entry["port"] for entry in rule["ports"]]:
            continue
        if key not in rule or any(is_peer(entry, peer) for entry in rule[key]):
            return True
    return not chosen


def is_peer(entry, peer):
    if isinstance(peer, dict):
        return "namespaceSelector" not in entry and "ipBlock" not in entry and matches(entry["podSelector"], peer)
    block = entry.get("ipBlock")
    return bool(block) and ipaddress.ip_address(peer) in ipaddress.ip_network(block["cidr"]) and \
        not any(ipaddress.ip_address(peer) in ipaddress.ip_network(cidr) for cidr in block.get("except", []))


def network(documents, folder):
    policies = list(of_kind(documents, "NetworkPolicy").values())
    labels = {name: {"app.kubernetes.io/part-of": "retort", COMPONENT: name} for name in (*PORTS, "submit")}
    for source in labels:
        for target, port in PORTS.items():
            if folder == "remote-teacher" and target == "teacher":
                continue
            through = lets(policies, "Egress", labels[source], labels[target], port) and lets(policies, "Ingress", labels[target], labels[source], port)
            if through != ((source, target) in REACHES):
                yield f"{source} {'reaches' if through else 'does not reach'} {target}"
        for address, port in STRANGERS:
            through = lets(policies, "Egress", labels[source], address, port)
            if through != ((source, address, port) in OUTSIDE.get(folder, set())):
                yield f"{source} {'reaches' if through else 'does not reach'} {address}:{port}"
    if lets(policies, "Ingress", {COMPONENT: "stranger"}, labels["student"], 80):
        yield "a pod that no policy names is reached"
    for name in PORTS:
        if lets(policies, "Ingress", labels[name], {COMPONENT: "stranger"}, PORTS[name]) or lets(policies, "Ingress", labels[name], "203.0.113.1", PORTS[name]):
            yield f"strangers reach {name}"


@functools.cache
def help_of(program, role):
    return subprocess.run([program, role, "--help"], capture_output=True, text=True).stdout


def options(documents, program):
    for name, _, template in workloads(documents):
        for container in template["spec"]["containers"] if program else []:
            for word in container["args"]:
                if word.startswith("--") and f"{word.split('=')[0]} " not in help_of(program, container["args"][0]):
                    yield f"{name}: retort {container['args'][0]} has no option {word.split('=')[0]}"


def complaints(documents, folder, patched, program=None):
    known = {"models", "runs"} if folder == "submit" else set()
    found = [*schemas(documents), *pods(documents, known), *wiring(documents), *options(documents, program)]
    if folder != "submit" and (patched or folder == "base"):
        found += network(documents, folder)
    if folder == "base" and of_kind(documents, "Namespace")["retort"]["metadata"]["labels"].get("pod-security.kubernetes.io/enforce") != "restricted":
        found.append("the namespace must enforce restricted pods")
    return found


CONTAINER = "spec.template.spec.containers.0"
# Object, place, value; None takes the key away, a missing place makes it.
PLANTS = [
    ("Deployment", "student", "spec.replica", 3), ("Deployment", "student", f"{CONTAINER}.imagePullPolicy", 1),
    ("Deployment", "student", f"{CONTAINER}.securityContext.readOnlyRootFilesystem", False),
    ("Deployment", "student", f"{CONTAINER}.securityContext.capabilities", {"drop": ["NET_RAW"]}),
    ("Deployment", "teacher", f"{CONTAINER}.securityContext.allowPrivilegeEscalation", None), ("Deployment", "teacher", f"{CONTAINER}.resources.limits", None),
    ("Deployment", "teacher", f"{CONTAINER}.livenessProbe", None), ("Deployment", "teacher", f"{CONTAINER}.readinessProbe.exec.command", ["true"]),
    ("Deployment", "student", f"{CONTAINER}.readinessProbe.exec.command", ["retort", "health", "127.0.0.1:7002"]),
    ("Deployment", "student", "spec.template.spec.securityContext.fsGroupChangePolicy", None),
    ("StatefulSet", "coordinator", f"{CONTAINER}.env.0", {"name": "K", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}),
    ("StatefulSet", "coordinator", "spec.template.spec.securityContext.runAsUser", 0), ("StatefulSet", "coordinator", "spec.template.spec.hostNetwork", True),
    ("StatefulSet", "coordinator", "spec.template.spec.automountServiceAccountToken", True),
    ("Deployment", "student", "spec.template.spec.enableServiceLinks", True), ("ServiceAccount", "student", "automountServiceAccountToken", None),
    ("Deployment", "student", "spec.template.spec.volumes.0", {"name": "secret", "hostPath": {"path": "/"}}),
    ("Deployment", "student", "spec.template.spec.volumes.2.emptyDir", {}), ("Deployment", "student", "spec.template.spec.volumes.3.persistentVolumeClaim.claimName", "x"),
    ("Deployment", "student", "spec.template.spec.volumes.0.secret.secretName", "x"), ("Deployment", "student", f"{CONTAINER}.volumeMounts.0.readOnly", None),
    ("Deployment", "student", "spec.template.spec.terminationGracePeriodSeconds", 1), ("PodDisruptionBudget", "student", "spec.selector.matchLabels", {"a": "b"}),
    ("PodDisruptionBudget", "student", "spec.unhealthyPodEvictionPolicy", None),
    ("Deployment", "teacher", "spec.template.metadata.labels", {COMPONENT: "student"}), ("Service", "coordinator", "spec.type", "NodePort"),
    ("Service", "teacher", "spec.selector", {"a": "b"}), ("Service", "teacher", "spec.ports.0.port", 7009), ("NetworkPolicy", "nobody", "spec.policyTypes", ["Egress"]),
    ("NetworkPolicy", "student", "spec.egress.0.to", [{"ipBlock": {"cidr": "0.0.0.0/0"}}]), ("NetworkPolicy", "student", "spec.ingress.0.from", [{"podSelector": {}}]),
    ("NetworkPolicy", "teacher", "spec.ingress.0.from", [{"podSelector": {}}]), ("NetworkPolicy", "coordinator", "spec.egress", []),
    ("Namespace", "retort", "metadata.labels", {}), ("Deployment", "student", f"{CONTAINER}.args.4", "--insecure"),
]


def planted(documents, kind, name, path, value):
    copied = copy.deepcopy(documents)
    place = of_kind(copied, kind)[name]
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in way:
        place = place[step]
    if value is None:
        place.pop(last)
    else:
        place[last] = value
    return copied


def main(path: str) -> int:
    root, found, counted, patched = pathlib.Path(path), [], 0, True
    built = pathlib.Path(".build/release/retort")
    program = str(built.resolve()) if built.exists() else None
    for folder in FOLDERS:
        documents, patched = render(root / folder)
        counted += len(documents)
        found += [f"{folder}: {text}" for text in complaints(documents, folder, patched, program)]
    base, patched = render(root / "base")
    for kind, name, place, value in PLANTS:
        if not complaints(planted(base, kind, name, place, value), "base", patched):
            found.append(f"{kind} {name}: {place} = {json.dumps(value)} is not found to be a fault")
    for line in found:
        print(f"kubernetes: {line}", file=sys.stderr)
    if not found:
        print(f"kubernetes: {counted} objects in {len(FOLDERS)} folders keep the schemas of {' and '.join(VERSIONS)} and the rules; {len(PLANTS)} planted "
              "faults are found" + ("" if patched else "; no kubectl here, so that patches were left out"))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
