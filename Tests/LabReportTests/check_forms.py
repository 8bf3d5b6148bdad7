"""Reads a report's forms by parsers that are not pilab's: check_forms.py SCHEMA BASE

BASE.json is validated against the JSON Schema, BASE.junit against junit.xsd by xmllint, BASE.openmetrics by
Prometheus's own parser, and BASE.csv must have rows of one length. Prints `good`, or fails.
"""

import csv
import json
import os
import subprocess
import sys

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

xsd = os.path.join(os.path.dirname(__file__), "junit.xsd")
subprocess.run(["xmllint", "--noout", "--nonet", "--schema", xsd, f"{base}.junit"], check=True)

with open(f"{base}.openmetrics", encoding="utf-8") as file:
    families = {family.name: family for family in text_string_to_metric_families(file.read())}
assert len(families["pilab_run"].samples) == 1
if report["exchanges"]:
    assert len(families["pilab_identical"].samples) == len(report["exchanges"]) + len(
        report.get("sweep", {}).get("points", []))

with open(f"{base}.csv", encoding="utf-8", newline="") as file:
    rows = list(csv.reader(file))
assert len({len(row) for row in rows}) == 1
assert len(rows) == 1 + len(report["exchanges"]) + len(report.get("sweep", {}).get("points", []))
print("good")
