"""Validates manifests against a JSON Schema: check_schema.py SCHEMA MANIFEST...

Prints one line a manifest: `good` or `bad`. The schema itself is validated under its metaschema first.
"""

import json
import re
import sys

import jsonschema
import yaml



class Loader(yaml.SafeLoader):
    """YAML 1.2, as pilab reads it: `on` and `off` are texts."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
for path in sys.argv[2:]:
    with open(path, encoding="utf-8") as file:
        # Through JSON, because JSON knows no keys but text.
        manifest = json.loads(json.dumps(yaml.load(file, Loader)))
    print("good" if validator.is_valid(manifest) else "bad")
