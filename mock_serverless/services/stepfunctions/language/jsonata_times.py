"""Texts of times for JSONata's $toMillis: ISO 8601 as the reference reads it, pictures as the library does, in the
execution's time.

https://docs.jsonata.org/date-time-functions#tomillis. A picture that leaves parts of the date out takes them from today
(https://docs.jsonata.org/date-time-processing): the library asks the machine's clock, and by a function that newer Pythons
warn of.
"""

from __future__ import annotations

import math
import re
import threading
from datetime import date, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

from jsonata import datetimeutils

# the reference's iso8601regex, each group at most once
ISO = re.compile(
    r"(\d{4})(?:-([01]\d))?(?:-([0-3]\d))?(?:T([0-2]\d):([0-5]\d):([0-5]\d))?(?:\.(\d+))?(?:(Z)|([+-])([0-2]\d):?([0-5]\d))?"
)
_here = threading.local()


def millis_of(text: str) -> float:
    """Milliseconds since the epoch of an ISO 8601 text; one without a zone is in UTC. Raises ValueError.

    As in JavaScript, the 30th of February is the 2nd of March, and what no calendar has is not a number.
    """
    match = ISO.fullmatch(text)
    if match is None:
        raise ValueError(text)
    year, month, day, hour, minute, second, fraction, _, sign, hours, minutes = match.groups()
    clock = int(hour or 0), int(minute or 0), int(second or 0)
    if not (1 <= int(month or 1) <= 12 and 1 <= int(day or 1) <= 31 and (clock[0] < 24 or clock == (24, 0, 0))):
        return math.nan
    time = datetime(int(year), int(month or 1), 1, tzinfo=timezone.utc)
    time += timedelta(days=int(day or 1) - 1, hours=clock[0], minutes=clock[1], seconds=clock[2])
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    time = time + offset if sign == "-" else time - offset
    whole = (time - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(seconds=1)
    return whole * 1000 + int((fraction or "0").ljust(3, "0")[:3])


def millis_by_picture(text: str, picture: str, now: float) -> Any:
    """Milliseconds since the epoch of a text that a picture describes; ``now``, in seconds, is when it is read."""
    _here.now = now
    return datetimeutils.DateTimeUtils.parse_datetime(text, picture)


class _Datetime(datetime):
    """What the library makes its dates with: today is the execution's, and dates are as JavaScript's Date.UTC makes them."""

    def __new__(cls, year: int, month: int = 1, day: int = 1, *clock: Any, **more: Any) -> _Datetime:
        """A year of two digits is in the 20th century; the 13th month is January of the next year."""
        try:
            return super().__new__(cls, year + 1900 if 0 <= year < 100 else year, month, day, *clock, **more)
        except ValueError:
            if not 1 <= year < 9999 or month < 1 or day < 1:
                raise
        first = super().__new__(cls, year + (month - 1) // 12, (month - 1) % 12 + 1, 1, *clock, **more)
        return first + timedelta(days=day - 1)

    @classmethod
    def fromtimestamp(cls, timestamp: float, tz: Any = None) -> _Datetime:
        """To the millisecond: the library has divided by 1000."""
        return cls(1970, 1, 1, tzinfo=tz) + timedelta(milliseconds=math.floor(timestamp * 1000 + 1e-6))

    @classmethod
    def utcnow(cls) -> _Datetime:
        return cls.fromtimestamp(_here.now, timezone.utc).replace(tzinfo=None)


datetimeutils.datetime = SimpleNamespace(datetime=_Datetime, date=date, timedelta=timedelta, timezone=timezone)
