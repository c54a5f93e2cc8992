"""What is loaded when: the package and its pytest plugin are light, and every public name is there."""

from __future__ import annotations

import subprocess
import sys

import pytest

import mock_serverless

HEAVY = ("botocore", "boto3", "hypothesis", "aiobotocore", "requests", "httpx", "jsonpath", "sortedcontainers")


@pytest.mark.parametrize("module", ["mock_serverless", "mock_serverless.pytest_plugin"])
def test_importing_is_light(module: str) -> None:
    code = f"import sys, pytest; before = set(sys.modules); import {module}; print(*sorted(set(sys.modules) - before))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not [m for m in loaded if m.split(".")[0] in HEAVY]
    assert len([m for m in loaded if m.startswith("mock_serverless")]) <= 6


def test_public_names_are_there() -> None:
    assert set(mock_serverless.__all__) <= set(dir(mock_serverless))
    for public in mock_serverless.__all__:
        assert getattr(mock_serverless, public).__doc__
    with pytest.raises(AttributeError, match="no attribute 'mock_cloudy'"):
        _ = mock_serverless.mock_cloudy
