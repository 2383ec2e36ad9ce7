#!/usr/bin/env python3
"""Thousands of slow full dumps while everything reloads (row 44 of the reliability bar), on a million records.

Clients ask for a document of 2 MB, or for pages of 1,000 records, and take their replies a few bytes at a time; one whose
connection is cut comes back at once. Meanwhile the file of records and the document are rewritten completely, again and
again. Sampled all the time: bytes of published data alive, resident memory, and how long a quick client waits.
"""

import argparse
import http.client
import multiprocessing
import pathlib
import resource
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from report import Targets, inputs, median, percentile, table  # noqa: E402
from server import BIN, DEADLINE_SECONDS, INVENTORY, ROOT, lulld, wait_for, work_directory  # noqa: E402

MEBIBYTE = 2**20
LINES = 20_000  # of the document
BYTES_A_RECORD, BYTES_OF_DOCUMENT = 180, 2 * 2_300_000  # alive: as a layer and as an effective document
# So much may be alive: two generations fit, and a third is built beside them only when pins of the first are gone.
BOUND_GENERATIONS = 2.5
RETAINED = 2
PIN_AGE_MAX_MS = 500
RELOAD_SECONDS_MAX = 30
SAMPLE_SECONDS = 0.05
ROUND_SECONDS = 0.5  # in which each slow client takes BYTES_A_ROUND
BYTES_A_ROUND = 512
CONFIG = """\
listen: 127.0.0.1:0
limits: {{snapshot_bytes_alive_max: {bound}, pin_age_max_ms: {pin_age_max_ms}, write_timeout_ms: 60000}}
retention: {{revisions_max: {retained}}}
collections:
  config:
    kind: tree
    source: {{files: documents}}
"""


class Data:
    """A table and a document; each generation differs from the one before in every record and line."""

    def __init__(self, directory, records):
        self.directory = directory
        (directory / "documents").mkdir()
        (directory / "inventory").mkdir()
        made = subprocess.run([ROOT / "loadtest/make_inventory", str(records)], check=True, stdout=subprocess.PIPE)
        self.records = made.stdout

    def write(self, generation):
        """Both by rename. Returns when they were renamed."""
        number = b"%06d" % generation
        files = {"inventory/articles.ndjson": self.records.replace(b'"name":', b'"generation":"%s","name":' % number),
                 "documents/large.yaml": b"".join(b"k%d: '%s-%s'\n" % (n, number, b"x" * 100) for n in range(LINES))}
        for name, content in files.items():
            file = self.directory / name
            file.with_name(".new").write_bytes(content)
        for name in files:
            file = self.directory / name
            file.with_name(".new").rename(file)
        return time.perf_counter()


class SlowClients:
    """So many connections, each of which takes a few bytes of its reply now and then. One that ends is replaced at once.
    They live in a process of their own, so as not to hold up the one that measures."""

    def __init__(self, port, count, pages):
        self.port, self.count, self.pages = port, count, pages
        self.opened = multiprocessing.Value("L", 0)
        self.process = multiprocessing.Process(target=self.run, daemon=True)

    def __enter__(self):
        self.process.start()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.join()

    def open(self, number):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(DEADLINE_SECONDS)
        connection.connect(("127.0.0.1", self.port))
        target = "inventory?limit=1000" if number < self.pages else "config/large"
        connection.send(f"GET /v1/{target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        connection.setblocking(False)
        self.opened.value += 1
        return connection

    def run(self):
        connections = [self.open(number) for number in range(self.count)]
        while True:
            time.sleep(ROUND_SECONDS)
            for number, connection in enumerate(connections):
                if not self.take(connection):
                    connection.close()
                    connections[number] = self.open(number)

    @staticmethod
    def take(connection):
        """False if there will be no more."""
        try:
            return connection.recv(BYTES_A_ROUND) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False


class Watch(threading.Thread):
    """Samples the server's memory, and the time of a read on a connection of its own."""

    def __init__(self, server, key):
        super().__init__(daemon=True)
        self.server, self.key = server, key
        self.alive, self.resident, self.read_ms = [], [], []
        self.waiting_seconds = 0.0
        self.failure = None
        self.stopping = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.join()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=DEADLINE_SECONDS)
        before = time.perf_counter()
        try:
            while not self.stopping.wait(SAMPLE_SECONDS):
                start = time.perf_counter()
                connection.request("GET", f"/v1/inventory/{self.key}")
                connection.getresponse().read()
                now = time.perf_counter()
                self.read_ms.append((now - start) * 1000)
                found = metrics(connection)
                self.alive.append(found["lull_snapshot_bytes_alive"])
                self.resident.append(resident(self.server))
                if found["lull_publish_waiting_for_memory"]:
                    self.waiting_seconds += now - before
                before = now
        except (OSError, http.client.HTTPException) as error:
            self.failure = error


def resident(server):
    pages = pathlib.Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize()


def metrics(connection):
    """The samples without labels."""
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    return {name: float(value) for name, value in
            (line.split(" ") for line in lines if line[0] != "#" and "{" not in line)}


def shows(connection, key, generation):
    """Whether both collections are at this generation."""
    for target in (f"inventory/{key}", "config/large/k0"):
        connection.request("GET", f"/v1/{target}")
        if b"%06d" % generation not in connection.getresponse().read():
            return False
    return True


def reloads(options, server, data, connection, key):
    """Seconds from the rename until both collections show the generation, and bytes alive then, for each reload."""
    taken, alive = [], []
    for generation in range(1, options.reloads + 1):
        start = data.write(generation)
        wait_for(lambda: shows(connection, key, generation), f"generation {generation} is published", server.process)
        taken.append(time.perf_counter() - start)
        alive.append(metrics(connection)["lull_snapshot_bytes_alive"])
    return taken, alive


def measure(options, server, data):
    key = f"SKU-{options.records // 2}"
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE_SECONDS)
    found = {"steady": metrics(connection)["lull_snapshot_bytes_alive"], "resident": resident(server)}
    with SlowClients(server.port, options.connections, options.pages) as slow, Watch(server, key) as watch:
        wait_for(lambda: slow.opened.value >= options.connections or not slow.process.is_alive(), "the slow clients are there")
        found["with clients"] = resident(server)
        found["taken"], found["alive"] = reloads(options, server, data, connection, key)
        found["cut"] = metrics(connection)["lull_http_connections_cut_total"]
        if not slow.process.is_alive():
            raise SystemExit("error: the slow clients failed: see above")
    if watch.failure:
        raise SystemExit(f"error: a quick client failed: {watch.failure}")
    wait_for(lambda: metrics(connection)["lull_snapshots_alive"] <= 1 + RETAINED, "old snapshots are freed", server.process)
    return found, watch


def show(found, watch, bound):
    def mib(value):
        return f"{value / MEBIBYTE:.0f}"

    table(["", ""], [
        ["bytes alive, one generation, MiB", mib(found["steady"])],
        ["snapshot_bytes_alive_max, MiB", mib(bound)],
        ["bytes alive after a publication, most, MiB", mib(max(found["alive"]))],
        ["bytes alive at any time, most, MiB", mib(max(watch.alive))],
        ["resident at the start, MiB", mib(found["resident"])],
        ["resident with all slow clients, MiB", mib(found["with clients"])],
        ["resident, most, MiB", mib(max(watch.resident))],
        ["from rename to served, median, s", f"{median(found['taken']):.1f}"],
        ["from rename to served, most, s", f"{max(found['taken']):.1f}"],
        ["publishing waited for memory, s", f"{watch.waiting_seconds:.1f}"],
        ["connections cut", f"{found['cut']:,.0f}"],
        ["a quick client's read, p50, ms", f"{median(watch.read_ms):.1f}"],
        ["a quick client's read, p99, ms", f"{percentile(watch.read_ms, 99):.1f}"],
        ["samples of memory", f"{len(watch.alive)}"]])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--connections", type=int, default=4_000, help="slow clients")
    parser.add_argument("--pages", type=int, default=1_000, help="of these, such that ask for pages of records")
    parser.add_argument("--reloads", type=int, default=5, help="of everything")
    parser.add_argument("--bin", type=pathlib.Path, default=BIN, help="where lulld is")
    parser.add_argument("--check", action="store_true", help="exit 1 when a target is short")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < options.connections + 100:
        parser.error(f"--connections {options.connections} need more than the {hard} open files that are allowed")

    bound = int(BOUND_GENERATIONS * (BYTES_A_RECORD * options.records + BYTES_OF_DOCUMENT))
    with work_directory() as directory:
        data = Data(directory, options.records)
        data.write(0)
        (directory / "service.yaml").write_text(
            CONFIG.format(bound=bound, pin_age_max_ms=PIN_AGE_MAX_MS, retained=RETAINED) + INVENTORY)
        inputs(records=f"{options.records:,}", slow=f"{options.connections:,} of which {options.pages:,} page",
               takes=f"{BYTES_A_ROUND} bytes every {ROUND_SECONDS} s", reloads=options.reloads,
               pin_age_max=f"{PIN_AGE_MAX_MS} ms", retained=RETAINED)
        with lulld(options.bin, directory / "service.yaml") as server:
            found, watch = measure(options, server, data)
    show(found, watch, bound)
    targets = Targets()
    most = max(found["alive"])
    targets.add("44.alive", f"{most / MEBIBYTE:.0f} MiB after a publication", f"<= {bound / MEBIBYTE:.0f} MiB", most <= bound)
    # What is being built counts and does not wait: what waits is its publication.
    most, goal = max(watch.alive), bound + found["steady"]
    targets.add("44.peak", f"{most / MEBIBYTE:.0f} MiB at any time", f"<= {goal / MEBIBYTE:.0f} MiB, one generation more",
                most <= goal)
    targets.add("44.cut", f"{found['cut']:.0f} connections cut", ">= 1", found["cut"] >= 1)
    slowest = max(found["taken"])
    targets.add("44.published", f"{len(found['taken'])} reloads, {slowest:.1f} s at most",
                f"{options.reloads} reloads, <= {RELOAD_SECONDS_MAX} s", slowest <= RELOAD_SECONDS_MAX)
    targets.finish(options.check)


if __name__ == "__main__":
    main()
