"""Timestamps as the Amazon States Language writes them: RFC 3339 with an upper-case T, and Z or an offset.

https://states-language.net/#timestamps; which texts count was recorded with IsTimestamp and TimestampPath.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from functools import lru_cache

_FORM = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:(Z)|([+-])(\d\d):?(\d\d))", re.ASCII
)


@lru_cache(maxsize=4096)
def parse(text: str) -> float | None:
    """Seconds since the epoch, or None when it is no timestamp."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zulu, sign, hours, minutes = found.groups()
    offset = timedelta()
    if not zulu:
        offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    try:
        whole = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), tzinfo=timezone.utc)
    except ValueError:
        return None
    return (whole - offset).timestamp() + (float("0." + fraction) if fraction else 0.0)


def write(timestamp: float) -> str:
    """With milliseconds, as in the context object."""
    moment = datetime.fromtimestamp(timestamp, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
