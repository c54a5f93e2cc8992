"""The functions of JSONata: the library's, and in place of those that are not as in the reference implementation our own.

https://docs.jsonata.org/2.0.6/. Errors are worded as the npm package ``jsonata`` does. What AWS adds is in jsonata_additions.py.
"""

from __future__ import annotations

import inspect
import re
from functools import lru_cache
from typing import Any

from jsonata import Functions, JException, Jsonata, Utils

from . import jsonata_additions, jsonata_pictures  # noqa: F401  they register their functions
from .engine import NULL, same
from .jsonata_matching import callback
from .jsonata_registry import FUNCTIONS, Body, World, function
from .signatures import Checked, check, parameters

# the library's functions, each with the reference's signature; (name in the library) where it is another
LIBRARY = """sum <a<n>:n> | count <a:n> | max <a<n>:n> | min <a<n>:n> | average <a<n>:n> | substring <s-nn?:s>
    | substringBefore <s-s:s> substring_before | substringAfter <s-s:s> substring_after | lowercase <s-:s> | uppercase <s-:s>
    | length <s-:n> | trim <s-:s> | pad <s-ns?:s> | join <a<s>s?:s>
    | floor <n-:n> | ceil <n-:n> | round <n-n?:n>
    | abs <n-:n> | sqrt <n-:n> | boolean <x-:b> to_boolean | not <x-:b> not_ | map <af> | zip <a+> | filter <af> | single <af?>
    | reduce <afj?:j> fold_left | sift <o-f?:o> | keys <x-:a<s>> | lookup <x-s:x> | append <xx:a> | exists <x:b>
    | spread <x-:a<o>> | merge <a<o>:o> | reverse <a:a> | each <o-f:a>
    | base64encode <s-:s> | base64decode <s-:s> | encodeUrlComponent <s-:s> encode_url_component | encodeUrl <s-:s> encode_url
    | decodeUrlComponent <s-:s> decode_url_component | decodeUrl <s-:s> decode_url
    | clone <(oa)-:o> function_clone"""


HIGHER_ORDER = frozenset({"map", "filter", "single", "reduce", "sift", "each", "sort"})


class _Arity:
    """What the library asks of a signature when a function is a callback."""

    __slots__ = ("count",)

    def __init__(self, count: int) -> None:
        self.count = count

    def get_min_number_of_args(self) -> int:
        """Arguments that must be there."""
        return self.count

    get_number_of_args = get_min_number_of_args


class Function(Jsonata.JFunction):  # type: ignore[misc]
    """A function as the library calls it."""

    def __init__(self, name: str, signature: str, body: Body, count: int, world: World | None = None) -> None:
        self.function_name = name
        self.signature = _Arity(sum(1 for p in parameters(signature) if p.context or p.pattern[-1] != "?"))
        self.types = signature
        self.body = body
        self.world = world
        self.count = count

    def validate(self, args: Any, context: Any) -> Any:
        """The arguments as the signature wants them."""
        return check(self.function_name, self.types, args, context)

    def call(self, input: Any, args: Any) -> Any:
        """Call it; as a callback it is called without having been asked to validate."""
        given = args if isinstance(args, Checked) else self.validate(args or (), None)
        if self.function_name == "zip":
            return self.body(*given)
        if self.function_name in HIGHER_ORDER and len(given) > 1:
            given = [given[0], callback(given[1]), *given[2:]]
        taken = [*given[: self.count], *[None] * (self.count - len(given))]
        return self.body(*taken) if self.world is None else self.body(self.world, *taken)

    def get_number_of_args(self) -> int:
        """How many arguments a callback is given."""
        return self.count


@lru_cache(maxsize=1)
def _base() -> Any:
    found = Jsonata.Frame(None)
    for entry in LIBRARY.split("|"):
        name, signature, *other = entry.split()
        body = getattr(Functions, other[0] if other else name)
        found.bindings[name] = Function(name, signature, body, len(inspect.signature(body).parameters))
    for name, signature, body, world in FUNCTIONS:
        if not world:
            found.bindings[name] = Function(name, signature, body, len(inspect.signature(body).parameters))
    return found


def frame(world: World) -> Any:
    """The names which expressions see of themselves; ``$eval`` is not among them."""
    found = Jsonata.Frame(_base())
    for name, signature, body, worldly in FUNCTIONS:
        if worldly:
            count = len(inspect.signature(body).parameters) - 1
            found.bindings[name] = Function(name, signature, body, count, world)
    return found


# ---------------------------------------------------------------------- time and chance


@function("millis", "<:n>", world=True)
def millis(world: World) -> Any:
    return round(world.now() * 1000)


@function("shuffle", "<a:a>", world=True)
def shuffle(world: World, items: Any) -> Any:
    if items is None or len(items) <= 1:
        return items
    left = list(items)
    return [left.pop(int(world.chance.random() * len(left))) for _ in range(len(left))]


# ---------------------------------------------------------------------- as in the reference


@function("number", "<(nsb)-:n>")
def number(value: Any) -> Any:
    if not isinstance(value, str):
        return Functions.number(value)
    if _NUMBER.fullmatch(value):
        return Utils.convert_number(float(value))
    if value[:2].lower() in _BASES:
        try:
            return int(value[2:], _BASES[value[:2].lower()])
        except ValueError:
            pass
    raise JException("D3030", -1, value)


_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([Ee][-+]?[0-9]+)?")
_BASES = {"0x": 16, "0b": 2, "0o": 8}


@function("error", "<s?:x>")
def error(text: Any) -> Any:
    raise JException("D3137", -1, text or "$error() function evaluated")


@function("assert", "<bs?:x>")
def assert_(condition: Any, text: Any) -> Any:
    if not condition:
        raise JException("D3141", -1, text or "$assert() statement failed")


@function("formatBase", "<n-n?:s>")
def format_base(number: Any, radix: Any) -> Any:
    if radix is not None and not 2 <= round(radix) <= 36:
        raise JException("D3100", -1, round(radix))
    return Functions.format_base(number, radix)


@function("power", "<n-n:n>")
def power(base: Any, exponent: Any) -> Any:
    if base is None or exponent is None:
        return None
    try:
        return Functions.power(base, exponent)
    except (OverflowError, ZeroDivisionError, TypeError):
        raise JException("D3061", -1, base, exponent) from None


@function("distinct", "<x:x>")
def distinct(items: Any) -> Any:
    if not isinstance(items, list) or len(items) <= 1:
        return items
    found: list[Any] = Utils.create_sequence() if Utils.is_sequence(items) else []
    simple: set[Any] = set()
    for item in items:
        key = (
            (type(item), item)
            if isinstance(item, (str, bool))
            else (float, item)
            if isinstance(item, (int, float))
            else None
        )
        if key is not None:
            if key in simple:
                continue
            simple.add(key)
        elif any(same(item, f) for f in found):
            continue
        found.append(item)
    return found


@function("sort", "<af?:a>")
def sort(items: Any, comparator: Any) -> Any:
    if items is None or len(items) <= 1:
        return items
    if comparator is None:
        kinds = {str if isinstance(i, str) else float if _is_number(i) else None for i in items}
        if len(kinds) > 1 or None in kinds:
            raise JException("D3070", -1)
        return sorted(items)
    return _merged(list(items), comparator)


def _merged(items: list[Any], comparator: Any) -> list[Any]:
    """The reference's merge sort: a comparator may give anything that is true or not."""
    if len(items) <= 1:
        return items
    middle = len(items) // 2
    left, right = _merged(items[:middle], comparator), _merged(items[middle:], comparator)
    found: list[Any] = []
    one = other = 0
    while one < len(left) and other < len(right):
        if _is_true(Functions.func_apply(comparator, [left[one], right[other]])):
            found.append(right[other])
            other += 1
        else:
            found.append(left[one])
            one += 1
    return [*found, *left[one:], *right[other:]]


def _is_true(value: Any) -> bool:
    """As in JavaScript: objects and arrays are."""
    return isinstance(value, (dict, list)) or (value is not NULL and bool(value))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


NAMES = frozenset({*(entry.split()[0] for entry in LIBRARY.split("|")), *(name for name, *_ in FUNCTIONS)})
"""All functions there are."""
