"""The command line client against the real server: answers, formats and exit codes."""

import json
import subprocess

import pytest

from lulld import BIN, wait_for


@pytest.fixture
def server(lulld):
    lulld.document("payment-prod.yaml", "db: {url: prod}\n")
    return lulld.start()


def test_get(server):
    assert server.ctl("get", "config/payment/db/url") == (0, '"postgres://one"\n', "")
    assert server.ctl("get", "config/payment/db/url", "--raw") == (0, "postgres://one\n", "")
    assert server.ctl("get", "config/payment/db", "-p", "prod")[1] == '{"pool":5,"url":"prod"}\n'
    out = server.ctl("get", "config/payment", "-p", "prod", "--explain")[1]
    assert "payment-prod.yaml:1" in out and "/db/url" in out


def test_get_errors_have_exit_codes(server):
    code, out, errors = server.ctl("get", "config/none")
    assert (code, out) == (3, "") and "lullctl:" in errors
    assert server.ctl("get", "config/payment", "-p", "staging")[0] == 1
    assert server.ctl("get")[0] == 2
    assert server.ctl("--server", "nonsense", "status")[0] == 2
    code, _, errors = server.ctl("--server", "http://127.0.0.1:1", "status")
    assert code == 4 and "--server" in errors


def test_yaml_is_yaml(server):
    text = server.ctl("-o", "yaml", "get", "config/payment")[1]
    server.document("copy.yaml", text)
    server.wait_value("/v1/config/copy", {"db": {"pool": 5, "url": "postgres://one"}})


def test_list(server):
    server.records("more.ndjson", [{"sku": f"M{n:04}", "warehouse": "lyon", "available": n} for n in range(1500)])
    wait_for(lambda: server.status("inventory")["entries"] == 1501, "the records are there")
    code, out, errors = server.ctl("list", "inventory", "--where", "warehouse=lyon")
    assert code == 0 and out.startswith("KEY") and len(out.splitlines()) == 101 and "--all" in errors
    body = json.loads(server.ctl("-o", "json", "list", "inventory", "--all", "--values")[1])
    assert len(body["items"]) == 1501 and body["items"][-1]["value"]["sku"] == "SKU-1"
    assert "inventory" in server.ctl("list")[1] and "table" in server.ctl("list")[1]


def test_status(server):
    code, out, _ = server.ctl("status")
    assert code == 0 and "inotify" in out and "\033[" not in out, "no colours without a terminal"
    (server.documents / "bad.yaml").write_text("a: [\n")
    server.wait_refused("config")
    assert "bad.yaml:" in server.ctl("status")[1]
    assert json.loads(server.ctl("-o", "json", "status")[1])["revision"]


def test_check_offline(server):
    good = server.ctl("check", str(server.directory))
    assert good[0] == 0 and "ok" in good[1]
    (server.documents / "bad.yaml").write_text("a: [\n")
    code, out, errors = server.ctl("-o", "json", "check", str(server.config))
    assert code == 1 and "bad.yaml:" in errors
    assert json.loads(out)["errors"][0]["file"].endswith("bad.yaml")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(server, shell):
    code, out, _ = server.ctl("completion", shell)
    assert code == 0 and "lullctl" in out
    if shell == "bash":
        words = subprocess.run(
            ["bash", "-c", out + "COMP_WORDS=(lullctl st); COMP_CWORD=1; _lullctl; echo ${COMPREPLY[@]}"],
            capture_output=True, text=True, check=True).stdout
        assert words == "status\n"


def test_help_and_version():
    for program in ("lulld", "lullctl"):
        text = subprocess.run([BIN / program, "--help"], capture_output=True, text=True, check=True).stdout
        assert program in text and "Usage" in text
        assert subprocess.run([BIN / program, "--version"], capture_output=True, text=True, check=True).stdout
