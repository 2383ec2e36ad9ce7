"""Where lulld listens: several addresses, Unix domain sockets, sockets from the service manager, operations apart."""

import http.client
import socket
import threading

import pytest

from lulld import wait_for


class Client(http.client.HTTPConnection):
    """Over a Unix domain socket, or to HOST:PORT."""

    def __init__(self, address):
        self.path = address.removeprefix("unix:") if address.startswith("unix:") else None
        host, _, port = ("localhost", "", "0") if self.path else address.rpartition(":")
        super().__init__(host.strip("[]"), int(port), timeout=20)

    def connect(self):
        if self.path is None:
            return super().connect()
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def get(address, target):
    client = Client(address)
    try:
        client.request("GET", target)
        reply = client.getresponse()
        return reply.status, reply.read()
    finally:
        client.close()


def test_several_addresses_serve_the_same(lulld):
    path = f"unix:{lulld.directory}/lull.sock"
    lulld.config.write_text(lulld.config.read_text().replace("listen: 127.0.0.1:0", f"listen: ['{path}', 127.0.0.1:0, '[::1]:0']"))
    lulld.start()
    assert lulld.addresses[0] == path and len(lulld.addresses) == 3
    assert [get(address, "/v1/config/payment/db/pool") for address in lulld.addresses] == [(200, b"5")] * 3
    assert lulld.stop() == 0
    assert not (lulld.directory / "lull.sock").exists()


def test_lullctl_asks_a_path_too(lulld):
    lulld.start("--listen", f"127.0.0.1:0,unix:{lulld.directory}/lull.sock")
    code, out, _ = lulld.ctl("--server", f"unix:{lulld.directory}/lull.sock", "get", "config/payment/db/pool")
    assert (code, out.strip()) == (0, "5")
    code, _, errors = lulld.ctl("--server", f"unix:{lulld.directory}/nothing.sock", "status")
    assert code != 0 and "no answer from unix:" in errors and "is lulld running there?" in errors
    code, _, errors = lulld.ctl("--server", "unix:", "status")
    assert code != 0 and "is not a server's address" in errors


def test_a_flag_takes_several_separated_by_commas(lulld):
    lulld.start("--listen", f"127.0.0.1:0,unix:{lulld.directory}/a.sock")
    assert [get(address, "/livez")[0] for address in lulld.addresses] == [200, 200]


def test_a_killed_servers_path_is_taken_over_and_a_living_ones_is_not(lulld):
    path = lulld.directory / "lull.sock"
    lulld.start("--listen", f"unix:{path},127.0.0.1:0")
    lulld.kill()
    assert path.exists()
    lulld.start("--listen", f"unix:{path},127.0.0.1:0")
    assert get(f"unix:{path}", "/livez")[0] == 200
    code, _, errors = lulld.run("--listen", f"unix:{path}", "--data-dir", str(lulld.directory / "other"))
    assert code == 1 and "the path is already in use" in errors
    assert get(f"unix:{path}", "/livez")[0] == 200


def test_an_address_that_is_none_is_refused_with_its_line(lulld):
    lulld.config.write_text(lulld.config.read_text().replace("listen: 127.0.0.1:0", "listen: [127.0.0.1:0, nowhere]"))
    code, _, errors = lulld.check()
    assert code == 1 and "service.yaml:1" in errors and "'nowhere' is not an address to listen on" in errors
    code, _, errors = lulld.run("--listen", "systemd")
    assert code == 1 and "systemd: it has passed no sockets" in errors


def test_operations_apart(lulld):
    lulld.start("--admin-listen", "127.0.0.1:0")
    admin, (data,) = lulld.admin_address, lulld.addresses
    for target in ("/metrics", "/admin/v1/status"):
        assert get(admin, target)[0] == 200
        status, body = get(data, target)
        assert status == 404 and b"operations are at admin_listen" in body
    for target in ("/livez", "/readyz"):
        assert get(admin, target)[0] == get(data, target)[0] == 200
    assert get(admin, "/v1")[0] == 404
    assert get(data, "/v1")[0] == 200
    assert b'http_server_request_duration_seconds_count{' in get(admin, "/metrics")[1], "those of the data's server"


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_UNIX], ids=["port", "path"])
def test_a_restart_by_the_service_manager_loses_no_request(lulld, family):
    """The manager holds the socket: what comes while no server runs waits in its queue for the next one."""
    with socket.socket(family, socket.SOCK_STREAM) as held:
        held.bind(("127.0.0.1", 0) if family == socket.AF_INET else str(lulld.directory / "held.sock"))
        held.listen(4096)
        address = f"unix:{lulld.directory}/held.sock" if family == socket.AF_UNIX else "127.0.0.1:%d" % held.getsockname()[1]
        replies, failures, ended = [], [], threading.Event()

        def ask():
            while not ended.is_set():
                try:
                    replies.append(get(address, "/v1/config/payment/db/pool"))
                except (OSError, http.client.HTTPException) as error:
                    failures.append(repr(error))

        def start():
            lulld.start("--listen", "systemd", fds=(held.fileno(),), ready=False)

        start()
        assert lulld.addresses == ["systemd"]
        wait_for(lambda: get(address, "/readyz")[0] == 200, "it has loaded everything")
        clients = [threading.Thread(target=ask) for _ in range(4)]
        for client in clients:
            client.start()
        try:
            for _ in range(3):
                before = len(replies)
                while len(replies) < before + 200:
                    assert not failures
                assert lulld.stop() == 0
                start()
        finally:
            ended.set()
            for client in clients:
                client.join()
    assert failures == []
    assert set(replies) == {(200, b"5")}, "a start with its last-known-good has nothing to wait for"
