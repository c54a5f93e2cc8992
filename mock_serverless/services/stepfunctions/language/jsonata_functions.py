"""Step Functions' own functions for JSONata, and those of the library which are not as in the reference implementation.

https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html#jsonata-functions-provided-by-sfn. Each is a Python
function registered with its name and JSONata signature (https://docs.jsonata.org/embedding-extending#function-signature-syntax);
undefined is None, null is ``NULL``. The wordings of errors of AWS's own functions are guesses, the rest is the reference's.
"""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Callable
from functools import lru_cache
from random import Random
from typing import Any

from jsonata import Functions, JException, Jsonata, Utils

from .document import loads
from .engine import NULL, Runaway, quoted, same
from .jsonata_times import millis_by_picture, millis_of
from .signatures import Checked, check, parameters
from .values import Chance

Body = Callable[..., Any]
FUNCTIONS: list[tuple[str, str, Body, bool]] = []
ALGORITHMS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
MOST_OF_A_RANGE = 360_145
"""Numbers that $range gives at most: measured by users of AWS (https://github.com/floci-io/floci/pull/2783)."""


class World:
    """What differs from run to run: the chance of an execution and the time of an evaluation (seconds)."""

    __slots__ = ("chance", "now")

    def __init__(self, chance: Chance, now: Callable[[], float]) -> None:
        self.chance = chance
        self.now = now


def function(name: str, signature: str, world: bool = False) -> Callable[[Body], Body]:
    """Register what ``$name`` does; with ``world`` the function is given it first."""

    def register(body: Body) -> Body:
        FUNCTIONS.append((name, signature, body, world))
        return body

    return register


# the library's functions, each with the reference's signature; (name in the library) where it is another
LIBRARY = """sum <a<n>:n> | count <a:n> | max <a<n>:n> | min <a<n>:n> | average <a<n>:n> | string <x-b?:s> | substring <s-nn?:s>
    | substringBefore <s-s:s> substring_before | substringAfter <s-s:s> substring_after | lowercase <s-:s> | uppercase <s-:s>
    | length <s-:n> | trim <s-:s> | pad <s-ns?:s> | join <a<s>s?:s>
    | formatInteger <n-s:s> format_integer | floor <n-:n> | ceil <n-:n> | round <n-n?:n>
    | abs <n-:n> | sqrt <n-:n> | boolean <x-:b> to_boolean | not <x-:b> not_ | map <af> | zip <a+> | filter <af> | single <af?>
    | reduce <afj?:j> fold_left | sift <o-f?:o> | keys <x-:a<s>> | lookup <x-s:x> | append <xx:a> | exists <x:b>
    | spread <x-:a<o>> | merge <a<o>:o> | reverse <a:a> | each <o-f:a> | type <x:s>
    | base64encode <s-:s> | base64decode <s-:s> | encodeUrlComponent <s-:s> encode_url_component | encodeUrl <s-:s> encode_url
    | decodeUrlComponent <s-:s> decode_url_component | decodeUrl <s-:s> decode_url
    | fromMillis <n-s?s?:s> datetime_from_millis | clone <(oa)-:o> function_clone"""


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


# ---------------------------------------------------------------------- AWS's


@function("partition", "<an:a>")
def partition(items: Any, size: Any) -> Any:
    if items is None or size is None:
        return None
    step = int(size)
    if step < 1 or step != size:
        raise Runaway("The chunk size of the $partition function must be a positive integer")
    return [list(items[i : i + step]) for i in range(0, len(items), step)]


@function("range", "<nnn:a>")
def range_(first: Any, last: Any, step: Any) -> Any:
    if first is None or last is None or step is None:
        return None
    if step == 0:
        raise Runaway("The step of the $range function must not be 0")
    count = max(0, int((last - first) / step + 1e-9) + 1)
    if (last - first) / step < 0:
        count = 0
    if count > MOST_OF_A_RANGE:
        raise Runaway("Expression evaluation memory limit exceeded: Check for excessive memory usage")
    return [Utils.convert_number(first + i * step) for i in range(count)]


@function("hash", "<ss:s>")
def hash_(text: Any, algorithm: Any) -> Any:
    if text is None or algorithm is None:
        return None
    if algorithm not in ALGORITHMS:
        raise Runaway(f"The algorithm of the $hash function must be one of {', '.join(ALGORITHMS)}")
    return hashlib.new(ALGORITHMS[algorithm], text.encode()).hexdigest()


@function("random", "<n?:n>", world=True)
def random(world: World, seed: Any) -> Any:
    return world.chance.random() if seed is None else Random(quoted(seed)).random()


@function("uuid", "<:s>", world=True)
def uuid(world: World) -> Any:
    return world.chance.uuid()


@function("parse", "<s:x>")
def parse(text: Any) -> Any:
    if text is None:
        return None
    try:
        value = loads(text)
    except ValueError:
        raise Runaway(f"The argument of the $parse function is not valid JSON: {quoted(text)}") from None
    return NULL if value is None else value


# ---------------------------------------------------------------------- time and chance


@function("now", "<s?s?:s>", world=True)
def now(world: World, picture: Any, zone: Any) -> Any:
    return Functions.datetime_from_millis(round(world.now() * 1000), picture, zone)


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


@function("formatNumber", "<n-so?:s>")
def format_number(number: Any, picture: Any, options: Any) -> Any:
    return None if number is None else Functions.format_number(number, picture, options)


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


@function("parseInteger", "<s-s:n>")
def parse_integer(text: Any, picture: Any) -> Any:
    try:
        return Functions.parse_integer(text, picture)
    except ValueError:
        return float("nan")


@function("toMillis", "<s-s?:n>", world=True)
def to_millis(world: World, text: Any, picture: Any) -> Any:
    if text is None:
        return None
    try:
        return millis_of(text) if picture is None else millis_by_picture(text, picture, world.now())
    except ValueError:
        raise JException("D3110", -1, text) from None


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
    if comparator is None and items is not None and len(items) > 1:
        kinds = {str if isinstance(i, str) else float if _is_number(i) else None for i in items}
        if len(kinds) > 1 or None in kinds:
            raise JException("D3070", -1)
    return Functions.sort(items, comparator)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


# ---------------------------------------------------------------------- regular expressions


def _matches(pattern: Any, text: str) -> Any:
    for found in pattern.finditer(text):
        if not found.group():
            raise JException("D1004", -1, found.group())
        yield found


def _match(found: Any) -> dict[str, Any]:
    return {"match": found.group(), "index": found.start(), "groups": ["" if g is None else g for g in found.groups()]}


@function("match", "<s-f<s:o>n?:a<o>>")
def match(text: Any, pattern: Any, limit: Any) -> Any:
    if text is None:
        return None
    if limit is not None and limit < 0:
        raise JException("D3040", -1, limit)
    found = Utils.create_sequence()
    for hit in _matches(pattern, text):
        if limit is not None and len(found) >= limit:
            break
        found.append(_match(hit))
    return found


@function("split", "<s-(sf)n?:a<s>>")
def split(text: Any, separator: Any, limit: Any) -> Any:
    if text is None:
        return None
    if limit is not None and limit < 0:
        raise JException("D3020", -1, limit)
    if isinstance(separator, str):
        parts = text.split(separator) if separator else list(text)
    else:
        parts, at = [], 0
        for hit in _matches(separator, text):
            parts.append(text[at : hit.start()])
            at = hit.end()
        parts.append(text[at:])
    return parts if limit is None else parts[: int(limit)]


@function("replace", "<s-(sf)(sf)n?:s>")
def replace(text: Any, pattern: Any, replacement: Any, limit: Any) -> Any:
    if text is None:
        return None
    if pattern == "":
        raise JException("D3010", -1, pattern)
    if limit is not None and limit < 0:
        raise JException("D3011", -1, limit)
    if isinstance(pattern, str):
        if not isinstance(replacement, str):
            return _replaced_texts(text, pattern, replacement, limit)
        return text.replace(pattern, replacement, -1 if limit is None else int(limit))
    parts, at = [], 0
    for count, hit in enumerate(_matches(pattern, text)):
        if limit is not None and count >= limit:
            break
        parts += [text[at : hit.start()], _replaced(hit, replacement)]
        at = hit.end()
    return "".join(parts) + text[at:]


def _replaced_texts(text: str, pattern: str, replacement: Any, limit: Any) -> str:
    parts = text.split(pattern, -1 if limit is None else int(limit))
    whole = parts[0]
    for part in parts[1:]:
        new = Functions.func_apply(replacement, [pattern])
        if not isinstance(new, str):
            raise JException("D3012", -1, new)
        whole += new + part
    return whole


def _replaced(hit: Any, replacement: Any) -> str:
    if not isinstance(replacement, str):
        new = Functions.func_apply(replacement, [_match(hit)])
        if not isinstance(new, str):
            raise JException("D3012", -1, new)
        return new
    parts, at = [], 0
    groups = hit.groups()
    digits = len(str(len(groups)))
    while (found := replacement.find("$", at)) >= 0:
        parts.append(replacement[at:found])
        at = found + 1
        if replacement.startswith("$", at):
            parts.append("$")
            at += 1
            continue
        width = next((w for w in range(digits, 0, -1) if replacement[at : at + w].isdigit() and len(replacement[at : at + w]) == w
                      and int(replacement[at : at + w]) <= len(groups)), 0)  # fmt: skip
        if width:
            number = int(replacement[at : at + width])
            parts.append(hit.group(number) or "")
            at += width
        elif replacement[at : at + 1].isdigit():
            at += 1  # a group that isn't there is nothing
        else:
            parts.append("$")
    return "".join(parts) + replacement[at:]


@function("contains", "<s-(sf):b>")
def contains(text: Any, token: Any) -> Any:
    if text is None:
        return None
    if isinstance(token, str):
        return token in text
    return next(iter(_matches(token, text)), None) is not None


NAMES = frozenset({*(entry.split()[0] for entry in LIBRARY.split("|")), *(name for name, *_ in FUNCTIONS)})
"""All functions there are."""
