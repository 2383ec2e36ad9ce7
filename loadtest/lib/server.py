"""Starts the servers that are measured, stops them, and reads what CPU they used."""

import contextlib
import http.client
import json
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / "build/release/bin"
DEADLINE_SECONDS = 60
# What make_inventory writes, as a collection of service.yaml.
INVENTORY = """\
  inventory:
    kind: table
    source: {files: inventory}
    key: sku
    fields: {sku: string, warehouse: string, available: integer, price: number}
    indexes: [warehouse]
    quantity: available
"""

# A load test that is told to end leaves by its `with` blocks, and so stops its servers.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def cpu_seconds(pid):
    """CPU time of a process, its living threads and its children (nginx's worker), in nanosecond steps."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    own = sum(int((task / "schedstat").read_text().split()[0])
              for task in pathlib.Path(f"/proc/{pid}/task").iterdir())
    return own / 1e9 + sum(cpu_seconds(int(child)) for child in children)


def free_ports(count):
    """Ports that were free a moment ago, for servers that cannot choose one themselves and say which."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def wait_for(condition, what, process=None):
    """The first true result of condition(); SystemExit after a deadline, or when the process has ended."""
    end = time.monotonic() + DEADLINE_SECONDS
    while not (result := condition()):
        if process and process.poll() is not None:
            raise SystemExit(f"error: {what}: the process ended with {process.returncode}")
        if time.monotonic() > end:
            raise SystemExit(f"error: not within {DEADLINE_SECONDS} s: {what}")
        time.sleep(0.01)
    return result


def listens(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextlib.contextmanager
def running(command, core=None, **options):
    """A process, on one core if that is said; ended with the block."""
    pinned = [] if core is None else ["taskset", "-c", str(core)]
    process = subprocess.Popen([*pinned, *map(str, command)], stdin=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def sample(directory):
    """A copy of the sample in config/, which the load test may change. Returns its service.yaml."""
    shutil.copytree(ROOT / "config", directory / "config")
    return directory / "config/service.yaml"


@contextlib.contextmanager
def work_directory():
    with tempfile.TemporaryDirectory(prefix="lull-load-") as name:
        yield pathlib.Path(name)


class Lulld:
    """A lulld that has loaded everything and answers on 127.0.0.1:port."""

    def __init__(self, process, port):
        self.process, self.port = process, port
        self.url = f"http://127.0.0.1:{port}"

    def cpu_seconds(self):
        return cpu_seconds(self.process.pid)


def log_events(log):
    for line in log.read_text().splitlines():
        with contextlib.suppress(json.JSONDecodeError):
            yield json.loads(line)


@contextlib.contextmanager
def lulld(binaries, config, *flags, core=None):
    """Runs lulld on a free port with this service.yaml; `data_dir` is beside it."""
    log = config.with_name("lulld.log")
    command = [pathlib.Path(binaries) / "lulld", "--config", config, "--listen", "127.0.0.1:0",
               "--data-dir", config.with_name("data"), "--log-format", "json", *flags]
    with open(log, "wb") as file, running(command, core, stdout=file, stderr=file) as process:
        def address():
            return next((event["address"] for event in log_events(log) if event.get("message") == "serving"), None)

        def ready():
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200

        try:
            port = int(wait_for(address, "lulld listens", process).rsplit(":", 1)[1])
            wait_for(ready, "lulld has loaded everything", process)
        except SystemExit as failure:
            raise SystemExit(f"{failure}\n{log.read_text()}") from None
        yield Lulld(process, port)
