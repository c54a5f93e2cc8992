"""Behaviour recorded from AWS, where it is present (see CONTRIBUTING): every case agrees, or stands in a table with the reason.

The cases of services which are not there yet are skipped, and so are those of ``NOT_YET``. The table is about the models of
``MODEL_OF``; a reason that begins with ``model:`` is about what older versions of botocore have in theirs, with which such a
case is not judged.
"""

from __future__ import annotations

import importlib.util
import json
import os
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import botocore
import pytest

from mock_serverless import BackgroundFailureWarning
from mock_serverless.core import operation

from .conftest import CONFORMANCE

KNOWN: dict[str, str] = json.loads((Path(__file__).parent / "cases" / "recorded_differences.json").read_text())
SERVICES = ("apigateway", "dynamodb", "dynamodbstreams", "lambda", "stepfunctions")
FILES = [p for s in SERVICES for p in sorted((CONFORMANCE / s / "cases").glob("*.json"))]
NOT_YET: dict[str, str] = {}
MODEL_OF = (1, 44)
"""The version of botocore from which on its models are those of the table."""


def runner() -> ModuleType:
    spec = importlib.util.spec_from_file_location("recorded_runner", CONFORMANCE / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    environment = dict(os.environ)
    try:
        spec.loader.exec_module(module)
    finally:
        os.environ.clear()
        os.environ.update(environment)
    return module


RUNNER = runner() if FILES else None
CLIENTS: dict[str, Any] = {}


def missing(case: dict[str, Any]) -> str | None:
    """What the case needs and this cloud doesn't have."""
    for need in case.get("needs", ()):
        if need in NOT_YET:
            return NOT_YET[need]
        service = need.removeprefix("integration:").removeprefix("aws-sdk:")
        service = operation.ALIASES.get(service, service)
        if ":" not in service and service not in ("functions", "http") and operation.package_of(service) is None:
            return f"the service {service}"
    return None


def target() -> Any:
    """The runner's own target, its clients shared by all cases, as those of an app's modules are."""
    assert RUNNER is not None
    made = RUNNER.MockServerless()
    made._clients = CLIENTS
    return made


@pytest.mark.skipif(not FILES, reason=f"no recorded cases in {CONFORMANCE}")
@pytest.mark.parametrize("path", FILES or [None], ids=lambda p: f"{p.parent.parent.name}:{p.stem}" if p else "none")
def test_recorded(path: Path) -> None:
    assert RUNNER is not None
    case = json.loads(path.read_text(encoding="utf-8"))
    lacks = missing(case)
    if lacks is not None:
        pytest.skip(f"not there yet: {lacks}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BackgroundFailureWarning)
        found = RUNNER.check(case, target, 0)
    name = f"{path.parent.parent.name}:{case['id']}"
    reason = KNOWN.get(name)
    old = tuple(map(int, botocore.__version__.split(".")[:2])) < MODEL_OF
    if reason is None:
        assert not found, found
    elif reason.startswith("model:"):
        assert old or not found, found
    else:
        assert old or found, f"it agrees now: take it out of the table ({reason})"
