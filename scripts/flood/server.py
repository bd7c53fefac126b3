"""A `retort teacher` of its own, and what the system says of it."""

import os
import pathlib
import re
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def hurry(priority):
    """Puts this process before all others of the machine, if it may; 0: among them. Says whether it may."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO if priority else os.SCHED_OTHER, os.sched_param(priority))
        return True
    except PermissionError:
        return False


class Server:
    def __init__(self, retort, model, priority=0):
        self.process = subprocess.Popen(
            [retort, "teacher", "--model", str(model), "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=lambda: hurry(priority))
        for line in self.process.stdout:
            if found := re.search(r"service.address=(\S+):(\d+)", line):
                self.address = (found[1], int(found[2]))
                return
        raise SystemExit("flood: the teacher has not started")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def _status(self, name):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{name}:\s+(\d+)", text)[1])

    @property
    def resident_kib(self):
        return self._status("VmRSS")

    @property
    def peak_kib(self):
        """The most since `forget_peak`."""
        return self._status("VmHWM")

    def forget_peak(self):
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    @property
    def cpu_seconds(self):
        ticks = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def settles(self, most, seconds=5.0):
        """Whether no more than so many descriptors are open, in time."""
        end = time.monotonic() + seconds
        while self.descriptors > most and time.monotonic() < end:
            time.sleep(0.02)
        return self.descriptors <= most
