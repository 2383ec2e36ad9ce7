"""Rows 9 and 11 over HTTP: under a storm of reloads every reply comes from one generation, and names it."""

import threading

DOCUMENTS = 20


def test_every_reply_is_of_one_generation(lulld):
    """Each generation writes its number into every document and record; revision, body and ETag must agree."""
    for n in range(DOCUMENTS):
        lulld.document(f"d{n}.yaml", "generation: 0\n")
    lulld.records("articles.ndjson", [{"sku": f"S{n}", "available": 0} for n in range(200)])
    lulld.start()
    stop, faults, replies = threading.Event(), [], [0]
    by_revision, lock = {}, threading.Lock()
    keys = {"keys": [f"config/d{n}/generation" for n in range(DOCUMENTS)]}

    def read():
        while not stop.is_set():
            batch = lulld.post("/v1:batch", keys)
            page = lulld.get("/v1/inventory?limit=1000&prefix=S")
            documents = {r["value"] for r in batch.json["results"]}
            records = {item["value"]["available"] for item in page.json["items"]}
            if len(documents) != 1 or len(records) != 1 or batch.json["revision"] != batch.revision:
                faults.append((documents, records))
            with lock:
                replies[0] += 2
                for kind, revision, value in (("config", batch.revision, documents), ("inventory", page.revision, records)):
                    if by_revision.setdefault((kind, revision), value) != value:
                        faults.append(("one revision, two contents", revision))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        for generation in range(1, 31):
            # one rename for all: a generation must become visible as one change
            staging = lulld.directory / f"staging-{generation}"
            staging.mkdir()
            for n in range(DOCUMENTS):
                (staging / f"d{n}.yaml").write_text(f"generation: {generation}\n")
            old = lulld.directory / f"old-{generation}"
            lulld.documents.rename(old)
            staging.rename(lulld.documents)
            lulld.records("articles.ndjson", [{"sku": f"S{n}", "available": generation} for n in range(200)])
            lulld.wait_value("/v1/config/d0/generation", generation)
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert not faults
    assert replies[0] > 100, "the readers did read"
    assert len({revision for kind, revision in by_revision}) > 10, "generations were seen going by"


def test_the_content_hash_names_the_data(lulld):
    lulld.start()
    first = lulld.status()["content_hash"]
    good = (lulld.documents / "payment.yaml").read_text()
    lulld.document("payment.yaml", "db: {url: two}\n")
    lulld.wait_value("/v1/config/payment/db/url", "two")
    assert lulld.status()["content_hash"] != first
    lulld.document("payment.yaml", "# the same data, written differently\n" + good)
    lulld.wait_value("/v1/config/payment/db/url", "postgres://one")
    assert lulld.status()["content_hash"] == first
