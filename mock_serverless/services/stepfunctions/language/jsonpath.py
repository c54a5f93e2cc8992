"""The query language JSONPath: how a state's input becomes what it works on, and its result becomes its output.

Two pipelines of functions of one signature, each a field of the state:

    input -> InputPath -> Parameters -> (the state's work) -> ResultSelector -> ResultPath -> OutputPath -> output

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html. ``Assign`` sees the result as the
work gave it (recorded for Pass), and its variables count from the next state on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import paths
from .document import Document, Misplaced
from .errors import Fault
from .values import evaluate, fill, look_up
from .visits import Visit

Stage = Callable[[Visit, Document], Document]
EMPTY = Document({}, "{}")


def input_path(visit: Visit, document: Document) -> Document:
    """The part of the input that counts; null is an empty object."""
    return _part(visit, document, "InputPath")


def parameters(visit: Visit, document: Document) -> Document:
    """The payload template which takes the input's place."""
    template = visit.state.get("Parameters", _ABSENT)
    if template is _ABSENT or visit.state["Type"] == "Map":
        return document
    return Document(fill(template, visit.sources(document)))


def result_selector(visit: Visit, document: Document) -> Document:
    """The payload template which takes the result's place."""
    template = visit.state.get("ResultSelector", _ABSENT)
    if template is _ABSENT:
        return document
    return Document(fill(template, visit.sources(document)))


def result_path(visit: Visit, document: Document) -> Document:
    """Where in the state's input the result goes; null throws it away."""
    return put(visit, document, visit.state.get("ResultPath", "$"))


def output_path(visit: Visit, document: Document) -> Document:
    """The part of the output that counts; null is an empty object."""
    return _part(visit, document, "OutputPath")


BEFORE: tuple[tuple[Stage, str], ...] = ((input_path, "afterInputPath"), (parameters, "afterParameters"))
AFTER: tuple[tuple[Stage, str], ...] = (
    (result_selector, "afterResultSelector"),
    (result_path, "afterResultPath"),
    (output_path, "output"),
)
"""The stages, and what each one's document is called by those who test a state."""
_ABSENT: Any = object()
_BEFORE_FIELDS = frozenset({"InputPath", "Parameters"})
_AFTER_FIELDS = frozenset({"ResultSelector", "ResultPath", "OutputPath", "Assign"})


def before(visit: Visit) -> Document:
    """What the state works on."""
    document = visit.input
    if visit.inspection is not None or not _BEFORE_FIELDS.isdisjoint(visit.state):
        for stage, name in BEFORE:
            document = stage(visit, document)
            visit.inspect(name, document)
    return document


def after(visit: Visit, result: Document) -> tuple[Document, dict[str, Any] | None]:
    """The state's output, and the variables it sets."""
    if visit.inspection is None and _AFTER_FIELDS.isdisjoint(visit.state):
        return result, None
    output = result
    for stage, name in AFTER:
        output = stage(visit, output)
        visit.inspect(name, output)
    return output, assigned(visit, visit.state, result)


def assigned(visit: Visit, place: dict[str, Any], data: Document) -> dict[str, Any] | None:
    """The variables that a state, a choice rule or a catcher sets."""
    template = place.get("Assign")
    return fill(template, visit.sources(data)) if template else None


def put(visit: Visit, result: Document, path: str | None) -> Document:
    """The state's input with a result at a place."""
    if path is None:
        return visit.input
    if path == "$":
        return result
    steps = paths.compile(path).steps
    assert steps is not None
    try:
        return visit.input.placed(steps, result)  # type: ignore[arg-type]
    except Misplaced as e:
        message = f'Unable to apply step "{e}" to input {visit.input.text}'
        raise Fault(message, "States.ResultPathMatchFailure") from None


def given(visit: Visit, name: str, data: Document) -> tuple[Any, str | None]:
    """A field's value, and its path when it comes from one (``Seconds`` or ``SecondsPath``); None when it isn't there."""
    if name in visit.state:
        return visit.state[name], None
    path = visit.state.get(name + "Path")
    if path is None:
        return None, None
    return evaluate(path, name + "Path", visit.sources(data)), path


def _part(visit: Visit, document: Document, name: str) -> Document:
    path = visit.state.get(name, "$")
    if path == "$":
        return document
    if path is None:
        return EMPTY
    try:
        return Document(look_up(path, visit.sources(document)))
    except paths.NotFound as e:
        raise Fault(f"Invalid path '{path}' : {e}") from None
