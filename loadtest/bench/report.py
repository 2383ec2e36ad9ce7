#!/usr/bin/env python3
"""In-process costs: snapshot_bench (lookups, pages, changes, at 1,000 to 1,000,000 keys) and rcu_bench (what a
synchronised read costs, beside other ways to do it). What stands after -- goes to both, such as --benchmark_filter=find.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from report import Targets, inputs, table  # noqa: E402
from server import BIN  # noqa: E402

READ_GOAL_NS = 4.0  # of a read section and the load of the published pointer, above the bare lookup


def in_order(one):
    """As the source has them; they ran interleaved."""
    return one["family_index"], one["per_family_instance_index"], one["threads"]


def run(binary, options):
    """Prints what the data was; (name, CPU time, unit) of each benchmark, the median of the repetitions."""
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        command = [binary, f"--benchmark_out={out.name}", "--benchmark_out_format=json",
                   f"--benchmark_repetitions={options.repetitions}", "--benchmark_enable_random_interleaving=true",
                   *options.rest]
        done = subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True)
        text = out.read()
    for line in dict.fromkeys(line for line in done.stdout.splitlines() if " records: " in line):
        print(f"inputs: {line}")
    rows = []
    for one in sorted(json.loads(text)["benchmarks"] if text else [], key=in_order):
        # One repetition has no median, but the run itself.
        if one.get("aggregate_name", "median" if options.repetitions == 1 else "") == "median":
            manual = "/manual_time" in one["run_name"]
            rows.append((one["run_name"], one["real_time"] if manual else one["cpu_time"], one["time_unit"]))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=5, help="of which the median is shown")
    parser.add_argument("--bin", type=pathlib.Path, default=BIN, help="where the benchmarks are")
    parser.add_argument("--check", action="store_true", help="exit 1 when a target is short")
    parser.add_argument("rest", nargs="*", metavar="-- OPTION", help="options of the benchmarks")
    options = parser.parse_args()

    targets, found = Targets(), {}
    inputs(repetitions=f"{options.repetitions}, interleaved", time="CPU time of the thread that measures")
    for binary in ("rcu_bench", "snapshot_bench"):
        times = run(options.bin / binary, options)
        found.update((name, value) for name, value, _ in times)
        if times:
            table([binary, "time", ""], [[name, f"{value:.2f}", unit] for name, value, unit in times])
    for threads in (1, 2):
        bare, read = (found.get(f"{name}/threads:{threads}") for name in ("bare", "published_get"))
        if bare is not None and read is not None:
            targets.add(f"bench.read_section.{threads}_threads", f"{read - bare:.2f} ns", f"<= {READ_GOAL_NS:.0f} ns",
                        read - bare <= READ_GOAL_NS)
    targets.finish(options.check)


if __name__ == "__main__":
    main()
