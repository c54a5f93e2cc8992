"""Map runs: describe, list, update.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeMapRun.html and its neighbours.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from ...core.clock import from_timestamp
from ...core.errors import AwsError
from ...core.operation import operation
from .executions import not_redrivable
from .names import page
from .store import MapRun, State

COUNTS = {"PENDING": "pending", "RUNNING": "running", "SUCCEEDED": "succeeded", "FAILED": "failed", "TIMED_OUT": "timedOut",
          "ABORTED": "aborted", "PENDING_REDRIVE": "pendingRedrive"}  # fmt: skip
UNSUCCESSFUL = frozenset({"FAILED", "TIMED_OUT", "ABORTED"})


@operation(unfinished=lambda request, response: response["status"] == "RUNNING")
def describe_map_run(db: State, request: dict[str, Any]) -> dict[str, Any]:
    run = db.map_run(request["mapRunArn"])
    answer: dict[str, Any] = {
        "mapRunArn": run.arn,
        "executionArn": run.execution,
        "status": run.status,
        "startDate": from_timestamp(run.started),
        "maxConcurrency": run.concurrency,
        "toleratedFailurePercentage": float(run.tolerated_percentage),
        "toleratedFailureCount": run.tolerated_count,
        "itemCounts": _counts(db, run, items=True),
        "executionCounts": _counts(db, run, items=False),
        "redriveCount": run.redrives,
    }
    if run.stopped is not None:
        answer["stopDate"] = from_timestamp(run.stopped)
    if run.redriven is not None:
        answer["redriveDate"] = from_timestamp(run.redriven)
    return answer


def _counts(db: State, run: MapRun, items: bool) -> dict[str, int]:
    found: Counter[str] = Counter()
    lost = 0
    for child in run.children:
        execution, count = db.executions[child.arn], child.items if items else 1
        found[COUNTS[execution.status]] += count
        if execution.status in UNSUCCESSFUL and not_redrivable(db, execution) is not None:
            lost += count
    total = run.items if items else run.batches
    if run.status == "RUNNING":
        found["pending"] += total - sum(found.values())
    return {
        **{name: found[name] for name in COUNTS.values()},
        "total": total,
        # recorded: without a ResultWriter, too, they count as written
        "resultsWritten": found["succeeded"] if run.written else 0,
        "failuresNotRedrivable": lost,
    }


@operation
def list_map_runs(db: State, request: dict[str, Any]) -> dict[str, Any]:
    """The newest first (the order is a guess)."""
    execution = db.execution(request["executionArn"])
    runs, token = page(
        [r for r in reversed(db.map_runs.values()) if r.execution == execution.arn], request, db.scope.timestamp()
    )
    return {"mapRuns": [_entry(run) for run in runs], **token}


def _entry(run: MapRun) -> dict[str, Any]:
    entry = {
        "executionArn": run.execution,
        "mapRunArn": run.arn,
        "stateMachineArn": f"{run.machine}/{run.label}",
        "startDate": from_timestamp(run.started),
    }
    return {**entry, "stopDate": from_timestamp(run.stopped)} if run.stopped is not None else entry


@operation
def update_map_run(db: State, request: dict[str, Any]) -> dict[str, Any]:
    """While it runs: what it says counts from the next child on."""
    run = db.map_run(request["mapRunArn"])
    if not {"maxConcurrency", "toleratedFailurePercentage", "toleratedFailureCount"} & request.keys():
        # the documentation names the parameters, the wording is a guess
        message = "Must specify at least one of maxConcurrency, toleratedFailurePercentage or toleratedFailureCount"
        raise AwsError("ValidationException", message)
    if run.status != "RUNNING":
        # a guess
        raise AwsError("ValidationException", f"Map Run is {run.status} and cannot be updated: '{run.arn}'")
    run.concurrency = request.get("maxConcurrency", run.concurrency)
    run.tolerated_percentage = request.get("toleratedFailurePercentage", run.tolerated_percentage)
    run.tolerated_count = request.get("toleratedFailureCount", run.tolerated_count)
    db.scope.kernel.deliver(f"mapRun:{run.arn}", None)
    return {}
