"""Runs one of the programs that print lines `figure NAME RECORDS VALUE`."""

import subprocess
import sys

from report import median, table


def run(command):
    """The median of each figure, by (name, records)."""
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"error: {command[0]} ended with {done.returncode}")
    values = {}
    for line in done.stdout.splitlines():
        word, name, records, value = line.split()
        if word == "figure":
            values.setdefault((name, int(records)), []).append(float(value))
    return {key: median(list_) for key, list_ in values.items()}


def run_sizes(program, counts, *arguments, head):
    """Runs it for each count of records and prints a row a figure, a column a count. Returns what run() does."""
    found = {}
    for records in counts:
        found.update(run([program, records, *arguments]))
    names = dict.fromkeys(name for name, _ in found)
    table([head, *(f"{records:,}" for records in counts)],
          [[name, *(f"{found[name, records]:,.1f}" for records in counts)] for name in names])
    return found


def sizes(text):
    """`10k,1M` as numbers."""
    return [int(part.strip().replace("k", "000").replace("M", "000000")) for part in text.split(",")]
