"""Filter patterns: which log events match, and what is taken out of them.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html

    terms.py      ERROR -"BAD REQUEST", ?ERROR ?WARN, %regular expressions%
    documents.py  { $.status >= 400 && $.user IS NULL }, for events that are JSON
    fields.py     [ip, ..., status = 4*, bytes], for events that are words between spaces
    lexer.py      their tokens; conditions.py: what a value is compared with, && and || between comparisons

The language knows no cloud and no clock. :func:`parse` gives a matcher, and keeps it; PatternError is for what AWS refuses.
"""

from __future__ import annotations

from functools import lru_cache

from . import documents, fields, terms
from .lexer import Matcher, PatternError

__all__ = ["Matcher", "PatternError", "parse"]


@lru_cache(maxsize=512)
def parse(pattern: str) -> Matcher:
    """A function that gives the values extracted from a message (mostly none: ``{}``), or None when it does not match."""
    text = pattern.strip()
    if text.startswith("{"):
        return documents.compile(text)
    if text.startswith("["):
        return fields.compile(text)
    return terms.compile(text)
