"""Functions of JSONata that take pictures: of numbers, whole numbers and times.

https://docs.jsonata.org/2.0.6/numeric-functions, https://docs.jsonata.org/2.0.6/date-time-functions. Whole numbers and times are
the library's; it complains of pictures with errors of Python's, here they are those of the npm package ``jsonata``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jsonata import Functions, JException
from jsonata.constants import Constants
from jsonata.datetimeutils import DateTimeUtils

from . import jsonata_number_pictures, jsonata_times
from .jsonata_registry import World, function

COMPLAINTS = {
    Constants.ERR_MSG_SEQUENCE_UNSUPPORTED: "D3130",
    Constants.ERR_MSG_DIFF_DECIMAL_GROUP: "D3131",
    Constants.ERR_MSG_UNKNOWN_COMPONENT_SPECIFIER: "D3132",
    Constants.ERR_MSG_INVALID_NAME_MODIFIER: "D3133",
    Constants.ERR_MSG_TIMEZONE_FORMAT: "D3134",
    Constants.ERR_MSG_NO_CLOSING_BRACKET: "D3135",
    Constants.ERR_MSG_MISSING_FORMAT: "D3136",
}


NAMED = ("N", "n", "Nn", "I", "i", "A", "a", "W", "w", "Ww", "t")
"""Presentations without a digit."""


@contextmanager
def in_words(picture: str) -> Iterator[None]:
    """What the library says of a picture, as the reference says it."""
    try:
        yield
    except (RuntimeError, KeyError) as e:
        code = "D3132" if isinstance(e, KeyError) else COMPLAINTS.get(str(e))
        if code is None:
            raise
        raise JException(code, -1, _culprit(code, picture)) from None


def _culprit(code: str, picture: str) -> str | None:
    """The part of a picture which an error names."""
    components = re.findall(r"\[\s*(\w)([^\],]*)[^\]]*\]", picture)
    if code == "D3130":
        shown = [rest.strip() for _, rest in components if rest and not re.search(r"\d", rest) and rest not in NAMED]
        return shown[0] if shown else picture.rpartition(";")[0] or picture
    if code == "D3132":
        return next((c for c, _ in components if c not in "YMDdFWwXxHhmsfPZzCE"), None)
    if code == "D3133":
        return next((c for c, rest in components if c not in "MxFPCE" and re.match("Nn|N|n", rest)), None)
    return None


@function("formatNumber", "<n-so?:s>")
def format_number(number: Any, picture: Any, options: Any) -> Any:
    return None if number is None else jsonata_number_pictures.format_number(number, picture, options)


@function("formatInteger", "<n-s:s>")
def format_integer(number: Any, picture: Any) -> Any:
    if number is None:
        return None
    with in_words(picture):
        return Functions.format_integer(math.floor(number), picture)


@function("parseInteger", "<s-s:n>")
def parse_integer(text: Any, picture: Any) -> Any:
    if text is None:
        return None
    with in_words(picture):
        form = DateTimeUtils._analyse_integer_picture(picture)
    if form.primary == DateTimeUtils.Formats.DECIMAL:
        return _decimal(text, form)
    if form.primary == DateTimeUtils.Formats.SEQUENCE:
        raise JException("D3130", -1, form.token)
    try:
        found = Functions.parse_integer(text, picture)
    except (ValueError, KeyError, IndexError, TypeError):
        return math.nan
    return math.nan if found is None else found


def _decimal(text: str, form: Any) -> float:
    """The digits that a text begins with, as JavaScript's parseInt reads them."""
    digits = text[:-2] if form.ordinal else text
    for mark in {","} if form.regular else {s.character for s in form.groupingSeparators}:
        digits = digits.replace(mark, "")
    if form.zeroCode != ord("0"):
        digits = "".join(chr(max(ord(c) - form.zeroCode + ord("0"), 0)) for c in digits)
    found = re.match(r"\s*[+-]?[0-9]+", digits)
    return int(found.group()) if found is not None else math.nan


@function("fromMillis", "<n-s?s?:s>")
def from_millis(millis: Any, picture: Any, zone: Any) -> Any:
    if millis is None:
        return None
    with in_words(picture or ""):
        return Functions.datetime_from_millis(millis, picture, zone)


@function("now", "<s?s?:s>", world=True)
def now(world: World, picture: Any, zone: Any) -> Any:
    return from_millis(round(world.now() * 1000), picture, zone)


@function("toMillis", "<s-s?:n>", world=True)
def to_millis(world: World, text: Any, picture: Any) -> Any:
    if text is None:
        return None
    try:
        if picture is None:
            return jsonata_times.millis_of(text)
        with in_words(picture):
            return jsonata_times.millis_by_picture(text, picture, world.now())
    except ValueError:
        raise JException("D3110", -1, text) from None
