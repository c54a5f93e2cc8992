"""What several of DynamoDB's tests use."""

from __future__ import annotations

from typing import Any

import pytest

from mock_serverless.cloud import Cloud


@pytest.fixture
def bucket(cloud: Cloud) -> dict[str, bytes]:
    """The objects of the only bucket."""
    objects: dict[str, bytes] = {}

    def put(request: dict[str, Any]) -> dict[str, Any]:
        objects[request["Key"]] = request["Body"]
        return {}

    def listed(request: dict[str, Any]) -> dict[str, Any]:
        return {"Contents": [{"Key": key} for key in sorted(objects) if key.startswith(request["Prefix"])]}

    cloud.stub("s3", "PutObject", put)
    cloud.stub("s3", "ListObjectsV2", listed)
    cloud.stub("s3", "GetObject", lambda request: {"Body": objects[request["Key"]]})
    return objects
