"""Names of state machines, executions and activities, and pages of lists.

Which characters a name may not have: https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html;
the error is recorded for activities.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import Any, TypeVar

from ...core.constraints import SECRET, validation_error, violation
from ...core.errors import AwsError

_FORBIDDEN = re.compile(r"[\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff\U0010ffff]")

T = TypeVar("T")


def check_name(name: str) -> None:
    """Raises InvalidName."""
    if _FORBIDDEN.search(name) or not 1 <= len(name) <= 80:
        raise AwsError("InvalidName", f"Invalid Name: '{name}'")


MOST_BYTES = 262_144


def check_size(member: str, text: str) -> None:
    """A payload's length is "expressed as bytes in UTF-8 encoding", where botocore's limit counts characters.

    Raises ValidationException; that it has the words of botocore's limit is a guess.
    """
    if len(text) > MOST_BYTES // 4 and len(text.encode()) > MOST_BYTES:
        raise validation_error(
            [violation(SECRET, member, f"Member must have length less than or equal to {MOST_BYTES}")]
        )


def page(
    items: Sequence[T], request: dict[str, Any], now: float, key: str = "maxResults"
) -> tuple[list[T], dict[str, str]]:
    """The part of a list which a request asks for, and the token for the next part, which counts for a day."""
    limit = request.get(key) or (100 if key == "maxResults" else 1000)
    start = offset_of(request.get("nextToken"), now)
    end = start + limit
    return list(items[start:end]), {"nextToken": token_of(end, now)} if end < len(items) else {}


DAY = 86400
""""Each pagination token expires after 24 hours": every operation that lists."""


def token_of(offset: int, now: float) -> str:
    """A token for a place in a list."""
    return base64.b64encode(f"offset:{offset}:{now}".encode()).decode()


def offset_of(token: str | None, now: float) -> int:
    """The place of a token; 0 without one. Raises InvalidToken."""
    if token is None:
        return 0
    try:
        kind, offset, made = base64.b64decode(token, validate=True).decode().split(":")
        if kind == "offset" and now - float(made) <= DAY:
            return int(offset)
    except ValueError:
        pass
    raise AwsError("InvalidToken", f"Invalid Token: '{token}'")
