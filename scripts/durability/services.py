"""A coordinator and a student of their own, one of them perhaps with failing system calls, and runs that they make."""

import hashlib
import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
RECIPE = """\
method: seqkd
teacher: {teacher}
student:
  from: {root}/Examples/puzzles/base
data:
  train: {folder}/prompts.jsonl
output_dir: {output}
seed: 5
generation: {{max_new_tokens: 8, batch_size: 8}}
training:
  learning_rate: 0.01
  per_device_train_batch_size: 4
  max_steps: {steps}
  save_steps: 2
  save_total_limit: 2
  max_length: 48
evaluation: {{metrics: []}}
"""


class Broken(Exception):
    """A promise that was not kept."""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Process:
    """A service that is started again when it dies. In its first life strace may watch it, until a call of it was failed."""

    def __init__(self, arguments, log, inject=()):
        self.arguments, self.log, self.deaths, self.failed = arguments, log, 0, []
        self.trace = pathlib.Path(f"{log}.strace")
        # strace counts the calls of each thread, so that another thread would fail as well: it lets go after the first.
        self._start(["strace", "-D", "-I", "2", "-f", "-y", "-qq", "-o", str(self.trace), *inject] if inject else [])
        self.is_watched = any("inject" in word for word in inject)

    def _start(self, strace=()):
        # With -D the service is our child, and strace its grandchild in the same group.
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*strace, *self.arguments], stdout=log, stderr=log, start_new_session=True)

    def look(self):
        """Starts the service again where it has died, and makes strace let go where it has failed a call."""
        if self.is_watched and (failed := self._failed_calls()):
            if not self.failed:
                self.let_go = time.monotonic() + 0.5
                for pid in tracers(self.process.pid):
                    os.kill(pid, signal.SIGTERM)
            self.failed = failed
            if not all(re.search(r"[(]\d+</|rename", line) for line in failed):
                # A pipe, a socket, a wake-up: nobody promises to live with that. The service is started again. Until strace has let go,
                # such a call of another thread may fail after that of a file.
                self.process.kill()
        if self.process.poll() is None:
            if self.failed and time.monotonic() > self.let_go:
                # strace hangs where what it watches ends just now, or lets go of it while it stands.
                for pid in tracers(self.process.pid):
                    os.kill(pid, signal.SIGKILL)
                os.kill(self.process.pid, signal.SIGCONT)
            return
        self.is_watched = False
        self.deaths += 1
        if self.deaths > 5:
            raise Broken(f"{self.arguments[1]} dies again and again: {self.last_line()}")
        self._start()

    def _failed_calls(self):
        """The lines of strace for them; a call that others' lines have interrupted in one piece again."""
        failed, begun = [], {}
        for line in self.trace.read_text(errors="replace").splitlines() if self.trace.exists() else []:
            thread, _, rest = line.partition(" ")
            if "<unfinished ...>" in rest:
                begun[thread] = rest
            elif "INJECTED" in rest:
                failed.append(f"{thread} {begun.get(thread, '') if 'resumed>' in rest else ''}{rest}")
        return failed

    def last_line(self):
        lines = pathlib.Path(self.log).read_text(errors="replace").splitlines()
        return lines[-1] if lines else ""

    def end(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


def tracers(pid):
    """Who traces the threads of a process."""
    found = set()
    for status in pathlib.Path("/proc").glob(f"{pid}/task/*/status"):
        try:
            found.add(int(re.search(r"TracerPid:\s+(\d+)", status.read_text())[1]))
        except OSError:
            pass
    return found - {0}


class Services:
    """`with Services(…) as services: services.run()`."""

    def __init__(self, retort, folder, teacher, steps=6, inject={}, output=None):
        self.retort, self.folder = retort, pathlib.Path(folder)
        self.output = pathlib.Path(output or self.folder / "out")
        self.state = self.output.parent / "state"
        self.address = f"127.0.0.1:{free_port()}"
        rows = (ROOT / "Examples/puzzles/data/prompts.jsonl").read_text().splitlines()[:24]
        (self.folder / "prompts.jsonl").write_text("\n".join(rows) + "\n")
        self.recipe = self.folder / "recipe.yaml"
        self.recipe.write_text(
            RECIPE.format(teacher=teacher, root=ROOT, folder=self.folder, output=self.output, steps=steps))
        self.steps = steps
        self.processes = [
            Process([retort, "coordinator", "--teacher", teacher, "--state", str(self.state), "--listen", self.address],
                    self.folder / "coordinator.log", inject.get("coordinator", ())),
            Process([retort, "student", "--coordinator", self.address, "--root", "/", "--listen", "127.0.0.1:0"],
                    self.folder / "student.log", inject.get("student", ()))]
        self.complaints = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.end()

    def _answers(self):
        host, port = self.address.split(":")
        with socket.socket() as one:
            return one.connect_ex((host, int(port))) == 0

    def _wait(self, is_done, seconds, what):
        end = time.monotonic() + seconds
        while not is_done():
            if time.monotonic() > end:
                raise Broken(f"{what} after {seconds} s")
            for process in self.processes:
                process.look()
            time.sleep(0.02)

    def follow(self, resumes, seconds=90, during=lambda: None):
        """Runs the recipe, or goes on with it; returns the status and the errors of `retort run`."""
        self._wait(self._answers, 30, "the coordinator does not listen")
        with open(self.folder / "run.err", "wb+") as errors:
            client = subprocess.Popen(
                [self.retort, "run", str(self.recipe), "--coordinator", self.address, *(["--resume"] if resumes else [])],
                stdout=subprocess.DEVNULL, stderr=errors, env={**os.environ, "NO_COLOR": "1"})
            try:
                self._wait(lambda: (during(), client.poll() is not None)[1], seconds, "the run does not end")
            finally:
                client.kill()
                client.wait()
            errors.seek(0)
            return client.returncode, errors.read().decode(errors="replace")

    def run(self, hands):
        """Runs to the end, resuming at most so often by hand; returns the times."""
        resumes = False
        for used in range(hands + 1):
            status, errors = self.follow(resumes)
            if status == 0:
                return used
            lines = [line for line in errors.splitlines() if line.startswith("retort: ")]
            if len(lines) != 1:
                raise Broken(f"a run that stops says why in one line, not: {errors[-600:]!r}")
            self.complaints.append(lines[0])
            # A run that nobody knows of yet is begun, not resumed.
            resumes = "to resume" not in lines[0]
        raise Broken(f"{hands} hands were not enough: {self.complaints}")

    def check(self):
        """Everything that a finished run leaves is whole; returns the digest of its student."""
        for checkpoint in [*self.output.glob("checkpoint-*")]:
            manifest = json.loads((checkpoint / "manifest.json").read_text())
            for file in manifest["files"]:
                content = (checkpoint / file["name"]).read_bytes()
                if (len(content), hashlib.sha256(content).hexdigest()) != (file["size"], file["sha256"]):
                    raise Broken(f"{checkpoint.name}/{file['name']} is torn")
        rows = [json.loads(line) for line in (self.output / "metrics.jsonl").read_text().splitlines()]
        if [row["step"] for row in rows] != list(range(1, self.steps + 1)):
            raise Broken(f"metrics.jsonl has the steps {[row['step'] for row in rows]}")
        for process in self.processes:
            process.end()
        with sqlite3.connect(self.state / "journal.sqlite") as journal:
            if (found := journal.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
                raise Broken(f"the journal: {found}")
        return hashlib.sha256((self.output / "student/model.safetensors").read_bytes()).hexdigest()


class Teacher:
    """One teacher for all runs."""

    def __init__(self, retort, log):
        self.process = subprocess.Popen(
            [retort, "teacher", "--model", str(ROOT / "Examples/puzzles/teacher"), "--listen", "127.0.0.1:0"],
            stdout=open(log, "wb"), stderr=subprocess.STDOUT)
        for _ in range(1500):
            if found := re.search(r"service.address=(\S+)", pathlib.Path(log).read_text()):
                self.address = found[1]
                return
            time.sleep(0.02)
        raise SystemExit("durability: the teacher has not started")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
