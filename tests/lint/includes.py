#!/usr/bin/env python3
"""Dependencies point one way: which part may include which, and who may include liburcu and SQLite."""

import re

from sources import code, finish, lines, own_includes, resolve_include

# Part: the parts whose headers its files may include, beside its own.
ALLOWED = {
    "lull/base": set(),
    "lull/rcu": {"lull/base"},
    "lull/snapshot": {"lull/base", "lull/rcu"},
    "lull/codec": {"lull/base"},
    "lull/validate": {"lull/base", "lull/codec"},
    "lull/source": {"lull/base", "lull/codec"},
    "lull/publish": {"lull/base", "lull/rcu", "lull/snapshot", "lull/codec", "lull/validate", "lull/source"},
    "lull": {"lull/base", "lull/rcu", "lull/snapshot", "lull/codec", "lull/validate", "lull/source", "lull/publish"},
}
LIBRARY = set(ALLOWED)
ALLOWED |= {
    "settings": {"http", "lull", "lull/base", "lull/codec", "lull/publish", "lull/snapshot", "lull/source", "lull/validate"},
    "http": {"lull/base"},
    # It reads the counters of both sides, and no data.
    "telemetry": {"lull", "lull/base", "lull/rcu", "lull/codec", "http"},
    # Only these two join HTTP and snapshots.
    "api": LIBRARY | {"http", "telemetry"},
    "admin": LIBRARY | {"http", "telemetry", "settings", "api"},
    "lullctl": LIBRARY | {"settings"},
    # The program wires everything.
    "lulld": LIBRARY | {"settings", "http", "telemetry", "api", "admin"},
}


def part_of(path):
    """lib/lull/rcu/pin.h -> lull/rcu, lib/lull/instance.h -> lull, service/http/server.h -> http."""
    inside = path.parts[1:-1]
    return "/".join(inside)


problems = []
checked = code(folders=("lib", "service"))
for path in checked:
    part = part_of(path)
    if part not in ALLOWED:
        problems.append(f"{path}:1: part '{part}' is unknown: say in tests/lint/includes.py what it may include")
        continue
    for number, name in own_includes(path):
        target = resolve_include(path, name)
        if target is None:
            problems.append(f'{path}:{number}: "{name}" is no file of the project; use <> for others')
        elif part_of(target) != part and part_of(target) not in ALLOWED[part]:
            problems.append(f"{path}:{number}: {part} must not include {name}: it may include {sorted(ALLOWED[part])}")
for path in code():
    if path.name.startswith("flavour_"):
        continue  # loadtest/bench compares the flavours that lib/lull/rcu chose from
    for number, line in enumerate(lines(path), 1):
        if re.match(r"\s*#\s*include\s+<urcu", line) and path.parts[:3] != ("lib", "lull", "rcu"):
            problems.append(f"{path}:{number}: only lib/lull/rcu includes liburcu")
        if re.match(r"\s*#\s*include\s+<sqlite3", line) and path.parts[0] != "tests" and path.name != "database.cpp":
            problems.append(f"{path}:{number}: only lib/lull/publish/database.cpp opens SQLite files, one connection each")
finish(problems, checked)
