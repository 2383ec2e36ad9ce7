#!/usr/bin/env python3
"""What a publication costs, without a data directory: CPU of the thread that builds and the writer's time, up to the swap,
hashes and one secondary index included; and how long changes that arrive one by one, 10,000 a second, wait to be visible.
Then the same of one changed document of a tree, half of whose documents are layers of a profile, parsing and merging
included, and a read of it.
"""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from figures import run_sizes, sizes  # noqa: E402
from report import Targets, inputs  # noqa: E402
from server import BIN  # noqa: E402


def judge(found, targets):
    """The targets, at a million records."""
    def at(name):
        return found[name, 1_000_000]

    targets.add("3a.cpu", f"{at('value'):.0f} us", "<= 100 us", at("value") <= 100)
    cheaper = at("rebuild") / at("value_and_index")
    targets.add("3a.ratio", f"{cheaper:,.0f}x cheaper than a rebuild", ">= 1,000x", cheaper >= 1_000)
    targets.add("3b", f"{at('thousand') / 1000:.1f} ms", "<= 20 ms", at("thousand") <= 20_000)
    for name in ("insert", "delete"):
        times = at(name) / at("value")
        targets.add(f"3c.{name}", f"{times:.2f}x a change of a value ({at(name) / at('value_and_index'):.2f}x one of value "
                    "and index)", "<= 1.50x", times <= 1.5)
    targets.add("3d", f"{at('arrival_max_ms'):.0f} ms at most, p99 {at('arrival_p99_ms'):.0f} ms", "<= 50 ms",
                at("arrival_max_ms") <= 50)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", default="10k,100k,1M", help="sizes of the table, such as 10k,1M,10M")
    parser.add_argument("--documents", default="100,1k,10k", help="sizes of the tree")
    parser.add_argument("--changes", type=int, default=300, help="publications of each kind in each of three rounds")
    parser.add_argument("--seconds", type=int, default=5, help="for which changes arrive one by one")
    parser.add_argument("--bin", type=pathlib.Path, default=BIN, help="where the benchmarks are")
    parser.add_argument("--check", action="store_true", help="exit 1 when a target is short")
    options = parser.parse_args()

    inputs(keys="12 bytes", values="79 bytes", index="1 of 100 values", drawn="uniformly",
           changes=f"3 rounds of {options.changes}, median", arrivals=f"10,000 a second for {options.seconds} s")
    counts = sizes(options.records)
    found = run_sizes(options.bin / "publish_bench", counts, options.changes, options.seconds, head="us a publication")
    run_sizes(options.bin / "tree_bench", sizes(options.documents), options.changes, head="a tree of so many documents")
    targets = Targets()
    if 1_000_000 in counts:
        judge(found, targets)
    targets.finish(options.check)


if __name__ == "__main__":
    main()
