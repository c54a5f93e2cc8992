"""Pictures of numbers, ``#,##0.00``, for JSONata's $formatNumber.

https://docs.jsonata.org/2.0.6/numeric-functions#formatnumber, which is XPath's format-number
(https://www.w3.org/TR/xpath-functions-31/#formatting-numbers). Which mistake of several is told, and what becomes of unusual
pictures, is as in the npm package ``jsonata`` 2.0.6.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce

from jsonata import Functions, JException

from .engine import TIMEOUT, Runaway, number_text

DEFAULTS = {
    "decimal-separator": ".", "grouping-separator": ",", "exponent-separator": "e", "infinity": "Infinity", "minus-sign": "-",
    "NaN": "NaN", "percent": "%", "per-mille": "\u2030", "zero-digit": "0", "digit": "#", "pattern-separator": ";",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Marks:
    """The characters that mean something."""

    digits: str
    optional: str
    point: str
    group: str
    exponent: str
    percent: str
    mille: str
    minus: str
    between: str

    @property
    def active(self) -> frozenset[str]:
        """All characters that stand for a part of the number."""
        return frozenset((*self.digits, self.optional, self.point, self.group, self.exponent, self.between))

    def count(self, text: str, *, optional: bool = False) -> int:
        """How many digits a part of a picture has; with those that may be left out."""
        return sum(1 for c in text if c in self.digits or (optional and c == self.optional))


@dataclass(frozen=True, slots=True)
class Part:
    """A picture, or one of two, taken apart."""

    text: str
    prefix: str
    suffix: str
    active: str
    mantissa: str
    exponent: str | None
    integer: str
    fraction: str


def marks_of(options: dict[str, str] | None) -> Marks:
    """The marks with the caller's own."""
    given = {**DEFAULTS, **(options or {})}
    zero = ord(given["zero-digit"][0])
    return Marks(
        "".join(map(chr, range(zero, zero + 10))), given["digit"], given["decimal-separator"], given["grouping-separator"],
        given["exponent-separator"], given["percent"], given["per-mille"], given["minus-sign"], given["pattern-separator"],
    )  # fmt: skip


def parse(picture: str, marks: Marks) -> list[Part]:
    """The parts of a picture; raises JException."""
    texts = picture.split(marks.between)
    if len(texts) > 2:
        raise JException("D3080", -1)
    parts = [_part(text, marks) for text in texts]
    for part in parts:
        wrong = [code for code, rule in RULES if rule(part, marks)]
        if wrong:
            raise JException(wrong[-1], -1)
    return parts


def _part(text: str, marks: Marks) -> Part:
    places = [i for i, c in enumerate(text) if c in marks.active and c != marks.exponent]
    if not places:  # the reference breaks down; measured on AWS: https://github.com/floci-io/floci/issues/2737
        raise JException("D3086", -1)
    begin, end = places[0], places[-1] + 1
    active, suffix = text[begin:end], text[end:]
    at = text.find(marks.exponent, begin)
    mantissa, exponent = (active, None) if at == -1 or at > end else (active[:at], active[at + 1 :])
    integer, point, fraction = mantissa.partition(marks.point)
    return Part(text, text[:begin], suffix, active, mantissa, exponent, integer, fraction if point else suffix)


def _beside(part: Part, marks: Marks) -> bool:
    at = part.text.find(marks.point)
    return at != -1 and marks.group in (part.text[max(at - 1, 0) : at], part.text[at + 1 : at + 2])


def _digits_before_optional(part: Part, marks: Marks) -> bool:
    before, found, _ = part.integer.partition(marks.optional)
    return bool(found) and marks.count(before) > 0


def _digits_after_optional(part: Part, marks: Marks) -> bool:
    _, found, after = part.fraction.rpartition(marks.optional)
    return bool(found) and marks.count(after) > 0


def _has_percent(part: Part, marks: Marks) -> bool:
    return marks.percent in part.text or marks.mille in part.text


RULES: tuple[tuple[str, Callable[[Part, Marks], bool]], ...] = (
    ("D3081", lambda p, m: p.text.count(m.point) > 1),
    ("D3082", lambda p, m: p.text.count(m.percent) > 1),
    ("D3083", lambda p, m: p.text.count(m.mille) > 1),
    ("D3084", lambda p, m: m.percent in p.text and m.mille in p.text),
    ("D3085", lambda p, m: m.count(p.mantissa, optional=True) == 0),
    ("D3086", lambda p, m: not m.active.issuperset(p.active)),
    ("D3087", _beside),
    ("D3088", lambda p, m: m.point not in p.text and p.integer.endswith(m.group)),
    ("D3089", lambda p, m: m.group * 2 in p.text),
    ("D3090", _digits_before_optional),
    ("D3091", _digits_after_optional),
    ("D3092", lambda p, m: bool(p.exponent) and _has_percent(p, m)),
    ("D3093", lambda p, m: p.exponent is not None and (not p.exponent or m.count(p.exponent) < len(p.exponent))),
)
"""What is wrong with a picture; the last that applies is told."""


def format_number(value: float, picture: str, options: dict[str, str] | None) -> str:
    """The text of a number; raises JException."""
    marks = marks_of(options)
    parts = parse(picture, marks)
    part = parts[0] if value >= 0 else parts[-1]
    prefix = part.prefix if value >= 0 or len(parts) == 2 else marks.minus + part.prefix
    scaled = value * (100 if marks.percent in part.text else 1000 if marks.mille in part.text else 1)
    least, least_fraction, most_fraction = _sizes(part, marks)
    mantissa, exponent = _scaled(scaled, part, marks)
    number = abs(Functions.round(mantissa, most_fraction))
    shown = f"{number:.{most_fraction}f}" if number < 1e21 else number_text(number)
    whole, _, fraction = shown.partition(".")
    whole, fraction = whole.lstrip("0").rjust(least, "0"), fraction.rstrip("0").ljust(least_fraction, "0")
    text = _grouped(whole, fraction, part, marks)
    if exponent is not None:
        size = marks.count(part.exponent or "")
        text += (
            marks.exponent + (marks.minus if exponent < 0 else "") + _native(str(abs(exponent)).rjust(size, "0"), marks)
        )
    return prefix + text + part.suffix


def _sizes(part: Part, marks: Marks) -> tuple[int, int, int]:
    """The least number of digits before the point, and the least and the most behind it."""
    least, least_fraction = marks.count(part.integer), marks.count(part.fraction)
    most_fraction = marks.count(part.fraction, optional=True)
    if least == 0 and most_fraction == 0:
        if part.exponent is not None:
            least_fraction = most_fraction = 1
        else:
            least = 1
    if part.exponent is not None and least == 0 and marks.optional in part.integer:
        least = 1
    if least == 0 and least_fraction == 0:
        least_fraction = 1
    return least, least_fraction, most_fraction


def _scaled(value: float, part: Part, marks: Marks) -> tuple[float, int | None]:
    if part.exponent is None:
        return value, None
    most = 10.0 ** marks.count(part.integer)
    if value <= 0:  # the reference multiplies for ever
        raise Runaway(TIMEOUT)
    exponent = 0
    while value < most / 10:
        value, exponent = value * 10, exponent - 1
    while value > most and not math.isinf(value):
        value, exponent = value / 10, exponent + 1
    return value, exponent


def _grouped(whole: str, fraction: str, part: Part, marks: Marks) -> str:
    text, point = whole + marks.point + fraction, len(whole)
    positions = list(_group_positions(part.integer, part, marks, to_left=False))
    width = _regular(positions)
    # groups of several widths are counted from the end of the text where the number is too short, as in the reference
    for place in range(width, point, width) if width else positions:
        at = point - place
        text = text[:at] + marks.group + text[at:]
        point += 0 if width else 1
    point = text.index(marks.point)
    for place in _group_positions(part.fraction, part, marks, to_left=True):
        text = text[: point + 1 + place] + marks.group + text[point + 1 + place :]
    if marks.point not in part.text or text.endswith(marks.point):
        text = text[:-1]
    return _native(text, marks)


def _group_positions(text: str, part: Part, marks: Marks, *, to_left: bool) -> Iterator[int]:
    at = text.find(marks.group)
    while at != -1:
        yield marks.count(text[:at] if to_left else text[at:], optional=True)
        at = part.integer.find(marks.group, at + 1)


def _regular(positions: list[int]) -> int:
    """The width of groups where all have the same; else 0."""
    width = reduce(math.gcd, positions, 0)
    return width if width and all(i * width in positions for i in range(1, len(positions) + 1)) else 0


def _native(text: str, marks: Marks) -> str:
    return "".join(marks.digits[int(c)] if c in "0123456789" else c for c in text) if marks.digits[0] != "0" else text
