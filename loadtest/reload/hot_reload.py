#!/usr/bin/env python3
"""Hot reload: from a file's rename to its new content over HTTP.

One document among 1,000, and one record in an NDJSON file of 100,000, each changed 200 times. The file is written under
another name; the clock runs from its rename to the reply, on one keep-alive connection, that has the new value.
"""

import argparse
import http.client
import pathlib
import random
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from report import Targets, inputs, percentile, table  # noqa: E402
from server import BIN, DEADLINE_SECONDS, ROOT, lulld, work_directory  # noqa: E402

DOCUMENTS, RECORDS = 1000, 100_000
GOAL_P99_MS = {"document": 40, "record": 250}
POLL_SECONDS = 0.0005  # leaves the processor to the server; a measured time is that much too long at most
PAUSE_SECONDS_MAX = 0.1
CONFIG = """\
listen: 127.0.0.1:0
collections:
  config:
    kind: tree
    source: {files: documents}
  inventory:
    kind: table
    source: {files: inventory}
    key: sku
    fields: {sku: string, warehouse: string, available: integer, price: number}
    indexes: [warehouse]
"""


class Document:
    """One among the documents."""
    target, file = "/v1/config/service-500/limits/requests_max", "documents/service-500.yaml"

    def __init__(self, directory):
        (directory / "documents").mkdir()
        for n in range(DOCUMENTS):
            (directory / f"documents/service-{n}.yaml").write_bytes(self.content(n))

    def content(self, number):
        return (f"db: {{url: 'postgres://localhost:5432/db', pool_connections_max: 8}}\n"
                f"limits: {{requests_max: {number}}}\nlogging: {{level: info, format: json}}\n").encode()

    def shown(self, body, number):
        return body == str(number).encode()


class Record:
    """One in the file of records."""
    target, file = "/v1/inventory/SKU-77777", "inventory/articles.ndjson"

    def __init__(self, directory):
        (directory / "inventory").mkdir()
        made = subprocess.run([ROOT / "loadtest/make_inventory", str(RECORDS)], check=True, stdout=subprocess.PIPE)
        self.before, line, self.after = made.stdout.partition(b'{"sku":"SKU-77777",')
        _, _, self.after = self.after.partition(b"\n")
        (directory / self.file).write_bytes(made.stdout)

    def line(self, number):
        return b'{"sku":"SKU-77777","name":"oak desk lamp, sand","warehouse":"lyon","available":%d,"price":49.99}' % number

    def content(self, number):
        return b"".join((self.before, self.line(number), b"\n", self.after))

    def shown(self, body, number):
        return b'"available":%d,' % number in body


def change(connection, directory, what, number):
    """Milliseconds from the rename to the first reply with the new content."""
    file = directory / what.file
    written = file.with_name(".new")
    written.write_bytes(what.content(number))
    start = time.perf_counter()
    written.rename(file)
    while True:
        connection.request("GET", what.target)
        if what.shown(connection.getresponse().read(), number):
            return (time.perf_counter() - start) * 1000
        if time.perf_counter() - start > DEADLINE_SECONDS:
            raise SystemExit(f"error: change {number} of {what.file} is not visible after {DEADLINE_SECONDS} s")
        time.sleep(POLL_SECONDS)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=200, help="of each kind")
    parser.add_argument("--seed", type=int, default=1, help="of the pauses between changes")
    parser.add_argument("--bin", type=pathlib.Path, default=BIN, help="where lulld is")
    parser.add_argument("--check", action="store_true", help="exit 1 when a target is short")
    options = parser.parse_args()
    pause = random.Random(options.seed)

    taken = {}
    with work_directory() as directory:
        kinds = {"document": Document(directory), "record": Record(directory)}
        (directory / "service.yaml").write_text(CONFIG)
        with lulld(options.bin, directory / "service.yaml") as server:
            size = (directory / Record.file).stat().st_size
            inputs(documents=DOCUMENTS, records=f"{RECORDS} in one file of {size / 1e6:.1f} MB",
                   changes=f"{options.changes} of each, one after the other", polled=f"every {POLL_SECONDS * 1000} ms",
                   seed=options.seed)
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE_SECONDS)
            for name, what in kinds.items():
                taken[name] = []
                for number in range(options.changes):
                    # Or each change would meet the server in the same phase of its timers.
                    time.sleep(pause.uniform(0, PAUSE_SECONDS_MAX))
                    taken[name].append(change(connection, directory, what, 1_000_000 + number))
    table(["", "changes", "least ms", "p50 ms", "p99 ms", "most ms"],
          [[name, len(values), *(f"{value:.1f}" for value in
                                 (min(values), percentile(values, 50), percentile(values, 99), max(values)))]
           for name, values in taken.items()])
    targets = Targets()
    for name, values in taken.items():
        p99, goal = percentile(values, 99), GOAL_P99_MS[name]
        targets.add(f"hot-reload.{name}.p99", f"{p99:.1f} ms", f"<= {goal} ms", p99 <= goal)
    targets.finish(options.check)


if __name__ == "__main__":
    main()
