#!/usr/bin/env python3
"""Every header compiles on its own: whoever includes it first needs nothing else before it."""

import concurrent.futures
import os
import subprocess

from sources import ROOT, code, finish


def compile_alone(path):
    command = ["g++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Ilib", "-Iservice", "-x", "c++", "-"]
    source = f'#include "{path.relative_to(path.parts[0])}"\n'
    result = subprocess.run(command, cwd=ROOT, input=source, capture_output=True, text=True)
    return f"{path}: {result.stderr}" if result.returncode or result.stderr else None


headers = [path for path in code(("lib", "service")) if path.suffix == ".h"]
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    finish([problem for problem in pool.map(compile_alone, headers) if problem], headers)
