"""A cloud at a fixed time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

import pytest

from mock_serverless import Cloud, mock_cloud

NOW = datetime(2025, 3, 1, 12, tzinfo=timezone.utc)


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with mock_cloud(clock=NOW) as cloud:
        yield cloud
