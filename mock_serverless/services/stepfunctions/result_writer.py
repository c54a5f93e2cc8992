"""What becomes of the results of a distributed Map: an array in the state's output, or objects in S3.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html. In S3: a folder per map run with
manifest.json and SUCCEEDED_0.json, FAILED_0.json, PENDING_0.json as far as there are such children; those of JSON lines are read
as ``SUCCEEDED_*.jsonl`` by programs of users of AWS. Failed children are told with all their details, however the results of the
others are transformed. PENDING are those which were stopped, and the inputs of those which had not been started, so that a run
which fails because of its thresholds has files as well (a guess: nothing is pending when one succeeds).
"""

from __future__ import annotations

from typing import Any

from ...core.errors import AwsError
from .language import StateError
from .language import times as language_times
from .language.document import dumps
from .store import Execution, MapRun, State

ERROR = "States.ResultWriterFailed"
LARGEST = 5_000_000_000
"""Bytes of one result file: "each file is about 5 GB at most"."""


def results(db: State, run: MapRun, config: dict[str, Any] | None) -> list[Any]:
    """The results as the state gives them when they are not written to S3."""
    transformation = (config or {}).get("Transformation", "COMPACT")
    return [r for child in run.children for r in _transformed(db.executions[child.arn], transformation)]


def _transformed(execution: Execution, transformation: str) -> list[Any]:
    if execution.status != "SUCCEEDED" or transformation == "NONE":
        return [record(execution)]
    assert execution.output is not None
    output = execution.output.value
    return output if transformation == "FLATTEN" and isinstance(output, list) else [output]


def record(execution: Execution) -> dict[str, Any]:
    """A child as the files tell of it."""
    found: dict[str, Any] = {"ExecutionArn": execution.arn}
    for name, value in (("Cause", execution.cause), ("Error", execution.error)):
        if value is not None:
            found[name] = value
    found.update(Input=execution.input.text, InputDetails={"Included": True}, Name=execution.name)
    if execution.output is not None:
        found.update(Output=execution.output.text, OutputDetails={"Included": True})
    found["RedriveCount"] = execution.redrives
    if execution.status == "SUCCEEDED":
        reason = f"Execution is {execution.status} and cannot be redriven"
        found.update(RedriveStatus="NOT_REDRIVABLE", RedriveStatusReason=reason)
    else:
        found["RedriveStatus"] = "REDRIVABLE_BY_MAP_RUN"
    found["StartDate"] = language_times.write(execution.started)
    found["StateMachineArn"] = execution.machine
    found["Status"] = execution.status
    if execution.stopped is not None:
        found["StopDate"] = language_times.write(execution.stopped)
    return found


def write(db: State, run: MapRun, writer: dict[str, Any], caller: str) -> dict[str, Any]:
    """Write the results to S3; gives the state's result. Raises StateError."""
    arguments = writer["Arguments"]
    bucket = arguments.get("Bucket") if isinstance(arguments, dict) else None
    if not isinstance(bucket, str):
        raise StateError(ERROR, "The bucket of the result writer must be a string")
    prefix = str(arguments.get("Prefix", "")).strip("/")
    folder = "/".join(p for p in (prefix, run.arn.rpartition(":")[2]) if p)
    config = writer["WriterConfig"] or {}
    files: dict[str, list[dict[str, Any]]] = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}

    def put(key: str, body: str) -> int:
        content = body.encode()
        try:
            db.scope.call("s3", "PutObject", {"Bucket": bucket, "Key": key, "Body": content}, caller=caller)
        except AwsError as e:
            cause = f"{e.message} (Service: S3, Status Code: {e.status}, Request ID: {db.scope.ids.uuid()})"
            raise StateError(ERROR, cause) from None
        return len(content)

    lines = config.get("OutputType") == "JSONL"
    for kind, entries in _sorted(db, run, config).items():
        if entries:
            key = f"{folder}/{kind}_0.{'jsonl' if lines else 'json'}"
            body = "\n".join(map(dumps, entries)) if lines else dumps(entries)
            files[kind].append({"Key": key, "Size": put(key, body)})
    manifest = {"DestinationBucket": bucket, "MapRunArn": run.arn, "ResultFiles": files}
    put(f"{folder}/manifest.json", dumps(manifest))
    return {"MapRunArn": run.arn, "ResultWriterDetails": {"Bucket": bucket, "Key": f"{folder}/manifest.json"}}


def _sorted(db: State, run: MapRun, config: dict[str, Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {"SUCCEEDED": [], "FAILED": [], "PENDING": []}
    for child in run.children:
        execution = db.executions[child.arn]
        if execution.status == "SUCCEEDED":
            found["SUCCEEDED"] += _transformed(execution, config.get("Transformation", "NONE"))
        else:
            found["FAILED" if execution.status in ("FAILED", "TIMED_OUT") else "PENDING"].append(record(execution))
    for document, _ in (run.inputs or [])[len(run.children) :]:
        found["PENDING"].append({"Input": document.text, "InputDetails": {"Included": True}, "Status": "PENDING"})
    return found
