"""Reading: values, layers, pages, batches, checks, conditional requests; rows 38 and 47 through HTTP."""

import pytest

from lulld import wait_for

LAYERS = {
    "application.yaml": "log: info\ndb: {pool: 1, url: common}\n",
    "payment.yaml": "db: {url: base}\nretries: [1, 2]\n",
    "application-prod.yaml": "log: warn\n",
    "payment-prod.yaml": "db: {url: prod}\nretries: [9]\n",
    "payment-eu.yaml": "db: {url: eu}\n",
}


@pytest.fixture
def layered(lulld):
    for name, text in LAYERS.items():
        lulld.document(name, text)
    return lulld.start()


@pytest.mark.parametrize("query,expected", [
    ("", {"log": "info", "db": {"pool": 1, "url": "base"}, "retries": [1, 2]}),
    ("?profile=prod", {"log": "warn", "db": {"pool": 1, "url": "prod"}, "retries": [9]}),
    ("?profile=prod,eu", {"log": "warn", "db": {"pool": 1, "url": "eu"}, "retries": [9]}),
    ("?profile=eu,prod", {"log": "warn", "db": {"pool": 1, "url": "prod"}, "retries": [9]}),
    ("?layer=payment-prod", {"db": {"url": "prod"}, "retries": [9]}),
])
def test_layers(layered, query, expected):
    assert layered.get("/v1/config/payment" + query).json == expected


def test_explain_names_file_and_line(layered):
    leaves = {leaf["path"]: leaf for leaf in layered.get("/v1/config/payment?profile=prod&explain").json["leaves"]}
    assert leaves["/db/url"]["value"] == "prod"
    assert (leaves["/db/url"]["file"], leaves["/db/url"]["line"]) == ("payment-prod.yaml", 1)
    assert (leaves["/db/pool"]["file"], leaves["/db/pool"]["line"]) == ("application.yaml", 2)


def test_undeclared_profile_names_the_declared(layered):
    reply = layered.get("/v1/config/payment?profile=staging")
    assert (reply.status, reply.json["code"]) == (400, "unknown_profile")
    assert "prod" in reply.json["detail"]


def test_scalars_subtrees_and_raw(layered):
    assert layered.get("/v1/config/payment/retries/1").json == 2
    assert layered.get("/v1/config/payment/db").json == {"pool": 1, "url": "base"}
    raw = layered.get("/v1/config/payment/db/url?raw")
    assert raw.body == b"base" and raw.headers["content-type"].startswith("text/plain")
    assert layered.get("/v1/config/payment/db?raw").status == 400
    missing = layered.get("/v1/config/payment/db/nothing")
    assert (missing.status, missing.json["code"]) == (404, "not_found")
    assert missing.headers["content-type"] == "application/problem+json"


def test_conditional_requests(layered):
    first = layered.get("/v1/config/payment")
    assert first.headers["cache-control"] == "no-cache" and "date" in first.headers
    again = layered.get("/v1/config/payment", {"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"] and again.revision == first.revision
    layered.document("payment-eu.yaml", "db: {url: other}\n")
    layered.wait_value("/v1/config/payment/db/url?profile=eu", "other")
    later = layered.get("/v1/config/payment", {"If-None-Match": first.headers["etag"]})
    assert later.status == 304, "the bytes are the same, whatever the revision"
    assert later.revision != first.revision


def test_head_of_everything(layered):
    for target in ("/v1/config/payment", "/v1/inventory?limit=1", "/v1/config/none", "/readyz", "/metrics", "/v1"):
        get, head = layered.get(target), layered.request("HEAD", target)
        assert (head.status, head.body) == (get.status, b"")
        assert head.headers.get("etag") == get.headers.get("etag")


def test_pages_of_one_revision(lulld):
    records = [{"sku": f"A-{n:04}", "warehouse": ["berlin", "lyon"][n % 2], "available": n} for n in range(250)]
    lulld.records("articles.ndjson", records)
    lulld.start()
    seen, after, revision = [], "", None
    while True:
        page = lulld.get(f"/v1/inventory?prefix=A-&limit=60&where.warehouse=lyon{after}").json
        assert revision in (None, page["revision"])
        revision = page["revision"]
        seen += [item["key"] for item in page["items"]]
        if "next" not in page:
            break
        after = "&after=" + page["next"]
        if len(seen) == 60:  # a publication between two pages does not mix generations
            lulld.records("articles.ndjson", records[:10])
            wait_for(lambda: lulld.status("inventory")["entries"] == 10, "the new revision")
    assert seen == [f"A-{n:04}" for n in range(1, 250, 2)]


def test_batch_and_check(lulld):
    lulld.start()
    reply = lulld.post("/v1:batch", {"keys": ["inventory/SKU-1", "config/payment/db/pool", "config/none",
                                              "nothing/x", "inventory/SKU-1"]}).json
    assert [r.get("error") for r in reply["results"]] == [None, None, "not_found", "collection_not_found", None]
    assert reply["results"][1]["value"] == 5
    check = lulld.post("/v1/inventory:check", {"items": [{"key": "SKU-1", "quantity": 2},
                                                         {"key": "none", "quantity": 1}]}).json
    assert check["available"] is False
    assert check["items"][0] == {"key": "SKU-1", "requested": 2, "available": 5, "ok": True}
    assert check["items"][1]["ok"] is False


def test_retained_revisions(lulld):
    lulld.start()
    old = lulld.get("/v1/config/payment/db/url")
    lulld.document("payment.yaml", "db: {url: two}\n")
    lulld.wait_value("/v1/config/payment/db/url", "two")
    again = lulld.get(f"/v1/config/payment/db/url?revision={old.revision}")
    assert (again.json, again.revision) == ("postgres://one", old.revision)
    gone = lulld.get("/v1/config/payment/db/url?revision=ffffffff.1")
    assert (gone.status, gone.json["code"]) == (410, "revision_gone")
    assert lulld.get("/v1/config/payment/db/url?revision=x").status == 400


@pytest.mark.parametrize("target", [
    "/v1/config/../inventory/SKU-1", "/v1/config/%2e%2e/x", "/v1/config/payment/./db", "/v1/config//payment",
    "/v1/config/payment/", "/v1/config/payment/%00", "/v1/inventory/a%00b", "/v1/inventory/%c0%af",
    "/v1/inventory/%ff", "/v1/inventory/a//b", "/v1/inventory/../x", "/v1/inventory/a%2f%2e%2e%2fb",
    "/v1/inventory/%ed%a0%80", "/v1/inventory/%4", "/v1/inventory/%zz", "/v1/inventory/x%0ay",
])
def test_one_check_refuses_hostile_paths(lulld, target):
    lulld.start()
    reply = lulld.get(target)
    assert reply.status == 400, reply.body
    assert reply.headers["content-type"] == "application/problem+json"


def test_hostile_keys_in_a_batch_are_refused_alike(lulld):
    lulld.start()
    keys = ["config/../inventory/SKU-1", "inventory/a\0b", "inventory//x", "config/payment/", "", "/"]
    reply = lulld.post("/v1:batch", {"keys": keys})
    assert reply.status == 200
    assert all("error" in r and "value" not in r for r in reply.json["results"])


@pytest.mark.parametrize("written,read", [
    ("18446744073709551615", b"18446744073709551615"),
    ("-9223372036854775808", b"-9223372036854775808"),
    ("0.1", b"0.1"), ("1e308", None), ("no", b'"no"'), ("'0123'", b'"0123"'), ("~", b"null"), ("true", b"true"),
])
def test_scalars_survive_unchanged(lulld, written, read):
    lulld.document("numbers.yaml", f"n: {written}\n")
    lulld.start()
    body = lulld.get("/v1/config/numbers/n").body
    assert body == read if read else float(body) == float(written)


def test_methods(lulld):
    lulld.start()
    for method, target in (("POST", "/v1/config/payment"), ("DELETE", "/v1/inventory/SKU-1"), ("GET", "/v1:batch"),
                           ("POST", "/readyz")):
        reply = lulld.request(method, target)
        assert reply.status == 405 and reply.headers["allow"], (method, target)
        options = lulld.request("OPTIONS", target)
        assert options.status == 204 and options.headers["allow"] == reply.headers["allow"], target
