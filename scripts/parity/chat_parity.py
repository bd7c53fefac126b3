"""Compares Retort's chat templates with jinja2, set up as transformers does, on every template and conversation.

Usage: python3 chat_parity.py DRIVER [--golden FILE] [DATA]

DRIVER: the executable TokenizationDriver.  --golden: writes what jinja2 gives, for the unit tests.
Where jinja2 refuses, Retort has to; where Retort alone refuses, by naming a construct, that is told.
"""

import argparse
import json
import pathlib
import sys
import zlib
from datetime import datetime, timezone

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

from chat_templates import CONVERSATIONS, FAMILIES, FEATURES, TOOLS

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOW = 1763719445.0  # 2025-11-21 10:04:05 UTC


class Generation(Extension):
    """The tag that transformers adds; it changes nothing in the text."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.CallBlock(self.call_method("_same"), [], [], body).set_lineno(line)

    def _same(self, caller):
        return caller()


def environment():
    made = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, Generation])

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    def refuse(message):
        raise jinja2.exceptions.TemplateError(message)

    made.filters["tojson"] = tojson
    made.globals["raise_exception"] = refuse
    made.globals["strftime_now"] = lambda form: datetime.fromtimestamp(NOW, timezone.utc).strftime(form)
    return made


def variables(conversation, tools, prompt):
    return {"messages": conversation, "tools": tools, "documents": None, "add_generation_prompt": prompt, "bos_token": "<s>", "eos_token": "</s>"}


def cases():
    for index, conversation in enumerate(CONVERSATIONS):
        for tools in (None, TOOLS):
            for prompt in (False, True):
                yield index, tools is not None, prompt, variables(conversation, tools, prompt)


def expected(template, values):
    try:
        return environment().from_string(template).render(**values)
    except Exception:  # whatever ends a rendering
        return None


def templates(data):
    made = dict(FAMILIES)
    made.update({f"feature {template!r}": template for template in FEATURES})
    for name in ["tinytalk-3m", "tokenizer-qwen2", "tinystories-656k"]:
        file = data / name / "tokenizer_config.json"
        if file.exists() and (template := json.loads(file.read_text()).get("chat_template")):
            made[name] = template
    return made


def golden(file):
    """CRC-32 of what jinja2 gives, 1 where it refuses: of each family in each case, of each feature in three."""
    document = {"now": NOW, "conversations": [json.dumps(turns, ensure_ascii=False) for turns in CONVERSATIONS],
                "tools": json.dumps(TOOLS, ensure_ascii=False), "templates": []}
    for template in list(FAMILIES.values()) + FEATURES:
        rows = []
        for index, tools, prompt, values in cases():
            if template in FEATURES and not (index in (1, 5) and tools == (index == 5) and prompt):
                continue
            text = expected(template, values)
            rows.append([index, int(tools), int(prompt), 1 if text is None else zlib.crc32(text.encode("utf-8", "surrogatepass"))])
        document["templates"].append({"template": template, "cases": rows})
    file.write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("driver")
    parser.add_argument("data", nargs="?", default=str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--golden", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.golden:
        return golden(arguments.golden)
    from tokenizers_parity import Driver

    driver = Driver(arguments.driver, "-")
    compared = differ = refused = 0
    for name, template in templates(pathlib.Path(arguments.data)).items():
        told = set()
        for index, tools, prompt, values in cases():
            want = expected(template, values)
            reply = driver.ask({"template": template, "variables": json.dumps(values), "now": NOW})
            got = reply.get("text")
            compared += 1
            if got == want:
                continue
            if got is None and "not supported" in reply.get("error", ""):
                refused += 1
                if reply["error"] not in told:
                    print(f"refused: {name[:90]}: {reply['error']}")
                told.add(reply["error"])
            else:
                differ += 1
                if len(told) < 2:
                    told.add(str(len(told)))
                    print(f"DIFFERS: {name[:90]} on {index}, tools {tools}, prompt {prompt}:\n   got  {got!r} {reply.get('error', '')}\n   want {want!r}")
    driver.close()
    print(f"{compared} texts compared with jinja2 {jinja2.__version__}: {differ} differ, {refused} refused by name")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
