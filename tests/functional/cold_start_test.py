"""Row 41: a start without sources serves 503 not_loaded and says which collection; never 404."""

import shutil


def test_nothing_is_loaded(lulld):
    shutil.rmtree(lulld.documents)
    lulld.start(ready=False)
    reply = lulld.get("/v1/config/payment")
    assert reply.status == 503
    assert reply.json["code"] == "not_loaded"
    assert int(reply.headers["retry-after"]) >= 1
    ready = lulld.get("/readyz")
    assert ready.status == 503
    assert ready.headers["retry-after"] == "1"
    assert ready.json["collections"]["config"] == "not_loaded"
    assert lulld.get("/livez").status == 200


def test_the_other_collection_is_served(lulld):
    shutil.rmtree(lulld.documents)
    lulld.start(ready=False)
    lulld.wait_value("/v1/inventory/SKU-1", {"available": 5, "price": 1.5, "sku": "SKU-1", "warehouse": "berlin"})
    results = lulld.post("/v1:batch", {"keys": ["inventory/SKU-1", "config/payment"]}).json["results"]
    assert "value" in results[0]
    assert results[1]["error"] == "not_loaded"
    assert lulld.get("/v1/config?limit=1").status == 503


def test_a_broken_source_at_the_start_heals(lulld):
    lulld.document("payment.yaml", "db: [\n")
    lulld.start(ready=False)
    assert lulld.wait_refused("config")[0]["file"].endswith("payment.yaml")
    assert lulld.get("/v1/config/payment").status == 503
    assert "refused, not loaded yet" in [event["message"] for event in lulld.events()]
    code, out, _ = lulld.ctl("status")
    assert code == 4 and "not loaded, input refused" in out
    lulld.document("payment.yaml", "db: {url: ok}\n")
    lulld.wait_value("/v1/config/payment/db/url", "ok")
    assert lulld.get("/readyz").status == 200


def test_an_unknown_collection_is_404_even_then(lulld):
    shutil.rmtree(lulld.documents)
    lulld.start(ready=False)
    reply = lulld.get("/v1/nothing/x")
    assert (reply.status, reply.json["code"]) == (404, "collection_not_found")
