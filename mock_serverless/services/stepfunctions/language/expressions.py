"""Expressions of JSONata in a definition: ``{% ... %}``, compiled once per text, evaluated in AWS's words.

https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html. Causes are recorded, but for those of limits, which
users of AWS report (https://github.com/floci-io/floci/issues/2736). The library is loaded when the first expression is met.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .document import dumps
from .errors import QueryFault

if TYPE_CHECKING:
    from .values import Chance

OPEN, CLOSE = "{%", "%}"
KINDS = ((bool, "boolean"), ((int, float), "number"), (str, "string"), (list, "array"), (dict, "object"))


def is_expression(value: Any) -> bool:
    """Is it a text of the form ``{% ... %}``?"""
    return isinstance(value, str) and value.startswith(OPEN) and value.endswith(CLOSE) and len(value) >= 4


def inside(value: str) -> str:
    """The expression without its marks."""
    return value[2:-2].strip()


class Expressions:
    """The expressions of one execution: its seeded chance and its time."""

    __slots__ = ("_frame", "chance", "now")

    def __init__(self, chance: Chance, now: Callable[[], float]) -> None:
        self.chance = chance
        self.now = now
        self._frame: Any = None

    def evaluate(self, text: str, field: str, names: dict[str, Any]) -> Any:
        """The value of an expression (without its marks) where ``names`` are bound; raises QueryFault."""
        from . import engine, jsonata_functions
        from .jsonata_registry import World

        if self._frame is None:
            self._frame = jsonata_functions.frame(World(self.chance, self.now))
        what = f"The JSONata expression '{text}' specified for the field '{field}' "
        try:
            value = _value(_compiled(text), self._frame, names)
        except engine.Runaway as e:
            raise QueryFault(f"{what}threw an error during evaluation: {e}", field) from None
        except engine.JException as e:
            raise QueryFault(f"{what}threw an error during evaluation. {e.error}: {engine.message(e)}", field) from None
        except (AttributeError, TypeError, ValueError, KeyError, IndexError, ArithmeticError, RuntimeError):
            # where the reference breaks down with an error of JavaScript's, AWS says this and a UUID (reported)
            raise QueryFault(f"{what}threw an internal error during evaluation. {self.chance.uuid()}", field) from None
        if value is None:
            raise QueryFault(f"{what}returned nothing (undefined).", field)
        try:
            return engine.plain(value)
        except (engine.NoJson, RecursionError):  # a function; an object that holds itself (a guess)
            raise QueryFault(f"{what}returned an unsupported result type.", field) from None


def _value(compiled: Any, base: Any, names: dict[str, Any]) -> Any:
    from . import engine

    frame = engine.Jsonata.Frame(base)
    bindings = frame.bindings
    for name, value in names.items():
        bindings[name] = engine.inner(value)
    current = engine.Jsonata.CURRENT
    before = getattr(current, "jsonata", compiled)
    current.jsonata = compiled  # the library's higher-order functions ask for it
    depth, steps, compiled.depth, compiled.steps = compiled.depth, compiled.steps, 0, 0
    compiled.environment, compiled.input = frame, None
    try:
        with engine.room():
            return compiled.eval(compiled.ast, None, frame)
    finally:
        current.jsonata = before
        compiled.depth, compiled.steps = depth, steps
        compiled.environment = base


@lru_cache(maxsize=4096)
def _compiled(text: str) -> Any:
    from . import engine

    return engine.parse(text)


def mismatch(text: str, field: str, wanted: str, value: Any) -> QueryFault:
    """A result of another type than the field's (recorded)."""
    return QueryFault(
        f"The JSONata expression '{text}' specified for the field '{field}' returned an unexpected result type. "
        f"Expected '{wanted}', but was '{kind_of(value)}' for value: {dumps(value)}",
        field,
    )


def kind_of(value: Any) -> str:
    """A JSON value's type by name."""
    return next((name for kind, name in KINDS if isinstance(value, kind)), "null")


def syntax_error(text: str) -> str | None:
    """Why an expression is none, in the parser's words (reported); None when it is one."""
    from . import engine

    try:
        _compiled(text)
    except engine.JException as e:
        return engine.message(e)
    except RecursionError:
        return "Stack overflow"
    return None
