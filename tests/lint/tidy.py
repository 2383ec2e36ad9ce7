#!/usr/bin/env python3
"""clang-tidy over our own sources, as they are compiled. A result is kept for as long as nothing that went into it has
changed: the source, the project's headers it includes, the settings, the command, the tool.

Usage: tidy.py COMPILE_COMMANDS CACHE_FOLDER"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

from sources import ROOT, finish, own_includes, resolve_include

TIDY = "clang-tidy-16"
FOLDERS = ("lib", "service")  # the `for (auto _ : state)` of a benchmark is a dead store


def closure(path):
    """The file and all the project's headers that it includes, however indirectly."""
    found, queue = {path}, [path]
    while queue:
        including = queue.pop()
        for _, name in own_includes(including):
            target = resolve_include(including, name)
            if target and target not in found:
                found.add(target)
                queue.append(target)
    return sorted(found)


def arguments(entry):
    """The compiler's arguments, without the launcher before it and what only GCC knows."""
    words = shlex.split(entry["command"])
    compiler = next(i for i, word in enumerate(words) if re.search(r"(^|/)(c\+\+|g\+\+)[^/]*$", word))
    return [word for word in words[compiler + 1:] if not word.startswith(("-fsanitize", "-fno-sanitize", "-Wno-tsan", "-Wno-maybe"))]


def check(entry, cache):
    path = pathlib.Path(entry["file"]).relative_to(ROOT)
    command = [TIDY, "--quiet", "--warnings-as-errors=*", str(ROOT / path), "--", *arguments(entry)]
    key = hashlib.sha256(version + settings + " ".join(command).encode())
    for file in closure(path):
        key.update(str(file).encode() + b"\0" + (ROOT / file).read_bytes())
    passed = cache / key.hexdigest()
    if passed.exists():
        return None
    result = subprocess.run(command, cwd=entry["directory"], capture_output=True, text=True)
    if result.returncode == 0:
        passed.touch()
        return None
    return result.stdout.replace(f"{ROOT}/", "") or result.stderr


version = subprocess.run([TIDY, "--version"], capture_output=True, check=True).stdout
settings = (ROOT / ".clang-tidy").read_bytes()
cache_folder = pathlib.Path(sys.argv[2])
cache_folder.mkdir(parents=True, exist_ok=True)
entries = [entry for entry in json.loads(pathlib.Path(sys.argv[1]).read_text())
           if pathlib.Path(entry["file"]).is_relative_to(ROOT)
           and pathlib.Path(entry["file"]).relative_to(ROOT).parts[0] in FOLDERS]
unique = list({entry["file"]: entry for entry in entries}.values())
problems = 0
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    for problem in pool.map(lambda entry: check(entry, cache_folder), unique):
        if problem:  # At once: the whole takes minutes.
            print(problem, flush=True)
            problems += 1
finish([f"{problems} of {len(unique)} sources have findings"] if problems else [], unique)
