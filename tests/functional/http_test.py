"""Row 2: however a valid request is cut into segments, the reply is the same."""

import re
import socket

import pytest

REQUESTS = [
    b"GET /v1/config/payment HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"HEAD /v1/inventory/SKU-1 HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nConnection: close\r\n\r\n",
    b"GET /v1/inventory?limit=1&where.warehouse=berlin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET /v1/config/none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET /v1/config/payment/db/pool HTTP/1.0\r\n\r\n",
    b"POST /v1:batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 29\r\nConnection: close\r\n\r\n"
    b'{"keys": ["inventory/SKU-1"]}',
    b"POST /v1:batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
    b"Connection: close\r\n\r\n9\r\n{\"keys\": \r\n14\r\n[\"inventory/SKU-1\"]}\r\n0\r\n\r\n",
    b"GET /v1/config/payment/db/url HTTP/1.1\r\nHost: x\r\n\r\n"
    b"POST /v1/inventory:check HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 44\r\n\r\n"
    b'{"items": [{"key": "SKU-1", "quantity": 2}]}'
    b"GET /v1/config/payment HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
]


def exchange(server, parts):
    with server.socket() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in parts:
            connection.sendall(part)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return re.sub(rb"Date: [^\r]*", b"Date:", received)


@pytest.mark.parametrize("index", range(len(REQUESTS)))
def test_every_split_gives_the_same_reply(lulld, index):
    lulld.start()
    request = REQUESTS[index]
    whole = exchange(lulld, [request])
    assert whole.count(b"HTTP/1.") == max(1, request.count(b" HTTP/1."))
    assert exchange(lulld, [request[i:i + 1] for i in range(len(request))]) == whole
    for cut in range(1, len(request)):
        assert exchange(lulld, [request[:cut], request[cut:]]) == whole, f"cut at {cut}"


def test_pipelined_work_of_one_connection_does_not_starve_the_others(lulld):
    """One packet can ask for a second of merging; a thread answers its other connections in between."""
    lulld.document("large.yaml", "".join(f"k{n}: '{'x' * 50}'\n" for n in range(3000)))
    lulld.document("large-eu.yaml", "k0: eu\n")
    lulld.document("large-prod.yaml", "k1: prod\n")
    lulld.start("--threads", "1")
    count, request = 100, b"GET /v1/config/large/k0?profile=prod,eu HTTP/1.1\r\nHost: x\r\n\r\n"
    with lulld.socket() as busy, lulld.socket() as other:
        busy.sendall(request * count)
        other.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert other.recv(4096).startswith(b"HTTP/1.1 200")
        busy.setblocking(False)
        try:
            early = busy.recv(1 << 20).count(b"HTTP/1.1 200")
        except BlockingIOError:
            early = 0
        assert early < count, "the other connection waited for all of it"
        busy.settimeout(30)
        received = early
        while received < count:
            received += busy.recv(1 << 20).count(b"HTTP/1.1 200")
