"""Key schemas, projections and index definitions, as a table has them after create_table has checked them.

Keys of the store are made here: for a table with a sort key the pair of both contents, else the content of the partition key.
A number as a partition key is its normalised text (equal numbers have equal texts), as a sort key the number itself. The
wording of refusals is the service's (dynalite's and the parity suite's public tests run against it).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mock_serverless.core.errors import AwsError

from .placement import key_bytes, place
from .values import EMPTY_INDEX_KEY, EMPTY_KEY, EMPTY_NAMES, Item, Value, number_of, refuse

MISMATCH = "The provided key element does not match the schema"
INVALID = "One or more parameter values were invalid: "
HASH_TOO_LONG = INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes"
RANGE_TOO_LONG = INVALID + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
MAX_HASH, MAX_RANGE = 2048, 1024

# The service's words in reports of users (https://github.com/wellcomecollection/platform/issues/2285,
# https://github.com/architect/dynalite/issues/35), all of them of partition keys; that it says the same of an
# index's sort key with its own limit is a guess.
INDEX_KEY_TOO_LONG = (
    INVALID + "Size limit exceeded for Index Key {} Actual Size: {} bytes Max Size: {} bytes IndexName: {}"
)

Key = Any
"""How the store names an item: the partition key's content, or (that, the sort key's)."""

Attribute = tuple[str, str]
"""Name and type of a key attribute."""


@dataclass(frozen=True, slots=True)
class KeySchema:
    """The key attributes of a table or an index; only indexes may have several of one role."""

    hash: tuple[Attribute, ...]
    range: tuple[Attribute, ...]

    def __deepcopy__(self, memo: dict[int, Any]) -> KeySchema:
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """All their names, hash first."""
        return tuple(name for name, _ in (*self.hash, *self.range))

    def described(self) -> list[dict[str, str]]:
        """As describe_table shows it."""
        return [
            *({"AttributeName": n, "KeyType": "HASH"} for n, _ in self.hash),
            *({"AttributeName": n, "KeyType": "RANGE"} for n, _ in self.range),
        ]


class EmptyKeyValue(AwsError):
    """An empty text or binary as a key: refused before a transaction opens, where other mistakes in a key cancel it."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


class PrimaryKey:
    """The key of a table: out of an item or a Key parameter into the store's name of the item, and back."""

    __slots__ = ("hash_name", "hash_type", "names", "range_name", "range_type", "schema")

    def __init__(self, schema: KeySchema) -> None:
        self.schema = schema
        self.hash_name, self.hash_type = schema.hash[0]
        self.range_name: str | None
        self.range_name, self.range_type = schema.range[0] if schema.range else (None, "")
        self.names = schema.names

    def __deepcopy__(self, memo: dict[int, Any]) -> PrimaryKey:
        return self

    def of_item(self, item: Item) -> Key:
        """The key within a normalised item; AwsError in put_item's words."""
        try:
            hash_part = item[self.hash_name][self.hash_type]
            if self.range_name is None:
                if not hash_part or len(hash_part) > 512:
                    _check_content(self.hash_name, self.hash_type, hash_part, MAX_HASH)
                return hash_part
            range_part = item[self.range_name][self.range_type]
        except KeyError:
            raise self._incomplete(item) from None
        return self._pair(hash_part, range_part)

    def of_key(self, key: Item) -> Key:
        """The key which a Key parameter names; AwsError when it doesn't fit the schema."""
        if len(key) != len(self.names):
            raise refuse(MISMATCH)
        return self.within(key)

    def within(self, item: Item) -> Key:
        """As :meth:`of_key`, where there may be other attributes beside."""
        try:
            hash_part = item[self.hash_name][self.hash_type]
            if self.range_name is None:
                if not hash_part or len(hash_part) > 512:
                    _check_content(self.hash_name, self.hash_type, hash_part, MAX_HASH)
                return hash_part
            range_part = item[self.range_name][self.range_type]
        except KeyError:
            raise refuse(MISMATCH) from None
        return self._pair(hash_part, range_part)

    def _pair(self, hash_part: Any, range_part: Any) -> Key:
        assert self.range_name is not None
        if not hash_part or len(hash_part) > 512:
            _check_content(self.hash_name, self.hash_type, hash_part, MAX_HASH)
        if self.range_type == "N":
            return hash_part, number_of(range_part)
        if not range_part or len(range_part) > 256:
            _check_content(self.range_name, self.range_type, range_part, MAX_RANGE)
        return hash_part, range_part

    def _incomplete(self, item: Item) -> AwsError:
        for name, kind in (*self.schema.hash, *self.schema.range):
            if name not in item:
                return refuse(f"{INVALID}Missing the key {name} in the item")
            if kind not in item[name]:
                actual = next(iter(item[name]))
                return refuse(f"{INVALID}Type mismatch for key {name} expected: {kind} actual: {actual}")
        raise AssertionError("the key is complete")

    def attributes(self, item: Item) -> Item:
        """The key attributes of an item."""
        if self.range_name is None:
            return {self.hash_name: item[self.hash_name]}
        return {self.hash_name: item[self.hash_name], self.range_name: item[self.range_name]}

    def partition_of(self, key: Key) -> Any:
        """The partition key's content."""
        return key if self.range_name is None else key[0]

    def place_of(self, partition: Any) -> int:
        """Where a partition lies in the order of a scan."""
        return place(key_bytes(self.hash_type, partition))

    def tie_of(self, key: Key) -> int:
        """What orders the entries of an index which are equal."""
        if self.range_name is None:
            return place(key_bytes(self.hash_type, key))
        return place(key_bytes(self.hash_type, key[0]) + key_bytes(self.range_type, key[1]))


def _check_content(name: str, kind: str, content: Any, longest: int) -> None:
    if kind == "N":
        return
    if not content:
        raise EmptyKeyValue(EMPTY_KEY.format(EMPTY_NAMES[kind], name))
    if byte_length(content) > longest:
        raise refuse(HASH_TOO_LONG if longest == MAX_HASH else RANGE_TOO_LONG)


def byte_length(content: Any) -> int:
    """The length of a key's text or binary in bytes."""
    return len(content.encode("utf-8", "surrogatepass")) if isinstance(content, str) else len(content)


@dataclass(frozen=True, slots=True)
class Projection:
    """Which attributes an index has; ``names`` are all those of KEYS_ONLY and INCLUDE, keys too, None for ALL."""

    kind: str
    included: tuple[str, ...]
    names: frozenset[str] | None

    def of(self, item: Item) -> Item:
        """What the index has of an item (shared parts, no copy)."""
        names = self.names
        return item if names is None else {name: value for name, value in item.items() if name in names}

    def described(self) -> dict[str, Any]:
        """As describe_table shows it."""
        shown: dict[str, Any] = {"ProjectionType": self.kind}
        if self.included:
            shown["NonKeyAttributes"] = list(self.included)
        return shown


def check_projection(index: dict[str, Any]) -> None:
    """What a request says that an index is to project."""
    projection = index["Projection"]
    kind, included = projection.get("ProjectionType"), projection.get("NonKeyAttributes")
    if kind is None:
        raise refuse(INVALID + "Unknown ProjectionType: null")
    if included is not None and kind != "INCLUDE":
        raise refuse(f"{INVALID}ProjectionType is {kind}, but NonKeyAttributes is specified")
    if included is None and kind == "INCLUDE":
        raise refuse(INVALID + "ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
    if included is not None and len(set(included)) != len(included):
        twice = next(name for name in included if included.count(name) > 1)
        raise refuse(f"{INVALID}Duplicate element in NonKeyAttributes: {twice}")  # measured


@dataclass(frozen=True, slots=True)
class IndexDefinition:
    """A secondary index as it was defined."""

    name: str
    key: KeySchema
    projection: Projection
    is_global: bool

    def __deepcopy__(self, memo: dict[int, Any]) -> IndexDefinition:
        return self

    def check(self, item: Item) -> None:
        """Refuse an item whose attributes the index can't take as its keys; what is missing is fine."""
        for attributes, longest in ((self.key.hash, MAX_HASH), (self.key.range, MAX_RANGE)):
            for name, kind in attributes:
                value = item.get(name)
                if value is not None:
                    self._check_value(name, kind, value, longest)

    def _check_value(self, name: str, kind: str, value: Value, longest: int) -> None:
        content = value.get(kind)
        if content is None:
            actual = next(iter(value))
            raise refuse(
                f"{INVALID}Type mismatch for Index Key {name} Expected: {kind} Actual: {actual} IndexName: {self.name}"
            )
        if kind == "N":
            return
        if not content:
            raise EmptyKeyValue(EMPTY_INDEX_KEY.format(EMPTY_NAMES[kind], self.name, name))
        self.check_length(name, content, longest)

    def check_length(self, name: str, content: Any, longest: int) -> None:
        """Refuse a text or binary of more than ``longest`` bytes as the index's key ``name``."""
        if (length := byte_length(content)) > longest:
            raise refuse(INDEX_KEY_TOO_LONG.format(name, length, longest, self.name))
