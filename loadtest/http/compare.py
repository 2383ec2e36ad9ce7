#!/usr/bin/env python3
"""Server CPU per request of lulld for a single key, beside its HTTP layer with nothing behind it, a bare epoll
responder and nginx `return 200`.

All serve a body of 200 bytes from one thread on core 0; wrk drives them from core 1, in alternated rounds.
"""

import argparse
import contextlib
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
from report import Targets, inputs, median, table  # noqa: E402
from server import BIN, cpu_seconds, free_ports, listens, lulld, running, wait_for, work_directory  # noqa: E402
from wrk import wrk  # noqa: E402

TARGET = "/v1/config/payment-service/db/url"
BODY = '"' + "x" * 198 + '"'
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
LULLD = """\
listen: 127.0.0.1:0
threads: 1
collections:
  config: {kind: tree, source: {files: documents}}
"""
GOAL = 1.10


def servers(stack, work, binaries):
    """Starts all four; (process id, port) by name."""
    (work / "documents").mkdir()
    (work / "documents/payment-service.yaml").write_text(f"db:\n  url: {BODY}\n")
    (work / "service.yaml").write_text(LULLD)
    own = stack.enter_context(lulld(binaries, work / "service.yaml", core=0))
    started = {"lulld": (own.process.pid, own.port)}
    ports = dict(zip(("layer", "floor", "nginx"), free_ports(3)))
    (work / "nginx.conf").write_text(NGINX.format(dir=work, port=ports["nginx"], body=BODY))
    commands = {"layer": [binaries / "fixed_server", ports["layer"]],
                "floor": [binaries / "bare_epoll", ports["floor"]],
                "nginx": ["nginx", "-p", work, "-c", work / "nginx.conf"]}
    for name, command in commands.items():
        process = stack.enter_context(running(command, 0, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        wait_for(lambda port=ports[name]: listens(port), f"{name} listens", process)
        started[name] = (process.pid, ports[name])
    return started


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=BIN, help="where the servers are")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--check", action="store_true", help="exit 1 when the target is missed")
    options = parser.parse_args()

    with contextlib.ExitStack() as stack:
        work = stack.enter_context(work_directory())
        started = servers(stack, work, options.bin)
        micros = {name: [] for name in started}
        inputs(url=TARGET, connections=options.connections, body=f"{len(BODY)} bytes",
               rounds=f"{options.rounds} of {options.seconds} s")
        for turn in range(options.rounds):
            names = list(started)
            shift = turn % len(names)
            for name in names[shift:] + names[:shift]:
                pid, port = started[name]
                before = cpu_seconds(pid)
                result = wrk(f"http://127.0.0.1:{port}{TARGET}", options.connections, options.seconds, core=1)
                micros[name].append((cpu_seconds(pid) - before) / result.requests * 1e6)

    ratios = {name: {other: median([a / b for a, b in zip(micros[name], micros[other])]) for other in ("floor", "nginx")}
              for name in micros}
    table(["", "us CPU a request", "least", "most", "x floor", "x nginx"],
          [[name, f"{median(values):.2f}", f"{min(values):.2f}", f"{max(values):.2f}",
            *(f"{ratio:.2f}" for ratio in ratios[name].values())] for name, values in micros.items()])
    targets = Targets()
    ratio = ratios["lulld"]["nginx"]
    targets.add("http.cpu_by_nginx", f"{ratio:.2f}x", f"<= {GOAL:.2f}x", ratio <= GOAL)
    targets.finish(options.check)


if __name__ == "__main__":
    main()
