"""Reads a report's forms by parsers that are not pilab's: check_forms.py SCHEMA BASE

BASE.json is validated against the JSON Schema, BASE.junit and BASE.junit-surefire against junit.xsd and surefire.xsd by
xmllint, BASE.openmetrics by Prometheus's own parser, and BASE.csv must have rows of one length. What scenarios showed must
be counted alike in all of them. Prints `good`, or fails.
"""

import csv
import json
import os
import subprocess
import sys
import xml.etree.ElementTree
from collections import Counter

import jsonschema
from prometheus_client.openmetrics.parser import text_string_to_metric_families

schema_path, base = sys.argv[1:]
with open(schema_path, encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
with open(f"{base}.json", encoding="utf-8") as file:
    report = json.load(file)
jsonschema.Draft202012Validator(schema).validate(report)
# The schema is strict enough to refuse what it does not know.
assert not jsonschema.Draft202012Validator(schema).is_valid(report | {"unknown": 1})

scenarios = report.get("tests", {}).get("scenarios", [])
cells = [cell for scenario in scenarios for cell in scenario["cells"]]
verdicts = Counter(cell["verdict"] for cell in cells)


def objects(value):
    """All objects of a document, and the places where they stand."""
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from objects(part)


# Nowhere below `tests` would the schema let a key pass that it does not know; one object of each kind is tried.
validator = jsonschema.Draft202012Validator(schema)
for found in {tuple(sorted(found)): found for found in objects(report.get("tests"))}.values():
    found["unknown"] = []
    assert not validator.is_valid(report), f"unknown key in {found}"
    del found["unknown"]

for form, name in [("junit", "junit.xsd"), ("junit-surefire", "surefire.xsd")]:
    xsd = os.path.join(os.path.dirname(__file__), name)
    subprocess.run(["xmllint", "--noout", "--nonet", "--schema", xsd, f"{base}.{form}"], check=True)
    suites = xml.etree.ElementTree.parse(f"{base}.{form}").getroot().findall("testsuite")
    for suite in suites:
        for attribute, element in [("tests", None), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]:
            found = suite.findall("testcase" if element is None else f"testcase/{element}")
            assert int(suite.get(attribute)) == len(found), f"{attribute} of {suite.get('name')}"
    if scenarios:
        assert len(suites) == len(scenarios)
        failed = verdicts["failed"] + verdicts["unexpectedPass"]
        failed += 0 if report["tests"]["allowsFlaky"] else verdicts["flaky"]
        assert sum(int(suite.get("tests")) for suite in suites) == len(cells)
        assert sum(int(suite.get("failures")) for suite in suites) == failed
        assert sum(int(suite.get("errors")) for suite in suites) == verdicts["inconclusive"]
        assert sum(int(suite.get("skipped")) for suite in suites) == verdicts["skipped"] + verdicts["knownFailure"]

with open(f"{base}.openmetrics", encoding="utf-8") as file:
    families = {family.name: family for family in text_string_to_metric_families(file.read())}
assert len(families["pilab_run"].samples) == 1
if report["exchanges"]:
    assert len(families["pilab_identical"].samples) == len(report["exchanges"]) + len(
        report.get("sweep", {}).get("points", []))

if scenarios:
    counted = Counter()
    for sample in families["pilab_cells"].samples:
        counted[sample.labels["verdict"]] += int(sample.value)
    assert +counted == verdicts
    assert len(families["pilab_scenario_seconds"].samples) == len(scenarios)

with open(f"{base}.csv", encoding="utf-8", newline="") as file:
    rows = list(csv.reader(file))
assert len({len(row) for row in rows}) == 1
assert len(rows) == 1 + len(cells) + len(report["exchanges"]) + len(report.get("sweep", {}).get("points", []))
print("good")
