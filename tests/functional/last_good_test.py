"""Rows 22, 32 and 45: a start serves what was served before, marked as stale, until its sources have been read; rows that
are damaged are refused, and the sources are read instead. Row 42: a revision never names two contents."""

import contextlib
import hashlib
import http.client
import json
import random
import shutil
import signal
import sqlite3
import threading
import time

from lulld import wait_for


def records(n, version=0):
    return [{"sku": f"SKU-{i}", "warehouse": ["berlin", "lyon", "porto"][i % 3], "available": i + version, "price": 1.5}
            for i in range(n)]


@contextlib.contextmanager
def database(lulld):
    """The file, open only within the block: the server wants it alone."""
    with contextlib.closing(sqlite3.connect(lulld.data_dir / "last-good.db")) as db, db:
        yield db


def kept(lulld):
    """Waits until the file holds what is served; it can be looked at only when the server is not running."""
    assert lulld.stop() == 0
    with database(lulld) as db:
        return {name: parts for name, parts in db.execute("SELECT collection, parts FROM good")}


def hide(directory):
    directory.rename(directory.with_name(directory.name + "-away"))


def show(directory):
    directory.with_name(directory.name + "-away").rename(directory)


def test_with_its_sources_gone_a_start_serves_what_was_served_before(lulld):
    lulld.records("articles.ndjson", records(500))
    lulld.document("payment-prod.yaml", "db: {pool: 9}\n")
    lulld.start()
    before = {path: lulld.get(path) for path in (
        "/v1/config/payment", "/v1/config/payment?profile=prod&explain=true", "/v1/inventory/SKU-17",
        "/v1/inventory?where.warehouse=lyon&limit=1000", "/v1/inventory?limit=1000")}
    assert {reply.status for reply in before.values()} == {200}
    hashes = {c["name"]: c["content_hash"] for c in lulld.status()["collections"]}
    epoch, number = before["/v1/config/payment"].revision.split(".")
    assert kept(lulld).keys() == {"config", "inventory"}
    hide(lulld.documents)
    hide(lulld.inventory)

    lulld.start()
    ready = lulld.get("/readyz")
    assert ready.status == 200
    assert all("stale" in state for state in ready.json["collections"].values()), ready.json
    for path, old in before.items():
        new = lulld.get(path)
        assert new.status == 200
        assert int(new.headers["lull-stale"]) >= 0
        assert new.revision.split(".")[0] == epoch and int(new.revision.split(".")[1]) > int(number)
        assert new.body.replace(new.revision.encode(), old.revision.encode()) == old.body
    assert "lull-stale" in lulld.get("/v1/config/nothing").headers, "what is missing may be there by now"
    assert "lull-stale" in lulld.post("/v1/inventory:check", {"items": [{"key": "SKU-17", "quantity": 1}]}).headers
    assert "lull-stale" in lulld.post("/v1:batch", {"keys": ["config/payment/db/pool"]}).headers
    assert "lull-stale" not in lulld.post("/v1:batch", {"keys": []}).headers
    tag = lulld.get("/v1/config/payment").headers["etag"]
    not_modified = lulld.get("/v1/config/payment", {"If-None-Match": tag})
    assert (not_modified.status, "lull-stale" in not_modified.headers) == (304, True)
    for name in ("config", "inventory"):
        status = lulld.status(name)
        assert status["stale_seconds"] >= 0 and status["content_hash"] == hashes[name]
        assert lulld.metric("lull_collection_stale", collection=name) == 1
        assert any(e.get("collection") == name and "last-known-good" in e["message"] for e in lulld.events())
    lulld.wait_refused("config")

    show(lulld.documents)
    show(lulld.inventory)
    for name in ("config", "inventory"):
        wait_for(lambda: lulld.status(name)["stale_seconds"] is None, f"{name} heals")
        assert lulld.metric("lull_collection_stale", collection=name) == 0
        assert lulld.status(name)["content_hash"] == hashes[name]
    assert "lull-stale" not in lulld.get("/v1/inventory/SKU-17").headers
    # The content is the same: only the mark went.
    assert int(lulld.get("/v1/config/payment").revision.split(".")[1]) == int(number) + 2
    assert set(lulld.get("/readyz").json["collections"].values()) == {"loaded"}
    assert sum("no longer stale" in e["message"] for e in lulld.events()) == 2


def test_what_changed_while_it_was_down_replaces_the_stale_data(lulld):
    lulld.records("articles.ndjson", records(300))
    lulld.start()
    kept(lulld)
    lulld.records("articles.ndjson", records(301, version=7))
    lulld.document("payment.yaml", "db: {pool: 6}\n")
    lulld.start()
    lulld.wait_value("/v1/config/payment/db/pool", 6)
    wait_for(lambda: lulld.get("/v1/inventory/SKU-300").status == 200, "the new record")
    for name in ("config", "inventory"):
        wait_for(lambda: lulld.status(name)["stale_seconds"] is None, f"{name} heals")
    assert lulld.get("/v1/inventory/SKU-0").json["available"] == 7
    kept(lulld)
    hide(lulld.documents)
    hide(lulld.inventory)
    lulld.start()
    assert lulld.get("/v1/inventory/SKU-300").json["available"] == 307
    assert lulld.get("/v1/config/payment/db/pool").json == 6


def test_a_source_that_is_broken_at_the_start_leaves_the_last_known_good(lulld):
    lulld.start()
    kept(lulld)
    lulld.document("payment.yaml", "db: {url: [unfinished\n")
    lulld.start()
    lulld.wait_refused("config")
    reply = lulld.get("/v1/config/payment/db/pool")
    assert (reply.json, "lull-stale" in reply.headers) == (5, True)
    ready = lulld.get("/readyz")
    assert ready.status == 200 and "stale" in ready.json["collections"]["config"]
    assert "refused" in ready.json["collections"]["config"]
    lulld.document("payment.yaml", "db: {pool: 8}\n")
    lulld.wait_value("/v1/config/payment/db/pool", 8)
    wait_for(lambda: lulld.status("config")["stale_seconds"] is None, "it heals")


def corrupt(lulld, sql):
    with database(lulld) as db:
        db.execute(sql)
        assert db.total_changes > 0


def refused(lulld):
    return [e for e in lulld.events() if "last-known-good refused" in e["message"]]


def test_damaged_rows_are_refused_and_the_sources_read_instead(lulld):
    lulld.records("articles.ndjson", records(300))
    lulld.start()
    kept(lulld)
    for count, sql in enumerate((
            "UPDATE part SET bytes = substr(bytes, 1, length(bytes) - 1) WHERE collection = 'inventory'",
            "DELETE FROM part WHERE id IN (SELECT min(id) FROM part WHERE collection = 'inventory')",
            "UPDATE good SET content_hash = zeroblob(32) WHERE collection = 'inventory'",
            "UPDATE good SET declared = zeroblob(32) WHERE collection = 'inventory'"), 1):
        corrupt(lulld, sql)
        lulld.start()
        reply = lulld.get("/v1/inventory/SKU-17")
        assert (reply.status, reply.json["available"], "lull-stale" in reply.headers) == (200, 17, False), sql
        events = refused(lulld)
        assert len(events) == count and events[-1]["collection"] == "inventory" and events[-1]["error"], sql
        kept(lulld)
        # And what is kept now is whole again.
        hide(lulld.inventory)
        lulld.start()
        assert lulld.get("/v1/inventory/SKU-17").json["available"] == 17, sql
        assert len(refused(lulld)) == count
        lulld.stop()
        show(lulld.inventory)


def test_hostile_sizes_under_a_valid_hash_are_refused(lulld):
    lulld.records("articles.ndjson", records(300))
    lulld.start()
    kept(lulld)
    with database(lulld) as db:
        row, data = db.execute("SELECT id, bytes FROM part WHERE collection = 'inventory' LIMIT 1").fetchone()
        hostile = data[:6] + b"\xff\xff\xff\xff\x0f" * 3 + data[9:]
        db.execute("UPDATE part SET bytes = ?, hash = ? WHERE id = ?",
                   (hostile, hashlib.sha256(hostile).digest(), row))
    lulld.start()
    assert lulld.get("/v1/inventory/SKU-17").json["available"] == 17
    events = refused(lulld)
    assert len(events) == 1 and "stored shard" in events[0]["error"]


def test_a_changed_declaration_is_not_served_with_old_index_values(lulld):
    lulld.records("articles.ndjson", records(30))
    lulld.start()
    kept(lulld)
    text = lulld.config.read_text().replace("indexes: [warehouse]", "indexes: [price]")
    lulld.config.write_text(text)
    lulld.start()
    assert "declaration" in refused(lulld)[0]["error"]
    assert len(lulld.get("/v1/inventory?where.price=1.5&limit=100").json["items"]) == 30


def test_killed_at_any_moment_no_revision_names_two_contents(lulld):
    """Kills it again and again while a table and a document change. Each start serves a state that was published
    before, or a newer one; each revision ever seen has one content."""
    seen = {}
    generator = random.Random(4)
    lulld.records("articles.ndjson", records(400))
    lulld.start()
    version = 0
    for _ in range(12):
        stop = threading.Event()

        def watch():
            while not stop.is_set():
                try:
                    status = lulld.status()
                except (OSError, http.client.HTTPException, json.JSONDecodeError):  # it was killed meanwhile
                    return
                loaded = [c["content_hash"] for c in status["collections"]]
                seen.setdefault(status["revision"], set()).add(tuple(loaded))

        watcher = threading.Thread(target=watch)
        watcher.start()
        end = time.monotonic() + generator.uniform(0.05, 0.4)
        while time.monotonic() < end:
            version += 1
            lulld.records("articles.ndjson", records(400, version))
            lulld.document("payment.yaml", f"n: {version}\n")
            time.sleep(0.01)
        lulld.signal(signal.SIGKILL)
        lulld.process.wait()
        stop.set()
        watcher.join()
        lulld.start()
        assert lulld.get("/v1/inventory/SKU-0").status == 200
        assert not refused(lulld), "a crash damages nothing"
        items = lulld.get("/v1/inventory?limit=1000").json["items"]
        generations = {item["value"]["available"] - int(item["key"].removeprefix("SKU-")) for item in items}
        assert len(items) == 400 and len(generations) == 1 and generations.pop() <= version, "one that was written, whole"
    assert all(len(states) == 1 for states in seen.values()), {r: s for r, s in seen.items() if len(s) > 1}
    lulld.wait_value("/v1/config/payment/n", version)
    wait_for(lambda: lulld.get("/v1/inventory/SKU-0").json["available"] == version, "it is up to date")


def test_a_damaged_file_costs_neither_the_start_nor_the_epoch(lulld):
    lulld.records("articles.ndjson", records(3000))
    lulld.start()
    epoch = lulld.get("/v1/inventory/SKU-17").revision.split(".")[0]
    kept(lulld)
    file = lulld.data_dir / "last-good.db"
    data = bytearray(file.read_bytes())
    data[len(data) // 2:len(data) // 2 + 8192] = b"\xff" * 8192
    file.write_bytes(data)
    lulld.start()
    reply = lulld.get("/v1/inventory/SKU-17")
    assert (reply.status, reply.revision.split(".")[0]) == (200, epoch)
    assert any("last-known-good" in e["message"] and e["level"] == "error" for e in lulld.events())
    wait_for(lambda: (lulld.data_dir / "last-good.db.refused").exists(), "it is put aside")
    wait_for(lambda: lulld.status("inventory")["stale_seconds"] is None, "the source is read")
    assert kept(lulld).keys() == {"config", "inventory"}
    hide(lulld.inventory)
    lulld.start()
    assert lulld.get("/v1/inventory/SKU-17").json["available"] == 17


def test_a_directory_that_is_still_empty_does_not_empty_the_collection(lulld):
    """As of a volume that is not mounted yet."""
    lulld.records("articles.ndjson", records(300))
    lulld.start()
    kept(lulld)
    hide(lulld.inventory)
    lulld.inventory.mkdir()
    lulld.start()
    lulld.wait_refused("inventory")
    reply = lulld.get("/v1/inventory/SKU-17")
    assert (reply.status, "lull-stale" in reply.headers) == (200, True)
    assert "no files" in lulld.status("inventory")["current_rejection"]["errors"][0]["message"]
    lulld.records("articles.ndjson", records(2))
    wait_for(lambda: lulld.get("/v1/inventory/SKU-17").status == 404, "the files are there")
    assert "lull-stale" not in lulld.get("/v1/inventory/SKU-1").headers
    kept(lulld)
    (lulld.inventory / "articles.ndjson").unlink()
    (lulld.data_dir / "last-good.db").unlink()
    lulld.start()
    assert lulld.get("/v1/inventory/SKU-1").status == 404, "so it was meant"


def test_what_no_content_hash_covers_is_put_right_by_the_source(lulld):
    """Quantity and index values are derived: rows that have them wrong under a valid hash do not outlive the stale data."""
    lulld.records("articles.ndjson", records(300))
    lulld.start()
    kept(lulld)
    with database(lulld) as db:
        for row, data in db.execute("SELECT id, bytes FROM part WHERE collection = 'inventory'").fetchall():
            wrong = data.replace(b"\x04lyon", b"\x04xxxx")
            db.execute("UPDATE part SET bytes = ?, hash = ? WHERE id = ?", (wrong, hashlib.sha256(wrong).digest(), row))
        assert wrong != data
    for _ in range(2):
        lulld.start()
        wait_for(lambda: lulld.status("inventory")["stale_seconds"] is None, "it heals")
        assert lulld.get("/v1/inventory?where.warehouse=xxxx").json["items"] == []
        assert len(lulld.get("/v1/inventory?where.warehouse=lyon&limit=1000").json["items"]) == 100
        kept(lulld)
    hide(lulld.inventory)
    lulld.start()
    assert len(lulld.get("/v1/inventory?where.warehouse=lyon&limit=1000").json["items"]) == 100


def test_a_table_of_more_than_half_of_the_memory_heals(lulld):
    """The source's table is built on the stale one, not beside it."""
    rows = records(20_000)
    lulld.records("articles.ndjson", rows)
    lulld.start()
    alive = lulld.metric("lull_snapshot_bytes_alive")
    kept(lulld)
    lulld.configure(extra="limits: {snapshot_bytes_alive_max: %d}" % int(alive * 1.3))
    rows[17]["available"] = 99
    lulld.records("articles.ndjson", rows)
    lulld.start()
    wait_for(lambda: lulld.get("/v1/inventory/SKU-17").json["available"] == 99, "the change is served")
    assert "lull-stale" not in lulld.get("/v1/inventory/SKU-17").headers


def test_a_retained_revision_of_stale_data_says_so(lulld):
    lulld.records("articles.ndjson", records(300))
    lulld.start()
    kept(lulld)
    hide(lulld.inventory)
    lulld.start()
    page = lulld.get("/v1/inventory?limit=100")
    assert "lull-stale" in page.headers
    show(lulld.inventory)
    lulld.records("articles.ndjson", records(300, version=1))
    wait_for(lambda: lulld.get("/v1/inventory/SKU-17").json["available"] == 18, "it heals")
    assert "lull-stale" not in lulld.get("/v1/inventory/SKU-17").headers
    old = lulld.get(f"/v1/inventory/SKU-17?revision={page.revision}")
    assert (old.json["available"], "lull-stale" in old.headers) == (17, True)
    assert "lull-stale" in lulld.get(f"/v1/inventory?limit=100&after={page.json['next']}").headers


def test_without_a_data_dir_nothing_is_kept(lulld):
    shutil.rmtree(lulld.data_dir, ignore_errors=True)
    text = lulld.config.read_text().replace(f"data_dir: {lulld.data_dir}\n", "")
    lulld.config.write_text(text)
    lulld.start()
    assert lulld.stop() == 0
    hide(lulld.documents)
    lulld.start(ready=False)
    assert lulld.get("/v1/config/payment").status == 503
