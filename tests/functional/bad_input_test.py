"""Each mistake gets a message of its own, at the start as in a reload, and in a reload nothing is lost."""

import socket
import subprocess

import pytest

from lulld import BIN


def start_fails(server, *flags):
    done = subprocess.run([BIN / "lulld", "--config", server.config, *flags], capture_output=True, text=True,
                          timeout=30, check=False)
    assert done.returncode == 1, done.stderr
    return done.stderr


def test_missing_configuration(lulld):
    lulld.config.unlink()
    error = start_fails(lulld)
    assert "service.yaml" in error and "No such file" in error and "--config" in error


def test_broken_configuration(lulld):
    lulld.config.write_text("listen: [\n")
    assert "service.yaml:" in start_fails(lulld)


def test_unknown_keys_name_the_nearest(lulld):
    lulld.configure(extra="limits: {idle_timout_ms: 5}\nretension: {}")
    error = start_fails(lulld)
    assert "did you mean 'idle_timeout_ms'?" in error
    assert "did you mean 'retention'?" in error


def test_port_in_use(lulld):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        error = start_fails(lulld, "--listen", f"127.0.0.1:{port}")
    assert str(port) in error and "in use" in error


def test_unknown_flag_is_a_usage_error(lulld):
    done = subprocess.run([BIN / "lulld", "--lisen", "x"], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2 and "--lisen" in done.stderr


TREE_FAULTS = {
    "not-utf-8": ("bad.yaml", b"a: \xff\n", "UTF-8"),
    "nul": ("bad.yaml", b"a: 1\n\0", "NUL"),
    "two-files": ("payment.json", b"{}", "payment.yaml"),
    "name": ("b d.yaml", b"a: 1\n", "b d"),
    "list": ("bad.json", b"[1]", "object"),
    "deep": ("bad.json", b"[" * 100_000, ""),
    "toml": ("bad.toml", b"a = 1\na = 2\n", "a"),
}
TABLE_FAULTS = {
    "no-key": ("bad.ndjson", b'{"warehouse": "x"}\n', "sku"),
    "key-type": ("bad.ndjson", b'{"sku": 5}\n', "sku"),
    "field-type": ("bad.ndjson", b'{"sku": "A", "available": "many"}\n', "available"),
    "two-records": ("bad.ndjson", b'{"sku": "SKU-1"}\n', "SKU-1"),
    "twice": ("bad.csv", b"sku,available\nA,1\nA,2\n", "A"),
    "header": ("bad.csv", b"id,available\nA,1\n", "sku"),
    "quote": ("bad.csv", b'sku,available\n"A,1\n', ""),
    "json": ("bad.ndjson", b'{"sku": "A"\n', ""),
    "key-path": ("bad.ndjson", b'{"sku": "../x"}\n', "segment"),
    "not-utf-8": ("bad.csv", b"sku\n\xff\n", "UTF-8"),
}


@pytest.mark.parametrize("name", TREE_FAULTS)
def test_documents(lulld, name):
    refused_at_start_and_in_reload(lulld, lulld.documents, "config", *TREE_FAULTS[name])


@pytest.mark.parametrize("name", TABLE_FAULTS)
def test_records(lulld, name):
    refused_at_start_and_in_reload(lulld, lulld.inventory, "inventory", *TABLE_FAULTS[name])


def refused_at_start_and_in_reload(server, directory, collection, file, content, what):
    server.start()
    before = server.get("/v1/inventory/SKU-1").body, server.get("/v1/config/payment").body
    (directory / file).write_bytes(content)
    errors = server.wait_refused(collection)
    text = str(errors)
    assert what in text and file in text, text
    assert (server.get("/v1/inventory/SKU-1").body, server.get("/v1/config/payment").body) == before
    code, _, check_errors = server.check()
    assert code == 1 and what in check_errors and file in check_errors
    server.stop()
    server.start(ready=False)
    assert what in str(server.wait_refused(collection))
    (directory / file).unlink()
    server.wait_healed(collection)
    assert (server.get("/v1/inventory/SKU-1").body, server.get("/v1/config/payment").body) == before


def test_check_reports_every_error(lulld):
    (lulld.documents / "one.yaml").write_text("a: [\n")
    (lulld.documents / "two.json").write_text("{")
    (lulld.inventory / "three.csv").write_text("sku,available\nA,x\nB,y\n")
    code, _, errors = lulld.check()
    assert code == 1
    for place in ("one.yaml:", "two.json:", "three.csv:2", "three.csv:3"):
        assert place in errors, errors


def test_check_of_good_input(lulld):
    code, out, errors = lulld.check()
    assert (code, errors) == (0, "")
    assert "inventory: 1 entries in 1 files" in out
