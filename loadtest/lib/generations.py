"""Data whose every document and record carries the number of the generation that wrote it."""

import contextlib
import shutil
import threading

DOCUMENTS = 10
RECORDS = 1000  # a multiple of ten: k6/reload.js asks for pages of ten by prefix

CONFIG = """\
listen: 127.0.0.1:0
collections:
  config:
    kind: tree
    source: {files: documents}
  inventory:
    kind: table
    source: {files: inventory}
    key: sku
    fields: {sku: string, generation: integer}
"""


class Generations:
    """A generation becomes visible by one rename a collection, so whoever sees two at once is at fault: the documents
    as Kubernetes swaps a ConfigMap, through links into the directory that the link `..data` names; the records as one
    file."""

    def __init__(self, directory):
        self.config = directory / "service.yaml"
        self.config.write_text(CONFIG)
        self.documents, self.inventory = directory / "documents", directory / "inventory"
        self.documents.mkdir()
        self.inventory.mkdir()
        for n in range(DOCUMENTS):
            (self.documents / f"d{n}.yaml").symlink_to(f"..data/d{n}.yaml")
        self.number = 0
        self.write()

    def write(self):
        self.number += 1
        data = self.documents / f"..{self.number}"
        data.mkdir()
        for n in range(DOCUMENTS):
            (data / f"d{n}.yaml").write_text(f"generation: {self.number}\n")
        link = self.documents / "..data_new"
        link.symlink_to(data.name)
        link.rename(self.documents / "..data")
        # The one before stays for a reader that has just resolved the link.
        shutil.rmtree(self.documents / f"..{self.number - 2}", ignore_errors=True)

        records = self.inventory / ".records"
        records.write_text("".join(f'{{"sku":"S{n:04}","generation":{self.number}}}\n' for n in range(RECORDS)))
        records.rename(self.inventory / "records.ndjson")

    @contextlib.contextmanager
    def rewritten(self, interval_seconds):
        """Within the block a thread writes a generation each interval."""
        ended = threading.Event()

        def write_on():
            while not ended.wait(interval_seconds):
                self.write()

        writer = threading.Thread(target=write_on)
        writer.start()
        try:
            yield
        finally:
            ended.set()
            writer.join()
