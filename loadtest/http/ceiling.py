#!/usr/bin/env python3
"""The ceiling of lulld: requests a second of one value, by wrk, at 1, 32 and 256 connections, and with 16 requests in
flight on each of 32. One server thread on core 0, wrk on core 1. wrk waits for replies before it asks again, so its
p99 shows queueing in the generator and hides stalls; what holds at a given rate the k6 scenarios tell.
Of requests in flight together it does not measure the time."""

import argparse
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
from report import inputs, table  # noqa: E402
from server import BIN, lulld, sample, work_directory  # noqa: E402
from wrk import wrk  # noqa: E402

TARGET = "/v1/config/payment-service/db/url"
RUNS = ((1, 1), (32, 1), (256, 1), (32, 16))  # connections, requests in flight on each


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5, help="of each run")
    parser.add_argument("--bin", type=pathlib.Path, default=BIN, help="where lulld is")
    parser.add_argument("--check", action="store_true", help="accepted for symmetry: there are no targets here")
    options = parser.parse_args()

    rows = []
    with work_directory() as work, lulld(options.bin, sample(work), "--threads", "1", core=0) as server:
        inputs(url=TARGET, data="the sample in config/", seconds=options.seconds, server="1 thread on core 0",
               wrk="1 thread on core 1")
        wrk(server.url + TARGET, 32, 1, core=1)  # warms both
        for connections, depth in RUNS:
            script = ("-s", HERE / "pipeline.lua", "--", depth) if depth > 1 else ()
            before = server.cpu_seconds()
            result = wrk(server.url + TARGET, connections, options.seconds, 1, script)
            micros = (server.cpu_seconds() - before) / result.requests * 1e6
            rows.append([connections, depth, f"{result.rate:,.0f}",
                         f"{result.p99_ms:.2f}" if depth == 1 else "-", f"{micros:.2f}"])
    table(["connections", "in flight on each", "requests/s", "p99 ms", "server CPU us/request"], rows)


if __name__ == "__main__":
    main()
