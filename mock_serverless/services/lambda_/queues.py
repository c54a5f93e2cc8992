"""Feeding functions from queues: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html

Messages of a failed batch become visible again after the queue's visibility timeout; the queue says so, and they are polled.
"""

from __future__ import annotations

from typing import Any

from ...core.agenda import job
from ...core.errors import AwsError
from ...core.scope import Scope
from . import filters
from .batches import send
from .execution import as_role_of
from .sources.registry import QueueSource, kind_of
from .store import Mapping, Shard, State

JOB = "lambda:receive"


@job(JOB)
def _receive(scope: Scope, uuid: str, generation: int) -> None:
    state: State = scope.state()
    mapping = state.mappings.get(uuid)
    if mapping is None or mapping.generation != generation or mapping.state != "Enabled":
        return
    kind = kind_of(mapping.settings["EventSourceArn"])
    assert isinstance(kind, QueueSource)
    waiting = mapping.shards.setdefault("", Shard())
    if waiting.busy:
        waiting.again = True
        return
    if _waits_for_more(scope, mapping, waiting):
        return
    waiting.gathering_since = None
    waiting.busy, waiting.again = True, False
    try:
        found = _batch(scope, kind, mapping)
    except AwsError as e:
        mapping.result = f"PROBLEM: {e.message}"
        scope.report_failure(f"lambda:{uuid}", f"an event source mapping could not read its queue ({uuid})", str(e))
        return
    finally:
        waiting.busy = False
    if found or waiting.again:
        scope.later(0, JOB, uuid=uuid, generation=generation)


def _waits_for_more(scope: Scope, mapping: Mapping, waiting: Shard) -> bool:
    window, now = mapping.settings["MaximumBatchingWindowInSeconds"], scope.timestamp()
    if not window:
        return False
    if waiting.gathering_since is None:
        waiting.gathering_since = now
        scope.later(window, JOB, uuid=mapping.uuid, generation=mapping.generation)
    return bool(now < waiting.gathering_since + window)


def _batch(scope: Scope, kind: QueueSource, mapping: Mapping) -> bool:
    """Receive and handle one batch; False when the queue was empty."""
    settings = mapping.settings
    arn = settings["EventSourceArn"]
    source = as_role_of(scope, mapping.function)
    messages = kind.receive(source, arn, settings["BatchSize"])
    if not messages:
        return False
    unwanted = [m for m in messages if not filters.passes(settings, m, kind.body)]
    if unwanted:
        kind.delete(source, arn, unwanted)
    records = [m for m in messages if m not in unwanted]
    if records:
        done = _handled(scope, mapping, records)
        if done:
            kind.delete(source, arn, done)
    return True


def _handled(scope: Scope, mapping: Mapping, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Send a batch to the function; gives the messages that are done with."""
    partial = "ReportBatchItemFailures" in mapping.settings["FunctionResponseTypes"]
    result = send(scope, mapping.function, records, [r["messageId"] for r in records], partial)
    key = f"lambda:{mapping.uuid}"
    if result.ok:
        scope.looked_at(key)
        return records
    scope.report_failure(key, f"the function {mapping.function} failed on a batch of messages", result.trace)
    return [] if result.failed is None else [r for r in records if r["messageId"] not in result.failed]
