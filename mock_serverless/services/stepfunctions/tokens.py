"""Answers to task tokens: https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token"""

from __future__ import annotations

from typing import Any

from ...core.agenda import job
from ...core.errors import AwsError
from ...core.operation import operation
from .integrations.tasks import HEARTBEAT, key
from .language.definition import no_json
from .language.document import loads
from .names import check_size
from .store import State, Token


@job("stepfunctions:worker")
def _wake_worker(scope: Any, key: str) -> None:
    scope.kernel.deliver(key, None)


@operation
def send_task_success(db: State, request: dict[str, Any]) -> dict[str, Any]:
    check_size("output", request["output"])
    token = _token(db, request["taskToken"])
    try:
        loads(request["output"])
    except ValueError:
        raise AwsError("InvalidOutput", f"Invalid Output: '{no_json(request['output'])}'") from None
    _deliver(db, token, ("success", request["output"]))
    return {}


@operation
def send_task_failure(db: State, request: dict[str, Any]) -> dict[str, Any]:
    token = _token(db, request["taskToken"])
    _deliver(db, token, ("failure", request.get("error"), request.get("cause")))
    return {}


@operation
def send_task_heartbeat(db: State, request: dict[str, Any]) -> dict[str, Any]:
    _deliver(db, _token(db, request["taskToken"]), HEARTBEAT)
    return {}


def _token(db: State, text: str) -> Token:
    """The open task of a token; the messages are those which users report."""
    token = db.tokens.get(text)
    if token is None:
        raise AwsError("InvalidToken", "Invalid Token: 'Invalid token'")
    if not db.waits(token):
        raise AwsError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
    return token


def _deliver(db: State, token: Token, answer: tuple[Any, ...]) -> None:
    """Now, or as soon as the task waits (it may be answered while its message is still being sent)."""
    if answer is not HEARTBEAT:
        token.open = False
    if not db.scope.kernel.deliver(key(token.token), answer) and answer is not HEARTBEAT:
        token.early = answer
