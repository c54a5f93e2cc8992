"""The functions that Step Functions adds to JSONata: partition, range, hash, random, uuid and parse.

https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html#jsonata-functions-provided-by-sfn. What they do with
unusual arguments, and their errors, was measured by users of AWS (https://github.com/floci-io/floci/pull/2676): numbers are cut
to whole ones, ``$random`` with a seed is Java's generator.
"""

from __future__ import annotations

import hashlib
from typing import Any

from jsonata import JException, Utils

from .document import loads_strictly
from .engine import NULL, Runaway, inner
from .java_random import JavaRandom
from .jsonata_registry import World, function

ALGORITHMS = {"SHA-1": "sha1", "SHA-384": "sha384", "SHA-256": "sha256", "SHA-512": "sha512", "MD5": "md5"}
MOST_OF_A_RANGE = 360_145
"""Numbers that $range gives at most: measured by users of AWS (https://github.com/floci-io/floci/pull/2790)."""


def _wrong_argument(number: int, name: str) -> Any:
    return JException("T0410", -1, number, name)


def _refused(text: str) -> Any:
    return JException("D3137", -1, text)


@function("partition", "<x?n?:a>")
def partition(items: Any, size: Any) -> Any:
    if items is None:
        return None
    if not isinstance(items, list):
        error = JException("T0412", -1, 1, "partition", "x")
        error.extra = None  # AWS says: an array of undefined
        raise error
    if not items:
        return None
    step = len(items) if size is None else int(size)
    if step < 0:
        raise _refused("Second argument must be zero or greater")
    return [list(items[i : i + step]) for i in range(0, len(items), step)] if step else None


@function("range", "<n?n?n?:a>")
def range_(first: Any, last: Any, step: Any) -> Any:
    for number, bound in ((1, first), (2, last)):
        if bound is None:
            raise _wrong_argument(number, "range")
    start, end, width = int(first), int(last), int(step or 0)
    if width == 0 or (end - start) * width < 0:
        return None
    if (end - start) // width >= MOST_OF_A_RANGE:
        raise Runaway("Expression evaluation memory limit exceeded: Check for excessive memory usage")
    return Utils.create_sequence_from_iter(range(start, end + (1 if width > 0 else -1), width))


@function("hash", "<s?s?:s>")
def hash_(text: Any, algorithm: Any) -> Any:
    if text is None:
        raise _wrong_argument(1, "hash")
    if algorithm is None:
        return None
    if algorithm not in ALGORITHMS:
        raise _refused(f"Hash algorithm '{algorithm}' must be one of {', '.join(ALGORITHMS)}")
    return hashlib.new(ALGORITHMS[algorithm], text.encode("utf-8", "replace")).hexdigest()


@function("random", "<n?:n>", world=True)
def random(world: World, seed: Any) -> Any:
    return world.chance.random() if seed is None else JavaRandom(int(seed)).double()


@function("uuid", "<:s>", world=True)
def uuid(world: World) -> Any:
    return world.chance.uuid()


@function("parse", "<s?:x>")
def parse(text: Any) -> Any:
    if text is None:
        return None
    try:
        value = loads_strictly(text)
    except ValueError:
        raise _refused("Invalid JSON") from None
    return NULL if value is None else inner(value)
