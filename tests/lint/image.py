#!/usr/bin/env python3
"""The Dockerfile and the compose file keep their promises: pinned, not root, nothing writable, no shell tricks."""

import re

import yaml

from sources import ROOT, finish

problems = []
dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
instructions = re.sub(r"\\\n", " ", dockerfile)
stages = re.findall(r"^FROM\s+\S+\s+AS\s+(\S+)", instructions, re.M | re.I)
for image in re.findall(r"^FROM\s+(\S+)", instructions, re.M | re.I):
    if image not in stages and (":" not in image or image.endswith(":latest")):
        problems.append(f"Dockerfile: {image} names no version")
last = instructions[instructions.upper().rindex("\nFROM"):]
user = re.search(r"^USER\s+(\S+)", last, re.M)
if not user or not re.fullmatch(r"[1-9]\d*(:[1-9]\d*)?", user.group(1)):
    problems.append("Dockerfile: the last stage needs USER with a number above 0, which Kubernetes can check")
for instruction in ("HEALTHCHECK", "ENTRYPOINT"):
    if not re.search(rf"^{instruction}\b", last, re.M):
        problems.append(f"Dockerfile: the last stage has no {instruction}")
for pattern, reason in [(r"curl[^\n]*\|\s*(ba)?sh", "runs what it downloads"), (r"^ADD\s", "use COPY"),
                        (r"apt-get install(?![^\n]*--no-install-recommends)", "--no-install-recommends is missing")]:
    if re.search(pattern, instructions, re.M):
        problems.append(f"Dockerfile: {reason}")

services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
for name, service in services.items():
    if "build" not in service and not re.search(r":v?\d[\w.-]*$", service.get("image", "")):
        problems.append(f"docker-compose.yml: {name} names no version of its image")
    if not service.get("read_only") or service.get("cap_drop") != ["ALL"]:
        problems.append(f"docker-compose.yml: {name} needs read_only: true and cap_drop: [ALL]")
    if "no-new-privileges:true" not in service.get("security_opt", []):
        problems.append(f"docker-compose.yml: {name} needs no-new-privileges:true")
finish(problems, services)
