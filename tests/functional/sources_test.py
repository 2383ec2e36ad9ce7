"""What can happen to the files of a watched directory: rows 14 to 18 and 55 of the reliability bar."""

import json
import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from lulld import wait_for

MODES = ["inotify", "polling"]
URL = "/v1/config/payment/db/url"


@pytest.fixture(params=MODES)
def watching(lulld, request):
    """A running server that watches by inotify, and one that polls."""
    polling = "files: {force_polling: true, poll_interval_ms: 50}"
    lulld.configure(extra=polling if request.param == "polling" else "")
    lulld.start()
    assert lulld.status("config")["source"]["mode"] == request.param
    return lulld


def shell(command, directory):
    subprocess.run(["bash", "-euc", command], cwd=directory, check=True, timeout=60, stdin=subprocess.DEVNULL)


@pytest.mark.parametrize("command", [
    "vim -Es -u NONE -N -c '%s/one/two/' -c 'wq' payment.yaml",
    "vim -Es -u NONE -N -c 'set backup writebackup backupcopy=no' -c '%s/one/two/' -c 'wq' payment.yaml",
    "vim -Es -u NONE -N -c 'set backupcopy=yes' -c '%s/one/two/' -c 'wq' payment.yaml",
    "sed -i s/one/two/ payment.yaml",
    "sed s/one/two/ payment.yaml > .new && mv .new payment.yaml",
    "sed s/one/two/ payment.yaml > ../new && mv ../new payment.yaml",
    "sed s/one/two/ payment.yaml > ../new && cp ../new payment.yaml",
    "text=$(sed s/one/two/ payment.yaml); : > payment.yaml; echo \"$text\" > payment.yaml",
    "sed s/one/two/ payment.yaml > payment.yml && rm payment.yaml",
    "sed s/one/two/ payment.yaml > .new && ln -f .new payment.yaml",
], ids=["vim", "vim-backup", "vim-in-place", "sed", "mv", "mv-across", "cp", "truncate-and-write", "other-name", "hard-link"])
def test_every_way_to_change_a_file(watching, command):
    shell(command, watching.documents)
    watching.wait_value(URL, "postgres://two")
    watching.wait_healed("config")
    assert watching.get("/v1/config/payment").json == {"db": {"url": "postgres://two", "pool": 5}}
    assert [d["key"] for d in watching.get("/v1/config?values=false").json["items"]] == ["payment"]


def config_map(directory, generation):
    """One generation of a mounted Kubernetes ConfigMap, swapped in as the kubelet does."""
    data = directory / f"..2026_{generation}"
    data.mkdir()
    for name in ("a", "b", "c"):
        (data / f"{name}.yaml").write_text(f"generation: {generation}\n")
        link = directory / f"{name}.yaml"
        if not link.is_symlink():
            link.symlink_to(f"..data/{name}.yaml")
    (directory / "..data_tmp").symlink_to(data.name)
    (directory / "..data_tmp").rename(directory / "..data")


def test_config_map_swaps_are_never_seen_half(watching):
    keys = {"keys": [f"config/{name}/generation" for name in ("a", "b", "c")]}
    stop = threading.Event()
    mixed = []

    def read():
        while not stop.is_set():
            values = [r.get("value") for r in watching.post("/v1:batch", keys).json["results"]]
            if len(set(values)) != 1:
                mixed.append(values)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for generation in range(1, 41):
            config_map(watching.documents, generation)
            if generation > 2:
                shutil.rmtree(watching.documents / f"..2026_{generation - 2}")
        for name in ("a", "b", "c"):
            watching.wait_value(f"/v1/config/{name}/generation", 40)
    finally:
        stop.set()
        reader.join()
    assert not mixed


def test_directory_removed_and_recreated(watching):
    before = watching.get("/v1/config").json["revision"]
    aside = watching.directory / "aside"
    watching.documents.rename(aside)
    errors = watching.wait_refused("config")
    assert "documents" in json.dumps(errors) and "No such file" in json.dumps(errors)
    assert watching.get(URL).json == "postgres://one", "what was good is still served"
    assert watching.get("/v1/config").json["revision"] == before
    watching.documents.mkdir()
    watching.document("payment.yaml", "db: {url: 'postgres://two'}\n")
    watching.wait_value(URL, "postgres://two")
    watching.wait_healed("config")
    watching.document("payment.yaml", "db: {url: 'postgres://three'}\n")
    watching.wait_value(URL, "postgres://three")


def test_documents_come_and_go(watching):
    watching.document("search.toml", "[index]\nshards = 3\n")
    watching.wait_value("/v1/config/search/index/shards", 3)
    (watching.documents / "search.toml").unlink()
    wait_for(lambda: watching.get("/v1/config/search").status == 404, "the document is gone")


@pytest.mark.parametrize("text,line,what", [
    ("", None, "empty"),
    ("db:\n  url: 'postgres://tw", 2, ""),
    ("db:\n  url: [1, 2\npool: 3\n", 3, "bracket"),
    ("db:\n\turl: x\n", 2, "tab"),
    ("db: 1\ndb: 2\n", 2, "db"),
    ("db:\n  n: 18446744073709551616\n", 2, ""),
    ("base: &b {x: 1}\ndb:\n  <<: *b\n", 3, "<<"),
], ids=["empty", "unterminated", "unclosed", "tab", "duplicate", "too-large", "merge-key"])
def test_a_broken_file_is_refused_whole_with_its_line(lulld, text, line, what):
    lulld.start()
    before = lulld.get("/v1/config/payment")
    (lulld.documents / "other.yaml").write_text("fine: true\n")
    lulld.wait_value("/v1/config/other/fine", True)
    revision = lulld.get("/v1/config/payment").revision
    (lulld.documents / "payment.yaml").write_text(text)
    errors = lulld.wait_refused("config")
    assert errors[0]["file"].endswith("payment.yaml")
    if line:
        assert errors[0]["line"] in (line, line + 1), errors
    assert what in errors[0]["message"].lower() + errors[0].get("hint", "").lower()
    reply = lulld.get("/v1/config/payment")
    assert (reply.body, reply.revision) == (before.body, revision), "the old revision is kept"
    assert lulld.metric("lull_source_rejections_total", collection="config") >= 1
    assert any("payment.yaml" in e.get("error", "") for e in lulld.events())
    lulld.document("payment.yaml", "db: {url: 'postgres://fixed'}\n")
    lulld.wait_value(URL, "postgres://fixed")
    lulld.wait_healed("config")


def test_going_back_to_what_is_served_heals(lulld):
    lulld.start()
    good = (lulld.documents / "payment.yaml").read_text()
    lulld.document("payment.yaml", "db: [\n")
    lulld.wait_refused("config")
    lulld.document("payment.yaml", good)
    lulld.wait_healed("config")


def test_one_broken_file_holds_back_the_others(lulld):
    """A revision is published whole or not at all: also over several files and looks."""
    lulld.start()
    lulld.document("payment.yaml", "db: [\n")
    lulld.wait_refused("config")
    lulld.document("other.yaml", "fine: true\n")
    lulld.signal(1)  # SIGHUP: look at everything again
    wait_for(lambda: any(e.get("signal") == "SIGHUP" for e in lulld.events()), "SIGHUP is logged")
    assert lulld.get("/v1/config/other").status == 404
    lulld.document("payment.yaml", "db: {url: ok}\n")
    lulld.wait_value(URL, "ok")
    assert lulld.get("/v1/config/other/fine").json is True


def test_a_burst_is_one_revision(lulld):
    lulld.start()
    before = int(lulld.get(URL).revision.split(".")[1])
    script = "for i in $(seq 500); do echo \"n: $i\" > burst-$i.yaml; done"
    shell(script, lulld.documents)
    wait_for(lambda: lulld.status("config")["entries"] >= 501, "all 500 are published")
    after = int(lulld.get(URL).revision.split(".")[1])
    assert after - before <= 3, "one revision for a burst, and one more for each 200 ms that it lasted"


def test_endless_events_do_not_delay_forever(lulld):
    lulld.start()
    stop = threading.Event()

    def scribble():
        n = 0
        while not stop.is_set():
            n += 1
            (lulld.documents / "noise.txt").write_text(str(n))

    noise = threading.Thread(target=scribble)
    noise.start()
    try:
        for n in range(5):
            lulld.document("payment.yaml", f"db: {{url: v{n}}}\n")
            lulld.wait_value(URL, f"v{n}", seconds=5)
    finally:
        stop.set()
        noise.join()


def test_odd_files_are_skipped_and_never_hang(lulld):
    d = lulld.documents
    os.mkfifo(d / "pipe.yaml")
    (d / "folder.yaml").mkdir()
    os.mknod(d / "device.yaml", 0o020600, os.makedev(1, 5))  # /dev/zero
    (d / ".hidden.yaml").write_text("broken: [")
    (d / "payment.yaml~").write_text("broken: [")
    (d / "notes.txt").write_text("not ours")
    (d / ".payment.yaml.swp").write_bytes(b"\0")
    lulld.start()
    assert lulld.get(URL).json == "postgres://one"
    assert lulld.status("config")["source"]["files"] == 1
    assert lulld.status("config")["source"]["files_skipped"] >= 6
    os.mkfifo(d / "later.yaml")
    lulld.document("payment.yaml", "db: {url: after}\n")
    lulld.wait_value(URL, "after")


@pytest.mark.parametrize("make", [
    lambda d: (d / "loop.yaml").symlink_to("loop.yaml"),
    lambda d: (d / "dangling.yaml").symlink_to("nowhere.yaml"),
], ids=["loop", "dangling"])
def test_links_that_lead_nowhere_are_refused(lulld, make):
    lulld.start()
    make(lulld.documents)
    errors = lulld.wait_refused("config")
    assert "loop.yaml" in errors[0]["file"] or "dangling.yaml" in errors[0]["file"]
    assert lulld.get(URL).json == "postgres://one"
    next(p for p in lulld.documents.iterdir() if p.is_symlink()).unlink()
    lulld.wait_healed("config")


def test_a_symlink_out_of_the_directory_is_followed(lulld):
    target = lulld.directory / "elsewhere.yaml"
    target.write_text("n: 1\n")
    (lulld.documents / "linked.yaml").symlink_to(target)
    lulld.configure(extra="files: {rescan_interval_ms: 200}")
    lulld.start()
    lulld.wait_value("/v1/config/linked/n", 1)
    target.write_text("n: 2\n")  # makes no event in the watched directory
    lulld.wait_value("/v1/config/linked/n", 2)


@pytest.fixture
def sysctl():
    """Changes a kernel setting and puts it back."""
    changed = {}

    def change(name, value):
        path = Path("/proc/sys") / name
        changed.setdefault(path, path.read_text())
        try:
            path.write_text(str(value))
        except OSError as error:
            pytest.skip(f"{path} cannot be changed here: {error}")

    yield change
    for path, value in changed.items():
        path.write_text(value)


def test_queue_overflow_is_answered_by_a_full_look(lulld, sysctl):
    sysctl("fs/inotify/max_queued_events", 4)
    lulld.start()
    shell("for i in $(seq 2000); do echo \"n: $i\" > burst-$((i % 40)).yaml; done", lulld.documents)
    wait_for(lambda: lulld.get("/v1/config/burst-0/n").status == 200, "the burst is seen")
    for i in range(40):
        last = max(n for n in range(1, 2001) if n % 40 == i)
        lulld.wait_value(f"/v1/config/burst-{i}/n", last, seconds=2)
    assert lulld.status("config")["source"]["overflows"] >= 1


def test_without_inotify_it_polls_and_says_so(lulld, sysctl):
    sysctl("fs/inotify/max_user_instances", 0)
    lulld.configure(extra="files: {poll_interval_ms: 50}")
    lulld.start()
    source = lulld.status("config")["source"]
    assert source["mode"] == "polling" and source["degraded"]
    assert lulld.metric("lull_source_degraded", collection="config") == 1
    lulld.document("payment.yaml", "db: {url: polled}\n")
    lulld.wait_value(URL, "polled")
