#!/usr/bin/env python3
"""Server CPU per request of the HTTP layer, beside a bare epoll responder and nginx `return 200`.

All three serve the same reply bytes from core 0; wrk drives them from core 1, in alternated rounds.
Needs wrk, nginx and a build:  loadtest/http/compare.py build/release/bin [--rounds 5] [--connections 32]
"""
import argparse
import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

BODY = "x" * 200
NGINX = """
worker_processes 1; daemon off; pid {dir}/pid; error_log {dir}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; server_tokens off; keepalive_requests 1000000000;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      default_type application/json;
      add_header Lull-Revision 4be1.7; add_header Cache-Control no-cache;
      add_header ETag '"0123456789abcdef0123456789abcdef"';
      return 200 '{body}';
    }}
  }}
}}
"""


def cpu_seconds(pid: int) -> float:
    """CPU time of a process, its threads and its children (nginx's worker), in nanosecond steps."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    own = sum(int((task / "schedstat").read_text().split()[0])
              for task in pathlib.Path(f"/proc/{pid}/task").iterdir())
    return own / 1e9 + sum(cpu_seconds(int(child)) for child in children)


def wrk(port: int, options: argparse.Namespace) -> int:
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{options.connections}", f"-d{options.seconds}",
               f"http://127.0.0.1:{port}/v1/config/payment-service/db/url"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise SystemExit(output)
    return int(re.search(r"(\d+) requests in", output).group(1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bin", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--check", action="store_true", help="exit 1 when the target is missed")
    options = parser.parse_args()

    work = tempfile.mkdtemp(prefix="lull-compare-")
    pathlib.Path(work, "nginx.conf").write_text(NGINX.format(dir=work, port=18433, body=BODY))
    commands = {"floor": (18432, [options.bin / "bare_epoll", "18432"]),
                "lull": (18431, [options.bin / "fixed_server", "18431"]),
                "nginx": (18433, ["nginx", "-p", work, "-c", f"{work}/nginx.conf"])}
    servers = {name: subprocess.Popen(["taskset", "-c", "0", *command], stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL)
               for name, (_, command) in commands.items()}
    micros = {name: [] for name in commands}
    try:
        time.sleep(1)
        for turn in range(options.rounds):
            names = list(commands)
            for name in names[turn % 3:] + names[:turn % 3]:
                before = cpu_seconds(servers[name].pid)
                requests = wrk(commands[name][0], options)
                micros[name].append((cpu_seconds(servers[name].pid) - before) / requests * 1e6)
    finally:
        for server in servers.values():
            server.terminate()

    print(f"one core, {options.connections} connections, 200-byte body, {options.rounds} rounds of "
          f"{options.seconds} s, load average {os.getloadavg()[0]:.1f}")
    for name, values in micros.items():
        print(f"{name:6} {statistics.median(values):6.2f} us CPU a request "
              f"({min(values):.2f} to {max(values):.2f})")
    ratio = {name: statistics.median(a / b for a, b in zip(micros["lull"], micros[name]))
             for name in ("floor", "nginx")}
    holds = ratio["nginx"] <= 1.10
    print(f"lull/floor: {ratio['floor']:.2f}x")
    print(f"lull/nginx: {ratio['nginx']:.2f}x (goal <= 1.10x) {'holds' if holds else 'short'}")
    if options.check and not holds:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
