"""Runs wrk and reads what it prints."""

import re
import subprocess

UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


class Result:
    def __init__(self, output):
        self.requests = int(re.search(r"(\d+) requests in", output).group(1))
        self.rate = float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1))
        number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s|m)", output).groups()
        self.p99_ms = float(number) * UNITS[unit]


def wrk(url, connections, seconds, core=None, script=()):
    """One run with one thread; SystemExit if any reply was not a 2xx."""
    pinned = [] if core is None else ["taskset", "-c", str(core)]
    command = [*pinned, "wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency", *script[:2], url, *script[2:]]
    output = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise SystemExit(f"error: {output}")
    return Result(output)
