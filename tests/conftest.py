"""Fixtures for several files."""

import pytest


@pytest.fixture(scope="module")
def node():
    """Runs JavaScript: one process for all tests of a file."""
    from node import Node

    node = Node()
    yield node
    node.close()
