"""The library jsonata-python, with its differences from the reference implementation put right.

https://docs.jsonata.org/2.0.6/; Step Functions speaks JSONata 2.0.6 without ``$eval``
(https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html). Each difference that is put right here was found by
comparing with the npm package ``jsonata`` 2.0.6, and is compared again by tests/reference/test_jsonata.py:

- arithmetic: division by zero, ``%`` of fractions (the results that are no JSON numbers become texts, as on AWS);
- ``in`` and equality tell true from 1;
- ``??`` and ``?:`` came with JSONata 2.1, so AWS refuses them;
- messages: the reference's words, with its quotes;
- ranges.

The limits are AWS's: an expression nests 100 levels (measured by users: https://github.com/floci-io/floci/issues/2737). AWS also
stops an expression after some time; here that is a number of steps, so that two runs are the same.
"""

from __future__ import annotations

import json
import math
import operator
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

_limit = sys.getrecursionlimit()
from jsonata import JException, Jsonata, Utils  # noqa: E402
from jsonata.parser import Parser  # noqa: E402
from jsonata.tokenizer import Tokenizer  # noqa: E402

sys.setrecursionlimit(_limit)  # importing the library raises it to 10,000 for the whole process

__all__ = ["NULL", "Engine", "JException", "Jsonata", "NoJson", "Runaway", "message", "parse", "plain", "same"]
NULL = Utils.NULL_VALUE
"""JSON's null inside the library, whose None is JSONata's undefined."""
Symbol = Parser.Symbol
DEEPEST = 100
MOST_STEPS = 2_000_000
"""Some seconds of work (AWS's own limit is a time and is not documented)."""
MOST_ITEMS = 873_782
"""Numbers that an array may hold while an expression is evaluated: measured like the depth."""
MOST_CHARACTERS = 8 * MOST_ITEMS
"""As many bytes of text: 2^22 characters were measured to pass, 2^23 not."""
MEMORY = "Expression evaluation memory limit exceeded: Check for excessive memory usage"
TIMEOUT = "Expression evaluation timeout: Check for infinite loop"
STACK = "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive."
TYPES = {"a": "arrays", "b": "booleans", "f": "functions", "n": "numbers", "o": "objects", "s": "strings"}


ARITHMETIC = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "%": math.fmod}


class Runaway(Exception):
    """The expression went over one of AWS's limits; the text is that of the reference's test bed, which AWS gives."""


class Engine(Jsonata):  # type: ignore[misc]
    """A parsed expression. The library's hooks are its methods, so this is the one class here that inherits."""

    depth = 0
    steps = 0
    input: Any
    environment: Any

    def eval(self, expr: Any, input: Any, environment: Any) -> Any:
        """Evaluate a node, counting how deep it is and how many there were."""
        self.depth += 1
        self.steps += 1
        if self.depth > DEEPEST:
            raise Runaway(STACK)
        if self.steps > MOST_STEPS:
            raise Runaway(TIMEOUT)
        before = self.input, self.environment
        try:
            result = self._eval(expr, input, environment)
            if type(result) is str and len(result) > MOST_CHARACTERS:
                raise Runaway(MEMORY)
            return result
        finally:
            self.input, self.environment = before
            self.depth -= 1

    def get_per_thread_instance(self) -> Any:
        """The library keeps one expression per thread; here the one which runs is the one that was asked."""
        return self

    def evaluate_numeric_expression(self, lhs: Any, rhs: Any, op: Any) -> Any:
        """As doubles are in JavaScript."""
        for code, side in (("T2001", lhs), ("T2002", rhs)):
            if side is not None and not Utils.is_numeric(side):
                raise JException(code, -1, op, side)
        if lhs is None or rhs is None:
            return None
        try:
            value = ARITHMETIC[op](float(lhs), float(rhs))
        except (ZeroDivisionError, ValueError):
            value = math.nan if op == "%" or lhs == 0 else math.copysign(math.inf, lhs) * math.copysign(1, float(rhs))
        return int(value) if value.is_integer() else value

    def evaluate_includes_expression(self, lhs: Any, rhs: Any) -> Any:
        """As JavaScript's ===: true is not 1, and an array or object is only itself."""
        if lhs is None or rhs is None:
            return False
        if isinstance(lhs, (list, dict)):
            return any(lhs is item for item in (rhs if isinstance(rhs, list) else [rhs]))
        return any(same(lhs, item) for item in (rhs if isinstance(rhs, list) else [rhs]))

    def evaluate_equality_expression(self, lhs: Any, rhs: Any, op: Any) -> Any:
        """Deeply and strictly."""
        if lhs is None or rhs is None:
            return False
        return same(lhs, rhs) is (op == "=")

    def evaluate_group_expression(self, expr: Any, input: Any, environment: Any) -> Any:
        """The library writes into an empty array which it groups; that may be the execution's input."""
        return super().evaluate_group_expression(
            expr, [] if input == [] and type(input) is list else input, environment
        )

    def evaluate_transform_expression(self, expr: Any, input: Any, environment: Any) -> Any:
        """A transform has no name in errors, and null is no object."""
        from .signatures import check

        found = super().evaluate_transform_expression(expr, input, environment)
        found.validate = lambda arguments, context: check(None, "<(oa):o>", arguments, context)
        return found

    def evaluate_string_concat(self, lhs: Any, rhs: Any) -> str:
        """As ``$string`` writes both sides; undefined is nothing."""
        return (text_of(lhs) or "") + (text_of(rhs) or "")

    def evaluate_range_expression(self, lhs: Any, rhs: Any) -> Any:
        """The library's own range loses its last number in loops."""
        for code, side in (("T2003", lhs), ("T2004", rhs)):
            if side is not None and (not Utils.is_numeric(side) or side != int(side)):
                raise JException(code, -1, side)
        if lhs is None or rhs is None or lhs > rhs:
            return None
        size = int(rhs) - int(lhs) + 1
        if size > 10_000_000:
            raise JException("D2014", -1, size)
        return sequence(range(int(lhs), int(rhs) + 1))


def sequence(items: Any) -> Any:
    """Items as a sequence of JSONata's; AWS bounds its memory."""
    if len(items) > MOST_ITEMS:
        raise Runaway(MEMORY)
    return Utils.create_sequence_from_iter(items)


def same(one: Any, other: Any) -> bool:
    """Equal as JSON values are."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(v, other[k]) for k, v in one.items())
    if one is NULL or other is NULL or one is None or other is None:
        return (one is NULL or one is None) and (other is NULL or other is None)
    return bool(one == other)


@contextmanager
def room() -> Iterator[None]:
    """The library nests several Python calls for each level of an expression."""
    before = sys.getrecursionlimit()
    if before < 10_000:
        sys.setrecursionlimit(10_000)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def parse(text: str) -> Engine:
    """The expression of a text; raises JException."""
    with room():
        tokens = Tokenizer(text)
        engine = Engine(text)
        _refuse_newer(text, tokens)
    if engine.errors:
        raise engine.errors[0]
    return engine


def _refuse_newer(text: str, tokens: Any) -> None:
    if "??" not in text and "?:" not in text:
        return
    infix = False
    while (token := tokens.next(infix)) is not None:
        if token.type == "operator" and token.value in ("??", "?:"):
            raise JException("S0211", token.position, token.value[1])
        infix = token.type not in ("operator",) or token.value in (")", "]", "}")


def message(error: Any) -> str:
    """What the reference says of an error."""
    template: str | None = JException.error_codes.get(error.error)
    if template is None:
        return str(error)
    arguments = [error.current, error.expected, error.extra]
    if error.error == "D1002":
        arguments[0] = error.expected
    text = template.replace("Object", "function").replace('"', "'")
    parts: list[str] = []
    while "{{" in text:
        before, _, rest = text.partition("{{")
        bare = rest.startswith("{")
        _, _, text = rest.partition("}}}" if bare else "}}")
        value = arguments.pop(0) if arguments else None
        if value is None and error.error.startswith("S"):
            value = NULL  # the parser's null
        parts += [before, str(value) if bare else quoted(value)]
    return "".join(parts) + text


def quoted(value: Any) -> str:
    """A value as JSON.stringify writes it."""
    if value is None:
        return "undefined"
    try:
        return json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"))
    except TypeError:
        return json.dumps(str(value))


def text_of(value: Any, prettily: bool = False) -> str | None:
    """A value as ``$string`` writes it; functions are nothing."""
    if getattr(value, "outer_wrapper", False):
        value = value[0]
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        raise JException("D3001", -1, value)
    if value is not NULL and not isinstance(value, (int, float, list, dict)):
        return ""
    return _written(value, "\n" if prettily else "")


def _written(value: Any, line: str) -> str:
    """``line`` is a new line with its indentation, or nothing."""
    if value is None or value is NULL:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (int, float)):
        return number_text(value)
    deeper = line and line + "  "
    if isinstance(value, dict):
        between = ": " if line else ":"
        parts = [json.dumps(k, ensure_ascii=False) + between + _written(v, deeper) for k, v in value.items()]
        opening, closing = "{", "}"
    elif isinstance(value, list):
        parts = [_written(v, deeper) for v in value]
        opening, closing = "[", "]"
    else:
        return '""'  # a function
    return opening + deeper + ("," + deeper).join(parts) + line + closing if parts else opening + closing


def number_text(value: float) -> str:
    """A number as text: whole ones with the digits that tell them apart, others with 15 digits.

    Measured by users of AWS (https://github.com/floci-io/floci/pull/2683); JavaScript would round whole numbers, too.
    """
    if isinstance(value, int) and abs(value) < 1 << 63:
        return str(value)
    double = float(value)
    if not math.isfinite(double):
        raise JException("D1001", -1, double)
    digits = Decimal(repr(double) if double.is_integer() else f"{double:.15g}")
    if digits and not 1e-6 <= abs(double) < 1e21:
        mantissa, _, exponent = f"{digits.normalize():e}".partition("e")
        return f"{mantissa}e{int(exponent):+d}"
    return f"{digits.quantize(Decimal(1)) if double.is_integer() else digits.normalize():f}"


class NoJson(Exception):
    """The value is a function, or has one in it."""


def plain(value: Any) -> Any:
    """A value of the library's as JSON; numbers that JSON has not are texts (measured by users of AWS). Raises NoJson."""
    kind = type(value)
    if kind in (str, bool) or value is None:
        return value
    if kind is int:
        return value if abs(value) < 10**21 else float(value)
    if kind is float:
        return _number(value)
    if value is NULL:
        return None
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    raise NoJson(kind.__name__)


def _number(value: float) -> Any:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return int(value) if value.is_integer() and abs(value) < 1e21 else value


def inner(value: Any) -> Any:
    """A JSON value for the library, where null is not undefined; a value without nulls is itself."""
    if value is None:
        return NULL
    kind = type(value)
    if kind is dict:
        changed = {
            k: new for k, v in value.items() if (v is None or type(v) in _CONTAINERS) and (new := inner(v)) is not v
        }
        return {**value, **changed} if changed else value
    if kind is list:
        items = [inner(v) if v is None or type(v) in _CONTAINERS else v for v in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value


_CONTAINERS = frozenset({dict, list})
