#!/usr/bin/env python3
"""Opens the coordinator's page in a real browser while a small run goes on, and checks what it shows.

Usage: scripts/check-page.py [-h] [--out FOLDER] [--browser PROGRAM]

Starts two replicas of a teacher, a coordinator and two students on loopback with the demo's models, hands in a run, and has headless chromium load the pages:
what the DOM holds after the script ran is asserted, and pictures (light, dark, narrow) are written to --out (default out/page).
Needs a build of the product (or another in the variable RETORT), and chromium: sudo apt-get install chromium.
"""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
RETORT = pathlib.Path(os.environ.get("RETORT", ROOT / ".build/release/retort"))
PUZZLES = ROOT / "Examples/puzzles"

RECIPE = """
method: kd
student:
  {{from: {puzzles}/base, hidden_size: 48, intermediate_size: 128, num_hidden_layers: 2, num_attention_heads: 4, num_key_value_heads: 4}}
data: {{train: {puzzles}/data/prompts.jsonl, eval: {puzzles}/data/heldout.jsonl}}
output_dir: {out}
seed: 3
generation: {{max_new_tokens: 24, batch_size: 64}}
training: {{learning_rate: 1e-3, max_steps: {steps}, per_device_train_batch_size: 16, save_steps: 100, max_length: 96, replicas: 4}}
evaluation: {{metrics: [kl, valid, distinct, perplexity], checker: puzzles, num_samples: 4, max_new_tokens: 24, eval_steps: 40}}
"""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(what: str, condition, seconds: float = 120):
    """Returns what a condition returns once that is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            if found := condition():
                return found
        time.sleep(0.2)
    sys.exit(f"check-page: waited {seconds:.0f} s in vain for {what}")


class Browser:
    """Headless chromium, a fresh profile each time."""

    def __init__(self, program: str, folder: pathlib.Path):
        self.program, self.folder = program, folder

    def run(self, url: str, *options: str) -> str:
        with tempfile.TemporaryDirectory() as profile:
            done = subprocess.run(
                [self.program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                 "--no-first-run", "--disable-extensions", "--enable-logging=stderr", f"--user-data-dir={profile}",
                 *options, url],
                capture_output=True, text=True, timeout=120, check=False)
        # What a page is not allowed to do, or cannot, is told on its console.
        complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        if complaints:
            sys.exit("check-page: the browser complains:\n" + "\n".join(complaints))
        return done.stdout

    def dom(self, url: str, budget_ms: int = 5000) -> str:
        return self.run(url, f"--virtual-time-budget={budget_ms}", "--dump-dom")

    def picture(self, url: str, name: str, width: int, height: int, dark: bool = False) -> None:
        file = self.folder / f"{name}.png"
        options = ["--blink-settings=preferredColorScheme=0"] if dark else ["--blink-settings=preferredColorScheme=1"]
        self.run(url, f"--screenshot={file}", f"--window-size={width},{height}", "--virtual-time-budget=1500", *options)
        if not file.exists() or file.stat().st_size < 5000:
            sys.exit(f"check-page: no picture of {url}")


def check(condition: bool, what: str) -> None:
    if not condition:
        sys.exit(f"check-page: {what}")


def services(stack: contextlib.ExitStack, folder: pathlib.Path, addresses: dict) -> None:
    def start(role: str, *arguments: str, name: str = "") -> None:
        name = name or role
        log = stack.enter_context(open(folder / f"{name}.log", "w", encoding="utf-8"))
        process = subprocess.Popen(
            [RETORT, role, "--listen", addresses[name], *arguments], stdout=log, stderr=log, cwd=ROOT)
        stack.callback(process.wait, 30)
        stack.callback(process.send_signal, signal.SIGTERM)

    for name in ["teacher", "teacher-2"]:
        start("teacher", "--model", str(PUZZLES / "teacher"), name=name)
    teachers = f"{addresses['teacher']},{addresses['teacher-2']}"
    start("coordinator", "--teacher", teachers, "--state", str(folder / "state"), "--web", addresses["web"])
    for name in ["student", "student-2"]:
        start("student", "--coordinator", addresses["coordinator"], "--root", "/", name=name)


def status(addresses: dict) -> dict:
    done = subprocess.run(
        [RETORT, "status", "--json", "--coordinator", addresses["coordinator"]], capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else {}


def look(browser: Browser, addresses: dict, folder: pathlib.Path) -> None:
    home = f"http://{addresses['web']}/"
    run = wait_for("the run", lambda: next(iter(status(addresses).get("runs", [])), None))
    page = f"{home}run/{run['id']}"
    samples = folder / "run/samples.jsonl"
    wait_for("the second evaluation", lambda: samples.exists() and '"start"' in samples.read_text() and (
        status(addresses)["runs"][0]["step"] > 45))
    overview = browser.dom(home)
    check(f'href="/run/{run["id"]}"' in overview and ">kd<" in overview.replace(" ", ""), "the run is not on the first page")
    check(addresses["student"] in overview and addresses["teacher"] in overview, "trainer or teacher is not on the first page")
    before = status(addresses)["runs"][0]["step"]
    dom = browser.dom(page, budget_ms=20000)
    check('data-count="' in dom and "away" not in dom.split('id="live"')[1][:80], "the page did not fetch itself anew")
    shown = int(dom.split('data-step="')[1].split('"')[0])
    check(shown >= before, f"the page shows step {shown}, and the run had made {before}")
    for title in ["Loss", "KL to the teacher", "Perplexity"]:
        check(f"<b>{title}</b>" in dom, f"no curve of {title}")
    check("polyline" in dom and 'id="waits"' in dom and "computing" in dom, "no curve is drawn, or no waits")
    first = json.loads(samples.read_text().splitlines()[0])
    check(first["prompt"].split("\n")[0].replace("&", "&amp;").replace("<", "&lt;")[:20] in dom, "the prompts are not shown")
    for who in ["teacher", "start", "student"]:
        check(f'data-who="{who}"' in dom, f"no text of the {who}")
    replicas = dom.split('id="replicas"')[1].split("</section>")[0]
    for name in ["student", "student-2"]:
        check(addresses[name] in replicas, f"{name} is not among the replicas")
    check("training" in replicas and "2 of 4" in replicas and "exchange" in replicas, "no replica shares steps")
    for html in [overview, dom]:
        rows = html.split('id="teacher-replicas"')[1].split("</section>")[0].split("<tr>")[2:]
        check(len(rows) == 2 and all(addresses[name] in row for name, row in zip(["teacher", "teacher-2"], rows)),
              "not both replicas of the teacher are shown")
        check(all("badge answering" in row for row in rows), "a replica of the teacher does not answer")
    check("waited for" in overview, "the first page does not say what the run waited for")
    browser.picture(home, "runs", 1280, 800)
    browser.picture(page, "run-light", 1280, 2400)
    browser.picture(page, "run-dark", 1280, 2400, dark=True)
    browser.picture(page, "run-narrow", 500, 3600)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "out/page")
    parser.add_argument("--browser", default="chromium")
    parser.add_argument("--steps", type=int, default=400)
    options = parser.parse_args()
    browser = shutil.which(options.browser)
    if not browser:
        sys.exit(f"check-page: there is no {options.browser}: run sudo apt-get install chromium")
    options.out.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        addresses = {name: f"127.0.0.1:{free_port()}" for name in ["teacher", "teacher-2", "coordinator", "student", "student-2", "web"]}
        services(stack, folder, addresses)
        wait_for("the page", lambda: urllib.request.urlopen(f"http://{addresses['web']}/", timeout=2).status == 200)
        recipe = folder / "recipe.yaml"
        recipe.write_text(RECIPE.format(puzzles=PUZZLES, out=folder / "run", steps=options.steps))
        with open(folder / "run.log", "w", encoding="utf-8") as log:
            client = subprocess.Popen(
                [RETORT, "run", recipe, "--coordinator", addresses["coordinator"]], stdout=log, stderr=log, cwd=ROOT)
        stack.callback(client.wait, 30)
        stack.callback(client.terminate)
        look(Browser(browser, options.out), addresses, folder)
    print(f"check-page: the page shows what it should; pictures are in {options.out}")


if __name__ == "__main__":
    main()
