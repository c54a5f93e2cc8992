"""JSON data on its way through a state machine: a value, and its text, each made from the other when first asked for.

What comes in as text stays that text wherever it is passed on unchanged (recorded: an execution's input keeps its spacing in
every event until a state works on it). Values are never changed in place, so that documents can share them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

LIMIT = 262_144
"""Bytes of UTF-8 that a state's input or output may have: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""

_MISSING: Any = object()
_SPACE = re.compile(r"[ \t\n\r]*")
dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


_decoder = json.JSONDecoder(parse_constant=_no_constant)


def loads(text: str) -> Any:
    """A JSON text's value; ValueError when it is none."""
    return _decoder.decode(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in an object")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is too large")
    return number


_strict_decoder = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_once)


def loads_strictly(text: str) -> Any:
    """The same; ValueError also where a name stands twice in an object, or a number is too large for a double."""
    return _strict_decoder.decode(text)


class Document:
    """A JSON value and its text."""

    __slots__ = ("_bound", "_text", "_value")

    def __init__(self, value: Any = _MISSING, text: str | None = None, bound: int | None = None) -> None:
        self._value = value
        self._text = text
        self._bound = bound

    @property
    def value(self) -> Any:
        """The value; ValueError when the text is no JSON."""
        if self._value is _MISSING:
            assert self._text is not None
            self._value = loads(self._text)
        return self._value

    @property
    def text(self) -> str:
        """The text: as it came, else without any spaces."""
        if self._text is None:
            self._text = dumps(self._value)
        return self._text

    @property
    def bound(self) -> int:
        """Bytes of UTF-8 that the text has at most."""
        if self._text is not None or self._bound is None:
            text = self.text
            return len(text) if text.isascii() else 4 * len(text)
        return self._bound

    def too_large(self) -> bool:
        """Is the text longer than the limit?"""
        if self.bound <= LIMIT:
            return False
        return len(self.text.encode("utf-8", "surrogatepass")) > LIMIT

    def placed(self, steps: Sequence[str | int], result: Document) -> Document:
        """A copy of the document with another one's value at a place."""
        bound = self.bound + result.bound + sum(8 + 4 * len(str(s)) for s in steps)
        return Document(place(self.value, steps, result.value), bound=bound)

    @staticmethod
    def array(items: Sequence[Document]) -> Document:
        """The documents as one array; their texts stay as they are."""
        texts = [d.text for d in items]
        return Document([d.value for d in items], "[" + ",".join(texts) + "]")

    def __deepcopy__(self, memo: dict[int, Any]) -> Document:
        return self

    def __repr__(self) -> str:
        return f"<Document {self.text[:80]}>"


def excerpt(text: str, steps: Sequence[str | int]) -> str:
    """What is at a place in a JSON text, as it is written there; the place must be there."""
    start = _past_space(text, 0)
    for step in steps:
        start = _member(text, start, step)
    return text[start : _decoder.raw_decode(text, start)[1]]


def _member(text: str, at: int, step: str | int) -> int:
    """Where the value of a member begins; of several of one name the last one counts."""
    start, count = -1, 0
    at = _past_space(text, at + 1)
    while text[at] not in "]}":
        name: Any = count
        if isinstance(step, str):
            name, end = _decoder.raw_decode(text, at)
            at = _past_space(text, _past_space(text, end) + 1)
        if name == step:
            start = at
        at = _past_space(text, _decoder.raw_decode(text, at)[1])
        at = _past_space(text, at + 1) if text[at] == "," else at
        count += 1
    return start


def _past_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()


class Misplaced(Exception):
    """A step of a reference path can't be taken in a value."""


def place(value: Any, steps: Sequence[str | int], result: Any) -> Any:
    """A copy of ``value`` with ``result`` at the path; objects on the way are made. Raises Misplaced."""
    if not steps:
        return result
    step = steps[0]
    if isinstance(step, str):
        if not isinstance(value, dict):
            raise Misplaced(step)
        new = dict(value)
        new[step] = place(value.get(step, {}), steps[1:], result)
        return new
    if not isinstance(value, list) or not -len(value) <= step < len(value):
        raise Misplaced(str(step))
    copy = list(value)
    copy[step] = place(value[step], steps[1:], result)
    return copy
