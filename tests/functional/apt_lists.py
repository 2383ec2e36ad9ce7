"""The package lists that apt keeps on a Debian machine, as records: real data, some 60,000 packages of 50 fields."""

import json
import shutil
import subprocess

HOW_TO_GET = ("apt has no package lists here, and this test is about them. As root run `apt-get update`, which fetches "
              "them; images often come with /var/lib/apt/lists emptied.")
RECORDS_MIN = 20_000
# Everything else is a string.
INTEGERS = ("Installed-Size", "Size")
BOOLEANS = ("Essential", "Build-Essential", "Protected", "Important")


def files():
    """The lists, by apt's own account: how they are named and compressed is its choice."""
    assert shutil.which("apt-get"), "there is no apt-get here, and this test reads the package lists of a Debian machine"
    command = ["apt-get", "indextargets", "--format", "$(FILENAME)", "Created-By: Packages"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()


def stanzas(text):
    """Each paragraph as name and value; of a folded field all lines, with the blanks that they begin with."""
    for paragraph in text.split("\n\n"):
        fields = {}
        name = None
        for line in paragraph.splitlines():
            if line.startswith((" ", "\t")):
                fields[name] += "\n" + line
            elif line:
                name, _, value = line.partition(":")
                assert name not in fields, f"{name} stands twice in {paragraph}"
                fields[name] = value.strip()
        if fields:
            yield fields


def record(fields):
    out = {"id": f"{fields['Package']}/{fields['Version']}/{fields['Architecture']}"}
    for name, value in fields.items():
        if name in INTEGERS:
            out[name] = int(value)
        elif name in BOOLEANS:
            out[name] = value == "yes"
        else:
            out[name] = value
    return out


def canonical(value):
    """The JSON that lulld serves: members by name, no blanks, nothing escaped that need not be."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def read():
    """The records of each list. A package that several lists have is taken from the first."""
    lists, seen = [], set()
    for file in files():
        # Not UTF-8 would be refused, and rightly; some vendor's list is not what is tested here.
        text = subprocess.run(["/usr/lib/apt/apt-helper", "cat-file", file], check=True,
                              stdout=subprocess.PIPE).stdout.decode(errors="replace")
        found = {one["id"]: one for one in map(record, stanzas(text)) if one["id"] not in seen}
        seen |= found.keys()
        lists.append(list(found.values()))
    assert len(seen) >= RECORDS_MIN, f"{len(seen)} packages: {HOW_TO_GET}"
    return lists
