"""Operations: health, status, metrics, log."""

import json
import re
import subprocess

from lulld import BIN


def test_health(lulld):
    lulld.start()
    assert lulld.get("/livez").status == 200
    ready = lulld.get("/readyz")
    assert ready.json == {"ready": True, "collections": {"config": "loaded", "inventory": "loaded"}}


def test_status(lulld):
    lulld.start()
    body = lulld.status()
    assert re.fullmatch(r"[0-9a-f]{1,8}\.\d+", body["revision"])
    assert re.fullmatch(r"[0-9a-f]{64}", body["content_hash"])
    config = lulld.status("config")
    assert config["loaded"] and config["entries"] == 1 and config["source"]["files"] == 1
    assert config["load"] is None and config["records_parsed"] == 1
    assert config["source"]["location"] == str(lulld.documents)


def test_metrics_page(lulld):
    lulld.start()
    for _ in range(3):
        lulld.get("/v1/config/payment")
    text = lulld.get("/metrics").body.decode()
    for name in ("lull_snapshot_revision", "lull_snapshots_alive", "lull_snapshot_bytes_alive",
                 "lull_publish_duration_seconds_count", "lull_grace_period_seconds_count",
                 'lull_source_rejections_total{collection="config"}', "process_cpu_seconds_total",
                 "process_resident_memory_bytes"):
        assert f"\n{name}" in text, name
    assert 'http_server_request_duration_seconds_bucket{' in text and 'le="0.5"' in text
    assert lulld.metric("http_server_request_duration_seconds_count", http_route="value") >= 3
    for name in re.findall(r"^(\w+)", text, re.M):
        assert re.fullmatch(r"(http_server_|lull_|process_)\w+", name), name


def test_a_publication_is_logged_with_what_changed(lulld):
    lulld.start()
    lulld.document("payment.yaml", "db: {url: two}\n")
    lulld.wait_value("/v1/config/payment/db/url", "two")
    published = [e for e in lulld.events() if e["message"] == "published"]
    assert len(published) == 3, "two collections loaded, one changed"
    assert "payment" in published[-1]["change"] and published[-1]["collection"] == "config"
    assert published[-1]["level"] == "info" and published[-1]["time"].endswith("Z")


def test_text_log(lulld):
    done = subprocess.run([BIN / "lulld", "--config", lulld.config, "--log-format", "yaml"],
                          capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1 and "text, json" in done.stderr
    assert json.dumps(done.stdout) == '""'


def test_unknown_operations_are_404(lulld):
    lulld.start()
    for target in ("/", "/admin", "/admin/v1/none", "/metricsx", "/v2/config"):
        reply = lulld.get(target)
        assert (reply.status, reply.headers["content-type"]) == (404, "application/problem+json"), target


def test_a_misspelt_variable_is_warned_of(lulld):
    lulld.start(env={"LULL_LISSTEN": "x", "LULL_SEED": "1", "LULL_BIN_DIR": "x"})
    warnings = [event["message"] for event in lulld.events() if event["level"] == "warn"]
    assert len(warnings) == 1 and "did you mean LULL_LISTEN?" in warnings[0]
