"""Change to visible over HTTP works for the sizes that the README gives figures for; `loadtest/run hot-reload` measures it."""

import json


def test_one_document_among_a_thousand(lulld):
    for n in range(1000):
        (lulld.documents / f"d{n}.yaml").write_text(f"n: {n}\ntext: lorem\n")
    lulld.start()
    for n in range(5):
        lulld.document("d500.yaml", f"n: {-n}\n")
        lulld.wait_value("/v1/config/d500/n", -n)
    assert lulld.get("/v1/config/d499/n").json == 499


def test_one_record_among_a_hundred_thousand(lulld):
    records = [{"sku": f"SKU-{n}", "warehouse": "berlin", "available": n, "price": 1.25} for n in range(100_000)]
    lines = [json.dumps(record) + "\n" for record in records]
    (lulld.inventory / "articles.ndjson").write_text("".join(lines))
    lulld.start()
    for n in range(5):
        lines[77_777] = json.dumps({**records[77_777], "available": -n}) + "\n"
        temporary = lulld.inventory / ".new"
        temporary.write_text("".join(lines))
        temporary.rename(lulld.inventory / "articles.ndjson")
        lulld.wait_value("/v1/inventory/SKU-77777", {**records[77_777], "available": -n})
    assert lulld.status("inventory")["entries"] == 100_000
    published = [e for e in lulld.events() if e["message"] == "published" and e["collection"] == "inventory"]
    assert "SKU-77777" in published[-1]["change"]
