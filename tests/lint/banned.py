#!/usr/bin/env python3
"""Words that must not stand in certain files, each with the reason. A line that must have one ends in
`// Allowed: reason` (or `# Allowed: reason`)."""

import re

from sources import code, files, finish, lines

OURS = ("lib", "service")
CODE = code()
# The two programs talk to their user; nothing below them does.
SILENT = [path for path in code(OURS) if path.parts[1] not in ("lulld", "lullctl")]
RULES = [  # (files, pattern, reason)
    (CODE, r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|alloca)\s*\(", "unbounded or not reentrant"),
    (code(OURS), r"\b(atoi|atol|atoll|atof|strtol|strtoul|strtoll|strtoull|strtod|stoi|stol|stoul|stoull|stod)\s*\(",
     "silent errors or the locale's comma: use std::from_chars"),
    (CODE, r"\b(s?rand|drand48)\s*\(", "not seedable by a test: use <random>"),
    (CODE, r"\b(localtime|gmtime|asctime|ctime|strerror)\s*\(", "shares a buffer between threads"),
    (CODE, r"\bstd::regex\b|<regex>", "overflows the stack on hostile input"),
    (CODE, r"\.detach\s*\(\)", "a thread that nobody joins"),
    (CODE, r"using namespace std;|\bstd::auto_ptr\b|\bvolatile bool\b", "outdated or wrong"),
    (code(OURS), r"\bstd::endl\b", "flushes; say '\\n'"),
    (CODE, r"\b(TODO|FIXME|XXX|HACK)\b", "finish it or file it"),
    (CODE, r"\bNOLINT(NEXTLINE|BEGIN)?\b(?!\([a-z0-9.,* -]+\)?:? *\S)", "name the check and the reason"),
    (code(OURS), r"\b(sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\(", "wait for what is awaited"),
    (code(OURS), r"(?<![.>\w])(system|popen|fork|abort|exit|quick_exit)\s*\(", "a library and a server do not do that"),
    (SILENT, r"\bstd::(cout|cerr|clog)\b|\b(printf|puts|perror)\s*\(", "log, or return an Error"),
    (code(("lib",)), r"\bthrow\b", "errors are values"),
    (code(("lib",)), r"\bgetenv\s*\(|\bsetenv\s*\(", "the library has no hidden inputs"),
    ([path for path in code(("lib",)) if path.name != "clock.h"], r"system_clock::now|steady_clock::now", "time is injected: lull::Clock"),
    (code(("tests",)), r"\bGTEST_SKIP\b|\bDISABLED_|\bSUCCEED\(\)|EXPECT_TRUE\(true\)", "a test that cannot fail"),
    (files(), r"(?<![\w.<(])/(work|farm|home|Users)/\w|\.\./shared\b|/tmp/wt\b", "a path of one machine"),
]
SELF = {"tests/lint/banned.py"}
BINARY = {".png", ".ico", ".gz", ".db"}

problems = []
for paths, pattern, reason in RULES:
    for path in paths:
        if str(path) in SELF or path.suffix in BINARY:
            continue
        for number, line in enumerate(lines(path), 1):
            # A comment may name what the code must not do, except where the rule is about comments.
            text = line if "NOLINT" in pattern or "TODO" in pattern or paths is RULES[-1][0] else re.sub(r"//.*", "", line)
            if re.search(pattern, text) and "Allowed: " not in line:
                found = re.search(pattern, text).group(0).strip()
                problems.append(f"{path}:{number}: {found}: {reason}")
finish(problems, CODE)
