"""Checks the structure of compose/prometheus/rules.yaml, its tests, and compose/grafana/retort.json."""

import json
import re
import sys

import yaml

RULES = "compose/prometheus/rules.yaml"
TESTS = "compose/prometheus/rules-test.yaml"
DASHBOARD = "compose/grafana/retort.json"


def check_rules(complain) -> set:
    """Every alert has an expression, a severity, a summary and an action, and a case in which it fires."""
    with open(RULES, encoding="utf-8") as file:
        rules = [rule for group in yaml.safe_load(file)["groups"] for rule in group["rules"]]
    with open(TESTS, encoding="utf-8") as file:
        cases = [case for test in yaml.safe_load(file)["tests"] for case in test["alert_rule_test"]]
    for rule in rules:
        name = rule.get("alert", "an alert without a name")
        for part, keys in [("labels", ["severity"]), ("annotations", ["summary", "action"])]:
            for key in keys:
                if not rule.get(part, {}).get(key):
                    complain(f"{RULES}: {name} has no {key}")
        if not any(case["alertname"] == name and case["exp_alerts"] for case in cases):
            complain(f"{TESTS}: {name} never fires there")
    names = {rule["alert"] for rule in rules}
    for case in cases:
        if case["alertname"] not in names:
            complain(f"{TESTS}: there is no alert {case['alertname']}")
    return names


def check_dashboard(complain) -> int:
    """Every panel has a title, a place of its own, and a query of some series."""
    with open(DASHBOARD, encoding="utf-8") as file:
        panels = json.load(file)["panels"]
    places = set()
    for panel in panels:
        title = panel.get("title")
        if not title:
            complain(f"{DASHBOARD}: panel {panel.get('id')} has no title")
        place = panel["gridPos"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                if (x, y) in places or x >= 24:
                    complain(f"{DASHBOARD}: {title} lies over another panel, or over the edge")
                    break
                places.add((x, y))
        if panel["type"] == "row":
            continue
        for target in panel.get("targets", []) or [{}]:
            if not re.search(r"\bretort_[a-z0-9_]+|process_[a-z0-9_]+", target.get("expr", "")):
                complain(f"{DASHBOARD}: {title} queries no series")
    if len({panel["id"] for panel in panels}) != len(panels):
        complain(f"{DASHBOARD}: two panels have one id")
    return len(panels)


def main() -> int:
    complaints = []
    names = check_rules(complaints.append)
    panels = check_dashboard(complaints.append)
    for complaint in complaints:
        print(f"metrics: {complaint}", file=sys.stderr)
    if not complaints:
        print(f"metrics: {len(names)} alerts and {panels} panels keep the rules")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
