"""Vector indexes: what they are, what they take of an item, and the nearest of their vectors.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/VectorSearch.html. An index has the items whose vector
attribute is a list of as many numbers as it has dimensions, and which have its partition key if it has one. It keeps
vectors as 32-bit floats; the table keeps what was written. A search compares all vectors of the partition (AWS's is
approximate), so its cost grows with the index. Wording of the refusals as the parity suite's public tests have it, which
run on the service, or as the authors of Dynoxide and ExtendDB have captured it in August 2026 ("captured"); another
capture of ExtendDB's words the first three otherwise.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from heapq import nsmallest
from operator import mul
from typing import TYPE_CHECKING, Any

from .images import Record
from .schema import INVALID, MAX_HASH, EmptyKeyValue, Key, Projection, byte_length
from .sizes import size_of, size_of_value
from .values import EMPTY_INDEX_KEY, EMPTY_NAMES, Item, Value, refuse, type_of

if TYPE_CHECKING:
    from collections.abc import Iterable

WRONG = "One or more parameter values were invalid. "
NOT_A_LIST = WRONG + "Invalid type for parameter {}, Expected: 32-bit floating point number list IndexName: {}"
WRONG_SIZE = WRONG + "Invalid size for parameter {}, Expected: {}, Actual: {} IndexName: {}"
NOT_A_NUMBER = (
    WRONG + "Invalid type for parameter {}[{}], Expected: 32-bit floating point number, Actual: {}. IndexName: {}"
)
OUT_OF_RANGE = (
    WRONG
    + "Invalid value for parameter {}[{}], Value: {} is outside valid range [-3.4028235E38, 3.4028235E38]. IndexName: {}"
)
WRONG_TYPE = WRONG + "Attribute '{}' type mismatch. Expected: {}, Actual: {}. IndexName: {}"
KEY_TOO_LONG = f"{INVALID}Aggregate size for HASH key attributes exceeds the maximum of {MAX_HASH} bytes"  # ExtendDB's
EMPTIED_KEY = (
    "One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value "
    "that is not supported. The AttributeValue for a key attribute cannot contain an empty {} value."
)  # captured

HASH, INLINE_FILTER = "HASH", "INLINE_FILTER"
LARGEST = float.fromhex("0x1.fffffep127")
"""Of 32-bit floats."""

Vector = Any
"""An ``array`` of 32-bit floats."""

dot: Callable[[Iterable[float], Iterable[float]], float]
"""The products of two vectors' elements, added up without loss (those of 32-bit floats are exact in Python's)."""
try:
    dot = math.sumprod  # type: ignore[attr-defined,unused-ignore]
except AttributeError:  # before Python 3.12

    def dot(p: Iterable[float], q: Iterable[float]) -> float:
        return math.fsum(map(mul, p, q))


def floats_of(elements: list[Value]) -> Vector | None:
    """A list's numbers as 32-bit floats; None when one of them is no number or out of range."""
    try:
        vector = array("f", [float(element["N"]) for element in elements])
    except (KeyError, TypeError):
        return None
    return vector if all(map(math.isfinite, vector)) else None


def single(number: float) -> float:
    """A number in the precision and range of 32-bit floats."""
    return array("f", [max(-LARGEST, min(LARGEST, number))])[0]


def text_of(number: float) -> str:
    """A 32-bit float as the index gives it back: its shortest text, with a point ("1.0": parity suite).

    That it has no exponent, as other numbers of the service have none, is a guess.
    """
    short = next(text for digits in range(1, 18) if single(float(text := f"{number:.{digits}g}")) == number)
    plain = format(Decimal(short), "f")
    return plain if "." in plain else plain + ".0"


@dataclass(frozen=True, slots=True)
class VectorDefinition:
    """A vector index as it was defined; ``schema`` has name, type and role of the attributes which a search may name."""

    name: str
    attribute: str
    dimensions: int
    function: str
    schema: tuple[tuple[str, str, str], ...]
    projection: Projection

    def __deepcopy__(self, memo: dict[int, Any]) -> VectorDefinition:
        return self

    @property
    def hash(self) -> tuple[str, str] | None:
        """Name and type of its partition key."""
        return next(((name, kind) for name, kind, role in self.schema if role == HASH), None)

    def described(self) -> dict[str, Any]:
        """As describe_table and describe_backup show it."""
        shown: dict[str, Any] = {
            "IndexName": self.name,
            "VectorAttribute": {"AttributeName": self.attribute},
            "Dimensions": self.dimensions,
            "DistanceFunction": self.function,
            "Projection": self.projection.described(),
        }
        if self.schema:
            shown["SearchSchema"] = [
                {"AttributeName": name, "SearchSchemaElementType": role} for name, _, role in self.schema
            ]
        return shown

    # ------------------------------------------------------------------ items to be written

    def check(self, item: Item, touched: tuple[str, ...] | None = None) -> None:
        """Refuse an item that the index can't take; what is missing is fine. ``touched``: what an update has changed."""
        value = item.get(self.attribute)
        if value is not None and (touched is None or self.attribute in touched):
            self._check_vector(value)
        for name, kind, role in self.schema:
            value = item.get(name)
            if value is not None and (touched is None or name in touched):
                if kind not in value:
                    raise refuse(WRONG_TYPE.format(name, kind, type_of(value), self.name))
                if role == HASH and kind != "N":
                    self._check_key(name, kind, value[kind], touched is not None)

    def _check_vector(self, value: Value) -> None:
        elements = value.get("L")
        if elements is None:
            raise refuse(NOT_A_LIST.format(self.attribute, self.name))
        if len(elements) != self.dimensions:
            raise refuse(WRONG_SIZE.format(self.attribute, self.dimensions, len(elements), self.name))
        if floats_of(elements) is not None:
            return
        for place, element in enumerate(elements):
            if "N" not in element:
                raise refuse(NOT_A_NUMBER.format(self.attribute, place, type_of(element), self.name))
            if floats_of([element]) is None:
                shown = Decimal(element["N"]).normalize()
                raise refuse(OUT_OF_RANGE.format(self.attribute, place, shown, self.name))

    def _check_key(self, name: str, kind: str, content: Any, updated: bool) -> None:
        if not content:
            words = EMPTIED_KEY if updated else EMPTY_INDEX_KEY
            raise EmptyKeyValue(words.format(EMPTY_NAMES[kind], self.name, name))
        if byte_length(content) > MAX_HASH:
            raise refuse(KEY_TOO_LONG)

    # ------------------------------------------------------------------ what it has of an item

    def vector_of(self, item: Item) -> Vector | None:
        """The vector of an item; None where there is none that fits."""
        elements = item.get(self.attribute, {}).get("L")
        return floats_of(elements) if elements is not None and len(elements) == self.dimensions else None

    def partition_of(self, item: Item) -> tuple[bool, Any]:
        """Whether an item may be in the index, and the content of its partition key: what a write would refuse isn't in it."""
        partition = None
        for name, kind, role in self.schema:
            value = item.get(name)
            if value is None and role != HASH:
                continue
            content = None if value is None else value.get(kind)
            if content is None or (role == HASH and not content):
                return False, None
            if role == HASH:
                partition = content
        return True, partition

    def rest_of(self, item: Item) -> Item:
        """What the index has of an item beside the vector (shared parts, no copy)."""
        return {name: value for name, value in self.projection.of(item).items() if name != self.attribute}

    def entry_of(self, item: Item) -> tuple[Any, Vector, Item] | None:
        """Partition, vector and the rest of what the index has of an item; None for an item that isn't in it."""
        vector = self.vector_of(item)
        if vector is None:
            return None
        there, partition = self.partition_of(item)
        return (partition, vector, self.rest_of(item)) if there else None

    def saved_in(self, item: Item) -> int:
        """By how many bytes the vector of an item, if it has one that fits, is smaller as 32-bit floats."""
        return size_of_value(item[self.attribute]) - 4 * self.dimensions

    def size_of(self, item: Item) -> int:
        """How many bytes of an item are in the index: four for each dimension, the rest as in the table (captured)."""
        return 4 * self.dimensions + len(self.attribute.encode()) + size_of(self.rest_of(item))

    def shown(self, item: Item, vector: Vector, whole: bool) -> Item:
        """What a search finds of an item; ``whole``: with the vector, if the index projects it."""
        shown = self.rest_of(item)
        names = self.projection.names
        if whole and (names is None or self.attribute in names):
            shown[self.attribute] = {"L": [{"N": text_of(number)} for number in vector]}
        return shown


class VectorIndex:
    """The vectors of a table's items, by partition: key of the item -> (vector, its square)."""

    __slots__ = ("count", "definition", "partitions", "saved", "size")

    def __init__(self, definition: VectorDefinition) -> None:
        self.definition = definition
        self.partitions: dict[Any, dict[Key, tuple[Vector, float]]] = {}
        self.count = self.size = 0
        self.saved = 0
        """By how many bytes all vectors, in the index or not, are smaller as 32-bit floats than as numbers."""

    def copy(self, definition: VectorDefinition) -> VectorIndex:
        """A copy of its own, perhaps under another name."""
        twin = VectorIndex(definition)
        twin.partitions = {partition: entries.copy() for partition, entries in self.partitions.items()}
        twin.count, twin.size, twin.saved = self.count, self.size, self.saved
        return twin

    def replace(self, key: Key, old: Record | None, new: Record | None) -> None:
        """An item has changed from ``old`` to ``new``."""
        if old is not None:
            self._change(key, old[0], -1)
        if new is not None:
            self._change(key, new[0], 1)

    def _change(self, key: Key, item: Item, sign: int) -> None:
        definition = self.definition
        vector = definition.vector_of(item)
        if vector is None:
            return
        self.saved += sign * definition.saved_in(item)
        there, partition = definition.partition_of(item)
        if not there:
            return
        self.count += sign
        self.size += sign * definition.size_of(item)
        if sign > 0:
            self.partitions.setdefault(partition, {})[key] = vector, dot(vector, vector)
            return
        entries = self.partitions[partition]
        del entries[key]
        if not entries:
            del self.partitions[partition]

    # ------------------------------------------------------------------ searching

    def within(self, partition: Any) -> dict[Key, tuple[Vector, float]]:
        """The entries of a partition."""
        return self.partitions.get(partition, {})

    def nearest(
        self, vector: Vector, most: int, candidates: Iterator[tuple[Key, tuple[Vector, float]]]
    ) -> list[tuple[float, Key]]:
        """The ``most`` nearest of some entries with their scores, the best first; equal ones in the order of their keys."""
        sign = -1.0 if self.definition.function == "DOT_PRODUCT" else 1.0
        score = SCORES[self.definition.function]
        square = dot(vector, vector)
        scored = ((sign * score(vector, square, other, its_square), key) for key, (other, its_square) in candidates)
        return [(single(sign * distance), key) for distance, key in nsmallest(most, scored)]


# ---------------------------------------------------------------------- distance functions: SearchVectors of the API reference


def _cosine(vector: Vector, square: float, other: Vector, its_square: float) -> float:
    """0 for the same direction, 2 for the opposite; 1 where there is none (captured)."""
    if not square or not its_square:
        return 1.0
    return max(0.0, min(2.0, 1.0 - dot(vector, other) / math.sqrt(square * its_square)))


def _euclidean(vector: Vector, square: float, other: Vector, its_square: float) -> float:
    return math.dist(vector, other)


def _product(vector: Vector, square: float, other: Vector, its_square: float) -> float:
    return dot(vector, other)


SCORES: dict[str, Callable[[Vector, float, Vector, float], float]] = {
    "COSINE": _cosine,
    "EUCLIDEAN": _euclidean,
    "DOT_PRODUCT": _product,
}
