"""A cloud at a fixed time, and clients in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import boto3
import pytest

from mock_serverless import Cloud, mock_cloud

NOW = datetime(2025, 3, 1, 12, tzinfo=timezone.utc)
MILLIS = int(NOW.timestamp() * 1000)


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with mock_cloud(clock=NOW) as cloud:
        yield cloud


@pytest.fixture
def logs(cloud: Cloud) -> Any:
    return boto3.client("logs", region_name="us-east-1")


@pytest.fixture
def stream(logs: Any) -> dict[str, str]:
    """A group and a stream, as requests name them."""
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    return {"logGroupName": "g", "logStreamName": "s"}
