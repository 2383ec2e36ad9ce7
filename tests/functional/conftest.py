"""The real lulld on a directory of its own: what every functional test starts from."""

import pytest

from lulld import Lulld


@pytest.fixture
def lulld(tmp_path):
    """A server that is not started yet; stopped, and its log shown on failure, at the end."""
    server = Lulld(tmp_path)
    yield server
    server.kill()
    print(server.log())
