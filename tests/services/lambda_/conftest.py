"""Functions from zips, and a frozen cloud."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

import boto3
import pytest
from botocore.config import Config

from mock_serverless import mock_cloud
from mock_serverless.cloud import Cloud

ROLE = "arn:aws:iam::123456789012:role/function-role"
NOW = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """A deployment package."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with mock_cloud(clock=NOW) as cloud:
        yield cloud


@pytest.fixture
def client(cloud: Cloud) -> Any:
    return boto3.client("lambda", region_name="us-east-1", config=Config(retries={"max_attempts": 0}))


@pytest.fixture
def deploy(client: Any) -> Callable[..., str]:
    """Create a function from files; gives its ARN."""

    def create(name: str, files: Mapping[str, str | bytes] | str, **settings: Any) -> str:
        if isinstance(files, str):
            files = {"app.py": files}
        given = {"Runtime": "python3.12", "Handler": "app.handler", "Role": ROLE, **settings}
        return str(client.create_function(FunctionName=name, Code={"ZipFile": zipped(files)}, **given)["FunctionArn"])

    return create


@pytest.fixture
def call(client: Any) -> Callable[..., Any]:
    """Invoke a function; gives what its payload says, with the error if there was one."""

    def invoke(name: str, event: Any = None, **options: Any) -> Any:
        answer = client.invoke(FunctionName=name, Payload=json.dumps(event), **options)
        payload = json.loads(answer["Payload"].read())
        return (answer["FunctionError"], payload) if "FunctionError" in answer else payload

    return invoke
