"""Checks what compose/compose.yaml promises: health, order, no privileges, nothing published off loopback."""

import sys

import yaml


def main(path: str) -> int:
    with open(path, encoding="utf-8") as file:
        project = yaml.safe_load(file)
    services = project["services"]
    complaints = []
    for role in ("teacher", "coordinator", "student"):
        if role not in services:
            complaints.append(f"no service {role}")
    for name, service in services.items():
        if service.get("cap_drop") != ["ALL"] or not service.get("read_only"):
            complaints.append(f"{name}: must drop all capabilities and have a read-only root")
        words = [str(word) for word in service.get("command", [])]
        if "--insecure" in words:
            complaints.append(f"{name}: --insecure has no place in the file that people start from")
        mounts = [volume.split(":") for volume in service.get("volumes", [])]
        secrets = sorted(mount[0] for mount in mounts if mount[0].startswith("certs-"))
        if name != "certs":
            own = "certs-admin" if name == "submit" else f"certs-{name}"
            if secrets != [own] or [own, "/credentials", "ro"] not in mounts:
                complaints.append(f"{name}: must see {own} alone, read-only, as /credentials")
            if service.get("environment", {}).get("RETORT_CREDENTIALS") != "/credentials":
                complaints.append(f"{name}: RETORT_CREDENTIALS must name /credentials")
        for port in service.get("ports", []):
            if not str(port).startswith("127.0.0.1:"):
                complaints.append(f"{name}: publishes {port} off loopback")
        for needed, how in service.get("depends_on", {}).items():
            ends = services.get(needed, {}).get("restart") == "no"
            expected = "service_completed_successfully" if ends else "service_healthy"
            if needed not in services or how.get("condition") != expected:
                complaints.append(f"{name}: must wait for {needed} by {expected}")
            elif ends:
                continue
            elif "healthcheck" not in services[needed]:
                complaints.append(f"{needed}: {name} waits for its health, but it has no health check")
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if "/" not in source and "$" not in source and source not in project["volumes"]:
                complaints.append(f"{name}: volume {source} is not declared")
    for complaint in complaints:
        print(f"compose: {complaint}", file=sys.stderr)
    if not complaints:
        print(f"compose: {len(services)} services keep the rules")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
