"""A definition's text, parsed and checked; parsed once per text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .document import loads

SCHEMA = "SCHEMA_VALIDATION_FAILED"


@dataclass(frozen=True, slots=True)
class Problem:
    """One diagnostic of AWS's."""

    code: str
    message: str
    location: str | None = None
    severity: str = "ERROR"

    def __str__(self) -> str:
        return f"{self.code}: {self.message} at {'null' if self.location is None else self.location}"


@dataclass(frozen=True, slots=True)
class Level:
    """One line of states in a definition: the machine's own, a branch's, an item processor's."""

    path: str
    body: dict[str, Any]
    language: str
    depth: int

    def states(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """(path, name, state) of each that is an object."""
        states = self.body.get("States")
        for name, state in states.items() if isinstance(states, dict) else ():
            if isinstance(state, dict):
                yield f"{self.path}/States/{name}", name, state


def levels(definition: dict[str, Any]) -> Iterator[Level]:
    """The definition and all lines of states inside it, outermost first."""
    language = definition.get("QueryLanguage")
    todo = [Level("", definition, language if isinstance(language, str) else "JSONPath", 0)]
    while todo:
        level = todo.pop(0)
        yield level
        for path, _, state in level.states():
            for place, body in inner_bodies(state):
                todo.append(Level(f"{path}/{place}", body, level.language, level.depth + 1))


def inner_bodies(state: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The lines of states inside a state, with the place of each."""
    if state.get("Type") == "Parallel" and isinstance(state.get("Branches"), list):
        for i, branch in enumerate(state["Branches"]):
            if isinstance(branch, dict):
                yield f"Branches[{i}]", branch
    if state.get("Type") == "Map":
        for name in ("ItemProcessor", "Iterator"):
            if isinstance(state.get(name), dict):
                yield name, state[name]


def objects(entries: Any) -> list[dict[str, Any]]:
    """Those entries of what should be an array which are objects."""
    return [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []


def parse(text: str) -> dict[str, Any] | Problem:
    """The definition that a text is, or why it is none."""
    if not text.strip():
        return Problem("SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object")
    try:
        value = _parsed(text)
    except ValueError as e:
        return _no_json(text, e)
    if not isinstance(value, dict):
        return Problem("SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object")
    return value


@lru_cache(maxsize=512)
def _parsed(text: str) -> Any:
    return loads(text)


def no_json(text: str) -> str:
    """What Jackson says of a text that is no JSON, with the place; the case of an unknown word is recorded."""
    try:
        loads(text)
    except ValueError as e:
        return _no_json(text, e).message
    return ""


def _no_json(text: str, error: ValueError) -> Problem:
    at = error.pos if isinstance(error, json.JSONDecodeError) else 0
    word = re.compile(r"[A-Za-z_$][\w$]*").match(text, at)
    if word is not None:
        expected = "JSON String, Number, Array, Object or token 'null', 'true' or 'false'"
        what = f"Unrecognized token '{word.group()}': was expecting ({expected})"
        at = word.end()
    elif at >= len(text):
        what = "Unexpected end-of-input"
    else:
        what = f"Unexpected character ('{text[at]}' (code {ord(text[at])}))"
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    shown = text if len(text) <= 500 else text[:500] + f"[truncated {len(text) - 500} chars]"
    place = f'[Source: (String)"{shown}"; line: {line}, column: {column}]'
    return Problem("INVALID_JSON_DESCRIPTION", f"{what}\n at {place}", place)
