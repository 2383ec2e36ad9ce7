#!/usr/bin/env python3
"""Headers up to 250 lines, sources up to 400, functions up to 70. What is longer says why: the file in its first line,
the function in the line that begins it or the one before, as `// Long: reason`."""

import re

from sources import code, finish, lines

HEADER_LINES_MAX, SOURCE_LINES_MAX, FUNCTION_LINES_MAX = 250, 400, 70
REASON = re.compile(r"// Long: \S+")
NOT_FUNCTIONS = re.compile(r"\s*(namespace|class|struct|union|enum|extern|using|switch|if|for|while|do|else|try)\b|\s*[#{}]")


def functions(text):
    """(first line, last line) of each function, counted from 0. It relies on the formatter: the closing brace has
    the indentation of the line that begins the function, and all between is deeper."""
    for last, line in enumerate(text):
        closing = re.match(r"( *)\}", line)
        if not closing:
            continue
        indent = closing.group(1)
        for first in range(last - 1, -1, -1):
            if re.match(rf"{indent}[^\s/]", text[first]) and not text[first].startswith("#"):
                break
        else:
            continue
        head = text[first]
        if "(" in head and not NOT_FUNCTIONS.match(head) and not re.search(r"=\s*\{+$", head):
            yield first, last


problems = []
checked = code()
for path in checked:
    text = lines(path)
    limit = HEADER_LINES_MAX if path.suffix == ".h" else SOURCE_LINES_MAX
    if len(text) > limit and not REASON.search(text[0]):
        problems.append(f"{path}:1: {len(text)} lines, at most {limit}: split it by meaning")
    for first, last in functions(text):
        length = last - first + 1
        excused = REASON.search(text[first]) or (first > 0 and REASON.search(text[first - 1]))
        if length > FUNCTION_LINES_MAX and not excused:
            problems.append(f"{path}:{first + 1}: a function of {length} lines, at most {FUNCTION_LINES_MAX}")
finish(problems, checked)
