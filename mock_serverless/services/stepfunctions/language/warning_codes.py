"""What AWS takes and warns of: texts that look like paths where no path is read.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html has the codes and an
example of each message. What is said of texts that look like intrinsic functions is a guess after them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .definition import Level, Problem, levels, objects, parse
from .fields import is_jsonata
from .path_fields import TEMPLATES, assigning, is_call, is_path

WARNING = "WARNING"


def warnings(text: str) -> list[Problem]:
    """The warnings about a definition, of the outermost states first; none where it is no JSON object."""
    definition = parse(text)
    if isinstance(definition, Problem):
        return []
    return [
        p for level in levels(definition) for path, _, state in level.states() for p in _of_state(level, path, state)
    ]


def _of_state(level: Level, path: str, state: dict[str, Any]) -> Iterator[Problem]:
    if is_jsonata(level, state):
        return
    for where, body in assigning(path, state):
        for field in TEMPLATES:
            yield from _no_dollar(f"{where}/{field}", body.get(field))
    for field in ("ItemReader", "ResultWriter"):
        for body in objects([state.get(field)]):
            yield from _no_dollar(f"{path}/{field}/Parameters", body.get("Parameters"))
    if state.get("Type") == "Pass":
        yield from _static(f"{path}/Result", state.get("Result"))
    for field in ("Error", "Cause") if state.get("Type") == "Fail" else ():
        kind = _looks_like(state.get(field))
        if kind is not None:
            yield Problem("NO_PATH", _instead(field, field + "Path", kind), f"{path}/{field}", WARNING)


def _looks_like(value: Any) -> str | None:
    return "a JSONPath" if is_path(value) else "an Intrinsic Function" if is_call(value) else None


def _instead(name: str, better: str, kind: str) -> str:
    return f"The value of '{name}' looks like {kind}. Instead of '{name}', use '{better}' to evaluate it as {kind} at runtime."


def _no_dollar(place: str, template: Any) -> Iterator[Problem]:
    for item in template if isinstance(template, list) else ():
        yield from _no_dollar(place, item)
    for name, value in template.items() if isinstance(template, dict) else ():
        kind = None if name.endswith(".$") else _looks_like(value)
        if kind is not None:
            yield Problem("NO_DOLLAR", _instead(name, name + ".$", kind), place, WARNING)
        yield from _no_dollar(f"{place}/{name}" if isinstance(value, dict) else place, value)


def _static(place: str, result: Any) -> Iterator[Problem]:
    for item in result if isinstance(result, list) else ():
        yield from _static(place, item)
    for name, value in result.items() if isinstance(result, dict) else ():
        if name.endswith(".$"):
            message = (
                f"The value of '{name}' will not evaluate as a JSONPath or Intrinsic Function at runtime. Instead of "
                "'Result', use 'Parameters' to evaluate it as a JSONPath or Intrinsic Function at runtime."
            )
            yield Problem("PASS_RESULT_IS_STATIC", message, place, WARNING)
        yield from _static(f"{place}/{name}" if isinstance(value, dict) else place, value)
