"""Starts lulld, asks it, waits for conditions. Nothing here sleeps to order things: it polls with a deadline."""

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

BIN = Path(os.environ.get("LULL_BIN_DIR", Path(__file__).parents[2] / "build/release/bin"))
DEADLINE_SECONDS = 20

CONFIG = """\
listen: 127.0.0.1:0
threads: 2
data_dir: {data_dir}
collections:
  config:
    kind: tree
    profiles: [dev, prod, eu]
    source: {{files: documents}}
  inventory:
    kind: table
    source: {{files: inventory}}
    key: sku
    fields: {{sku: string, warehouse: string, available: integer, price: number}}
    indexes: [warehouse]
    quantity: available
{extra}
"""


class Reply:
    """Status, headers by lower-case name, body."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def revision(self):
        return self.headers.get("lull-revision")


def wait_for(condition, what, seconds=DEADLINE_SECONDS):
    """The first true result of condition(); fails after a deadline."""
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.005)


class Lulld:
    """One server process with its own configuration, documents, inventory and data directory."""

    def __init__(self, directory):
        self.directory = directory
        self.documents = directory / "documents"
        self.inventory = directory / "inventory"
        self.data_dir = directory / "var"
        self.config = directory / "service.yaml"
        self.log_file = directory / "log.txt"
        self.process = None
        self.port = None  # the first that it listens on
        self.addresses = []
        self.admin_address = None
        self.documents.mkdir()
        self.inventory.mkdir()
        self.configure()
        self.document("payment.yaml", "db:\n  url: postgres://one\n  pool: 5\n")
        self.records("articles.ndjson", [{"sku": "SKU-1", "warehouse": "berlin", "available": 5, "price": 1.5}])

    # -- its files

    def configure(self, extra="", text=CONFIG):
        self.config.write_text(text.format(extra=extra, data_dir=self.data_dir))

    def document(self, name, text):
        """Replaces a document by rename, as careful programs do."""
        temporary = self.documents / ("." + name)
        temporary.write_text(text)
        temporary.rename(self.documents / name)

    def records(self, name, records):
        temporary = self.inventory / ("." + name)
        temporary.write_text("".join(json.dumps(record) + "\n" for record in records))
        temporary.rename(self.inventory / name)

    # -- its process

    def start(self, *flags, ready=True, env=None, preexec=None, fds=()):
        """Starts it and waits until it listens; with `ready` until every collection is loaded. `fds` are inherited from
        number 3 on, as a service manager passes them."""
        with open(self.log_file, "ab") as log:
            begin = log.tell()
            command = [BIN / "lulld", "--config", self.config, "--log-format", "json", *flags]
            if fds:
                moved = " ".join(f"{3 + i}<&{fd}" for i, fd in enumerate(fds))
                command = ["bash", "-c", f'LISTEN_PID=$$ LISTEN_FDS={len(fds)} exec "$@" {moved}', "bash", *command]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=preexec,
                                            pass_fds=fds, env={**os.environ, **(env or {})})
        wait_for(lambda: self._listening(begin), "lulld listens")
        if ready:
            wait_for(lambda: self.get("/readyz").status == 200, "/readyz is 200")
        return self

    def _listening(self, begin):
        assert self.process.poll() is None, f"lulld ended with {self.process.returncode}:\n{self.log()}"
        for event in self.events(begin):
            if event.get("message") == "serving":
                self.addresses = event["address"].split(",")
                self.admin_address = event["admin_address"]
                ports = [int(address.rsplit(":", 1)[1]) for address in self.addresses if address[-1].isdigit()]
                self.port = ports[0] if ports else None
                return True
        return False

    def events(self, begin=0):
        """The log's lines as objects."""
        out = []
        for line in self.log_file.read_bytes()[begin:].decode().splitlines():
            if line.startswith("{"):
                try:
                    out.append(json.loads(line))
                except json.JSONDecodeError:
                    pass  # the last line may be half-written
        return out

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, seconds=10):
        """SIGTERM; returns the exit code."""
        self.signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def log(self):
        return self.log_file.read_text() if self.log_file.exists() else ""

    def run(self, *flags):
        """Runs another that is expected to end by itself; returns (exit code, standard output, standard error)."""
        done = subprocess.run([BIN / "lulld", "--config", self.config, *flags],
                              capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr

    def check(self, *flags):
        return self.run("--check", *flags)

    def ctl(self, *arguments):
        done = subprocess.run([BIN / "lullctl", *arguments], capture_output=True, text=True, timeout=60, check=False,
                              env={**os.environ, "LULL_SERVER": f"http://127.0.0.1:{self.port}"})
        return done.returncode, done.stdout, done.stderr

    # -- its answers

    def request(self, method, target, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, target, body=body, headers=headers or {})
            return Reply(connection.getresponse())
        finally:
            connection.close()

    def get(self, target, headers=None):
        return self.request("GET", target, headers=headers)

    def post(self, target, value):
        return self.request("POST", target, json.dumps(value), {"Content-Type": "application/json"})

    def socket(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def status(self, collection=None):
        body = self.get("/admin/v1/status").json
        if collection is None:
            return body
        return next(c for c in body["collections"] if c["name"] == collection)

    def metric(self, name, **labels):
        """The value of one sample of /metrics; 0 if there is none."""
        for line in self.get("/metrics").body.decode().splitlines():
            if line.split("{")[0].split(" ")[0] == name and all(f'{k}="{v}"' in line for k, v in labels.items()):
                return float(line.rsplit(" ", 1)[1])
        return 0.0

    # -- waiting

    def wait_value(self, target, value, seconds=DEADLINE_SECONDS):
        """Waits until a read answers this JSON value."""
        def seen():
            reply = self.get(target)
            return reply if reply.status == 200 and reply.json == value else None
        return wait_for(seen, f"{target} is {value!r}", seconds)

    def wait_refused(self, collection, seconds=DEADLINE_SECONDS):
        """Waits until the collection's source is refused; returns the errors."""
        def refused():
            rejection = self.status(collection)["current_rejection"]
            return rejection and rejection["errors"]
        return wait_for(refused, f"{collection} is refused", seconds)

    def wait_healed(self, collection, seconds=DEADLINE_SECONDS):
        wait_for(lambda: self.status(collection)["current_rejection"] is None, f"{collection} heals", seconds)
