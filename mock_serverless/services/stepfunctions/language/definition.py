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


def language_of(body: dict[str, Any], otherwise: str) -> str:
    """The language of a machine or a state: whatever isn't exactly JSONPath is JSONata (measured: floci's
    StepFunctionsValidateStateMachineDefinitionIntegrationTest)."""
    if "QueryLanguage" not in body:
        return otherwise
    return "JSONPath" if body["QueryLanguage"] == "JSONPath" else "JSONata"


def levels(definition: dict[str, Any]) -> Iterator[Level]:
    """The definition and all lines of states inside it, outermost first."""
    todo = [Level("", definition, language_of(definition, "JSONPath"), 0)]
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
    """What Jackson says of a text that is no JSON, without the place: so it is in the errors of calls (recorded)."""
    try:
        loads(text)
    except ValueError as e:
        return _complaint(text, e)[0]
    return ""


# how Python's complaint begins -> how Jackson's ends; recorded or reported by users are the words for a token that it doesn't
# know, for a name without quotes and for a comma that isn't there
EXPECTED = {
    "Expecting property name": "was expecting double-quote to start field name",
    "Illegal trailing comma": "was expecting double-quote to start field name",
    "Expecting ':'": "was expecting a colon to separate field name and value",
    "Expecting ','": "was expecting comma to separate {} entries",
}
VALUES = "JSON String, Number, Array, Object or token 'null', 'true' or 'false'"


def _complaint(text: str, error: ValueError) -> tuple[str, int]:
    """Jackson's words, and how far it had read."""
    at = error.pos if isinstance(error, json.JSONDecodeError) else 0
    said = str(error)
    word = re.compile(r"[A-Za-z_$][\w$]*").match(text, at)
    end = next((words for begin, words in EXPECTED.items() if said.startswith(begin)), None)
    if said.startswith("Unterminated string"):
        return "Unexpected end-of-input: was expecting closing quote for a string value", len(text)
    if said.startswith("Invalid control character"):
        words = "has to be escaped using backslash to be included in string value"
        return f"Illegal unquoted character ((CTRL-CHAR, code {ord(text[at])})): {words}", at + 1
    if at >= len(text):
        return "Unexpected end-of-input", at
    if word is not None and end is None:
        return f"Unrecognized token '{word.group()}': was expecting ({VALUES})", word.end()
    end = (end or f"expected a valid value ({VALUES})").format(_container(text, at))
    return f"Unexpected character ('{text[at]}' (code {ord(text[at])})): {end}", at + 1


def _container(text: str, at: int) -> str:
    """What the place is in: Object or Array."""
    opened: list[str] = []
    for bracket in re.findall(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', text[:at]):
        if bracket in "[{":
            opened.append(bracket)
        elif bracket in "]}" and opened:
            opened.pop()
    return "Array" if opened[-1:] == ["["] else "Object"


def _no_json(text: str, error: ValueError) -> Problem:
    what, at = _complaint(text, error)
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    shown = text if len(text) <= 500 else text[:500] + f"[truncated {len(text) - 500} chars]"
    place = f'[Source: (String)"{shown}"; line: {line}, column: {column}]'
    return Problem("INVALID_JSON_DESCRIPTION", f"{what}\n at {place}", place)
