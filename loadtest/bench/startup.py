#!/usr/bin/env python3
"""From the start of lulld to `/readyz` 200 on a table in one NDJSON file, in the page cache: with an empty data_dir, and
with a last-known-good, there also until it is no longer stale. Then, from an empty data_dir, a reload in which every record
changes, with nothing retained: resident memory at its peak and after, and bytes of published data alive; then one edited
line: from the rename to its new value over HTTP, and how many records were parsed for it.
"""

import argparse
import contextlib
import http.client
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from figures import sizes  # noqa: E402
from report import Targets, inputs, median, table  # noqa: E402
from server import BIN, INVENTORY, ROOT, lulld, wait_for, work_directory  # noqa: E402

EDITS = 5  # one after the other, of which the median is shown
SETTLE_SECONDS = 3  # for the grace period and what the allocator gives back
CONFIG = """\
listen: 127.0.0.1:0
retention: {revisions_max: 0}
collections:
""" + INVENTORY


def make(directory, records, seed):
    """The file, written beside, to be renamed, so that it is taken at once. Also returns its name then, and its size."""
    written, file = directory / "inventory/.new", directory / "inventory/articles.ndjson"
    with open(written, "wb") as out:
        subprocess.run([ROOT / "loadtest/make_inventory", str(records), "--seed", str(seed)], check=True, stdout=out)
    return written, file, written.stat().st_size


def resident_mib(server, field):
    text = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(next(line for line in text.splitlines() if line.startswith(field)).split()[1]) / 1024


def ask(server, path):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", path)
    reply = connection.getresponse()
    return reply.getheader("Lull-Revision"), reply.read().decode()


def metric(server, name):
    """The sum of its series."""
    _, metrics = ask(server, "/metrics")
    return sum(float(line.rsplit(" ", 1)[1]) for line in metrics.splitlines() if line.split("{")[0].split(" ")[0] == name)


def alive_mib(server):
    return metric(server, "lull_snapshot_bytes_alive") / 2**20


def reload(server, directory, records):
    """Seconds from the rename to the new revision, and memory before, at the peak and after."""
    time.sleep(SETTLE_SECONDS)
    before, alive_before = resident_mib(server, "VmRSS"), alive_mib(server)
    written, file, _ = make(directory, records, 2)
    pathlib.Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")  # the peak begins anew
    revision, _ = ask(server, "/v1/inventory?limit=1")
    start = time.perf_counter()
    written.rename(file)
    wait_for(lambda: ask(server, "/v1/inventory?limit=1")[0] != revision, "the reload is published", server.process)
    seconds = time.perf_counter() - start
    peak = resident_mib(server, "VmHWM")
    time.sleep(SETTLE_SECONDS)
    return {"reload s": seconds, "steady MiB": before, "peak MiB": max(peak, resident_mib(server, "VmHWM")),
            "after MiB": resident_mib(server, "VmRSS"), "alive MiB": alive_before, "alive after MiB": alive_mib(server)}


def edit(server, directory, records):
    """One record in the middle of the file changes: seconds until it is visible, and records parsed, the most of all."""
    file, written = directory / "inventory/articles.ndjson", directory / "inventory/.new"
    key = f"SKU-{records // 2}"
    before, mark, rest = file.read_bytes().partition(b'{"sku":"%s",' % key.encode())
    rest = rest.partition(b"\n")[2]
    taken, parsed = [], []
    for number in range(EDITS):
        value = b'"name":"edited","warehouse":"lyon","available":%d,"price":1.99}\n' % (1_000_000 + number)
        written.write_bytes(b"".join((before, mark, value, rest)))
        parsed_before = metric(server, "lull_records_parsed_total")
        start = time.perf_counter()
        written.rename(file)
        wait_for(lambda: f'"available":{1_000_000 + number},' in ask(server, f"/v1/inventory/{key}")[1],
                 "the edited line is published", server.process)
        taken.append(time.perf_counter() - start)
        parsed.append(metric(server, "lull_records_parsed_total") - parsed_before)
    return {"edit s": median(taken), "edit parses": max(parsed)}


@contextlib.contextmanager
def start(options, directory):
    """A context that yields the server and the seconds it took to be ready."""
    begun = time.perf_counter()
    with lulld(options.bin, directory / "service.yaml") as server:
        yield server, time.perf_counter() - begun


def start_from_nothing(options, directory):
    shutil.rmtree(directory / "data", ignore_errors=True)
    return start(options, directory)


def wait_until_kept(server, directory):
    """The last-known-good is written in the background: until its file stands still for a second."""
    def size():
        return sum(file.stat().st_size for file in (directory / "data").glob("last-good.db*"))

    last, since = size(), time.monotonic()

    def still():
        nonlocal last, since
        now = size()
        if now != last:
            last, since = now, time.monotonic()
        return time.monotonic() - since >= 1

    wait_for(still, "the last-known-good is written", server.process)
    return last


def measure_starts(options, directory):
    from_nothing, from_good, until_fresh = [], [], []
    for _ in range(options.rounds):
        with start_from_nothing(options, directory) as (server, seconds):
            from_nothing.append(seconds)
            size = wait_until_kept(server, directory)
    for _ in range(options.rounds):
        begun = time.perf_counter()
        with start(options, directory) as (server, seconds):
            from_good.append(seconds)
            if metric(server, "lull_collection_stale") != 1:
                raise SystemExit("error: the start was not one from the last-known-good")
            wait_for(lambda: metric(server, "lull_collection_stale") == 0, "the source is read", server.process)
            until_fresh.append(time.perf_counter() - begun)
    return {"start s": median(from_nothing), "start from last-known-good s": median(from_good),
            "until it is fresh s": median(until_fresh), "last-good.db MB": size / 1e6}


def measure(options, records):
    with work_directory() as directory:
        (directory / "inventory").mkdir()
        (directory / "service.yaml").write_text(CONFIG)
        written, file, size = make(directory, records, 1)
        written.rename(file)
        found = {"file MB": size / 1e6, **measure_starts(options, directory)}
        with start_from_nothing(options, directory) as (server, _):
            return {**found, **reload(server, directory, records), **edit(server, directory, records)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", default="10k,100k,1M", help="sizes of the table")
    parser.add_argument("--rounds", type=int, default=3, help="starts of each kind, of which the median is shown")
    parser.add_argument("--bin", type=pathlib.Path, default=BIN, help="where lulld is")
    parser.add_argument("--check", action="store_true", help="exit 1 when a target is short")
    options = parser.parse_args()

    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    counts = sizes(options.records)
    inputs(file="one NDJSON file in the page cache", index="1", rounds=options.rounds, retained="nothing", edits=EDITS)
    found = {records: measure(options, records) for records in counts}
    table(["", *(f"{records:,}" for records in counts)],
          [[name, *(f"{found[records][name]:.2f}" for records in counts)] for name in found[counts[0]]])
    targets = Targets()
    largest = found[max(counts)]
    if max(counts) >= 1_000_000:
        targets.add("7a", f"{largest['start s']:.2f} s", "<= 3 s", largest["start s"] <= 3)
        good = largest["start from last-known-good s"]
        targets.add("7b", f"{good:.2f} s", "<= 0.3 s", good <= 0.3)
    for name, over, goal in (("8a", "peak MiB", 2.3), ("8b", "after MiB", 1.1)):
        value = largest[over] / largest["steady MiB"]
        targets.add(name, f"{over.split()[0]} {value:.2f}x of steady", f"<= {goal:.2f}x", value <= goal)
    value = largest["alive after MiB"] / largest["alive MiB"]
    targets.add("8c", f"bytes alive {value:.3f}x", "<= 1.005x", value <= 1.005)
    parsed = max(row["edit parses"] for row in found.values())
    targets.add("edit", f"{parsed:.0f} parsed for one edited line", "1", parsed == 1)
    targets.finish(options.check)


if __name__ == "__main__":
    main()
