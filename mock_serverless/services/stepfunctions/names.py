"""Names of state machines, executions and activities, and pages of lists.

Which characters a name may not have: https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html;
the error is recorded for activities.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import Any, TypeVar

from ...core.errors import AwsError

_FORBIDDEN = re.compile(r"[\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]")

T = TypeVar("T")


def check_name(name: str) -> None:
    """Raises InvalidName."""
    if _FORBIDDEN.search(name) or not 1 <= len(name) <= 80:
        raise AwsError("InvalidName", f"Invalid Name: '{name}'")


def page(items: Sequence[T], request: dict[str, Any], key: str = "maxResults") -> tuple[list[T], dict[str, str]]:
    """The part of a list which a request asks for, and the token for the next part."""
    limit = request.get(key) or (100 if key == "maxResults" else 1000)
    start = _offset(request.get("nextToken"))
    end = start + limit
    return list(items[start:end]), {"nextToken": _token(end)} if end < len(items) else {}


def _token(offset: int) -> str:
    return base64.b64encode(f"offset:{offset}".encode()).decode()


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    try:
        kind, _, offset = base64.b64decode(token, validate=True).decode().partition(":")
        if kind == "offset":
            return int(offset)
    except ValueError:
        pass
    raise AwsError("InvalidToken", f"Invalid Token: '{token}'")
