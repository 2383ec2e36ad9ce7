"""Row 44: thousands of slow full dumps while everything reloads: memory stays within its bounds, that of published data and
that of replies."""

import resource
import socket

from lulld import wait_for

MEBIBYTE = 1 << 20
CONNECTIONS = 4000


def resident_bytes(server):
    with open(f"/proc/{server.process.pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def slow_client(port, target):
    """A connection that asks and never reads."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", port))
    connection.send(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return connection


def test_slow_dumps_do_not_hold_memory(lulld):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20_000), hard))
    bound = 24 * MEBIBYTE
    lulld.configure(extra=f"limits: {{snapshot_bytes_alive_max: {bound}, pin_age_max_ms: 300, write_timeout_ms: 60000}}\n"
                          "retention: {revisions_max: 2}")
    def write(generation):
        lulld.document("large.yaml", "".join(f"k{n}: '{generation}-{'x' * 100}'\n" for n in range(20_000)))
    write(0)
    lulld.start()
    steady = resident_bytes(lulld)
    slow = []
    published = 0
    for n in range(CONNECTIONS):
        slow.append(slow_client(lulld.port, "/v1/config/large"))
        if n % 400 == 399:
            published += 1
            write(published)
            lulld.wait_value("/v1/config/large/k0", f"{published}-{'x' * 100}")
            assert lulld.metric("lull_snapshot_bytes_alive") <= bound
    for _ in range(10):
        published += 1
        write(published)
        lulld.wait_value("/v1/config/large/k0", f"{published}-{'x' * 100}")
        assert lulld.metric("lull_snapshot_bytes_alive") <= bound
    assert lulld.metric("lull_http_connections_cut_total") > 0, "old pins were cut"
    print(f"resident: {steady / MEBIBYTE:.0f} MiB before, {resident_bytes(lulld) / MEBIBYTE:.0f} MiB with "
          f"{CONNECTIONS} slow readers and {published} reloads")
    for connection in slow:
        connection.close()
    wait_for(lambda: lulld.metric("lull_snapshots_alive") <= 3, "all but the retained revisions are freed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_slow_pages_do_not_hold_memory(lulld):
    """A page is made for its reply and holds no snapshot, so that only a bound on replies can bound them."""
    clients, page_bytes, bound = 150, 8 * MEBIBYTE, 256 * MEBIBYTE
    lulld.records("articles.ndjson", [{"sku": f"SKU-{n:04}", "note": "x" * 9000} for n in range(1000)])
    lulld.start()
    quick = "/v1/inventory?limit=1000"
    assert len(lulld.get(quick).body) > page_bytes - 20_000
    steady = resident_bytes(lulld)
    slow = []
    for n in range(clients):
        slow.append(slow_client(lulld.port, quick))
        if n % 10 == 9:
            assert lulld.get(quick).status == 200, "who reads is served"
    held = resident_bytes(lulld) - steady
    print(f"resident: {steady / MEBIBYTE:.0f} MiB, and {held / MEBIBYTE:.0f} MiB more with {clients} slow readers of pages")
    assert held <= bound + 16 * page_bytes, "the bound, and what the allocator keeps"
    for connection in slow:
        connection.close()
