#!/usr/bin/env python3
"""Links of the documents resolve: relative ones to a file that exists, #anchors to a heading."""

import re
import urllib.parse

from sources import ROOT, files, finish


def anchors(text):
    """The anchors that GitHub gives to the headings of a document."""
    headings = re.findall(r"^#{1,6}\s+(.*?)\s*#*$", re.sub(r"```.*?```", "", text, flags=re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


problems = []
documents = files(".md")
for path in documents:
    text = (ROOT / path).read_text(encoding="utf-8")
    prose = re.sub(r"```.*?```|`[^`\n]*`", lambda code: "\n" * code.group(0).count("\n"), text, flags=re.S)
    for match in re.finditer(r"\]\(([^)\s]+)\)", prose):
        target = match.group(1)
        if re.match(r"[a-z][a-z+.-]*:", target):
            continue
        where = f"{path}:{prose.count(chr(10), 0, match.start()) + 1}"
        name, _, anchor = urllib.parse.unquote(target).partition("#")
        file = (ROOT / path.parent / name).resolve() if name else ROOT / path
        if not file.is_relative_to(ROOT) or not file.exists():
            problems.append(f"{where}: no such file: {target}")
        elif anchor and file.suffix == ".md" and anchor not in anchors(file.read_text(encoding="utf-8")):
            problems.append(f"{where}: no such heading: {target}")
finish(problems, documents)
