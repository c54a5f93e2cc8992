"""Signatures of JSONata's functions, ``<s-nn?:s>``: which arguments they take, and what takes the place of a missing one.

https://docs.jsonata.org/2.0.6/embedding-extending#function-signature-syntax. The kinds of the arguments, a letter each, are
matched with a regular expression made of the parameters, as the reference implementation does; so the argument that is named in
an error is the same. The library's own check names other arguments and lets null pass.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .engine import NULL, TYPES, JException

ANY = "[asnblfom]"
LETTERS = {str: "s", bool: "b", int: "n", float: "n", dict: "o"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its kind, the pattern for its argument, what an array holds, and may the context take its place?"""

    kind: str
    pattern: str
    subtype: str = ""
    context: str = ""


class Checked(list[Any]):
    """Arguments which have been checked."""


def letter(value: Any) -> str:
    """The kind of an argument."""
    if value is None:
        return "m"
    if value is NULL:
        return "l"
    if isinstance(value, list):
        return "a"
    return LETTERS.get(type(value), "f")


@lru_cache(maxsize=256)
def parameters(signature: str) -> tuple[Parameter, ...]:
    """The parameters of a signature."""
    found: list[Parameter] = []
    at = 1
    while signature[at] not in ":>":
        c = signature[at]
        if c == "-":
            last = found[-1]
            found[-1] = Parameter(last.kind, last.pattern + "?", last.subtype, last.pattern)
        elif c in "?+":
            last = found[-1]
            found[-1] = Parameter(last.kind, last.pattern + c, last.subtype, last.context)
        elif c == "<":
            end = _closing(signature, at)
            last = found[-1]
            found[-1] = Parameter(last.kind, last.pattern, signature[at + 1 : end], last.context)
            at = end
        elif c == "(":
            end = signature.index(")", at)
            found.append(Parameter(signature[at : end + 1], f"[{signature[at + 1 : end]}m]"))
            at = end
        else:
            pattern = {"f": "f", "j": "[asnblom]", "x": ANY, "a": ANY}.get(c, f"[{c}m]")
            found.append(Parameter(c, pattern))
        at += 1
    return tuple(found)


def _closing(text: str, at: int) -> int:
    depth = 0
    for i in range(at, len(text)):
        depth += {"<": 1, ">": -1}.get(text[i], 0)
        if depth == 0:
            return i
    return len(text)


@lru_cache(maxsize=256)
def _pattern(signature: str) -> re.Pattern[str]:
    return re.compile("".join(f"({p.pattern})" for p in parameters(signature)) + "$")


def check(name: str | None, signature: str, arguments: Sequence[Any], context: Any) -> Checked:
    """The arguments as the function takes them; raises JException."""
    letters = "".join(map(letter, arguments))
    matched = _pattern(signature).match(letters)
    if matched is None:
        raise JException("T0410", -1, _wrong(signature, letters) + 1, name)
    checked = Checked()
    at = 0
    for parameter, given in zip(parameters(signature), matched.groups(), strict=True):
        if not given:
            if parameter.context:
                if re.match(parameter.context, letter(context)) is None:
                    raise JException("T0411", -1, at + 1, name)
                checked.append(context)
            else:
                checked.append(arguments[at] if at < len(arguments) else None)
                at += 1
        for single in given:
            checked.append(_argument(name, parameter, single, given, arguments[at], at))
            at += 1
    return checked


def _argument(name: str | None, parameter: Parameter, single: str, given: str, value: Any, at: int) -> Any:
    if parameter.kind != "a" or single == "m":
        return value
    if parameter.subtype:
        kind = parameter.subtype[0]
        fits = all(letter(item) == kind for item in value) if single == "a" else given == parameter.subtype
        if not fits:
            raise JException("T0412", -1, at + 1, name, TYPES.get(parameter.subtype, parameter.subtype))
    return value if single == "a" else [value]


def _wrong(signature: str, letters: str) -> int:
    """Which argument is the first that doesn't fit."""
    partial, good = "", 0
    for parameter in parameters(signature):
        partial += parameter.pattern
        matched = re.match(partial, letters)
        if matched is None:
            return good
        good = matched.end()
    return good
