#!/usr/bin/env python3
"""A reader stalled inside a read section (row 12 of the reliability bar) on a million records, while one of 100 files changes
every 50 ms: bytes of published data alive, the alarm, what becomes of the changes, and the recovery once the reader goes on.
In-process: no client of lulld can keep it inside a section.
"""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from figures import run_sizes, sizes  # noqa: E402
from report import Targets, inputs  # noqa: E402
from server import BIN  # noqa: E402

WAITING_AFTER_SECONDS_MAX = 5
RECOVERY_SECONDS_MAX = 10
PUBLICATIONS_MAX = 3  # the one that waited, what was written by then, what was written while that was built


def judge(found, records, seconds, targets):
    def at(name):
        return found[name, records]

    # One candidate waits and one change more may be built by then.
    limit = at("limit_mib") + 2 * at("one_change_mib")
    targets.add("12.bytes", f"{at('peak_mib'):.1f} MiB at most", f"<= {limit:.1f} MiB, the maximum and two changes",
                at("peak_mib") <= limit)
    alarm = at("waiting_after_s")
    targets.add("12.alarm", f"waiting for memory after {alarm:.1f} s and until the end",
                f"<= {WAITING_AFTER_SECONDS_MAX} s", 0 <= alarm <= WAITING_AFTER_SECONDS_MAX and at("waiting_at_the_end") == 1)
    grace = at("grace_period_waiting_s")
    targets.add("12.grace", f"a grace period of {grace:.1f} s is shown", f">= {seconds - 1} s", grace >= seconds - 1)
    targets.add("12.coalesced", f"{at('published_while_waiting'):.0f} publications while waiting, then "
                f"{at('put_off_changes'):.0f} changes in {at('put_off_published_as'):.0f}", f"0, then <= {PUBLICATIONS_MAX}",
                at("published_while_waiting") == 0 and 1 <= at("put_off_published_as") <= PUBLICATIONS_MAX
                and at("put_off_changes") > 10 * PUBLICATIONS_MAX)
    served, freed = at("served_after_s"), at("freed_after_s")
    targets.add("12.recovered", f"all served after {served:.1f} s, old data freed after {freed:.1f} s",
                f"<= {RECOVERY_SECONDS_MAX} s", max(served, freed) <= RECOVERY_SECONDS_MAX)
    targets.add("12.intact", "the reader saw the same to the end" if at("reader_intact") else "the reader's data changed",
                "the same", at("reader_intact") == 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", default="1M", help="sizes of the table, such as 100k,1M")
    parser.add_argument("--seconds", type=int, default=10, help="for which the reader is stalled")
    parser.add_argument("--bin", type=pathlib.Path, default=BIN, help="where the benchmarks are")
    parser.add_argument("--check", action="store_true", help="exit 1 when a target is short")
    options = parser.parse_args()
    if options.seconds <= WAITING_AFTER_SECONDS_MAX:
        parser.error(f"--seconds must be more than the {WAITING_AFTER_SECONDS_MAX} that the alarm may take")

    inputs(files="100 of NDJSON", change="500 records of one file every 50 ms", stalled=f"{options.seconds} s",
           maximum="2.25 tables", retained="nothing")
    counts = sizes(options.records)
    found = run_sizes(options.bin / "stall_bench", counts, options.seconds, head="")
    targets = Targets()
    judge(found, max(counts), options.seconds, targets)
    targets.finish(options.check)


if __name__ == "__main__":
    main()
