"""The User-Agent header, put together once a client instead of once a call: a quarter of what botocore spends on a call.

Nobody reads it while a cloud is open, but handlers of the user's may, so it is the one that botocore made for the client (for
each set of features that the calls use).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from botocore.useragent import UserAgentString

_made: WeakKeyDictionary[Any, dict[Any, str]] = WeakKeyDictionary()
_to_string: Callable[[Any], str] = UserAgentString.to_string


def _context() -> Callable[[], Any]:
    try:
        from botocore.context import get_context
    except ImportError:  # botocore before 1.37
        return lambda: None
    found: Callable[[], Any] = get_context
    return found


_context_of_this_call = _context()


def _once(self: Any) -> str:
    """Stands in for UserAgentString.to_string."""
    context = _context_of_this_call()
    features = None if context is None else frozenset(context.features)
    known = _made.get(self)
    if known is None:
        known = _made[self] = {}
    text = known.get(features)
    if text is None:
        text = known[features] = _to_string(self)
    return text


def install() -> None:
    """Remember it."""
    UserAgentString.to_string = _once


def uninstall() -> None:
    """Put it together for every call again."""
    UserAgentString.to_string = _to_string
    _made.clear()
