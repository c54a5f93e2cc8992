"""What DynamoDB's front end says of requests that hurt constraints of its model.

There are two front ends, and which of them reads a request decides about words and order. The older one tells everything that is
wrong together, with the values, in the order of its own list of members. The newer one, of the single-item operations,
BatchGetItem and Query, tells what is too short, too long or out of range before anything else, without the value, and has words
of its own for ReturnValues and ConditionalOperator (and misprints in them). It hands requests on to the older one that lack a
member or nest deeper than it reads.

As captured in us-east-1 and eu-west-2 by the parity suite (github.com/paritysuite/dynamodb-conformance, tests/tier3, captures/,
2026-06 to 2026-10). The newer front end is being rolled out by operation and region; what is here is what us-east-1 and most
regions answered in 2026-10. The order of members is that suite's and that of dynalite's public tests.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

from mock_serverless.core.constraints import (
    FRONT_ENDS,
    NOT_NULL,
    Violation,
    names_of,
    validation_error,
    violation,
)
from mock_serverless.core.errors import AwsError
from mock_serverless.core.java import Record

from . import table_front_end
from .values import refuse

NAME_PATTERN = "[a-zA-Z0-9_.-]+"
_NAME = re.compile(NAME_PATTERN, re.ASCII)
LONGEST, SHORTEST = 255, 3
_TOO_LONG = f"Member must have length less than or equal to {LONGEST}"
_TOO_SHORT = f"Member must have length greater than or equal to {SHORTEST}"
_OTHER_CHARACTERS = f"Member must satisfy regular expression pattern: {NAME_PATTERN}"
_MAP_KEYS = f"Map keys must satisfy constraint: [{_TOO_LONG}, {_TOO_SHORT}, {_OTHER_CHARACTERS}]"

WRITES = frozenset(("PutItem", "UpdateItem", "DeleteItem"))
NEWER = WRITES | {"GetItem", "BatchGetItem", "Query"}
_NOT_ONE_OF = "Failed to satisfy constraint: Member must satisfy enum value set: "
RETURN_VALUES = _NOT_ONE_OF + "[ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]"
CONDITIONAL_OPERATOR = _NOT_ONE_OF + "[ALL, OR]"
NO_REQUESTS = "The requestItems parameter is required for BatchWriteItem"

DEEPEST = 61
"""Levels that the newer front end reads of the single-item writes: 61 are read by it, 63 by the older one (62: a guess)."""

ORDER = {
    "PutItem": ("returnConsumedCapacity", "tableName", "item", "conditionalOperator", "expected", "returnValues"),
    "UpdateItem": (
        *("returnConsumedCapacity", "tableName", "returnItemCollectionMetrics", "returnValues"),
        *("conditionalOperator", "key"),
    ),
    "DeleteItem": ("returnConsumedCapacity", "tableName", "returnValues", "returnItemCollectionMetrics"),
    "GetItem": ("returnConsumedCapacity", "attributesToGet", "tableName", "key"),
    "Query": (
        *("select", "indexName", "returnConsumedCapacity", "queryFilter", "tableName", "conditionalOperator"),
        *("attributesToGet", "keyConditions", "limit"),
    ),
    "Scan": (
        *("select", "indexName", "totalSegments", "returnConsumedCapacity", "tableName", "conditionalOperator"),
        *("scanFilter", "segment", "limit"),
    ),
    "BatchGetItem": ("requestItems", "returnConsumedCapacity"),
    "BatchWriteItem": ("returnConsumedCapacity", "returnItemCollectionMetrics", "requestItems"),
    "TransactWriteItems": (
        *("transactItems", "clientRequestToken", "returnConsumedCapacity", "returnItemCollectionMetrics"),
    ),
    "TransactGetItems": ("transactItems", "returnConsumedCapacity"),
}
"""The members that are told of in this order; others come last."""


def front_end(operation: str, params: dict[str, Any], found: list[Violation]) -> AwsError | None:
    """The refusal of a request; None where what is wrong is the operation's to tell."""
    own, found = table_front_end.told(operation, found)
    if own is not None or not found:
        return own
    if operation == "SearchVectors":
        return _search(params, found)
    if operation == "BatchWriteItem" and not params.get("RequestItems"):
        return refuse(NO_REQUESTS)
    if operation not in NEWER or any(text == NOT_NULL for _, _, text in found):
        return _older(operation, params, found)
    if operation in WRITES and nests_deeply(params):
        return _older(operation, params, found)
    return _newer(operation, params, found)


FRONT_ENDS["dynamodb"] = front_end


def _older(operation: str, params: dict[str, Any], found: list[Violation]) -> AwsError:
    """Everything together, with the values."""
    if operation != "BatchWriteItem":  # whose tables' names are looked at later
        found = [*found, *bad_names(operation, params)]
    return validation_error([_worded(one) for one in _in_order(operation, found)])


def _worded(one: Violation) -> str:
    value, path, text = one
    if names_of(path) == ["requestItems"] and isinstance(value, dict):
        value = _requests(value)
    return violation(value, path, text)


def _in_order(operation: str, found: list[Violation]) -> list[Violation]:
    order = ORDER.get(operation, ())
    return sorted(
        found, key=lambda one: next((n for n, name in enumerate(order) if name == names_of(one[1])[0]), len(order))
    )


def _newer(operation: str, params: dict[str, Any], found: list[Violation]) -> AwsError | None:
    lengths = [one for one in found if "Member must have" in one[2] and names_of(one[1])[-1] != "indexName"]
    if lengths:
        return validation_error([_bare(one) for one in _in_order(operation, lengths)[:1]])
    if any(names_of(path)[0] == "conditionalOperator" for _, path, _ in found):
        if any(
            len(params.get(name) or ()) > 1 for name in ("Expected", "QueryFilter")
        ):  # else a refusal of its own (a guess)
            envelope = "1 validation error detected: " if operation in WRITES else ""
            return refuse(envelope + CONDITIONAL_OPERATOR)
        found = [one for one in found if names_of(one[1])[0] != "conditionalOperator"]
    values = [one for one in found if names_of(one[1])[0] == "returnValues"]
    if operation == "UpdateItem" and values:
        found = values
    told = _in_order(operation, [*found, *bad_names(operation, params)])
    words = [RETURN_VALUES if names_of(one[1])[0] == "returnValues" else violation(*one) for one in told]
    return validation_error(words) if found else None


def _bare(one: Violation) -> str:
    """Without the value, and the members' names as they are."""
    _, path, text = one
    names = names_of(path)
    if names[0] == "requestItems" and len(names) > 3:  # requestItems.<table>.member.keys
        names[3] = _upper(names[3])
    where = ".".join([_upper(names[0]), *names[1:]])
    return f"Value at '{where}' failed to satisfy constraint: {text}"


def _upper(name: str) -> str:
    return name[:1].upper() + name[1:]


def _search(params: dict[str, Any], found: list[Violation]) -> AwsError:
    """A member that isn't there ends the reading of the request, where its JSON ends; the rest is told without values.

    Captured on AWS in 2026-08 and 2026-10: parity suite, authors of Dynoxide and ExtendDB.
    """
    missing = next((path for _, path, constraint in found if constraint == NOT_NULL), None)
    if missing is not None:
        column = len(json.dumps(params, default=str))
        return refuse(f"missing field `{_upper(names_of(missing)[-1])}` at line 1 column {column}")
    words = (
        f"Value at '{_upper('.'.join(names_of(path)))}' failed to satisfy constraint: {text}" for _, path, text in found
    )
    return validation_error(list(words))


# ---------------------------------------------------------------------- names of tables


def bad_names(operation: str, params: dict[str, Any]) -> list[Violation]:
    """What is wrong with the names of tables in a request; ARNs are looked at elsewhere."""
    if operation in ("BatchGetItem", "BatchWriteItem"):
        requests = params.get("RequestItems") or {}
        if all(name.startswith("arn:") or not faults_of(name) for name in requests):
            return []
        shown = _json(requests) if operation == "BatchGetItem" else _requests(requests)
        return [(shown, (None, "requestItems"), _MAP_KEYS)]
    return [
        (name, path, text)
        for name, path in _named(params)
        if isinstance(name, str) and name and not name.startswith("arn:")
        for text in faults_of(name)
    ]


def check_names(operation: str, params: dict[str, Any]) -> None:
    """Refuse a request for the names of its tables."""
    found = bad_names(operation, params)
    if found:
        raise validation_error([violation(*one) for one in found])


def _named(params: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    if "TableName" in params:
        yield params["TableName"], (None, "tableName")
    for number, entry in enumerate(params.get("TransactItems") or (), 1):
        for kind, action in entry.items():
            label = kind[:1].lower() + kind[1:]
            yield (action or {}).get("TableName"), (None, "transactItems", number, "member", label, "tableName")


def faults_of(name: str) -> list[str]:
    """The constraints that a table's or index's name hurts; its length first (moto's tests, which are verified on AWS)."""
    found = []
    if len(name) > LONGEST:
        found.append(_TOO_LONG)
    if len(name) < SHORTEST:
        found.append(_TOO_SHORT)
    if not _NAME.fullmatch(name):
        found.append(_OTHER_CHARACTERS)
    return found


# ---------------------------------------------------------------------- how a batch is shown


def _json(requests: dict[str, Any]) -> str:
    return json.dumps(requests, separators=(",", ":"), ensure_ascii=False, default=_encoded)


def _encoded(value: Any) -> str:
    return base64.b64encode(value).decode() if isinstance(value, (bytes, bytearray)) else str(value)


def _requests(requests: dict[str, Any]) -> dict[str, Any]:
    """A batch of writes, as Java prints it (captured for puts; how a delete is shown is a guess)."""
    return {
        name: [_request(entry) if isinstance(entry, dict) else entry for entry in entries]
        if isinstance(entries, list)
        else entries
        for name, entries in requests.items()
    }


def _request(entry: dict[str, Any]) -> Record:
    put, delete = entry.get("PutRequest"), entry.get("DeleteRequest")
    return Record(
        "WriteRequest",
        {
            "putRequest": put
            and Record("PutRequest", {"item": _attributes(put.get("Item")), "workloadProfileName": None}),
            "deleteRequest": delete and Record("DeleteRequest", {"key": _attributes(delete.get("Key"))}),
        },
    )


_FIELDS = (
    *("S", "N", "B", "INT", "DECIMAL", "DOUBLE", "SS", "NS", "BS", "INTSET", "DECIMALSET"),
    *("DOUBLESET", "M", "L", "NULL", "BOOL"),
)


def _attributes(values: Any) -> Any:
    return {name: _attribute(value) for name, value in values.items()} if isinstance(values, dict) else values


def _attribute(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    shown = {}
    for kind in _FIELDS:
        content = value.get(kind)
        if kind == "M":
            content = _attributes(content)
        elif kind == "L" and isinstance(content, list):
            content = [_attribute(member) for member in content]
        shown[kind[:1].lower() + kind[1:]] = content
    return Record("AttributeValue", shown)


# ---------------------------------------------------------------------- how deeply a request nests


def nests_deeply(params: dict[str, Any]) -> bool:
    """Whether a value in a single-item write has more levels than the newer front end reads."""
    return any(_deeper(value, DEEPEST) for value in _values(params))


def _values(params: dict[str, Any]) -> Iterator[Any]:
    for name in ("Item", "Key", "ExpressionAttributeValues"):
        yield from (params.get(name) or {}).values()
    for name in ("Expected", "AttributeUpdates"):
        for given in (params.get(name) or {}).values():
            yield given.get("Value")
            yield from given.get("AttributeValueList") or ()


def _deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict):
        return False
    inside: list[Any] = []
    if isinstance(value.get("M"), dict):
        inside = list(value["M"].values())
    elif isinstance(value.get("L"), (list, tuple)):
        inside = list(value["L"])
    else:
        return False
    return levels == 0 or any(_deeper(member, levels - 1) for member in inside)
