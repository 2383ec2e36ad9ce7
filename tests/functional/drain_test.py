"""Row 40: SIGTERM under load loses no reply, with keep-alive and with a connection per request."""

import http.client
import signal
import threading
import time

import pytest

from lulld import wait_for


class Load(threading.Thread):
    """Asks in a loop until the server is gone; a request that was sent must get its whole reply."""

    def __init__(self, port, keep_alive):
        super().__init__()
        self.port, self.keep_alive = port, keep_alive
        self.replies, self.lost = 0, []

    def run(self):
        connection = None
        while True:
            if connection is None:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
                try:
                    connection.connect()
                except OSError:
                    return  # the listener is closed: the drain is over
            try:
                connection.request("GET", "/v1/inventory/SKU-1",
                                   headers={} if self.keep_alive else {"Connection": "close"})
                reply = connection.getresponse()
                body = reply.read()
                assert reply.status == 200 and b"SKU-1" in body
                self.replies += 1
            except (OSError, http.client.HTTPException, AssertionError) as error:
                self.lost.append(repr(error))
                return
            if reply.getheader("Connection", "").lower() == "close":
                connection.close()
                connection = None


@pytest.mark.parametrize("keep_alive", [True, False], ids=["keep-alive", "connection-per-request"])
def test_no_reply_is_lost(lulld, keep_alive):
    lulld.start()
    loads = [Load(lulld.port, keep_alive) for _ in range(16)]
    for load in loads:
        load.start()
    while sum(load.replies for load in loads) < 500:
        time.sleep(0.01)
    begin = time.monotonic()
    assert lulld.stop() == 0
    assert time.monotonic() - begin < 5
    for load in loads:
        load.join()
    assert sum((load.lost for load in loads), []) == []


def test_idle_connections_do_not_hold_it_up(lulld):
    lulld.start()
    idle = [lulld.socket() for _ in range(50)]
    begin = time.monotonic()
    assert lulld.stop() == 0
    assert time.monotonic() - begin < 5
    for connection in idle:
        connection.close()


def test_what_ends_it_is_logged(lulld):
    lulld.start()
    lulld.stop()
    messages = [event["message"] for event in lulld.events()]
    assert "draining" in messages and messages[-1] == "stopped"


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_at_once(lulld, second):
    lulld.configure(extra="limits: {drain_timeout_ms: 60000, header_timeout_ms: 60000}")
    lulld.start()
    with lulld.socket() as half:
        half.sendall(b"GET /v1/inventory/SKU-1 HTTP/1.1\r\n")  # a request that never ends holds the drain up
        assert lulld.get("/livez").status == 200
        lulld.signal(signal.SIGTERM)
        draining = wait_for(lambda: [e for e in lulld.events() if e["message"] == "draining"], "it drains")
        assert "second signal" in draining[0]["hint"]

        def ended():
            lulld.signal(second)
            return lulld.process.poll() is not None
        wait_for(ended, "a second signal ends it")
        assert lulld.process.returncode == 128 + second


def test_the_same_signal_twice_at_once_is_one(lulld):
    """Sent to the process group, and passed on by a parent: nobody has lost patience."""
    lulld.start()
    lulld.signal(signal.SIGTERM)
    lulld.signal(signal.SIGTERM)
    assert lulld.process.wait(10) == 0
