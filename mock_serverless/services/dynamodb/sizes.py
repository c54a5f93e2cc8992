"""How many bytes an item has, as they count for limits and capacity.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html ("Item sizes and formats"), with
numbers to the byte as in two public measurements of the 400 KB limit: base-100 digits aligned at the decimal point, a byte for
the exponent, one for a minus sign.
"""

from __future__ import annotations

from .values import SET_MEMBERS, Item, Value


def size_of(item: Item) -> int:
    """The size of an item in bytes: names and values, as it counts for limits and capacity."""
    return sum(len(name.encode("utf-8", "surrogatepass")) + size_of_value(value) for name, value in item.items())


def size_of_value(value: Value) -> int:
    """The size of one kept value in bytes, without its name."""
    for kind, content in value.items():
        if kind == "S":
            return len(content) if content.isascii() else len(content.encode("utf-8", "surrogatepass"))
        if kind == "N":
            return _size_of_number(content)
        if kind == "B":
            return len(content)
        if kind in SET_MEMBERS:
            member = SET_MEMBERS[kind]
            return sum(size_of_value({member: m}) for m in content)
        if kind == "L":
            return 3 + sum(1 + size_of_value(element) for element in content)
        if kind == "M":
            return 3 + len(content) + size_of(content)
    return 1


def _size_of_number(text: str) -> int:
    if text == "0":
        return 1
    negative = text[0] == "-"
    whole, _, fraction = text.lstrip("-").partition(".")
    whole = whole.lstrip("0")
    if whole:
        digits, magnitude = (whole + fraction), len(whole) - 1
    else:
        digits = fraction.lstrip("0")
        magnitude = len(digits) - len(fraction) - 1
    count = len(digits.rstrip("0"))
    straddles = count % 2 == 0 and magnitude % 2 == 0
    return 1 + (count + 1) // 2 + straddles + negative
