"""Validates manifests against a JSON Schema: check_schema.py SCHEMA MANIFEST...

Prints one line a manifest: `good` or `bad`. The schema itself is validated under its metaschema first.
"""

import json
import sys

import jsonschema
import yaml

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for path in sys.argv[2:]:
    with open(path, encoding="utf-8") as file:
        # Through JSON, because JSON knows no keys but text.
        manifest = json.loads(json.dumps(yaml.safe_load(file)))
    print("good" if validator.is_valid(manifest) else "bad")
