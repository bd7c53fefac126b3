"""A teacher, a coordinator and students of their own, a supervisor that starts again what has died, and a run that they make."""

import hashlib
import json
import os
import pathlib
import random
import re
import signal
import socket
import sqlite3
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SAVE_STEPS = 10
RECIPE = """\
method: distillm2
student:
  from: {root}/Examples/puzzles/base
  hidden_size: 32
  intermediate_size: 80
  num_hidden_layers: 2
data:
  train: {root}/Examples/puzzles/data/few.jsonl
  eval: {root}/Examples/puzzles/data/heldout.jsonl
output_dir: {output}
seed: 7
generation: {{max_new_tokens: 12, rounds: 6, batch_size: 16}}
training:
  replicas: {replicas}
  learning_rate: 0.01
  per_device_train_batch_size: 4
  gradient_accumulation_steps: 2
  max_steps: {steps}
  save_steps: {save_steps}
  save_total_limit: 3
  max_length: 48
evaluation: {{metrics: [kl], eval_steps: {eval_steps}}}
"""


class Broken(Exception):
    """A promise that was not kept."""


def free_ports(count):
    """Ports of loopback that nobody has and the system gives to nobody, below those that it chooses from."""
    lowest = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    found = []
    for port in random.SystemRandom().sample(range(max(1024, lowest // 3), lowest), 200):
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind(("0.0.0.0", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise SystemExit("survival: no free ports")


class Service:
    """A process that is started again when it has died: after a fixed time, as a container's restart policy would at first."""

    def __init__(self, name, arguments, log, restart_after):
        self.name, self.arguments, self.log, self.restart_after = name, arguments, pathlib.Path(log), restart_after
        self.process, self.due, self.deaths, self.expected = None, 0.0, 0, 0
        self.resumes_at, self.starts = None, []

    def look(self, now):
        """Starts what is to be started, and lets go on what stood still for long enough."""
        if self.resumes_at and now >= self.resumes_at:
            self.go_on()
        if self.process is None:
            if now >= self.due:
                with open(self.log, "ab") as log:
                    self.process = subprocess.Popen(self.arguments, stdout=log, stderr=log, start_new_session=True)
                self.starts.append(now)
            return
        if self.process.poll() is not None:
            self.deaths += 1
            status, self.process, self.resumes_at = self.process.returncode, None, None
            if self.deaths > self.expected:
                raise Broken(f"{self.name} ended by itself (status {status}): {self.last_lines()}")
            self.due = now + self.restart_after

    def kill(self):
        """Whether there was something to kill."""
        if self.process is None or self.process.poll() is not None:
            return False
        self.expected += 1
        self.process.kill()
        self.resumes_at = None
        return True

    def stand_still(self, seconds):
        if self.process is None or self.resumes_at:
            return False
        os.kill(self.process.pid, signal.SIGSTOP)
        self.resumes_at = time.monotonic() + seconds
        return True

    def go_on(self):
        self.resumes_at = None
        if self.process:
            os.kill(self.process.pid, signal.SIGCONT)
            self.starts.append(time.monotonic())

    def last_lines(self, count=3):
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return " | ".join(lines[-count:])

    def end(self):
        if self.process:
            self.process.kill()
            self.process.wait()


class Fleet:
    """`with Fleet(…) as fleet: fleet.run(during)`; then `check` and `results`."""

    def __init__(self, retort, folder, students=3, replicas=3, steps=120, restart_after=0.1, proxies=None, settings=(), disk=None):
        self.folder, self.steps, self.students, self.settings = pathlib.Path(folder), steps, students, list(settings)
        self.folder.mkdir(parents=True, exist_ok=True)
        # Where what a power cut may hit is kept: the run's folder and the coordinator's.
        disk = pathlib.Path(disk or folder)
        self.output, self.state, self.retort = disk / "out", disk / "state", retort
        self.recipe = self.folder / "recipe.yaml"
        self.recipe.write_text(RECIPE.format(
            root=ROOT, output=self.output, replicas=replicas, steps=steps, save_steps=SAVE_STEPS, eval_steps=steps // 3))
        ports = free_ports(2 + students)
        teacher, self.address = (f"127.0.0.1:{port}" for port in ports[:2])
        # Where others find them: themselves, or who stands in between.
        found = proxies or (lambda asker, address: address)
        services = [
            ("teacher", ["--model", f"{ROOT}/Examples/puzzles/teacher", "--listen", teacher]),
            ("coordinator", ["--teacher", found("coordinator", teacher), "--state", str(self.state), "--listen", self.address,
                             "--advertise", found("student", self.address)])]
        for number, port in enumerate(ports[2:], 1):
            # Of its own address, so that what goes between students can be told apart.
            own = f"127.0.7.{number}:{port}"
            services.append((f"student-{number}", [
                "--coordinator", found("student", self.address), "--listen", own, "--advertise", found("coordinator", own),
                "--root", "/"]))
        self.services = {
            name: Service(name, [retort, name.split("-")[0], *arguments], self.folder / f"{name}.log", restart_after)
            for name, arguments in services}
        self.row_times, self.row_replicas = {}, {}
        self._seen = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for service in self.services.values():
            service.end()

    @property
    def step(self):
        """Greatest step whose row was seen."""
        return max(self.row_times, default=0)

    def _read_rows(self, now):
        file = self.output / "metrics.jsonl"
        try:
            state = file.stat()
            if (state.st_ino, state.st_size) == self._seen:
                return
            text = file.read_bytes()
        except FileNotFoundError:
            return
        self._seen = (state.st_ino, state.st_size)
        for line in text.splitlines(keepends=True):
            if line.endswith(b"\n") and (found := re.match(rb'\{"step":(\d+),"loss"', line)):
                step = int(found[1])
                if step not in self.row_times:
                    self.row_times[step] = now
                    replicas = re.search(rb'"train/replicas":(\d+)', line)
                    self.row_replicas[step] = int(replicas[1]) if replicas else 1

    def run(self, during=lambda now: None, seconds=180, at_start=lambda now: None):
        """Makes the run, and calls `during` all the time, `at_start` until the coordinator listens; returns how long the run took."""
        begin = time.monotonic()
        for service in self.services.values():
            service.look(begin)
        self._wait_for_coordinator(begin + 30, at_start)
        with open(self.folder / "run.err", "wb") as errors:
            self.begin = time.monotonic()
            client = subprocess.Popen(
                [self.retort, "run", "--coordinator", self.address, str(self.recipe), *self.settings], stdout=errors, stderr=errors,
                env={**os.environ, "NO_COLOR": "1"})
            try:
                while client.poll() is None:
                    now = time.monotonic()
                    if now > self.begin + seconds:
                        raise Broken(f"the run has not ended after {seconds} s; step {self.step} of {self.steps}: {self.last_words()}")
                    for service in self.services.values():
                        service.look(now)
                    self._read_rows(now)
                    during(now)
                    time.sleep(0.004)
            finally:
                client.kill()
                client.wait()
        self.end = time.monotonic()
        self._read_rows(self.end)
        if client.returncode:
            raise Broken(f"retort run ended with {client.returncode}: {self.last_words()}")
        return self.end - self.begin

    def _wait_for_coordinator(self, limit, at_start):
        host, port = self.address.split(":")
        while True:
            with socket.socket() as one:
                if one.connect_ex((host, int(port))) == 0:
                    return
            now = time.monotonic()
            if now > limit:
                raise Broken(f"the coordinator does not listen: {self.services['coordinator'].last_lines()}")
            for service in self.services.values():
                service.look(now)
            at_start(now)
            time.sleep(0.02)

    def last_words(self):
        lines = re.split(r"[\r\n]+", (self.folder / "run.err").read_text(errors="replace").strip())
        return " | ".join(lines[-2:])

    def check(self, undisturbed=None):
        """Everything that a finished run leaves is whole; each step is there once, as in another run if one is given; returns its results."""
        for service in self.services.values():
            service.end()
        hashes = {}
        for checkpoint in sorted(self.output.glob("checkpoint-*")):
            for file in json.loads((checkpoint / "manifest.json").read_text())["files"]:
                found = sha256(checkpoint / file["name"])
                if found != file["sha256"]:
                    raise Broken(f"{checkpoint.name}/{file['name']} is torn")
                hashes[f"{checkpoint.name}/{file['name']}"] = found
        for file in sorted((self.output / "student").iterdir()):
            hashes[f"student/{file.name}"] = sha256(file)
        if not (self.output / "report.html").exists():
            raise Broken("the run's report is missing")
        left = [file.name for file in self.output.iterdir() if file.name.startswith(".")]
        if left:
            raise Broken(f"left over in the run's folder: {left}")
        rows = [json.loads(line) for line in (self.output / "metrics.jsonl").read_text().splitlines()]
        steps = [row["step"] for row in rows if "loss" in row]
        if steps != list(range(1, self.steps + 1)):
            raise Broken(f"metrics.jsonl has not each step once: {steps}")
        results = Results(hashes, [learnt(row) for row in rows], *self._journal())
        if undisturbed:
            results.compare(undisturbed)
        return results

    def _journal(self):
        """What the journal has of samples, and how many steps were made again; each step must follow the one before."""
        with sqlite3.connect(self.state / "journal.sqlite") as journal:
            if (found := journal.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
                raise Broken(f"the journal: {found}")
            items = dict(journal.execute("SELECT item, token_ids FROM items"))
            events = [json.loads(body) for (body,) in journal.execute("SELECT body FROM events ORDER BY sequence")]
            measured = [step for (step,) in journal.execute("SELECT step FROM metrics WHERE kind = 'step' ORDER BY step")]
        if measured != list(range(1, self.steps + 1)):
            raise Broken(f"the journal has not the row of each step once: {measured}")
        position, repeated = 0, 0
        for event in events:
            name, values = next(iter(event.items()))
            if name == "loaded":
                back = position - values["position"]
                if not 0 <= back <= SAVE_STEPS:
                    raise Broken(f"the journal: after step {position} a student has loaded step {values['position']}")
                position, repeated = values["position"], repeated + back
            elif name == "stepCompleted":
                if values["step"] != position + 1:
                    raise Broken(f"the journal: step {values['step']} after step {position}")
                position += 1
        if position != self.steps:
            raise Broken(f"the journal ends at step {position} of {self.steps}")
        return items, repeated


class Results:
    """What a run has left."""

    def __init__(self, hashes, rows, items, repeated):
        self.hashes, self.rows, self.items, self.repeated = hashes, rows, items, repeated

    @property
    def digest(self):
        return self.hashes["student/model.safetensors"]

    def compare(self, other):
        """Raises where another run has learnt something else."""
        if self.hashes != other.hashes:
            files = [name for name in sorted(self.hashes | other.hashes) if self.hashes.get(name) != other.hashes.get(name)]
            raise Broken(f"other bytes than those of the undisturbed run: {', '.join(files)}")
        if self.items != other.items:
            raise Broken("the journal has other samples than that of the undisturbed run")
        for mine, theirs in zip(self.rows, other.rows, strict=True):
            if mine != theirs:
                names = [name for name in mine | theirs if mine.get(name) != theirs.get(name)]
                raise Broken(f"the row of step {mine['step']} differs in {', '.join(names)}")


def learnt(row):
    """A row of metrics without what clocks and wires say."""
    names = ("wire/", "wait/", "cache/", "train/replicas", "train/exchange", "train/compute", "train/tokens_per_second")
    return {name: value for name, value in row.items() if not name.startswith(names)}


def sha256(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()
