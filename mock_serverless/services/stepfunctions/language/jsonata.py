"""The query language JSONata: ``Arguments`` make what a state works on, ``Output`` what it gives, ``Assign`` variables.

https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html. Texts ``{% ... %}`` anywhere in these fields are
expressions; ``$states`` has the state's input, its result (or ``errorOutput`` in a catcher) and the context object. All of a
state's expressions see the variables as they were when it was entered. Where an expression stands is said as AWS says it:
``Output/a/b[0]`` (recorded; indices are reported).
"""

from __future__ import annotations

from typing import Any

from . import times
from .document import Document, dumps
from .errors import QueryFault
from .expressions import inside, is_expression, mismatch
from .numbers import MOST_SECONDS
from .visits import Visit

_ABSENT: Any = object()
Names = dict[str, Any]


def names(visit: Visit, **more: Any) -> Names:
    """What expressions see: the variables and ``$states``."""
    states = {"input": visit.input.value, "context": visit.context(), **more}
    return {**visit.branch.variables, "states": states}


def fill(template: Any, field: str, visit: Visit, known: Names) -> Any:
    """A template's value."""
    if isinstance(template, str):
        if is_expression(template):
            return visit.branch.run.expressions.evaluate(inside(template), field, known)
        return template
    if isinstance(template, dict):
        return {k: fill(v, f"{field}/{k}", visit, known) for k, v in template.items()}
    if isinstance(template, list):
        return [fill(v, f"{field}[{i}]", visit, known) for i, v in enumerate(template)]
    return template


def before(visit: Visit) -> Document:
    """The state's arguments, or its input."""
    if "Arguments" not in visit.state:
        return visit.input
    document = Document(fill(visit.state["Arguments"], "Arguments", visit, names(visit)))
    visit.inspect("afterArguments", document)
    return document


def after(visit: Visit, result: Document) -> tuple[Document, dict[str, Any] | None]:
    """The state's output, and the variables it sets."""
    state = visit.state
    if "Output" not in state and "Assign" not in state:
        return result, None
    more = {"result": result.value} if state["Type"] in HAVE_RESULTS else {}
    return _left(visit, state, "", names(visit, **more), result)


HAVE_RESULTS = frozenset({"Task", "Parallel", "Map"})


def _left(
    visit: Visit, place: dict[str, Any], prefix: str, known: Names, otherwise: Document
) -> tuple[Document, dict[str, Any] | None]:
    output = otherwise
    if "Output" in place:
        output = Document(fill(place["Output"], prefix + "Output", visit, known))
    assigned = fill(place["Assign"], prefix + "Assign", visit, known) if place.get("Assign") else None
    return output, assigned


def caught(visit: Visit, catcher: dict[str, Any], result: Document) -> tuple[Document, dict[str, Any] | None]:
    """What a catcher makes of an error: its own Output and Assign."""
    if "Output" not in catcher and "Assign" not in catcher:
        return result, None
    prefix = f"Catch[{visit.state['Catch'].index(catcher)}]/"
    return _left(visit, catcher, prefix, names(visit, errorOutput=result.value), result)


def template(visit: Visit, name: str) -> Any:
    """A field that is a template over the state's input; None when it isn't there."""
    value = visit.state.get(name)
    return None if value is None else fill(value, name, visit, names(visit))


def choose(visit: Visit, data: Document) -> dict[str, Any] | None:
    """The first rule of a Choice state whose Condition is true."""
    known = names(visit)
    for i, rule in enumerate(visit.state["Choices"]):
        if _value(visit, rule["Condition"], f"Choices[{i}]/Condition", known, bool, "boolean"):
            found: dict[str, Any] = rule
            return found
    return None


def chosen(visit: Visit, rule: dict[str, Any] | None, data: Document) -> tuple[Document, dict[str, Any] | None]:
    """How a Choice state is left: by the rule's Output and Assign, or by default the state's."""
    if rule is None:
        return _left(visit, visit.state, "", names(visit), data)
    return _left(visit, rule, f"Choices[{visit.state['Choices'].index(rule)}]/", names(visit), data)


def _value(visit: Visit, given: Any, field: str, known: Names, kind: Any, called: str) -> Any:
    """A field's value, which must be of a kind."""
    value = fill(given, field, visit, known)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise mismatch(inside(given) if is_expression(given) else dumps(given), field, called, value)
    return value


def text(visit: Visit, name: str) -> str | None:
    """Error or Cause of a Fail state."""
    given = visit.state.get(name)
    if given is None:
        return None
    found: str = _value(visit, given, name, names(visit), str, "string")
    return found


def until(visit: Visit, data: Document) -> float:
    """When a Wait state goes on; the cause for timestamps is recorded."""
    if "Seconds" in visit.state:
        return visit.branch.run.env.now() + (_whole(visit, "Seconds", 0, MOST_SECONDS) or 0)
    timestamp = _value(visit, visit.state["Timestamp"], "Timestamp", names(visit), str, "string")
    when = times.parse(timestamp)
    if when is None:
        cause = (
            f"The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: {timestamp}"
        )
        raise QueryFault(cause, "Timestamp", after=True)
    return when


def _whole(visit: Visit, name: str, least: int, most: int | None = None) -> int | None:
    given = visit.state.get(name)
    return None if given is None else _integer(visit, given, name, least, most)


def _integer(visit: Visit, given: Any, name: str, least: int, most: int | None) -> int:
    value = _value(visit, given, name, names(visit), (int, float), "number")
    if value != int(value) or value < least or (most is not None and value > most):
        # a guess
        limits = f"from {least} to {most}" if most is not None else f"of at least {least}"
        raise QueryFault(f"The {name} field must be an integer {limits}, but was: {dumps(value)}", name)
    return int(value)


def limit(visit: Visit, name: str) -> int | None:
    """A number of seconds from 1; None when the field isn't there."""
    return _whole(visit, name, 1, MOST_SECONDS)


def count(visit: Visit, name: str, data: Document) -> int | None:
    """A whole number from 0; None when the field isn't there."""
    return _whole(visit, name, 0)


def percentage(visit: Visit, name: str, data: Document) -> float | None:
    """A number from 0 to 100; None when the field isn't there."""
    given = visit.state.get(name)
    if given is None:
        return None
    value = _value(visit, given, name, names(visit), (int, float), "number")
    if not 0 <= value <= 100:
        raise QueryFault(f"{name} must be between 0 and 100.", name)
    return float(value)


def arguments(visit: Visit, body: dict[str, Any], where: str, data: Document) -> Any:
    """The Arguments of what is inside a state (an item reader, a result writer)."""
    return fill(body.get("Arguments", {}), f"{where}/Arguments", visit, names(visit))


def part(visit: Visit, body: dict[str, Any], where: str, name: str, data: Document) -> Any:
    """A template inside a state; None when it isn't there."""
    return fill(body[name], f"{where}/{name}", visit, names(visit)) if name in body else None


def setting(visit: Visit, body: dict[str, Any], where: str, name: str, data: Document) -> int | None:
    """A whole number inside a state; None when it isn't there."""
    return None if name not in body else _integer(visit, body[name], f"{where}/{name}", 0, None)


def items(visit: Visit, data: Document) -> list[Any]:
    """What a Map state goes over: Items, or the state's input (both causes are recorded)."""
    given = visit.state.get("Items", _ABSENT)
    if given is not _ABSENT:
        found: list[Any] = _value(visit, given, "Items", names(visit), list, "array")
        return found
    value = visit.input.value
    if not isinstance(value, list):
        raise QueryFault(f"Map state input must be an array but was: {dumps(value)}", None)
    return value


def item_data(visit: Visit, data: Document, item: dict[str, Any]) -> Document:
    """The input of an iteration."""
    selector = visit.state.get("ItemSelector", _ABSENT)
    if selector is _ABSENT:
        return Document(item["Value"])
    known = names(visit)
    known["states"] = {**known["states"], "context": {**visit.context(), "Map": {"Item": item}}}
    return Document(fill(selector, "ItemSelector", visit, known))
