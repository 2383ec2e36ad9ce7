"""Row 42: a revision never names two contents, whatever happens to the process or its data directory."""

import shutil
import signal
import subprocess

from lulld import BIN, Lulld


def revision(server):
    epoch, number = server.get("/v1/config/payment").revision.split(".")
    return epoch, int(number)


def test_a_restart_continues_the_epoch(lulld):
    lulld.start()
    lulld.document("payment.yaml", "db: {url: two}\n")
    lulld.wait_value("/v1/config/payment/db/url", "two")
    epoch, number = revision(lulld)
    assert lulld.stop() == 0
    lulld.start()
    assert revision(lulld)[0] == epoch
    assert revision(lulld)[1] > number, "a number that was used is not used again"


def test_killed_between_publications_it_continues_too(lulld):
    seen = {}
    lulld.start()
    for n in range(6):
        lulld.document("payment.yaml", f"n: {n}\n")
        lulld.wait_value("/v1/config/payment/n", n)
        reply = lulld.get("/v1/config/payment")
        assert seen.setdefault(reply.revision, reply.body) == reply.body
        lulld.signal(signal.SIGKILL)
        lulld.process.wait()
        lulld.start()
    assert len(seen) == 6


def test_a_missing_data_dir_is_a_new_epoch(lulld):
    lulld.start()
    epoch, _ = revision(lulld)
    lulld.stop()
    shutil.rmtree(lulld.data_dir)
    lulld.start()
    assert revision(lulld)[0] != epoch
    gone = lulld.get(f"/v1/config/payment?revision={epoch}.1")
    assert (gone.status, gone.json["code"]) == (410, "revision_gone")


def test_without_a_data_dir_every_start_is_a_new_epoch(lulld):
    lulld.configure(text=lulld.config.read_text().replace("{", "{{").replace("}", "}}").replace(
        f"data_dir: {lulld.data_dir}\n", ""))
    lulld.start()
    epoch, _ = revision(lulld)
    lulld.stop()
    lulld.start()
    assert revision(lulld)[0] != epoch


def test_two_servers_cannot_share_a_data_dir(lulld, tmp_path):
    lulld.start()
    other = tmp_path / "other"
    other.mkdir()
    second = Lulld(other)
    done = subprocess.run([BIN / "lulld", "--config", second.config, "--data-dir", lulld.data_dir],
                          capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert str(lulld.data_dir) in done.stderr and "another process" in done.stderr


def test_a_corrupt_data_dir_is_refused_and_left_alone(lulld):
    lulld.data_dir.mkdir()
    lulld.start()
    lulld.stop()
    database = lulld.data_dir / "lull.db"
    garbage = b"not a database" * 1000
    database.write_bytes(garbage)
    done = subprocess.run([BIN / "lulld", "--config", lulld.config], capture_output=True, text=True,
                          timeout=30, check=False)
    assert done.returncode == 1
    assert database.name in done.stderr
    assert database.read_bytes() == garbage
