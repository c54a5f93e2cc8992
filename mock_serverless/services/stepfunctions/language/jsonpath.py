"""The query language JSONPath: how a state's input becomes what it works on, and its result becomes its output.

Two pipelines of functions of one signature, each a field of the state:

    input -> InputPath -> Parameters -> (the state's work) -> ResultSelector -> ResultPath -> OutputPath -> output

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html. ``Assign`` sees the result as the
work gave it (recorded for Pass), and its variables count from the next state on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import choice, paths, times
from .document import Document, Misplaced
from .errors import Fault, StateError
from .numbers import MOST_SECONDS, integer
from .values import Sources, evaluate, fill, look_up, shown
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


def template(visit: Visit, name: str) -> Any:
    """A field that is a payload template over the state's input; None when it isn't there."""
    return fill(visit.state.get(name), visit.sources(visit.input))


def caught(visit: Visit, catcher: dict[str, Any], result: Document) -> tuple[Document, dict[str, Any] | None]:
    """What a catcher makes of an error: its ResultPath counts, the state's OutputPath doesn't (recorded)."""
    return put(visit, result, catcher.get("ResultPath", "$")), assigned(visit, catcher, result)


def put(visit: Visit, result: Document, path: str | None) -> Document:
    """The state's input with a result at a place."""
    if path is None:
        return visit.input
    if path == "$":
        return result
    steps = paths.compile(path).steps
    assert steps is not None
    try:
        return visit.input.placed(steps, result)
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


# ---------------------------------------------------------------------- the fields of single states


def choose(visit: Visit, data: Document) -> dict[str, Any] | None:
    """The first rule of a Choice state that holds."""
    sources = visit.sources(data)
    return next((rule for rule in visit.state["Choices"] if choice.holds(rule, sources)), None)


def chosen(visit: Visit, rule: dict[str, Any] | None, data: Document) -> tuple[Document, dict[str, Any] | None]:
    """The output of a Choice state, and the variables which the rule (or, by default, the state) sets."""
    return output_path(visit, data), assigned(visit, visit.state if rule is None else rule, data)


def text(visit: Visit, name: str) -> str | None:
    """Error or Cause of a Fail state."""
    value, path = given(visit, name, visit.input)
    if value is not None and not isinstance(value, str):
        raise Fault(f"The {name}Path field must refer to a string: {path}")
    return value


def until(visit: Visit, data: Document) -> float:
    """When a Wait state goes on; the causes are recorded, the one for too many seconds is a guess."""
    if "Seconds" in visit.state or "SecondsPath" in visit.state:
        seconds, path = _given_for_wait(visit, "Seconds", data)
        return visit.branch.run.env.now() + _seconds(seconds, path)
    timestamp, path = _given_for_wait(visit, "Timestamp", data)
    when = times.parse(timestamp) if isinstance(timestamp, str) else None
    if when is None:
        raise Fault(
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: "
            f"{path} == {shown(timestamp)}"
        )
    return when


def _given_for_wait(visit: Visit, name: str, data: Document) -> tuple[Any, str | None]:
    path = visit.state.get(name + "Path")
    if path is None:
        return visit.state[name], None
    try:
        return look_up(path, visit.sources(data)), path
    except (paths.NotFound, paths.Inapplicable):  # recorded for seconds
        raise Fault(f"The {name}Path parameter does not reference an input value: {path}") from None


def _seconds(seconds: Any, path: str | None) -> int:
    whole = integer(seconds)
    if whole is None:
        raise Fault(f"The SecondsPath parameter cannot be parsed as a long value: {path} == {shown(seconds)}")
    if whole < 0:
        raise Fault(f"The SecondsPath parameter references a negative value: {path} == {shown(seconds)}")
    if whole > MOST_SECONDS:
        raise Fault(f"The SecondsPath parameter references a value greater than {MOST_SECONDS}: {path} == {whole}")
    return whole


def limit(visit: Visit, name: str) -> int | None:
    """A number of seconds from 1; None when the field isn't there."""
    path = visit.state.get(name + "Path")
    seconds = visit.state.get(name) if path is None else _at(path, visit, visit.input)
    if seconds is None and path is None:
        return None
    whole = integer(seconds)
    if whole is None or not 0 < whole <= MOST_SECONDS:
        # a guess, after the recorded cause for MaxConcurrencyPath
        raise Fault(f'The {name}Path field refers to value "{shown(seconds)}" which is not a valid integer: {path}')
    return whole


def count(visit: Visit, name: str, data: Document) -> int | None:
    """A whole number from 0; None when the field isn't there. The cause is recorded."""
    value, path = given(visit, name, data)
    if value is None and path is None:
        return None
    whole = integer(value)
    if whole is None or whole < 0:
        raise Fault(f'The {name}Path field refers to value "{shown(value)}" which is not a valid integer: {path}')
    return whole


def percentage(visit: Visit, name: str, data: Document) -> float | None:
    """A number from 0 to 100; None when the field isn't there. Both causes are recorded."""
    value, path = given(visit, name, data)
    if value is None and path is None:
        return None
    try:
        number = float(value) if not isinstance(value, bool) else None
    except (TypeError, ValueError):
        number = None
    if number is None:
        raise Fault(f'The {name}Path field refers to value "{shown(value)}" which is not a valid float: {path}')
    if not 0 <= number <= 100:
        raise Fault(f"{name} must be between 0 and 100.")
    return number


def arguments(visit: Visit, body: dict[str, Any], where: str, data: Document) -> Any:
    """The Parameters of what is inside a state (an item reader, a result writer)."""
    return fill(body.get("Parameters", {}), visit.sources(data))


def part(visit: Visit, body: dict[str, Any], where: str, name: str, data: Document) -> Any:
    """A template inside a state; None when it isn't there."""
    return fill(body[name], visit.sources(data)) if name in body else None


def setting(visit: Visit, body: dict[str, Any], where: str, name: str, data: Document) -> int | None:
    """A whole number inside a state, or its path's; None when it isn't there."""
    path = body.get(name + "Path")
    value = body.get(name) if path is None else evaluate(path, name + "Path", visit.sources(data))
    if value is None and path is None:
        return None
    whole = integer(value)
    if whole is None or (whole < 0 and name != "MaxItems"):  # recorded: the run itself refuses negative MaxItems
        raise Fault(f'The {name}Path field refers to value "{shown(value)}" which is not a valid integer: {path}')
    return whole


def items(visit: Visit, data: Document) -> list[Any]:
    """What an inline Map state goes over."""
    path = visit.state.get("ItemsPath", "$")
    try:
        found = look_up(path, visit.sources(data))
    except (paths.NotFound, paths.Inapplicable):
        # the error as users report it: Unable to apply step "items" to input {...}
        step = (paths.compile(path).steps or ("",))[-1]
        message = f'Unable to apply step "{step}" to input {data.text}'
        raise Fault(message, "States.ReferencePathConflict") from None
    if isinstance(found, list):
        return found
    # recorded: the state isn't named, and a path into the context object is shown as one into the data
    shown_path = f"${path.removeprefix('$$')}" if path.startswith("$$") else path
    raise StateError("States.Runtime", f'Reference path "{shown_path}" must point to array.')


def item_data(visit: Visit, data: Document, item: dict[str, Any]) -> Document:
    """The input of an iteration."""
    selector = visit.state.get("ItemSelector", visit.state.get("Parameters", _ABSENT))
    if selector is _ABSENT:
        return Document(item["Value"])

    def context() -> dict[str, Any]:
        return {**visit.context(), "Map": {"Item": item}}

    return Document(fill(selector, Sources(data, context, visit.branch.variables, visit.branch.run.env)))


def _part(visit: Visit, document: Document, name: str) -> Document:
    path = visit.state.get(name, "$")
    if path == "$":
        return document
    if path is None:
        return EMPTY
    return Document(_at(path, visit, document))


def _at(path: str, visit: Visit, document: Document) -> Any:
    """What a field's path leads to, where a path to nothing is called invalid (recorded)."""
    try:
        return look_up(path, visit.sources(document))
    except paths.Beyond:
        return None
    except (paths.NotFound, paths.Inapplicable) as e:
        raise Fault(f"Invalid path '{path}' : {e}") from None
