#!/usr/bin/env python3
"""The files under config/ and the workflows parse, hold no duplicate, and name only metrics that the service has."""

import csv
import json
import re

import yaml

from sources import ROOT, code, files, finish

problems = []
configuration = files(folders=("config", ".github"))


class Strict(yaml.SafeLoader):
    """Refuses duplicate keys, which YAML forbids and PyYAML takes."""


def mapping(loader, node):
    keys = [key.value for key, _ in node.value]
    for key in keys:
        if keys.count(key) > 1:
            raise yaml.constructor.ConstructorError(None, None, f"duplicate key {key}", node.start_mark)
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)


Strict.add_constructor("tag:yaml.org,2002:map", mapping)


def records(path):
    """The records of a table's file, with the number of columns checked."""
    with open(ROOT / path, encoding="utf-8", newline="") as file:
        if path.suffix == ".ndjson":
            return [json.loads(line) for line in file if line.strip()]
        rows = list(csv.reader(file, strict=True))
        for number, row in enumerate(rows, 1):
            if len(row) != len(rows[0]):
                problems.append(f"{path}:{number}: {len(row)} cells, the header has {len(rows[0])}")
        return [dict(zip(rows[0], row)) for row in rows[1:]]


skus = set()
for path in configuration:
    try:
        if path.suffix in (".yaml", ".yml"):
            with open(ROOT / path, encoding="utf-8") as file:
                list(yaml.load_all(file, Strict))
        elif path.suffix == ".json":
            json.loads((ROOT / path).read_text(encoding="utf-8"))
        elif path.suffix in (".ndjson", ".csv"):
            for record in records(path):
                if record["sku"] in skus:
                    problems.append(f"{path}: {record['sku']} is there twice")
                skus.add(record["sku"])
        elif path.suffix == ".toml":
            try:
                import tomllib
            except ImportError:  # Python before 3.11
                continue
            tomllib.loads((ROOT / path).read_text(encoding="utf-8"))
    except (ValueError, yaml.YAMLError, csv.Error, KeyError) as error:
        problems.append(f"{path}: {error!r}")

# A board or rule that asks for a metric which nobody exports shows nothing, silently.
exported = "\n".join((ROOT / path).read_text(encoding="utf-8") for path in code(("service",)))
for path in files(".json", ".yml", ".yaml", folders=("config/grafana", "config/prometheus.yml")):
    text = (ROOT / path).read_text(encoding="utf-8")
    for name in sorted(set(re.findall(r"\b((?:lull|http_server|process)_[a-z_]+)\b", text))):
        if re.sub(r"_(bucket|count|sum)$", "", name) not in exported:
            problems.append(f"{path}: no source under service/ exports {name}")
finish(problems, configuration)
