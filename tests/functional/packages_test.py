"""Real data: every package that this machine's apt knows, written as NDJSON, as a JSON array and as CSV, and compared record
by record with what is served: whole, by index, by key, after a day's changes, and after a start without its source.
"""

import contextlib
import csv
import http.client
import itertools
import json
import random
import sqlite3
from urllib.parse import quote

import apt_lists
import pytest
from apt_lists import BOOLEANS, INTEGERS, canonical
from lulld import Lulld, Reply, wait_for

COLLECTION = """\
  {name}:
    kind: table
    source: {{files: {name}}}
    key: id
    fields: {{id: string, Section: string, Priority: string, {typed}}}
    indexes: [Section, Priority, Essential]
"""
TYPED = ", ".join([f"{name}: integer" for name in INTEGERS] + [f"{name}: boolean" for name in BOOLEANS])
SEED = 20261127


def configure(server, *names):
    server.config.write_text(f"listen: 127.0.0.1:0\nthreads: 2\ndata_dir: {server.data_dir}\ncollections:\n" +
                             "".join(COLLECTION.format(name=name, typed=TYPED) for name in names))


# -- writing

def write(file, lines):
    """Replaces a file by rename."""
    file.parent.mkdir(exist_ok=True)
    written = file.with_name("." + file.name)
    with open(written, "w", encoding="utf-8", newline="") as out:
        out.writelines(lines)
    written.rename(file)


def write_ndjson(file, records):
    write(file, (json.dumps(record, ensure_ascii=False) + "\n" for record in records))


def write_json(file, records):
    """An array over many lines, with all that is not ASCII escaped."""
    write(file, [json.dumps(records, indent=1)])


def columns(records):
    return list(dict.fromkeys(itertools.chain.from_iterable(records)))


def write_csv(file, records):
    file.parent.mkdir(exist_ok=True)
    with open(file, "w", encoding="utf-8", newline="") as out:
        rows = csv.DictWriter(out, columns(records))
        rows.writeheader()
        for record in records:
            rows.writerow({name: str(value).lower() if isinstance(value, bool) else value
                           for name, value in record.items()})


def from_csv(records):
    """What CSV can say of these records: a cell of no text is a field of no text, or none if it is of another type."""
    empty = {name: "" for name in columns(records) if name not in INTEGERS and name not in BOOLEANS}
    return [{**empty, **record} for record in records]


# -- comparing

class Expected:
    """Records in the order in which they are to be served: by the bytes of their keys."""

    def __init__(self, records):
        self.records = sorted(records, key=lambda record: record["id"].encode())
        self.keys = [record["id"] for record in self.records]
        self.text = {record["id"]: canonical(record) for record in self.records}

    def where(self, **conditions):
        return [key for key, record in zip(self.keys, self.records)
                if all(record.get(name) == value for name, value in conditions.items())]

    def groups(self, name):
        """The keys by what the field holds."""
        out = {}
        for record in self.records:
            if name in record:
                out.setdefault(record[name], []).append(record["id"])
        return out


class Client:
    """One connection that stays open; a server that closes it fails the test."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        self.connection.connect()
        self.connection.auto_open = 0

    def get(self, target):
        self.connection.request("GET", target)
        return Reply(self.connection.getresponse())

    def post(self, target, value):
        self.connection.request("POST", target, json.dumps(value), {"Content-Type": "application/json"})
        return Reply(self.connection.getresponse())

    def walk(self, collection, *parameters, limit=1000):
        """Each page's body, of one revision, to the last."""
        after, revision = [], None
        while True:
            reply = self.get(f"/v1/{collection}?" + "&".join([f"limit={limit}", *parameters, *after]))
            assert reply.status == 200, reply.body
            assert revision in (None, reply.revision)
            revision = reply.revision
            yield reply
            if "next" not in reply.json:
                return
            after = ["after=" + reply.json["next"]]


def same_items(reply, keys, text):
    """Compares a page's bytes with those that these keys must give; a difference names its first record."""
    items = [f'{{"key":{canonical(key)}' + (f',"value":{text[key]}}}' if text else "}") for key in keys]
    if reply.body.startswith(f'{{"revision":"{reply.revision}","items":[{",".join(items)}]'.encode()):
        return
    for shown, key in itertools.zip_longest(reply.json["items"], keys):
        assert shown["key"] == key
        assert text is None or canonical(shown["value"]) == text[key]
    raise AssertionError("the records are as they should be, but not in canonical form")


def check_walk(client, collection, expected, keys, *parameters, values=True):
    """All pages together have these records, in this order, and nothing else. Returns the headers of each."""
    at, headers = 0, []
    for reply in client.walk(collection, *parameters, *([] if values else ["values=false"])):
        count = len(reply.json["items"])
        same_items(reply, keys[at:at + count], expected.text if values else None)
        headers.append(reply.headers)
        at += count
    assert at == len(keys), f"{at} records of {len(keys)}: {collection} {parameters}"
    return headers


def check_indexes(client, collection, expected, values):
    for section, keys in expected.groups("Section").items():
        check_walk(client, collection, expected, keys, "where.Section=" + quote(section, safe=""), values=values)
    for priority, keys in expected.groups("Priority").items():
        check_walk(client, collection, expected, keys, "where.Priority=" + quote(priority, safe=""), values=False)


# -- the tests

@pytest.fixture(scope="module", name="lists")
def fixture_lists():
    return apt_lists.read()


@pytest.fixture(scope="module", name="records")
def fixture_records(lists):
    return list(itertools.chain.from_iterable(lists))


@pytest.fixture(scope="module", name="server")
def fixture_server(tmp_path_factory, lists, records):
    """The same records three times: a file for each of apt's lists, a JSON array, a CSV file."""
    server = Lulld(tmp_path_factory.mktemp("packages"))
    for number, one in enumerate(lists):
        write_ndjson(server.directory / f"ndjson/{number}.ndjson", one)
    write_json(server.directory / "json/packages.json", records)
    write_csv(server.directory / "csv/packages.csv", records)
    configure(server, "ndjson", "json", "csv")
    server.start()
    yield server
    server.kill()
    print(server.log())


@pytest.fixture(scope="module", name="expected")
def fixture_expected(records):
    same = Expected(records)
    return {"ndjson": same, "json": same, "csv": Expected(from_csv(records))}


@pytest.mark.parametrize("collection", ["ndjson", "json", "csv"])
def test_all_records_are_served_as_they_were_written(server, expected, collection):
    want = expected[collection]
    assert server.status(collection)["entries"] == len(want.keys)
    assert server.status(collection)["records_parsed"] == len(want.keys)
    check_walk(Client(server), collection, want, want.keys)


def test_the_same_records_have_the_same_hash_in_any_format(server):
    assert server.status("ndjson")["content_hash"] == server.status("json")["content_hash"]
    assert server.status("ndjson")["content_hash"] != server.status("csv")["content_hash"], "CSV adds empty fields"


@pytest.mark.parametrize("collection", ["ndjson", "csv"])
def test_each_index_lists_what_a_grouping_lists(server, expected, collection):
    client, want = Client(server), expected[collection]
    check_indexes(client, collection, want, values=collection == "ndjson")
    check_walk(client, collection, want, want.where(Essential=True), "where.Essential=true")
    both = want.where(Section="libs", Priority="required")
    assert both
    check_walk(client, collection, want, both, "where.Section=libs", "where.Priority=required")
    check_walk(client, collection, want, [], "where.Section=no-such-section")


def test_prefixes(server, expected):
    client, want = Client(server), expected["ndjson"]
    for prefix in ("lib", "g++", "0ad/", "python3-p", "zz-none"):
        keys = [key for key in want.keys if key.startswith(prefix)]
        check_walk(client, "ndjson", want, keys, "prefix=" + quote(prefix, safe=""))


def test_single_records_by_keys_as_they_are_and_percent_encoded(server, expected):
    """Versions have `+`, `~` and `:`, names have `+`."""
    client, want, draw = Client(server), expected["ndjson"], random.Random(SEED)
    sample = draw.sample(want.keys, 300)
    for mark in "+~:":
        marked = [key for key in want.keys if mark in key]
        sample += draw.sample(marked, 100)
    for key in sample:
        everything = "".join(f"%{byte:02X}" for byte in key.encode())
        for written in (quote(key, safe="/+~:"), quote(key, safe="/"), quote(key, safe=""), everything):
            reply = client.get(f"/v1/ndjson/{written}")
            assert (reply.status, reply.body.decode()) == (200, want.text[key]), written
        assert client.get(f"/v1/ndjson/{quote(quote(key, safe=''))}").status == 404, "decoded once"
    for start in range(0, len(sample), 1000):
        keys = sample[start:start + 1000]
        found = client.post("/v1:batch", {"keys": ["ndjson/" + key for key in keys]}).json["results"]
        assert [(one["key"], canonical(one["value"])) for one in found] == [("ndjson/" + key, want.text[key]) for key in keys]


def a_day_later(lists, draw):
    """Edits 300 records, half of which move to another section, removes 150 and adds 150 new versions. Returns the lists and
    how many lines are new."""
    sections = sorted({record["Section"] for records in lists for record in records if "Section" in record})
    chosen = draw.sample([record["id"] for record in itertools.chain.from_iterable(lists)], 600)
    edited, removed, upgraded = set(chosen[:300]), set(chosen[300:450]), set(chosen[450:])
    out = []
    for records in lists:
        out.append([])
        for record in records:
            if record["id"] in removed:
                continue
            if record["id"] in edited:
                record = {**record, "Installed-Size": record.get("Installed-Size", 0) + 1, "Description": 'a "day"\\ later, é'}
                if draw.random() < 0.5:
                    record["Section"] = draw.choice(sections)
            out[-1].append(record)
            if record["id"] in upgraded:
                version = record["Version"] + "+day~1"
                out[-1].append({**record, "Version": version, "id": f"{record['Package']}/{version}/{record['Architecture']}"})
    return out, len(edited) + len(upgraded)


def keep(server, collection):
    """Stops it when its last-known-good is what it serves. A stop does not wait for that for long: then once more."""
    def kept():
        content_hash = server.status(collection)["content_hash"]
        assert server.stop() == 0
        with contextlib.closing(sqlite3.connect(server.data_dir / "last-good.db")) as db:
            rows = db.execute("SELECT hex(content_hash) FROM good WHERE collection = ?", [collection]).fetchall()
        if rows == [(content_hash.upper(),)]:
            return True
        server.start()
        return False
    wait_for(kept, "the last-known-good is kept")


def test_a_day_of_changes_and_a_start_without_the_source(lulld, lists):
    directory = lulld.directory / "packages"
    for number, records in enumerate(lists):
        write_ndjson(directory / f"{number}.ndjson", records)
    configure(lulld, "packages")
    lulld.start()
    parsed, hash_before = lulld.status("packages")["records_parsed"], lulld.status("packages")["content_hash"]

    changed, new_lines = a_day_later(lists, random.Random(SEED))
    want = Expected(itertools.chain.from_iterable(changed))
    for number, records in enumerate(changed):
        if records != lists[number]:
            write_ndjson(directory / f"{number}.ndjson", records)
    # What is new in each file shows that the file was taken.
    for before, after in zip(lists, changed):
        old = {record["id"]: canonical(record) for record in before}
        new = next((record for record in after if old.get(record["id"]) != canonical(record)), None)
        if new:
            lulld.wait_value("/v1/packages/" + quote(new["id"]), new)
    client = Client(lulld)
    headers = check_walk(client, "packages", want, want.keys)
    assert not any("lull-stale" in one for one in headers)
    check_indexes(client, "packages", want, values=False)
    assert lulld.status("packages")["records_parsed"] - parsed == new_lines, "of a changed file only new lines are parsed"
    content_hash = lulld.status("packages")["content_hash"]
    assert content_hash != hash_before

    keep(lulld, "packages")
    away = directory.rename(directory.with_name("away"))
    lulld.start()
    client = Client(lulld)
    headers = check_walk(client, "packages", want, want.keys)
    assert all(int(one["lull-stale"]) >= 0 for one in headers)
    check_indexes(client, "packages", want, values=False)
    lulld.wait_refused("packages")
    assert lulld.status("packages")["content_hash"] == content_hash

    away.rename(directory)
    wait_for(lambda: lulld.status("packages")["stale_seconds"] is None, "the source is read")
    headers = check_walk(Client(lulld), "packages", want, want.keys)
    assert not any("lull-stale" in one for one in headers)
    assert lulld.status("packages")["content_hash"] == content_hash
