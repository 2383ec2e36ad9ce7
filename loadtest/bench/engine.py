#!/usr/bin/env python3
"""The engine in-process: lookups beside boost::unordered_flat_map and LMDB, bytes a record, and what a read section adds
while a writer publishes 100 times a second. CPU time of the threads that look up; rounds alternated, medians.
"""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from figures import run_sizes, sizes  # noqa: E402
from report import Targets, inputs  # noqa: E402
from server import BIN  # noqa: E402


def huge_pages():
    path = pathlib.Path("/sys/kernel/mm/transparent_hugepage/enabled")
    return path.read_text().strip() if path.exists() else "unknown"


def judge(found, records, targets):
    """The targets that this size has."""
    def ratio(over, under):
        return found[over, records] / found[under, records]

    for threads in (1, 2):
        bare, read = found[f"section.bare.{threads}", records], found[f"section.read.{threads}", records]
        name = f"1.{records}.{threads}_threads"
        if records <= 1_000:
            targets.add(name, f"{read - bare:+.1f} ns", "<= 4 ns", read - bare <= 4)
        elif records >= 100_000:
            targets.add(name, f"{(read / bare - 1) * 100:+.1f}%", "<= 5%", read <= 1.05 * bare)
    if records != 1_000_000:
        return
    for name, value, goal in (("2a", ratio("chained.flat", "chained.lull"), 1.3),
                              ("2b", ratio("independent.flat", "independent.lull"), 1.0),
                              ("2d", ratio("independent.lmdb", "independent.lull"), 8.0)):
        targets.add(name, f"{value:.2f}x", f">= {goal:.2f}x", value >= goal)
    for name, kind, goal in (("2c.12_byte_keys", "short", 0.55), ("2c.36_byte_keys", "uuid", 0.62)):
        value = ratio(f"bytes.lull.{kind}", f"bytes.flat.{kind}")
        targets.add(name, f"{value:.2f}x", f"<= {goal:.2f}x", value <= goal)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", default="1k,100k,1M", help="sizes of the table, such as 10k,1M,10M")
    parser.add_argument("--rounds", type=int, default=5, help="of which the median is shown")
    parser.add_argument("--lookups", type=int, default=2_000_000, help="in each round")
    parser.add_argument("--bin", type=pathlib.Path, default=BIN, help="where the benchmarks are")
    parser.add_argument("--check", action="store_true", help="exit 1 when a target is short")
    options = parser.parse_args()

    inputs(keys="12 bytes (or 36, random)", values="79 bytes", drawn="uniformly, every lookup a hit", threads="1 and 2",
           writer="100 publications a second beside the read sections", huge_pages=huge_pages(),
           rounds=f"{options.rounds}, alternated", lookups=f"{options.lookups:,} a round")
    counts = sizes(options.records)
    found = run_sizes(options.bin / "engine_bench", counts, options.rounds, options.lookups,
                      head="ns a lookup, bytes a record")
    targets = Targets()
    for records in counts:
        judge(found, records, targets)
    targets.finish(options.check)


if __name__ == "__main__":
    main()
