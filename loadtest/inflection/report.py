#!/usr/bin/env python3
"""Where does each way to share a read-mostly map stop being the better choice? Reads a second and p99 of a read against
the share of writes, at 1, 2 and 1,000 readers, for Lull, locks, clones and LMDB, and for three ways of Go.

Each reader is a closed loop (a thread; in Go a goroutine) that draws a key and, by the share, reads or replaces its
value. A write counts when it is visible. Lull's go through a queue to its one writer, which publishes all that wait at
once; one that a later write of the same key in the same batch replaces counts too. All others are visible on return.
"""

import argparse
import itertools
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
from curves import draw  # noqa: E402
from findings import best_shares, percent, sentence, sentences, spans, sustained  # noqa: E402
from report import Targets, inputs, table  # noqa: E402
from server import BIN, ROOT  # noqa: E402

CPP = {"lull": "Lull", "mutex-std": "shared_mutex + unordered_map", "mutex-boost": "shared_mutex + flat_map",
       "clone": "clones behind atomic<shared_ptr>", "lmdb": "LMDB"}
GO = {"go-rwmutex": "Go RWMutex + map", "go-sync-map": "Go sync.Map", "go-clone": "Go clones behind atomic.Value"}
NAMES = CPP | GO
SAMPLES_MIN = 100  # a p99 of fewer is none
DISTURBED = 0.1  # of the machine's time for other programs: a reader that has no core does not contend either
GOAL = 20  # percent of writes up to which Lull should be the best


def build_go(binaries):
    """Why there is no Go program, or nothing. It needs no network: the standard library only."""
    if not shutil.which("go"):
        return "there is no go in PATH"
    command = ["env", "GOTOOLCHAIN=local", "GOFLAGS=", "go", "build", "-o", binaries / "inflection_go", "."]
    done = subprocess.run(command, cwd=HERE / "go", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return f"go build failed: {done.stdout.strip()}" if done.returncode else None


def go_version(binary):
    done = subprocess.run(["go", "version", binary], capture_output=True, text=True) if shutil.which("go") else None
    return done.stdout.split()[-1] if done and done.returncode == 0 else "go of unknown version"


class Others:
    """What of the machine's time goes to programs that are not ours."""

    def __init__(self):
        self.start = self.now()

    @staticmethod
    def now():
        """(all time, time in use, time that we used), in seconds."""
        line = pathlib.Path("/proc/stat").read_text().splitlines()[0].split()
        times = [int(field) / os.sysconf("SC_CLK_TCK") for field in line[1:9]]
        return sum(times), sum(times) - times[3] - times[4], sum(os.times()[:4])

    def share(self):
        whole, used, own = (after - before for before, after in zip(self.start, self.now()))
        return max(0.0, used - own) / max(whole, 0.01)


def measure(options, binaries, keys, readers, store, share):
    binary = binaries / ("inflection_go" if store in GO else "inflection")
    # A thousand threads take some time to get their turns.
    seconds = options.seconds * (2 if readers >= 100 else 1)
    command = [binary, "--store", store, "--keys", keys, "--readers", readers, "--writes", share,
               "--seconds", seconds, "--warm-up", options.warm_up]
    others = Others()
    with tempfile.TemporaryDirectory(prefix="inflection-") as directory:
        if store == "lmdb":
            command += ["--directory", directory]
        if store == "lull":
            command += ["--queue", options.queue]
        done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, text=True, timeout=120)
    if done.returncode:
        raise SystemExit(f"error: {' '.join(map(str, command))} ended with {done.returncode}: {done.stdout.strip()}")
    out = json.loads(done.stdout)
    out["disturbed"] = others.share() > DISTURBED
    out["rate"], out["short"] = sustained(out["reads"] / out["seconds"], out["writes"] / out["seconds"], share)
    return out


def run_all(options, binaries, stores):
    """All runs of each (keys, readers, store, share): the ways take turns at every point, in an order that shifts. In
    the time that is left, points which other programs disturbed in each round are measured again."""
    runs, turn, end = {}, 0, time.monotonic() + 60 * options.minutes
    for _ in range(options.rounds):
        for point in itertools.product(options.keys, options.readers, options.shares):
            shift = turn % len(stores)
            turn += 1
            for store in stores[shift:] + stores[:shift]:
                keys, readers, share = point
                run = measure(options, binaries, keys, readers, store, share)
                runs.setdefault((keys, readers, store, share), []).append(run)
    while time.monotonic() < end and (left := [point for point in runs if disturbed(runs[point])]):
        for point in left:
            if time.monotonic() < end:
                runs[point].append(measure(options, binaries, *point))
    return runs


def disturbed(runs):
    return all(run["disturbed"] for run in runs)


def calm(runs):
    """Those that count."""
    return runs if disturbed(runs) else [run for run in runs if not run["disturbed"]]


def typical(runs, field):
    return statistics.median(run[field] for run in runs)


def p99(runs):
    """In nanoseconds; nothing where too few reads were timed, or too few runs have one."""
    enough = [run["p99_ns"] for run in runs if run["samples"] >= SAMPLES_MIN]
    return statistics.median(enough) if 2 * len(enough) > len(runs) else None


def in_units(value, units):
    """Three digits, and none behind the point of the smallest unit."""
    factor, unit = next((one for one in units if value >= one[0]), units[-1])
    digits = 0 if factor == 1 else max(0, 3 - len(str(int(value / factor))))
    return f"{value / factor:.{digits}f}{unit}"


def rate_text(runs):
    text = in_units(typical(runs, "rate"), [(1e6, "M"), (1e3, "k"), (1, "")])
    return text + "*" * any(run["short"] for run in runs) + "~" * disturbed(runs)


def time_text(nanoseconds):
    if nanoseconds is None:
        return "-"
    return in_units(nanoseconds, [(1e9, " s"), (1e6, " ms"), (1e3, " us"), (1, " ns")])


def show(runs, keys, readers, stores, shares):
    """The tables of one key count and reader count."""
    plural = "reader" if readers == 1 else "readers"
    heads = [f"{percent(share)} writes" for share in shares]
    print(f"\n{keys:,} keys, {readers:,} {plural}")
    table(["reads/s", *heads], [[NAMES[store], *(rate_text(runs[keys, readers, store, share]) for share in shares)]
                                for store in stores])
    print()
    table(["p99 of a read", *heads],
          [[NAMES[store], *(time_text(p99(runs[keys, readers, store, share])) for share in shares)]
           for store in stores])
    if "lull" in stores:
        seen = [(share, runs[keys, readers, "lull", share]) for share in shares if share > 0]
        print("Lull's publications/s: " + ", ".join(
            f"{statistics.median(run['publications'] / run['seconds'] for run in one):,.0f} at {percent(share)}"
            for share, one in seen))


def conclude(runs, keys, readers, stores, shares, targets):
    """In sentences, and as a target."""
    rates = {(NAMES[store], share): typical(runs[keys, readers, store, share], "rate")
             for store in stores for share in shares}
    names = [NAMES[store] for store in stores]
    for line in sentences(rates, shares, names, "Lull"):
        print(f"  {line}")
    if "lull" not in stores:
        return
    own = [NAMES[store] for store in stores if store in CPP]
    if len(own) < len(names):
        print(f"  Among the C++ ways alone: {sentence(rates, shares, 'Lull', own)}")
    wanted = [share for share in shares if share <= GOAL]
    best = best_shares(rates, shares, "Lull", names)
    unsure = sum(disturbed(runs[keys, readers, store, share]) for store in stores for share in shares)
    note = f" ({unsure} of {len(rates)} points disturbed)" if unsure else ""
    targets.append((f"inflection.{keys}_keys.{readers}_readers", f"Lull is best at {spans(shares, best)} writes{note}",
                    f"best at all <= {GOAL}%", all(share in best for share in wanted)))


def draw_curves(options, runs, stores):
    rows = []
    for keys in options.keys:
        rates, times = {}, {}
        for readers in options.readers:
            for store in stores:
                points = [runs[keys, readers, store, share] for share in options.shares]
                rates[readers, NAMES[store]] = [typical(point, "rate") for point in points]
                times[readers, NAMES[store]] = [p99(point) for point in points]
        rows.append((f"Reads: {keys:,} keys", "reads a second", "", rates))
        rows.append((f"p99: {keys:,} keys", "p99 of a read", "ns", times))
    options.svg.parent.mkdir(parents=True, exist_ok=True)
    options.svg.write_text(draw("Ways to share a read-mostly map", [NAMES[store] for store in stores], options.shares,
                                options.readers, rows))
    print(f"\ncurves: {options.svg}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, nargs="+", default=[1_000, 100_000])
    parser.add_argument("--readers", type=int, nargs="+", default=[1, 2, 1_000])
    parser.add_argument("--shares", type=float, nargs="+", default=[0, 0.1, 1, 5, 8, 20],
                        help="writes, in percent of all operations")
    parser.add_argument("--stores", nargs="+", choices=NAMES, default=list(NAMES), help=", ".join(NAMES))
    parser.add_argument("--seconds", type=float, default=0.2,
                        help="of each measurement; twice that from 100 readers on")
    parser.add_argument("--warm-up", type=float, default=0.1, help="seconds before each")
    parser.add_argument("--rounds", type=int, default=2, help="of which the median counts")
    parser.add_argument("--minutes", type=float, default=5.5,
                        help="until then, points that other programs disturbed are measured again")
    parser.add_argument("--queue", type=int, default=4_096,
                        help="writes that may wait for Lull's writer; more make larger batches, visible later")
    parser.add_argument("--svg", type=pathlib.Path, default=ROOT / "build/inflection.svg", help="where the curves go")
    parser.add_argument("--quick", action="store_true",
                        help="a few seconds, to see that it runs; the figures mean little")
    parser.add_argument("--bin", type=pathlib.Path, help="where the programs are; builds nothing")
    parser.add_argument("--check", action="store_true", help="exit 1 when a target is short")
    options = parser.parse_args()
    if options.quick:
        options.keys, options.readers, options.shares = [1_000], [1, 2], [0, 20]
        (options.seconds, options.warm_up, options.rounds,
         options.minutes) = 0.05, 0.02, 1, 0
    options.shares.sort()
    return options


def main():
    options = arguments()
    binaries = options.bin or BIN
    stores = [store for store in NAMES if store in options.stores]
    missing = None
    if any(store in GO for store in stores):
        missing = build_go(binaries) if not options.bin else None
        if not missing and not (binaries / "inflection_go").exists():
            missing = f"there is no inflection_go in {binaries}"
    if missing:
        stores = [store for store in stores if store not in GO]
    inputs(keys=" and ".join(f"{keys:,}" for keys in options.keys) + " of 12 bytes, drawn uniformly, all there",
           values="80 bytes", writes=", ".join(map(percent, options.shares)) + " of operations",
           readers=", ".join(f"{readers:,}" for readers in options.readers) + " threads or goroutines",
           rounds=f"{options.rounds} of {options.seconds:g} s ({2 * options.seconds:g} s from 100 readers on) after "
                  f"{options.warm_up:g} s, alternated",
           lull=f"one more thread writes, at most {options.queue:,} writes wait for it",
           lmdb="MDB_NOSYNC", go=missing or go_version(binaries / "inflection_go"))
    if missing:
        print(f"note: nothing of Go was measured: {missing}")
    print("A write counts when it is visible. Lull's are published together, and one that a later one of the same key\n"
          "replaced before that counts too; the others are visible on return.\n"
          "*: fewer writes became visible than the share asks for; the reads are those that they allow.\n"
          f"~: others had over {DISTURBED:.0%} of the machine in every round; elsewhere only calm rounds count.\n"
          f"-: fewer than {SAMPLES_MIN} reads were timed. Best: the most reads/s, or within 10% of that.")
    others = Others()
    runs = run_all(options, binaries, stores)
    print(f"Other programs used {100 * others.share():.0f}% of the machine's time, and disturbed "
          f"{sum(map(disturbed, runs.values()))} of {len(runs)} points.")
    runs = {point: calm(one) for point, one in runs.items()}
    targets, held = Targets(), []
    groups = [(keys, readers) for keys in options.keys for readers in options.readers]
    for keys, readers in groups:
        show(runs, keys, readers, stores, options.shares)
        conclude(runs, keys, readers, stores, options.shares, held)
    draw_curves(options, runs, stores)
    for target in held:
        targets.add(*target)
    targets.finish(options.check)


if __name__ == "__main__":
    main()
