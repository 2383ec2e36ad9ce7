#!/usr/bin/env python3
"""Runs a k6 scenario against lulld on a copy of the sample, or for `reload` on data of its own, and prints a table.

  read    single values, half configuration, half inventory
  mixed   80% configuration, 15% inventory, 5% batches of ten keys
  check   POST /v1/inventory:check of three articles
  reload  batches and pages while files are rewritten; beside it the same load without; no reply may mix generations
"""

import argparse
import contextlib
import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
from generations import DOCUMENTS, RECORDS, Generations  # noqa: E402
from report import Targets, inputs, median, table  # noqa: E402
from server import BIN, lulld, sample, work_directory  # noqa: E402

RATES = {"read": 1000, "mixed": 1000, "check": 1000, "reload": 2000}
THRESHOLDS_MISSED = 99  # k6's exit code


class Run:
    """The figures of one run of k6."""

    def __init__(self, metrics, log, cpu_seconds):
        duration = metrics["http_req_duration"]
        self.milliseconds = {name: duration[name] for name in ("min", "med", "p(99)", "p(99.9)", "max")}
        self.requests, self.rate = metrics["http_reqs"]["count"], metrics["http_reqs"]["rate"]
        self.failed_checks = metrics["checks"]["fails"]
        self.dropped = metrics["dropped_iterations"]["count"]
        self.mixed = metrics.get("mixed_generations", {}).get("count", 0)
        self.cpu_micros = cpu_seconds / self.requests * 1e6 if cpu_seconds else None
        # Which content each revision had, by all virtual users.
        self.contents = {}
        for collection, revision, generation in re.findall(r"seen (\w+) (\S+) (\d+)", log):
            self.contents.setdefault((collection, revision), set()).add(generation)

    def two_contents(self):
        return sum(len(contents) > 1 for contents in self.contents.values())

    def row(self, name):
        return [name, self.requests, f"{self.rate:.0f}", *(f"{value:.2f}" for value in self.milliseconds.values()),
                self.dropped, self.failed_checks, f"{self.cpu_micros:.0f}" if self.cpu_micros else "-"]


HEAD = ["", "requests", "/s", "min ms", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "dropped", "failed checks",
        "server CPU us/request"]


def k6(find, name, url, options, work, server=None):
    """One run; SystemExit with k6's own words when it could not run."""
    summary, log = work / "summary.json", work / "k6.log"
    log.write_text("")
    variables = {"URL": url, "RATE": options.rate, "DURATION": options.duration, "P99_MS": options.p99_ms,
                 "DOCUMENTS": DOCUMENTS, "RECORDS": RECORDS}
    command = [find, "run", "--quiet", "--no-color", "--no-usage-report", "--address", "",
               "--summary-export", summary, "--console-output", log,
               *(part for key, value in variables.items() for part in ("--env", f"{key}={value}")), HERE / f"{name}.js"]
    before = server.cpu_seconds() if server else 0
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    used = server.cpu_seconds() - before if server else 0
    if done.returncode not in (0, THRESHOLDS_MISSED) or not summary.exists():
        raise SystemExit(f"error: k6 ended with {done.returncode}\n{done.stdout}{done.stderr}")
    if done.returncode == THRESHOLDS_MISSED:
        faults = [line for line in log.read_text().splitlines() if "mixed: " in line]
        print(done.stdout, done.stderr, *faults[:10], sep="\n")
    return Run(json.loads(summary.read_text())["metrics"], log.read_text(), used)


def common_targets(targets, name, runs, options):
    dropped, failed = sum(run.dropped for run in runs), sum(run.failed_checks for run in runs)
    p99 = max(run.milliseconds["p(99)"] for run in runs)
    targets.add(f"{name}.dropped_iterations", dropped, "0", dropped == 0)
    targets.add(f"{name}.failed_checks", failed, "0", failed == 0)
    targets.add(f"{name}.p99", f"{p99:.2f} ms", f"< {options.p99_ms} ms", p99 < options.p99_ms)


def steady(find, options, work):
    """read, mixed, check: one run, of a server of our own or the one at --url."""
    with contextlib.ExitStack() as stack:
        server = None if options.url else stack.enter_context(lulld(options.bin, sample(work)))
        url = options.url or server.url
        inputs(scenario=options.name, rate=f"{options.rate}/s", duration=options.duration,
               data=f"that of {url}" if options.url else "the sample in config/")
        run = k6(find, options.name, url, options, work, server)
    table(HEAD, [run.row(options.name)])
    targets = Targets()
    common_targets(targets, options.name, [run], options)
    return targets


def reload(find, options, work):
    """Pairs of runs, without and with reloads, the order alternated."""
    inputs(scenario="reload", rate=f"{options.rate}/s", duration=options.duration, rounds=options.rounds,
           data=f"{DOCUMENTS} documents, {RECORDS} records", rewritten=f"every {options.interval_ms} ms")
    runs, written = {"idle": [], "reloads": []}, 0
    generations = Generations(work)
    with lulld(options.bin, generations.config) as server:
        for turn in range(options.rounds):
            for name in list(runs)[::-1 if turn % 2 else 1]:
                with generations.rewritten(options.interval_ms / 1000) if name == "reloads" else contextlib.nullcontext():
                    before = generations.number
                    runs[name].append(k6(find, "reload", server.url, options, work, server))
                    written += generations.number - before
    table(HEAD, [run.row(name) for pair in zip(*runs.values()) for name, run in zip(runs, pair)])
    for name, key in (("p50", "med"), ("p99", "p(99)"), ("p99.9", "p(99.9)")):
        idle, loaded = (median([run.milliseconds[key] for run in runs[which]]) for which in runs)
        print(f"{name}: {idle:.2f} ms idle, {loaded:.2f} ms with reloads, {loaded / idle:.2f}x")
    every = [run for pair in runs.values() for run in pair]
    mixed = sum(run.mixed + run.two_contents() for run in every)
    seen = len({generation for run in runs["reloads"] for (collection, _), contents in run.contents.items()
                if collection == "config" for generation in contents})
    targets = Targets()
    targets.add("reload.mixed_generations", mixed, "0", mixed == 0)
    # Otherwise the line above proves nothing.
    targets.add("reload.generations_seen", f"{seen} of {written}", "half of them", seen * 2 >= written > 0)
    common_targets(targets, "reload", every, options)
    return targets


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=RATES)
    parser.add_argument("--rate", type=int, help="requests a second; by default 1000, for reload 2000")
    parser.add_argument("--duration", default="10s", help="of each run, such as 10s or 2m")
    parser.add_argument("--p99-ms", type=int, default=100, help="goal of the 99th percentile")
    parser.add_argument("--rounds", type=int, default=1, help="reload: pairs of runs, alternated")
    parser.add_argument("--interval-ms", type=int, default=200, help="reload: time from one rewriting to the next")
    parser.add_argument("--url", help="a server that runs already (not for reload, which rewrites its files)")
    parser.add_argument("--bin", type=pathlib.Path, default=BIN, help="where lulld is")
    parser.add_argument("--check", action="store_true", help="exit 1 when a target is short")
    options = parser.parse_args()
    options.rate = options.rate or RATES[options.name]
    if options.url and options.name == "reload":
        parser.error("reload rewrites the server's files, so it starts its own: leave --url out")
    find = subprocess.run([HERE / "find_k6"], stdout=subprocess.PIPE, text=True, check=False)
    if find.returncode:
        raise SystemExit(find.returncode)
    with work_directory() as work:
        targets = (reload if options.name == "reload" else steady)(find.stdout.strip(), options, work)
    targets.finish(options.check)


if __name__ == "__main__":
    main()
