"""DynamoDB's attribute values, as boto3's low-level client spells them: ``{"S": "a"}``, ``{"N": "1"}``, ``{"L": [...]}``.

What comes from outside is untrusted: ``normalise_item`` checks it in AWS's words and gives a copy in the form in which
DynamoDB keeps it (numbers as plain decimals without superfluous zeros, sets in order). What is kept is never changed again,
so it may be shared; ``copy_item`` makes the copy that goes out.

Sources: "Naming rules and data types" and "Constraints" of the DynamoDB developer guide for types and limits; the
wording of refusals as the service has it (checked against it by dynalite's and Alternator's public test suites, and by the
parity suite's of 2026: since then some operations have newer words, see ``ValueRefusal``).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from decimal import Context, Decimal
from typing import Any

from mock_serverless.core.errors import AwsError

from .hash_order import in_hash_order

Value = dict[str, Any]
Item = dict[str, Value]

TYPES = ("S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL")
SET_MEMBERS = {"SS": "S", "NS": "N", "BS": "B"}
# A container at this depth is one too many: an attribute holds 31 nested lists and maps, its leaf is level 32 (parity suite,
# captured).
NESTING_LIMIT = 31

EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
AMBIGUOUS = (
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
)
INVALID = "One or more parameter values were invalid: "
NULL_FALSE = INVALID + "Null attribute value types must have the value of true"
EMPTY_SETS = {
    "SS": INVALID + "An string set  may not be empty",
    "NS": INVALID + "An number set  may not be empty",
    "BS": INVALID + "Binary sets should not be empty",
}
EMPTY_NAME = "Empty attribute name"  # as AWS's DynamoDB Local has it
EMPTY_NAMES = {"S": "string", "B": "binary"}
EMPTY_KEY = (
    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty {} value."
    " Key: {}"
)
EMPTY_INDEX_KEY = (
    "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The "
    "AttributeValue for a key attribute cannot contain an empty {} value. IndexName: {}, IndexKey: {}"
)
STORED_TOO_DEEP = "Nesting Levels have exceeded supported limits"
"""Of an item that an update would leave (parity suite, of transactions; AWS's DynamoDB Local)."""
NESTED_TOO_DEEP = (
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
)
NOT_A_NUMBER = "The parameter cannot be converted to a numeric value"
TOO_MANY_DIGITS = "Attempting to store more than 38 significant digits in a Number"
OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range"
UNDERFLOW = "Number underflow. Attempting to store a number with magnitude smaller than supported range"

_NUMBER = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?", re.ASCII)
_EXACT = Context(prec=600)
_JSON_TOKENS = {int: "NUMBER_VALUE", float: "NUMBER_VALUE", Decimal: "NUMBER_VALUE"}


class ValueRefusal(AwsError):
    """A value that can't be taken.

    The service has two wordings. ``current``, the newer one, is that of the single-item operations, BatchGetItem and Query;
    BatchWriteItem, Scan and transactions have the older one (captured in four regions, parity suite, 2026-10).
    """

    def __init__(self, message: str, current: str | None = None) -> None:
        super().__init__("ValidationException", message)
        self.current = message if current is None else current


def refuse(message: str) -> AwsError:
    """A ValidationException, to be raised."""
    return AwsError("ValidationException", message)


# Normalising: checks, and a copy in the form which is kept


def normalise_item(item: Mapping[str, Mapping[str, Any]]) -> Item:
    """A checked deep copy of an untrusted item (or key, or AttributeValue map)."""
    kept: Item = {}
    try:
        for name, value in item.items():
            if type(value) is dict and len(value) == 1:
                for kind, content in value.items():
                    if type(content) is str:
                        if kind == "S":
                            kept[name] = {"S": content}
                        elif kind == "N":
                            kept[name] = {"N": normalise_number(content)}
                        else:
                            kept[name] = normalise_value(value)
                    elif kind == "BOOL" and type(content) is bool:
                        kept[name] = {"BOOL": content}
                    else:
                        kept[name] = normalise_value(value)
            else:
                kept[name] = normalise_value(value)
        if "" in kept:
            raise ValueRefusal(EMPTY_NAME)
    except ValueRefusal:
        _tell_first(item, 1)
        raise
    return kept


def _tell_first(values: Mapping[str, Any], depth: int) -> None:
    """Raise the fault which the service comes by first, of several in an item or a map."""
    for name in in_hash_order(values):
        if not name:
            raise ValueRefusal(EMPTY_NAME)
        value = values[name]
        inside = value.get("M") if isinstance(value, Mapping) and len(value) == 1 else None
        if isinstance(inside, Mapping) and depth <= NESTING_LIMIT:
            _tell_first(inside, depth + 1)
        normalise_value(value, depth)


def normalise_value(value: Mapping[str, Any], depth: int = 1) -> Value:
    """A checked deep copy of one untrusted value; ``depth`` is that of the value in its item."""
    if not isinstance(value, Mapping):
        raise _unfit(value, "AttributeValue")
    found: Value | None = None
    count = 0
    for kind, content in value.items():
        if content is None or kind not in _NORMALISERS:
            continue
        count += 1
        found = {kind: _NORMALISERS[kind](kind, content, depth)}
    if found is None:
        raise ValueRefusal(EMPTY)
    if count > 1:
        raise ValueRefusal(AMBIGUOUS)
    return found


def normalise_number(text: str) -> str:
    """A number as DynamoDB keeps and returns it: ``+01.50e1`` is ``15``; refused when it isn't one or out of range."""
    if len(text) < 39 and text.isdigit() and text.isascii() and (text[0] != "0" or text == "0"):
        return text
    match = _NUMBER.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        raise ValueRefusal(f"{NOT_A_NUMBER}: {text}" if text else NOT_A_NUMBER, f"{NOT_A_NUMBER}: {text}")
    sign, whole, fraction, written = match.groups()
    digits = (whole + (fraction or "")).lstrip("0")
    exponent = 0 if written is None else _exponent(text, written, not digits)
    return _plain(sign == "-", digits, exponent - len(fraction or ""), TOO_MANY_DIGITS)


def _exponent(text: str, written: str, of_zero: bool) -> int:
    """An exponent is read as a 64-bit integer; the older layer reads 32 bits, as Java's BigDecimal does (captured for
    2147483647; that larger ones are no numbers to it is a guess). Zero has the range of other numbers.
    """
    unreadable = f"{NOT_A_NUMBER}: {text}"
    if len(written) > 20 or abs(int(written)) >= 2**63:
        raise ValueRefusal(unreadable)
    exponent = int(written)
    if abs(exponent) >= 2**31 - 1:
        older = UNDERFLOW if abs(exponent) == 2**31 - 1 else unreadable
        raise ValueRefusal(older, OVERFLOW if exponent > 0 else UNDERFLOW)
    if of_zero and not -130 <= exponent <= 125:
        raise ValueRefusal(OVERFLOW if exponent > 0 else UNDERFLOW)
    return exponent


def _plain(negative: bool, digits: str, scale: int, too_long: str) -> str:
    """``digits`` x 10^``scale`` as text, within DynamoDB's range of 1E-130 to 9.9...E+125 and 38 digits."""
    significant = digits.rstrip("0")
    if not significant:
        return "0"
    magnitude = len(digits) - 1 + scale
    if magnitude > 125:
        raise ValueRefusal(OVERFLOW)
    if magnitude < -130:
        raise ValueRefusal(UNDERFLOW)
    if len(significant) > 38:
        raise ValueRefusal(too_long)
    scale += len(digits) - len(significant)
    point = len(significant) + scale
    if scale >= 0:
        text = significant + "0" * scale
    elif point > 0:
        text = f"{significant[:point]}.{significant[point:]}"
    else:
        text = "0." + "0" * -point + significant
    return "-" + text if negative else text


def _text(kind: str, content: Any, depth: int) -> str:
    if not isinstance(content, str):
        raise _unfit(content, "String")
    return content


def _number(kind: str, content: Any, depth: int) -> str:
    return normalise_number(_text(kind, content, depth))


def _binary(kind: str, content: Any, depth: int) -> bytes:
    if isinstance(content, bytes):
        return content
    if isinstance(content, (bytearray, memoryview)):
        return bytes(content)
    if isinstance(content, str):
        return content.encode()
    if hasattr(content, "read"):
        return bytes(content.read())
    raise _unfit(content, "Blob")


def _flag(kind: str, content: Any, depth: int) -> bool:
    if not isinstance(content, bool):
        raise _unfit(content, "Boolean")
    if kind == "NULL" and not content:
        raise ValueRefusal(NULL_FALSE)
    return content


def _set(kind: str, content: Any, depth: int) -> list[Any]:
    members = SET_MEMBERS[kind]
    kept = [_NORMALISERS[members](members, member, depth) for member in content]
    if not kept:
        raise ValueRefusal(EMPTY_SETS[kind])
    if len(set(kept)) != len(kept):
        raise _duplicates(kind, kept)
    return _in_order(members, kept)


def _in_order(kind: str, members: Iterable[Any]) -> list[Any]:
    """The members of a set as the service returns them: texts and binaries by their bytes, numbers by value (parity suite)."""
    return sorted(members, key=number_of) if kind == "N" else sorted(members)


def _duplicates(kind: str, kept: list[Any]) -> ValueRefusal:
    """The newer words show the members in order up to the first that is repeated, then the others as they came."""
    if kind == "NS":
        older = "Input collection contains duplicates"
        return ValueRefusal(older, f"{INVALID}{older}.")
    first = next(i for i, member in enumerate(kept) if member in kept[:i])
    sent, ordered = ([_shown(member) for member in part] for part in (kept, [*sorted(kept[:first]), *kept[first:]]))
    quoted = [f'"{member}"' for member in ordered]
    if kind == "BS":
        tail = "]of type BS contains duplicates."
        older, current = ", ".join(sent) + tail, ",".join(quoted) + tail
    else:
        older, current = (", ".join(members) + "] contains duplicates." for members in (sent, quoted))
    return ValueRefusal(f"{INVALID}Input collection [{older}", f"{INVALID}Input collection [{current}")


def _shown(member: Any) -> str:
    return member if isinstance(member, str) else base64.b64encode(member).decode()


def _map(kind: str, content: Any, depth: int) -> Item:
    if depth > NESTING_LIMIT:
        raise ValueRefusal(NESTED_TOO_DEEP)
    if "" in content:
        raise ValueRefusal(EMPTY_NAME)
    return {name: normalise_value(value, depth + 1) for name, value in content.items()}


def _list(kind: str, content: Any, depth: int) -> list[Value]:
    if depth > NESTING_LIMIT:
        raise ValueRefusal(NESTED_TOO_DEEP)
    return [normalise_value(value, depth + 1) for value in content]


def _unfit(content: Any, target: str) -> AwsError:
    token = "TRUE_VALUE" if content is True else "FALSE_VALUE" if content is False else None
    token = token or _JSON_TOKENS.get(type(content))
    message = f"{token} cannot be converted to {target}" if token else "Unexpected value type in payload"
    return AwsError("SerializationException", message)


_NORMALISERS = {
    "S": _text,
    "N": _number,
    "B": _binary,
    "BOOL": _flag,
    "NULL": _flag,
    "SS": _set,
    "NS": _set,
    "BS": _set,
    "M": _map,
    "L": _list,
}

# Copying, looking


def copy_item(item: Item) -> Item:
    """A deep copy of a kept item, for an answer."""
    out: Item = {}
    for name, value in item.items():
        for content in value.values():
            kind = type(content)
            out[name] = value.copy() if kind is str or kind is bool or kind is bytes else copy_value(value)
    return out


def copy_value(value: Value) -> Value:
    """A deep copy of one kept value."""
    for kind, content in value.items():
        if kind == "M":
            return {"M": copy_item(content)}
        if kind == "L":
            return {"L": [copy_value(element) for element in content]}
        if kind in SET_MEMBERS:
            return {kind: content.copy()}
    return value.copy()


def type_of(value: Value) -> str:
    """``"S"``, ``"N"``, ...: the type of a kept value."""
    return next(iter(value))


def depth_of(value: Value) -> int:
    """How many lists and maps are nested in a value: 0 for a scalar or a set."""
    kind, content = next(iter(value.items()))
    if kind == "M":
        return 1 + max(map(depth_of, content.values()), default=0)
    if kind == "L":
        return 1 + max(map(depth_of, content), default=0)
    return 0


# Comparing


def equal(a: Value, b: Value) -> bool:
    """Whether two values are the same to DynamoDB: numbers by value, sets whatever their order."""
    if a == b:
        return True
    kind = next(iter(a))
    if kind not in b:
        return False
    left, right = a[kind], b[kind]
    if kind == "N":
        return number_of(left) == number_of(right)
    if kind == "NS":
        return set(map(number_of, left)) == set(map(number_of, right))
    if kind in SET_MEMBERS:
        return set(left) == set(right)
    if kind == "L":
        return len(left) == len(right) and all(map(equal, left, right))
    if kind == "M":
        return left.keys() == right.keys() and all(equal(left[name], right[name]) for name in left)
    return False


def compare(a: Value, b: Value) -> int | None:
    """-1, 0 or 1 for two strings, two numbers or two binaries; None for what has no order."""
    kind = next(iter(a))
    if kind not in _ORDERED or kind not in b:
        return None
    left, right = sort_key(a), sort_key(b)
    return 1 if left > right else -1 if left < right else 0


def sort_key(value: Value) -> Any:
    """What orders keys: numbers by value; text by its UTF-8 bytes (which is Python's order of str); binary unsigned."""
    for kind, content in value.items():
        if kind == "N":
            return number_of(content)
        if kind in _ORDERED:
            return content
    raise ValueError(f"a {type_of(value)} has no order")


def number_of(text: str) -> int | Decimal:
    """A number to count with; ints and Decimals of the same value are equal and hash alike."""
    return int(text) if text.isdigit() else Decimal(text)


_ORDERED = frozenset(("S", "N", "B"))


def add(a: str, b: str, subtract: bool = False) -> str:
    """``a + b`` or ``a - b``, exactly.

    A result which needs more than 38 digits is refused as an overflow, as the service does.
    """
    if len(a) < 19 and len(b) < 19 and a.isdigit() and b.isdigit():
        return str(int(a) - int(b) if subtract else int(a) + int(b))
    total = _EXACT.subtract(Decimal(a), Decimal(b)) if subtract else _EXACT.add(Decimal(a), Decimal(b))
    sign, digits, scale = total.as_tuple()
    assert isinstance(scale, int)
    return _plain(bool(sign), "".join(map(str, digits)).lstrip("0"), scale, OVERFLOW)


def union(kind: str, kept: Iterable[Any], more: Iterable[Any]) -> list[Any]:
    """The members of two sets of one kind, in their order."""
    return _in_order(SET_MEMBERS[kind], {*kept, *more})


def difference(kept: Iterable[Any], less: Iterable[Any]) -> list[Any]:
    """The members of one set which aren't in the other."""
    gone = set(less)
    return [member for member in kept if member not in gone]
