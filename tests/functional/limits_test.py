"""Row 7 over HTTP and files, and the bounds of a request."""

import time

from lulld import wait_for


def test_bombs_are_refused_and_nobody_notices(lulld):
    lulld.start()
    bombs = {
        "deep.json": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "deep.yaml": b"a: " + b"[" * 100_000 + b"]" * 100_000 + b"\n",
        "laughs.yaml": b"a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + b"".join(
            f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n".encode() for n in range(1, 10)),
        "self.yaml": b"a: &a [*a]\n",
    }
    for name, content in bombs.items():
        (lulld.documents / name).write_bytes(content)
        errors = lulld.wait_refused("config")
        assert errors[0]["file"].endswith(name)
        assert lulld.get("/v1/config/payment/db/pool").json == 5
        (lulld.documents / name).unlink()
        lulld.wait_healed("config")


def test_deep_json_in_a_body(lulld):
    lulld.start()
    for body in (b"[" * 100_000, b'{"keys":' + b"[" * 100_000 + b"]" * 100_000 + b"}"):
        begin = time.monotonic()
        reply = lulld.request("POST", "/v1:batch", body, {"Content-Type": "application/json"})
        assert reply.status == 400
        assert time.monotonic() - begin < 1


def test_request_bounds(lulld):
    lulld.configure(extra="limits: {target_bytes_max: 256, header_bytes_max: 1024, request_body_bytes_max: 100}")
    lulld.start()
    assert lulld.get("/v1/config/" + "x" * 300).status == 414
    assert lulld.get("/v1/config/payment", {"X-Large": "x" * 2000}).status == 431
    reply = lulld.request("POST", "/v1:batch", b"x" * 200, {"Content-Type": "application/json"})
    assert reply.status == 413
    assert reply.headers["content-type"] == "application/problem+json"


def test_too_many_keys_in_a_batch(lulld):
    lulld.start()
    reply = lulld.post("/v1:batch", {"keys": ["inventory/SKU-1"] * 5000})
    assert reply.status in (400, 413) and "1000" in reply.json["detail"]


def test_connections_beyond_the_bound_get_503(lulld):
    lulld.configure(extra="limits: {connections_max: 10}")
    lulld.start()
    held = [lulld.socket() for _ in range(10)]
    wait_for(lambda: _status(lulld) == b"503", "503 beyond the bound")
    for connection in held:
        connection.close()
    wait_for(lambda: _status(lulld) == b"200", "200 again")


def _status(server):
    try:
        with server.socket() as connection:
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return connection.recv(64).split(b" ")[1]
    except (OSError, IndexError):
        return b""
