"""What every load test prints: its inputs, a table, and one line a target."""

import os
import sys


def median(values):
    return percentile(values, 50)


def percentile(values, percent):
    """Nearest rank: a value that occurred."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def inputs(**named):
    """One line with what the figures depend on."""
    named["machine"] = f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}"
    print("inputs: " + "; ".join(f"{name.replace('_', ' ')} {value}" for name, value in named.items()))


def table(head, rows):
    """The first column to the left, the others to the right."""
    rows = [[str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    for row in rows:
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("  ".join(cells).rstrip())


class Targets:
    """Lines `target NAME: value (goal ...) holds|short`, and the exit code that --check asks for."""

    def __init__(self):
        self.all_hold = True

    def add(self, name, value, goal, holds):
        self.all_hold = self.all_hold and holds
        print(f"target {name}: {value} (goal {goal}) {'holds' if holds else 'short'}")

    def finish(self, check):
        """Ends the program: 1 if a target is short and `check` is set."""
        sys.stdout.flush()
        sys.exit(1 if check and not self.all_hold else 0)
