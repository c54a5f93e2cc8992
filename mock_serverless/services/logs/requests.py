"""What the requests of several operations have in common: the group they name, and pages of lists."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, TypeVar

from ...core.arns import Arn
from ...core.errors import AwsError
from .ingestion import take_up
from .store import Group, State, check_names, invalid

T = TypeVar("T")


def group_of(state: State, request: dict[str, Any]) -> Group:
    """The group of a request, by ``logGroupName`` or ``logGroupIdentifier`` (a name or an ARN)."""
    take_up(state)
    name, identifier = request.get("logGroupName"), request.get("logGroupIdentifier")
    if name is not None and identifier is not None:  # recorded
        message = "LogGroup name and LogGroup ARN are mutually exclusive parameters."
        raise AwsError("ValidationException", message)
    if name is None and identifier is None:  # a guess at the words
        raise AwsError("ValidationException", "Either LogGroup name or LogGroup ARN must be specified.")
    check_names(request.get("logGroupName"), request.get("logStreamName"))
    return state.group(name if name is not None else name_of(str(identifier)))


def name_of(identifier: str) -> str:
    """The group's name out of an ARN (with or without ``:*``) or a name."""
    arn = Arn.parse(identifier)
    return identifier if arn is None else arn.resource.removeprefix("log-group:").removesuffix(":*")


def page(items: Sequence[T], request: dict[str, Any], most: int = 50) -> tuple[list[T], dict[str, str]]:
    """The part of a list that a request asks for, and the token for the next part."""
    start = _start(request.get("nextToken"))
    end = start + min(request.get("limit") or most, most)
    return list(items[start:end]), {"nextToken": token_of(end)} if end < len(items) else {}


def token_of(position: int, forward: bool = True) -> str:
    """An opaque token: where it goes on, and in which direction."""
    return base64.urlsafe_b64encode(f"{'after' if forward else 'before'} {position}".encode()).decode()


def place_of(token: str) -> tuple[int, bool]:
    """What :func:`token_of` was given. Raises AwsError (recorded) for any other text."""
    try:
        word, _, number = base64.b64decode(token, altchars=b"-_", validate=True).decode().partition(" ")
        if word in ("after", "before"):
            return int(number), word == "after"
    except ValueError:
        pass
    raise invalid("The specified nextToken is invalid.")


def _start(token: str | None) -> int:
    return 0 if token is None else place_of(token)[0]
