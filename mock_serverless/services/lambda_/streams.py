"""Feeding functions from streams: one batch of a shard at a time, in order; a failing batch blocks its shard.

https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-errors.html. How long Lambda waits before it tries a batch again is not
documented; here it is 1 s, 2 s, 4 s ... up to a minute, in virtual time (a guess).
"""

from __future__ import annotations

from typing import Any

from ...core.agenda import job
from ...core.errors import AwsError
from ...core.scope import Scope
from . import filters
from .batches import Result, fitting, send
from .destinations import deliver, to_bucket
from .execution import as_role_of
from .names import find
from .runtime.logs import stamp
from .sources.registry import Page, Record, StreamSource, kind_of
from .store import Mapping, Shard, State

JOB = "lambda:poll"
BACKOFF_CEILING = 60.0


def begin(scope: Scope, kind: StreamSource, mapping: Mapping) -> None:
    """Where a new mapping starts to read: LATEST is behind the last record of each shard."""
    arn = mapping.settings["EventSourceArn"]
    scope = as_role_of(scope, mapping.function)
    for name in kind.shards(scope, arn):
        shard = mapping.shards[name] = Shard()
        while mapping.settings["StartingPosition"] == "LATEST":
            page = kind.read(scope, arn, name, shard.after)
            if page.records:
                shard.after = page.records[-1].sequence
            if not page.more:
                break


@job(JOB)
def _poll(scope: Scope, uuid: str, generation: int) -> None:
    """Something may be in the stream, or a batch may be tried again."""
    state: State = scope.state()
    mapping = state.mappings.get(uuid)
    if mapping is None or mapping.generation != generation or mapping.state != "Enabled":
        return
    arn = mapping.settings["EventSourceArn"]
    kind = kind_of(arn)
    assert isinstance(kind, StreamSource)
    try:
        if all(s.ended for s in mapping.shards.values()):
            _discover(kind, mapping, kind.shards(as_role_of(scope, mapping.function), arn))
        for name, shard in list(mapping.shards.items()):
            if not shard.ended:
                _Turn(scope, kind, mapping, name, shard).take()
                if kind.chained:
                    break
    except AwsError as e:
        mapping.result = f"PROBLEM: {e.message}"
        if e.code != "ResourceNotFoundException":  # the stream may have been deleted, which is no failure
            scope.report_failure(f"lambda:{uuid}", f"an event source mapping could not read {arn}", str(e))


def _discover(kind: StreamSource, mapping: Mapping, names: list[str]) -> None:
    """All shards have been read to their ends: here are their children. What has expired is forgotten."""
    known = mapping.shards
    mapping.shards = {name: known.get(name) or Shard() for name in names}


class _Turn:
    """One batch of one shard."""

    def __init__(self, scope: Scope, kind: StreamSource, mapping: Mapping, name: str, shard: Shard) -> None:
        self.scope = scope
        self.kind = kind
        self.mapping = mapping
        self.name = name
        self.shard = shard
        self.settings = mapping.settings

    def take(self) -> None:
        """Read, filter, wait for more or send."""
        shard, now = self.shard, self.scope.timestamp()
        if shard.busy:
            shard.again = True
            return
        if shard.blocked_until > now:
            return
        page = self.kind.read(
            as_role_of(self.scope, self.mapping.function), self.settings["EventSourceArn"], self.name, shard.after
        )
        if not page.records:
            shard.plan.clear()
            shard.ended = page.ended
            if page.ended:
                self._poll_in(0)  # its children
            return
        records = self._without_expired(page.records)
        taken, chosen = self._choose(records)
        if not chosen:
            self._checkpoint(taken, again=bool(taken) and (page.more or len(taken) < len(records)))
            return
        if self._waits_for_more(page, chosen):
            return
        shard.gathering_since = None
        self._send(taken, chosen)

    # ------------------------------------------------------------------ the batch

    def _without_expired(self, records: list[Record]) -> list[Record]:
        limit = self.settings["MaximumRecordAgeInSeconds"]
        oldest = self.scope.timestamp() - limit
        if limit == -1 or records[0].arrived >= oldest:
            return records
        expired = [r for r in records if r.arrived < oldest]
        tries = self.shard.plan[0][1] if self.shard.plan else 0
        self._discard([r for r in expired if self._passes(r)], "RecordAgeExceeded", tries, None)
        self._checkpoint(expired)
        return records[len(expired) :]

    def _passes(self, record: Record) -> bool:
        return filters.passes(self.settings, record.event, self.kind.body)

    def _choose(self, records: list[Record]) -> tuple[list[Record], list[Record]]:
        """The records of the next batch: all that are passed by, and those for the function."""
        plan = self.shard.plan
        taken: list[Record] = []
        chosen: list[Record] = []
        for record in records:
            if len(chosen) == self.settings["BatchSize"]:
                break
            taken.append(record)
            if self._passes(record):
                chosen.append(record)
            if plan and record.sequence == plan[0][0]:
                break
        fits = fitting([r.event for r in chosen])
        if fits < len(chosen):
            chosen = chosen[:fits]
            taken = taken[: taken.index(chosen[-1]) + 1]
        return taken, chosen

    def _waits_for_more(self, page: Page, chosen: list[Record]) -> bool:
        window = self.settings["MaximumBatchingWindowInSeconds"]
        shard, now = self.shard, self.scope.timestamp()
        if not window or shard.plan or len(chosen) >= self.settings["BatchSize"]:
            return False
        if shard.gathering_since is None:
            shard.gathering_since = now
            self._poll_in(window)
        return bool(now < shard.gathering_since + window)

    def _send(self, taken: list[Record], chosen: list[Record]) -> None:
        shard = self.shard
        partial = "ReportBatchItemFailures" in self.settings["FunctionResponseTypes"]
        shard.busy, shard.again = True, False
        try:
            ids = [r.sequence for r in chosen]
            result = send(self.scope, self.mapping.function, self._events(chosen), ids, partial)
        finally:
            shard.busy = False
        key = f"lambda:{self.mapping.uuid}:{self.name}"
        if result.ok:
            self.mapping.result = "OK"
            self.scope.looked_at(key)
            self._checkpoint(taken, again=True)
            return
        self.mapping.result = "PROBLEM: Function call failed"
        self.scope.report_failure(
            key, f"the function {self.mapping.function} failed on a batch of {self.kind.service} records", result.trace
        )
        self._failed(taken, chosen, result)

    def _events(self, chosen: list[Record]) -> list[dict[str, Any]]:
        events = [r.event for r in chosen]
        if not self.kind.role:
            return events
        try:
            role = find(self.scope.state(), {"FunctionName": self.mapping.function}).version().settings["Role"]
        except AwsError:
            return events  # there is no such function any more, as sending them will say
        return [event | {self.kind.role: role} for event in events]

    # ------------------------------------------------------------------ failures

    def _failed(self, taken: list[Record], chosen: list[Record], result: Result) -> None:
        shard = self.shard
        tries = shard.plan[0][1] if shard.plan else 0
        rest = shard.plan[1:]
        if result.refused:
            shard.plan = [(taken[-1].sequence, tries), *rest]
            self._retry(tries + 1)
            return
        if result.failed:
            first = next(i for i, r in enumerate(taken) if r.sequence in result.failed)
            if first:
                shard.after = taken[first - 1].sequence
            taken = taken[first:]
            chosen = [r for r in chosen if r in taken]
        if self.settings["BisectBatchOnFunctionError"] and len(chosen) > 1 and not result.failed:
            middle = chosen[len(chosen) // 2 - 1].sequence
            shard.plan = [(middle, tries), (taken[-1].sequence, tries), *rest]
            self._retry(1)
            return
        tries += 1
        limit = self.settings["MaximumRetryAttempts"]
        if limit != -1 and tries > limit:
            self._discard(chosen, "RetryAttemptsExhausted", tries, result)
            self._checkpoint(taken, again=True)
            return
        shard.plan = [(taken[-1].sequence, tries), *rest]
        self._retry(tries)

    def _retry(self, tries: int) -> None:
        wait = min(2.0 ** (tries - 1), BACKOFF_CEILING)
        self.shard.blocked_until = self.scope.timestamp() + wait
        self._poll_in(wait)

    def _checkpoint(self, taken: list[Record], again: bool = False) -> None:
        shard = self.shard
        if taken:
            shard.after = taken[-1].sequence
            sequences = {r.sequence for r in taken}
            while shard.plan and shard.plan[0][0] in sequences:
                shard.plan.pop(0)
        if again or shard.again:
            self._poll_in(0)

    def _poll_in(self, seconds: float) -> None:
        self.scope.later(seconds, JOB, uuid=self.mapping.uuid, generation=self.mapping.generation)

    def _discard(self, records: list[Record], condition: str, tries: int, result: Result | None) -> None:
        """https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html"""
        if not records:
            return
        destination = self.settings["DestinationConfig"]["OnFailure"].get("Destination")
        scope, now = self.scope, self.scope.timestamp()
        key = f"lambda:{self.mapping.uuid}:{self.name}"
        scope.looked_at(key)
        if not destination:  # they are lost, which the next batch that succeeds does not mend
            title = (
                f"{len(records)} {self.kind.service} records for {self.mapping.function} were discarded: {condition}"
            )
            scope.report_failure(f"{key}:{records[0].sequence}", title, "" if result is None else result.trace)
            return
        record: dict[str, Any] = {
            "requestContext": {
                "requestId": scope.ids.uuid(),
                "functionArn": self.mapping.function,
                "condition": condition,
                "approximateInvokeCount": tries,
            },
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST" if result is None else result.version,
                "functionError": "Unhandled" if result is None or result.raised else None,  # recorded
            },
            "version": "1.0",
            "timestamp": stamp(now),
            self.kind.batch_info: self._batch_info(records),
        }
        if result is None:
            del record["responseContext"]
        if ":s3:" not in destination:
            deliver(scope, destination, record, self.mapping.function)
            return
        when = scope.now()
        key = f"aws/lambda/{self.mapping.uuid}/{self.name}/{when:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{scope.ids.uuid()}"
        to_bucket(scope, destination, key, {**record, "payload": {"Records": [r.event for r in records]}})

    def _batch_info(self, records: list[Record]) -> dict[str, Any]:
        first, last = (stamp(r.arrived) for r in (records[0], records[-1]))
        if self.kind.service == "dynamodb":  # its times are whole seconds, and shown so
            first, last = (t.replace(".000Z", "Z") for t in (first, last))
        return {
            "shardId": self.name,
            "startSequenceNumber": records[0].sequence,
            "endSequenceNumber": records[-1].sequence,
            "approximateArrivalOfFirstRecord": first,
            "approximateArrivalOfLastRecord": last,
            "batchSize": len(records),
            "streamArn": self.settings["EventSourceArn"],
        }
