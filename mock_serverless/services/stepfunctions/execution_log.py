"""What executions write to CloudWatch Logs: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html

An event of the history is one event of the log, as a JSON text. Its members are recorded (in LocalStack's tests, which run
against AWS); so is that an execution goes on when its log group has been deleted. Names of streams and the message that
tries a destination are those which users' logs show.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ...core.arns import Arn
from ...core.clock import from_timestamp
from ...core.errors import AwsError
from .events import Event
from .history import details_of
from .store import Execution, State

VALIDATION_STREAM = "log_stream_created_by_aws_to_validate_log_delivery_subscriptions"
VALIDATION = (
    "Permissions are set correctly to allow AWS CloudWatch Logs to write into your logs while creating a subscription."
)

# https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html, the table of levels
FATAL = frozenset({"ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"})
_ERROR = """
ActivityFailed ActivityScheduleFailed ActivityTimedOut EvaluationFailed FailStateEntered LambdaFunctionFailed
LambdaFunctionScheduleFailed LambdaFunctionStartFailed LambdaFunctionTimedOut MapIterationAborted MapIterationFailed
MapRunAborted MapRunFailed MapStateAborted MapStateFailed ParallelStateAborted ParallelStateFailed TaskFailed TaskStartFailed
TaskStateAborted TaskSubmitFailed TaskTimedOut WaitStateAborted
"""
LEVELS = {"ERROR": FATAL | frozenset(_ERROR.split()), "FATAL": FATAL, "OFF": frozenset()}


def group_of(logging: dict[str, Any]) -> Arn | None:
    """The log group of a logging configuration, by its ARN without ``:*``."""
    for destination in logging.get("destinations") or ():
        text = (destination.get("cloudWatchLogsLogGroup") or {}).get("logGroupArn") or ""
        arn = Arn.parse(text.removesuffix(":*"))
        if arn is None or arn.service != "logs" or not arn.resource.startswith("log-group:"):  # a guess at the words
            message = f"Invalid Logging Configuration: Invalid Log Destination ARN: '{text}'"
            raise AwsError("InvalidLoggingConfiguration", message)
        return arn
    return None


def check_destination(db: State, logging: dict[str, Any]) -> None:
    """The log group has to be there (recorded, of a role that may see it), and gets a message that tries it."""
    arn = group_of(logging)
    if arn is None:
        return
    name = arn.resource.removeprefix("log-group:")
    where = {"account": arn.account, "region": arn.region}
    request = {"logGroupNamePrefix": name}
    there: list[Any] = []
    if arn.region == db.scope.region:
        there = db.scope.call("logs", "DescribeLogGroups", request, caller="states", **where)["logGroups"]
    if not any(group["logGroupName"] == name for group in there):
        raise AwsError("InvalidLoggingConfiguration", "Invalid Logging Configuration: Log Destination not found.")
    db.scope.log(name, VALIDATION_STREAM, [(db.scope.timestamp(), VALIDATION)], create=False)


def write(db: State, execution: Execution, event: Event, id: int) -> None:
    """Log an event of the history, if the machine's level asks for it."""
    logging = execution.settings["loggingConfiguration"]
    wanted = LEVELS.get(logging["level"])
    if wanted is not None and event.type not in wanted:
        return
    arn = group_of(logging)
    if arn is None:
        return
    entry = {
        "id": str(id),
        "type": event.type,
        "details": details_of(event, logging["includeExecutionData"]),
        "previous_event_id": str(event.previous),
        "event_timestamp": str(int(event.time * 1000)),
        "execution_arn": execution.arn,
        "redrive_count": str(execution.redrives),
    }
    text = json.dumps(entry, separators=(",", ":"), ensure_ascii=False)
    group = arn.resource.removeprefix("log-group:")
    db.scope.log(group, _stream(execution, event.time), [(event.time, text)], create=False)


def _stream(execution: Execution, when: float) -> str:
    """``states/<machine>/2026-01-31-12/<eight digits>``: one an hour for a machine."""
    hour = f"{from_timestamp(when):%Y-%m-%d-%H}"
    digits = hashlib.sha256(f"{execution.machine} {hour}".encode()).hexdigest()[:8]
    return f"states/{execution.machine_name}/{hour}/{digits}"
