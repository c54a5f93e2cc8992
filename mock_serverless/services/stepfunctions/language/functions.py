"""The intrinsic functions, one Python function each, registered with the kinds of their arguments.

https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html. A kind ending with ``?`` may be left out, one
ending with ``*`` repeated. What the functions do was compared with recorded executions; the wording of their errors is a
guess except where noted.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from .document import dumps, loads
from .java_random import JavaRandom


class Chance(Protocol):
    def random(self) -> float: ...
    def uuid(self) -> str: ...


class FunctionFailed(Exception):
    """The arguments are not what the function takes."""


def _is_number(v: Any) -> bool:
    return isinstance(v, (int, float)) and not isinstance(v, bool)


KINDS: dict[str, Callable[[Any], bool]] = {
    "any": lambda v: True,
    "array": lambda v: isinstance(v, list),
    "object": lambda v: isinstance(v, dict),
    "text": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "number": _is_number,
}


@dataclass(frozen=True, slots=True)
class Function:
    """One function: what it does, the kinds of its arguments, and how many it takes."""

    name: str
    body: Callable[..., Any]
    kinds: tuple[str, ...]
    least: int
    most: int | None
    chance: bool
    raw_text: bool

    def takes(self, count: int) -> bool:
        """May it be called with so many arguments?"""
        return self.least <= count and (self.most is None or count <= self.most)

    def __call__(self, arguments: list[Any], chance: Chance) -> Any:
        for i, argument in enumerate(arguments):
            kind = self.kinds[min(i, len(self.kinds) - 1)]
            if not KINDS[kind](argument):
                raise FunctionFailed(
                    f"Argument {i + 1} of {self.name} must be of type {kind} but was {dumps(argument)}"
                )
        return self.body(chance, *arguments) if self.chance else self.body(*arguments)


FUNCTIONS: dict[str, Function] = {}


def function(name: str, *kinds: str, chance: bool = False, raw_text: bool = False) -> Callable[..., Any]:
    """Register an intrinsic function with the kinds of its arguments."""

    def register(body: Callable[..., Any]) -> Callable[..., Any]:
        least = sum(1 for k in kinds if k[-1] not in "?*")
        most = None if any(k[-1] == "*" for k in kinds) else len(kinds)
        bare = tuple(k.rstrip("?*") for k in kinds)
        full = "States." + name
        FUNCTIONS[full] = Function(full, body, bare, least, most, chance, raw_text)
        return body

    return register


def whole(value: float) -> int:
    """Numbers which are not whole are rounded to the nearest (recorded: MathAdd of 59 and 4.3 gives 63)."""
    return value if isinstance(value, int) else math.floor(value + 0.5)


# ---------------------------------------------------------------------- arrays


@function("Array", "any*")
def array(*items: Any) -> Any:
    return list(items)


@function("ArrayPartition", "array", "number")
def array_partition(items: list[Any], size: float) -> Any:
    step = whole(size)
    if step < 1:
        raise FunctionFailed("The chunk size must be a positive integer")
    return [items[i : i + step] for i in range(0, len(items), step)]


@function("ArrayContains", "array", "any")
def array_contains(items: list[Any], wanted: Any) -> Any:
    return any(same(i, wanted) for i in items)


@function("ArrayRange", "number", "number", "number")
def array_range(first: float, last: float, step: float) -> Any:
    start, end, by = whole(first), whole(last), whole(step)
    if by == 0:
        raise FunctionFailed("The step must not be 0")
    found = range(start, end + (1 if by > 0 else -1), by)
    if len(found) > 1000:
        raise FunctionFailed("The array may have at most 1000 elements")
    return list(found)


@function("ArrayGetItem", "array", "number")
def array_get_item(items: list[Any], index: float) -> Any:
    at = whole(index)
    if not 0 <= at < len(items):
        raise FunctionFailed(f"Index {at} is out of bounds for an array of length {len(items)}")
    return items[at]


@function("ArrayLength", "array")
def array_length(items: list[Any]) -> Any:
    return len(items)


@function("ArrayUnique", "array")
def array_unique(items: list[Any]) -> Any:
    found: list[Any] = []
    for item in items:
        if not any(same(item, f) for f in found):
            found.append(item)
    return found


def same(a: Any, b: Any) -> bool:
    """Equal as JSON: true is not 1."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(v, b[k]) for k, v in a.items())
    return bool(a == b)


# ---------------------------------------------------------------------- texts, encodings


@function("Format", "text", "any*", raw_text=True)
def format_(template: str, *arguments: Any) -> Any:
    parts: list[str] = []
    left = list(arguments)
    at = 0
    while at < len(template):
        c = template[at]
        if c == "\\" and at + 1 < len(template) and template[at + 1] in "'\\{}":
            parts.append(template[at + 1])
            at += 2
        elif template.startswith("{}", at):
            if not left:
                raise FunctionFailed("The template has more placeholders than there are arguments")
            value = left.pop(0)
            parts.append(value if isinstance(value, str) else dumps(value))
            at += 2
        elif c in "{}":
            raise FunctionFailed("The template has an unescaped brace which is no placeholder")
        else:
            parts.append(c)
            at += 1
    if left:
        raise FunctionFailed("The template has fewer placeholders than there are arguments")
    return "".join(parts)


@function("StringSplit", "text", "text")
def string_split(text: str, delimiters: str) -> Any:
    if not delimiters:
        return [text]
    for other in delimiters[1:]:
        text = text.replace(other, delimiters[0])
    return [part for part in text.split(delimiters[0]) if part]


@function("StringToJson", "text")
def string_to_json(text: str) -> Any:
    if not text.strip():
        return None
    try:
        return loads(text)
    except ValueError:
        raise FunctionFailed(f"Invalid JSON: {text}") from None


@function("JsonToString", "any")
def json_to_string(value: Any) -> Any:
    return dumps(value)


@function("JsonMerge", "object", "object", "boolean")
def json_merge(one: dict[str, Any], two: dict[str, Any], deep: bool) -> Any:
    if deep:
        raise FunctionFailed("Deep merging is not supported; the third argument must be false")
    return {**one, **two}


@function("Base64Encode", "text")
def base64_encode(text: str) -> Any:
    _at_most_10000(text)
    return base64.b64encode(text.encode()).decode()


@function("Base64Decode", "text")
def base64_decode(text: str) -> Any:
    _at_most_10000(text)
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise FunctionFailed("The argument is not a Base64 text") from None


def _at_most_10000(text: str) -> None:
    if len(text) > 10_000:
        raise FunctionFailed("The argument may have at most 10000 characters")


ALGORITHMS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


@function("Hash", "any", "text")
def hash_(value: Any, algorithm: str) -> Any:
    text = value if isinstance(value, str) else dumps(value)
    _at_most_10000(text)
    if algorithm not in ALGORITHMS:
        raise FunctionFailed(f"The algorithm must be one of {', '.join(ALGORITHMS)}")
    return hashlib.new(ALGORITHMS[algorithm], text.encode()).hexdigest()


# ---------------------------------------------------------------------- numbers and chance


@function("MathAdd", "number", "number")
def math_add(one: float, two: float) -> Any:
    if not all(-(2**31) <= whole(n) < 2**31 for n in (one, two)):
        raise FunctionFailed("The arguments must be from -2147483648 to 2147483647")
    return whole(one) + whole(two)


@function("MathRandom", "number", "number", "number?", chance=True)
def math_random(chance: Chance, start: float, end: float, seed: float | None = None) -> Any:
    low, high = whole(start), whole(end)
    if low >= high:
        raise FunctionFailed("The start must be less than the end")
    if seed is None:
        return low + int(chance.random() * (high - low))
    return low + JavaRandom(whole(seed)).below(high - low)  # a guess: JSONata's $random is measured to draw by it


@function("UUID", chance=True)
def uuid(chance: Chance) -> Any:
    return chance.uuid()
