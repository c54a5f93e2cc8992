"""The reference implementations, started when the first test asks for one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from . import local


@pytest.fixture(scope="session")
def dynamodb_local() -> Iterator[local.Local]:
    """A running DynamoDB Local; the test is skipped where it can't run."""
    try:
        with local.running() as running:
            yield running
    except local.Missing as missing:
        pytest.skip(f"DynamoDB Local can't run: {missing}")
