"""One batch for a function: how it is sent, and what its answer says of the records in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ...core.errors import AwsError, MockServerlessError
from ...core.scope import Scope

PAYLOAD_LIMIT = 6_291_456


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a batch. ``failed`` names the records to be tried again; None: all of them."""

    ok: bool
    failed: frozenset[str] | None = None
    refused: bool = False
    """It did not get as far as the function: throttled, or the function isn't there."""
    version: str = "$LATEST"
    trace: str = ""
    raised: bool = True
    """A failure of the function itself. One which it reports in its answer is none."""


def send(scope: Scope, function: str, events: list[dict[str, Any]], ids: list[str], partial: bool) -> Result:
    """Invoke the function with a batch. ``ids`` are the records' item identifiers, ``partial``: it reports its failures."""
    payload = json.dumps({"Records": events}).encode()
    params = {"FunctionName": function, "InvocationType": "RequestResponse", "Payload": payload}
    try:
        answer = scope.call("lambda", "Invoke", params, caller="lambda")
    except AwsError as e:
        return Result(False, refused=True, trace=str(e))
    except MockServerlessError as e:
        return Result(False, trace=str(e))
    version = answer.get("ExecutedVersion", "$LATEST")
    body = answer.get("Payload", b"")
    body = body.read() if hasattr(body, "read") else body
    if answer.get("FunctionError"):
        return Result(False, version=version, trace=body.decode("utf-8", "replace"))
    if not partial:
        return Result(True, version=version)
    failed = _failures(body, ids)
    ok = failed == frozenset()
    return Result(ok, failed, version=version, trace="batchItemFailures were reported", raised=False)


def _failures(body: bytes, ids: list[str]) -> frozenset[str] | None:
    """The item identifiers that an answer reports; None when it is malformed, which makes the whole batch a failure.

    https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html (success and failure conditions)
    """
    try:
        answer = json.loads(body or b"null")
    except ValueError:
        return None
    if not answer:
        return frozenset()
    if not isinstance(answer, dict):
        return None
    items = answer.get("batchItemFailures") or []
    found = [i.get("itemIdentifier") if isinstance(i, dict) else None for i in items]
    if any(not isinstance(i, str) or i not in ids for i in found):
        return None
    return frozenset(str(i) for i in found)


def fitting(events: list[dict[str, Any]]) -> int:
    """How many of the records fit into one invocation (at least one)."""
    size, count = len('{"Records": []}'), 0
    for event in events:
        size += len(json.dumps(event)) + 2
        if size > PAYLOAD_LIMIT and count:
            break
        count += 1
    return count
