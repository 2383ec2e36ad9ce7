"""The command line client against the real server, and against strange ones: answers, formats and exit codes."""

import http.server
import json
import os
import socket
import subprocess
import threading

import pytest

from lulld import BIN, CONFIG, wait_for


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


def test_numbers_keep_their_text(server):
    text = '{"available":1,"price":0.12345678901234567891,"sku":"N-1","warehouse":"lyon"}'
    (server.inventory / "n.ndjson").write_text(text + "\n" + text.replace("N-1", "N-2").replace("0.12345678901234567891", "2.50"))
    wait_for(lambda: server.status("inventory")["entries"] == 3, "the records are there")
    out = server.ctl("-o", "json", "list", "inventory", "--values", "--where", "warehouse=lyon")[1]
    assert text in out and '"price":2.50' in out and json.loads(out)["revision"]
    out = server.ctl("list", "inventory", "--values")[1]
    assert "0.12345678901234567891" in out and "2.50" in out


def test_where_is_encoded(lulld):
    lulld.configure(text=CONFIG.replace("warehouse", '"ware&house"'))
    lulld.records("articles.ndjson", [{"sku": "S", "ware&house": "a b", "available": 1}])
    lulld.start()
    code, out, _ = lulld.ctl("list", "inventory", "--where", "ware&house=a b")
    assert code == 0 and out.splitlines()[1].strip() == "S"


def test_structured_values_are_shown_too(server):
    server.document("long.yaml", "a: {text: '" + "é" * 500 + "'}\n")
    server.wait_value("/v1/config/long/a/text", "é" * 500)
    out = server.ctl("list", "config", "--values")[1].splitlines()
    assert out[0].split() == ["KEY", "VALUE"] and '"text":"é' in out[1] and out[1].endswith("...") and len(out[1]) < 120
    assert '{"db":{"pool":5,"url":"postgres://one"}}' in out[2]


def test_options_may_stand_behind_the_command(server):
    url = f"http://127.0.0.1:{server.port}"
    done = subprocess.run([BIN / "lullctl", "get", "config/payment/db/pool", "-o", "yaml", "--server", url, "--timeout", "5"],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "5\n")
    assert "SKU-1" in server.ctl("list", "inventory", "-o", "json")[1]
    assert server.ctl("list", "status")[0] == 3, "a collection may be named like a command"


def test_deep_documents_as_yaml(server):
    server.document("deep.json", '{"a":' * 62 + "1" + "}" * 62)
    wait_for(lambda: server.get("/v1/config/deep").status == 200, "the document is there")
    for command in (["get", "config/deep"], ["list", "config", "--prefix", "deep", "--values"]):
        out = server.ctl("-o", "yaml", *command)[1]
        assert out.count('"a":') == 62 and "{" not in out


def test_control_characters_do_not_reach_the_terminal(server):
    server.document("evil.json", json.dumps({"text": "x\n\033[31mred\x7f\x9b!"}))
    wait_for(lambda: server.get("/v1/config/evil").status == 200, "the document is there")
    out = server.ctl("list", "config", "--values", "--prefix", "evil")[1]
    assert r"x\u000a\u001b[31mred\u007f\u009b!" in out and len(out.splitlines()) == 2


def test_status(server):
    code, out, _ = server.ctl("status")
    assert code == 0 and "inotify" in out and "\033[" not in out, "no colours without a terminal"
    (server.documents / "bad.yaml").write_text("a: [\n")
    server.wait_refused("config")
    error = server.wait_refused("config")[0]
    assert f"bad.yaml:{error['line']}:{error['column']}: {error['message']}" in server.ctl("status")[1]
    assert json.loads(server.ctl("-o", "json", "status")[1])["revision"]


def test_check_offline(server):
    good = server.ctl("check", str(server.directory))
    assert good[0] == 0 and "ok" in good[1]
    (server.documents / "bad.yaml").write_text("a: [\n")
    code, out, errors = server.ctl("-o", "json", "check", str(server.config))
    assert code == 1 and "bad.yaml:" in errors
    assert json.loads(out)["errors"][0]["file"].endswith("bad.yaml")


def test_check_of_impossible_paths(tmp_path):
    for path in ("a" * 5000, str(tmp_path / "none" / "x"), "/proc/1/root/none"):
        done = subprocess.run([BIN / "lullctl", "check", path], capture_output=True, text=True, check=False)
        assert done.returncode == 1 and "cannot be read" in done.stderr, done


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(server, shell):
    code, out, _ = server.ctl("completion", shell)
    assert code == 0 and "lullctl" in out
    if shell == "bash":
        words = subprocess.run(
            ["bash", "-c", out + "COMP_WORDS=(lullctl st); COMP_CWORD=1; _lullctl; echo ${COMPREPLY[@]}"],
            capture_output=True, text=True, check=True).stdout
        assert words == "status\n"
        words = subprocess.run(
            ["bash", "-c", out + "COMP_WORDS=(lullctl status --); COMP_CWORD=2; _lullctl; echo ${COMPREPLY[@]}"],
            capture_output=True, text=True, check=True).stdout
        assert words == "--server --output --timeout --help\n"


def test_help_and_version():
    for program in ("lulld", "lullctl"):
        text = subprocess.run([BIN / program, "--help"], capture_output=True, text=True, check=True).stdout
        assert program in text and "Usage" in text
        assert subprocess.run([BIN / program, "--version"], capture_output=True, text=True, check=True).stdout


class Stranger(http.server.BaseHTTPRequestHandler):
    """Answers every request with the same status and body, and keeps the requests' Host."""

    def do_GET(self):
        self.server.hosts.append(self.headers["Host"])
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_):
        pass


@pytest.fixture
def stranger():
    servers = []

    def ask(status, body, *arguments, v6=False):
        kind = type("Server", (http.server.ThreadingHTTPServer,), {"address_family": socket.AF_INET6 if v6 else socket.AF_INET})
        server = kind(("::1" if v6 else "127.0.0.1", 0), Stranger)
        servers.append(server)
        server.status, server.body, server.hosts = status, body, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"{'[::1]' if v6 else '127.0.0.1'}:{server.server_port}"
        done = subprocess.run([BIN / "lullctl", "--server", "http://" + address, *arguments],
                              capture_output=True, text=True, timeout=60, check=False, env={**os.environ, "NO_COLOR": "1"})
        assert set(server.hosts) == {address}
        ask.out = done.stdout
        return done.returncode, done.stderr

    yield ask
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("command", [["list"], ["list", "x"], ["status"], ["get", "x", "--explain"], ["list", "x", "-o", "json"]],
                         ids=" ".join)
@pytest.mark.parametrize("body", [b"<html>\033[31mhello</html>", b"[1]", b"", b"\xff", b'{"items":5,"collections":"x","leaves":null}',
                                  b'{"items":[1],"collections":[1],"leaves":[1]}'])
def test_a_strange_answer_is_an_error(stranger, command, body):
    code, errors = stranger(200, body, *command)
    assert code == 4 and "not one of Lull's" in errors and "--server" in errors and "\033" not in errors


@pytest.mark.parametrize("body", [b'{"title":5}', b'{"title":[],"detail":{}}', b"<html>", b""])
def test_a_strange_problem_keeps_its_exit_code(stranger, body):
    code, errors = stranger(404, body, "get", "x")
    assert code == 3 and "the server answered 404" in errors
    assert stranger(500, body, "status")[0] == 4


def test_members_of_other_types_read_as_empty(stranger):
    body = b'{"collections":[{"name":5,"loaded":true,"source":[],"current_rejection":{"errors":[{"line":"x","message":{}}]}}]}'
    assert stranger(200, body, "status")[0] == 0
    assert stranger(200, b'{"items":[{"key":[],"value":7}]}', "list", "x", "--values") == (0, "")


def test_the_state_tells_how_far_a_load_is(stranger):
    load = b'"load":{"phase":"parsing","percent_parsed":42,"bytes":42,"bytes_total":100,"records_parsed":1,"seconds":3.1}'
    body = b'{"collections":[{"name":"inventory","loaded":true,"source":{},' + load + b"}]}"
    assert stranger(200, body, "status")[0] == 0
    assert "loaded, parsing (42% parsed)" in stranger.out


def test_an_ipv6_host_has_brackets(stranger):
    assert stranger(200, b'{"collections":[]}', "list", v6=True)[0] == 0
