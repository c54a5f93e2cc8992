"""What AWS refuses in fields that hold paths, and in payload templates.

https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html. Messages are
reported (https://github.com/aws-cloudformation/cfn-lint/issues/4076, 4078, 4085; https://github.com/floci-io/floci/issues/3733)
or were measured with ValidateStateMachineDefinition (https://github.com/badmintoncryer/cdk-preflight, rule
pf-sfn-asl-jsonpath-syntax).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import intrinsics, paths
from .definition import SCHEMA, Level, Problem, objects
from .fields import is_jsonata

TEMPLATES = ("Parameters", "ResultSelector", "ItemSelector", "Assign")
ANY_PATHS = ("InputPath", "OutputPath")
PATH_OR_CALL = ("ErrorPath", "CausePath")
OF_DATA = ("ResultPath",)
REFERENCES = ("SecondsPath", "TimestampPath", "TimeoutSecondsPath", "HeartbeatSecondsPath", "MaxConcurrencyPath",
              "ToleratedFailureCountPath", "ToleratedFailurePercentagePath")  # fmt: skip
INVALID = "Value must be a valid JSONPath."
NO_REFERENCE = "Value is not a Reference Path"


def assigning(path: str, state: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The places of a state which may set variables."""
    places = [(path, state)]
    for field in ("Catch", "Choices"):
        places += [(f"{path}/{field}[{i}]", c) for i, c in enumerate(objects(state.get(field)))]
    return places


def templates(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """Members named ``x.$`` hold a path or a call (reported)."""
    if is_jsonata(level, state):
        return
    for where, body in assigning(path, state):
        for field in TEMPLATES:
            if field in body:
                yield from _template(f"{where}/{field}", body[field])


def _template(path: str, template: Any) -> Iterator[Problem]:
    if isinstance(template, list):
        for item in template:
            yield from _template(path, item)
    if not isinstance(template, dict):
        return
    for name, value in template.items():
        if name.endswith(".$"):
            if not (is_path(value) or is_call(value)):
                message = (
                    f"The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call"
                )
                yield Problem(SCHEMA, message, path)
        else:
            yield from _template(f"{path}/{name}" if isinstance(value, dict) else path, value)


def paths_of_fields(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """Fields which are paths."""
    if is_jsonata(level, state):
        return
    for field in ANY_PATHS:
        if state.get(field) is not None and not is_path(state[field]):
            yield Problem(SCHEMA, INVALID, f"{path}/{field}")
    for field in PATH_OR_CALL:
        if field in state and not (is_path(state[field]) or is_call(state[field])):
            yield Problem(SCHEMA, INVALID, f"{path}/{field}")
    yield from references(path, state, REFERENCES)
    if "ItemsPath" in state:
        yield from reference(f"{path}/ItemsPath", state["ItemsPath"], INVALID, context=True)
    for where, body in [(path, state)] + [(f"{path}/Catch[{i}]", c) for i, c in enumerate(objects(state.get("Catch")))]:
        for field in OF_DATA:
            if body.get(field) is not None:
                yield from reference(f"{where}/{field}", body[field], INVALID, variables=False)


def references(path: str, body: dict[str, Any], fields: tuple[str, ...]) -> Iterator[Problem]:
    """Fields that hold reference paths."""
    for field in fields:
        if field in body:
            yield from reference(f"{path}/{field}", body[field], INVALID)


def reference(
    place: str, text: Any, no_path: str | None = None, *, context: bool = False, variables: bool = True
) -> Iterator[Problem]:
    """A path that names one place in the data, in a variable or, for some fields, in the context object."""
    if not isinstance(text, str) or not text.startswith("$"):
        yield Problem(SCHEMA, no_path or f"{NO_REFERENCE}: Reference path didn't start with '$'", place)
        return
    if no_path is None:  # a rule of a Choice state takes what names several places, too
        if not is_path(text):
            yield Problem(SCHEMA, NO_REFERENCE, place)
        return
    path = paths.compile(text) if is_path(text) else None
    if path is None or not path.is_reference or (path.source == "$$" and not context) or not (
        variables or path.source == "$"
    ):  # fmt: skip
        yield Problem(SCHEMA, NO_REFERENCE, place)


def is_path(text: Any) -> bool:
    """A JSONPath of data, context object or a variable?"""
    try:
        return isinstance(text, str) and text.startswith("$") and bool(paths.compile(text))
    except paths.PathSyntaxError:
        return False


def is_call(text: Any) -> bool:
    """A call of an intrinsic function?"""
    try:
        return isinstance(text, str) and text.startswith("States.") and bool(intrinsics.parse(text))
    except intrinsics.SyntaxError:
        return False
