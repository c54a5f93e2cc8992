"""What AWS refuses in expressions of JSONata before they run: syntax errors, and references to what isn't there.

Both codes and their messages are reported by users of AWS, with measured cases: https://github.com/floci-io/floci/issues/2670 and
https://github.com/floci-io/floci/issues/2745. An expression has no context item, so the first step of a path is ``$states``
or a variable; later steps, predicates, sort terms and groups are about the value before them. ``$`` is refused like a name,
``**`` isn't (both measured: floci's JsonataTopLevelReferencesTest); that ``*`` isn't either is a guess.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from .definition import SCHEMA, Level, Problem, objects
from .expressions import CLOSE, OPEN, inside, is_expression
from .fields import is_jsonata

INVALID, UNSUPPORTED = "INVALID_JSONATA_EXPRESSION", "UNSUPPORTED_JSONATA_EXPRESSION"
# the parts of a node that see what the node sees: its attributes, each a node or a list of nodes
PARTS = {
    "binary": ("lhs", "rhs"), "unary": ("expression", "expressions"), "function": ("procedure", "arguments"),
    "partial": ("procedure", "arguments"), "lambda": ("body",), "condition": ("condition", "then", "_else"),
    "block": ("expressions",), "bind": ("rhs",), "apply": ("lhs", "rhs"),
}  # fmt: skip
FIELDS = ("Arguments", "Items", "ItemSelector", "Credentials", "Seconds", "Timestamp", "TimeoutSeconds", "HeartbeatSeconds",
          "Error", "Cause", "MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage", "ItemReader",
          "ItemBatcher", "ResultWriter")  # fmt: skip
"""Fields with templates or expressions, beside Output and Assign."""
WITH_RESULT = frozenset({"Task", "Parallel", "Map"})
ALWAYS = frozenset({"input", "context"})


def expressions(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """All expressions of a state."""
    if not is_jsonata(level, state):
        return
    for place, template, known in _templates(path, state):
        for where, text in _texts(place, template):
            yield from _problems(where, text, known)


def _templates(path: str, state: dict[str, Any]) -> Iterator[tuple[str, Any, frozenset[str]]]:
    """(place, template, what $states has there) of all fields."""
    for field in FIELDS:
        if field in state:
            yield f"{path}/{field}", state[field], ALWAYS
    after = ALWAYS | {"result"} if state.get("Type") in WITH_RESULT else ALWAYS
    places = [(path, state, after)]
    places += [(f"{path}/Catch[{i}]", c, ALWAYS | {"errorOutput"}) for i, c in enumerate(objects(state.get("Catch")))]
    places += [(f"{path}/Choices[{i}]", c, ALWAYS) for i, c in enumerate(objects(state.get("Choices")))]
    for where, body, known in places:
        for field in ("Condition", "Output", "Assign"):
            if field in body:
                yield f"{where}/{field}", body[field], known


def _texts(place: str, template: Any) -> Iterator[tuple[str, str]]:
    if isinstance(template, str):
        yield place, template
    elif isinstance(template, dict):
        for key, value in template.items():
            yield from _texts(f"{place}/{key}", value)
    elif isinstance(template, list):
        for i, value in enumerate(template):
            yield from _texts(f"{place}[{i}]", value)


def _problems(where: str, text: str, known: frozenset[str]) -> Iterator[Problem]:
    if not is_expression(text):
        if text.startswith(OPEN) or text.endswith(CLOSE):
            # measured: https://github.com/badmintoncryer/cdk-preflight, rule pf-sfn-asl-query-language
            message = f"JSONata string must start with {OPEN} and end with {CLOSE}"
            yield Problem(SCHEMA, message, where)
        return
    wrong, references = analysed(inside(text))
    if wrong is not None:
        yield Problem(INVALID, wrong, where)
    for reference in references:
        if not reference.startswith("$states."):
            yield Problem(UNSUPPORTED, f"Reference to {reference} is not supported.", where)
        elif reference[8:] not in known:
            yield Problem(UNSUPPORTED, f"Field '{reference}' does not exist.", where)


@lru_cache(maxsize=4096)
def analysed(text: str) -> tuple[str | None, tuple[str, ...]]:
    """Why an expression is none; and the references which it makes: ``'name' at the top level``, ``'$$'``, ``$states.field``."""
    from . import engine

    try:
        tree = engine.parse(text).ast
    except engine.JException as e:
        return engine.message(e), ()
    found: dict[str, None] = {}
    with engine.room():
        _collect(tree, found)
    return None, tuple(found)


def _collect(node: Any, found: dict[str, None]) -> None:
    if isinstance(node, (list, tuple)):
        for part in node:
            _collect(part, found)
        return
    kind = getattr(node, "type", None)
    if kind == "path":
        _path(node.steps, found)
    elif kind == "variable" and node.value in ("", "$"):
        found["'$$'" if node.value else "'$' at the top level"] = None
    elif kind == "unary" and node.value == "{":
        _collect(node.lhs_object, found)
    elif kind in PARTS:
        for part in PARTS[kind]:
            _collect(getattr(node, part, None), found)


def _path(steps: list[Any], found: dict[str, None]) -> None:
    first = steps[0]
    if first.type == "name":
        found[f"'{first.value}' at the top level"] = None
    elif first.type == "variable" and first.value == "states":
        if len(steps) > 1 and steps[1].type == "name":
            found[f"$states.{steps[1].value}"] = None
    else:
        _collect(first, found)


@lru_cache(maxsize=4096)
def variables(text: str) -> tuple[str, ...]:
    """The workflow's variables which an expression refers to, in order: no functions, no names of its own."""
    from . import engine
    from .jsonata_functions import NAMES

    try:
        tree = engine.parse(text).ast
    except engine.JException:
        return ()
    found: dict[str, None] = {}
    with engine.room():
        _variables(tree, NAMES | {"", "$", "states"}, found, set())
    return tuple(found)


def _variables(node: Any, own: frozenset[str], found: dict[str, None], seen: set[int]) -> None:
    if isinstance(node, (list, tuple)):
        for part in node:
            _variables(part, own, found, seen)
        return
    kind = getattr(node, "type", None)
    if not hasattr(node, "__dict__") or id(node) in seen or kind == "parent":
        return
    seen.add(id(node))
    if kind == "variable" and node.value not in own:
        found[node.value] = None
    if kind == "lambda":
        own = own | {a.value for a in node.arguments}
        _variables(node.body, own, found, seen)
        return
    if kind == "block":
        own = own | {e.lhs.value for e in node.expressions if getattr(e, "type", None) == "bind"}
    if kind in ("function", "partial") and getattr(node.procedure, "type", None) == "variable":
        _variables(node.arguments, own, found, seen)
        return
    for part in INSIDE:
        _variables(getattr(node, part, None), own, found, seen)


INSIDE = ("steps", "lhs", "rhs", "lhs_object", "expression", "expressions", "procedure", "arguments", "body", "condition", "then",
          "_else", "stages", "predicate", "terms", "group", "expr", "pattern", "update", "delete")  # fmt: skip
"""The attributes of nodes that are nodes."""
