"""What the lint checks share: the project's files and the way a check reports."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODE_FOLDERS = ("lib", "service", "tests", "loadtest")
# Not ours, or not kept: a checkout may hold them beside the sources.
SKIPPED_FOLDERS = {".git", "build", "var", ".cache", "__pycache__", "node_modules"}


def files(*suffixes, folders=(".",)):
    """Files below the folders with one of the suffixes (all, if none is given), in order of name."""
    found = set()
    for folder in folders:
        for path in (ROOT / folder).rglob("*"):
            relative = path.relative_to(ROOT)
            if SKIPPED_FOLDERS.isdisjoint(relative.parts) and path.is_file():
                if not suffixes or path.suffix in suffixes:
                    found.add(relative)
    return sorted(found)


def code(folders=CODE_FOLDERS):
    return files(".h", ".cpp", folders=folders)


def lines(path):
    return (ROOT / path).read_text(encoding="utf-8", errors="replace").splitlines()


def own_includes(path):
    """(line number, included path relative to its include folder) for each #include "..."."""
    for number, line in enumerate(lines(path), 1):
        if match := re.match(r'\s*#\s*include\s+"([^"]+)"', line):
            yield number, match.group(1)


def resolve_include(path, name):
    """The project's file that #include "name" in `path` means, or None."""
    for folder in (pathlib.Path("lib"), pathlib.Path("service"), path.parent):
        if (ROOT / folder / name).is_file():
            return (ROOT / folder / name).resolve().relative_to(ROOT)
    return None


def finish(problems, checked):
    """Prints the problems and ends the check; one that looked at nothing fails."""
    for problem in problems:
        print(problem)
    if not checked:
        print("nothing was checked: the project has moved away from under this check")
    sys.exit(1 if problems or not checked else 0)
