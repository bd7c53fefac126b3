"""What the engine's peers have in common: the protocol of `retort bench worker`, spoken by torch_peer.py and llama_peer.py.

A peer is started as `PEER CASE.json FORM`. It prints one line of JSON when it is ready, then one for each line `round` that it
reads, and ends with its input. Where it cannot take part it prints {"error": "one line"}.
"""

import json
import pathlib
import signal
import sys
import time


def resident(key):
    """VmRSS or VmHWM of this process, in bytes."""
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) << 10
    return 0


def say(answer):
    print(json.dumps(answer), flush=True)


def serve(work, path, still_to_come=0):
    """Does rounds: `work()` is timed and returns (tokens, values), and where it says so seconds that do not count.

    `still_to_come` is memory that the work is given as ours is, and that the library only takes in the first round.
    """
    try:
        pathlib.Path("/proc/self/clear_refs").write_text("5")  # The peak begins again from here.
    except OSError:
        pass
    say({"path": path, "resident_bytes": resident("VmRSS") + still_to_come})
    for line in sys.stdin:
        if line.strip() != "round":
            break
        start = time.perf_counter()
        tokens, values, *uncounted = work()
        seconds = time.perf_counter() - start - sum(uncounted)
        say({"seconds": seconds, "tokens": tokens, "values": values, "peak_bytes": resident("VmHWM")})


def limit(seconds, what):
    """Ends the process with an answer if the first round is not done in time; `signal.alarm(0)` takes it back."""

    def late(*_):
        say({"error": f"{what} took over {seconds} s"})
        sys.stdout.flush()
        import os

        os._exit(1)

    signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)


def main(run):
    """Runs `run(case, form)`; whatever goes wrong is one line."""
    case = json.loads(pathlib.Path(sys.argv[1]).read_text())
    try:
        run(case, sys.argv[2])
    except Exception as error:  # noqa: BLE001: a peer that cannot take part says why, whatever it is.
        text = " ".join(str(error).split())
        say({"error": f"{type(error).__name__}: {text[:300]}"})
        sys.exit(1)
