"""Hypothesis strategies: tables, and calls on them.

A scenario is two definitions of tables and a list of calls, plain data, so that a failing one shrinks and prints well.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from .grammar import Writer
from .values import KEY_NAMES, KEY_VALUES, LONG, NAMES, bad_values, good_values

Call = tuple[str, dict[str, Any]]
HASH, RANGE, INDEX_HASH, INDEX_RANGE = KEY_NAMES
TABLES = ("tab-one", "tab-two")
ABSENT = "tab-none"
INDEXES = ("local", "global", "simple")
OPERATORS = (
    "EQ",
    "NE",
    "LE",
    "LT",
    "GE",
    "GT",
    "NULL",
    "NOT_NULL",
    "CONTAINS",
    "NOT_CONTAINS",
    "BEGINS_WITH",
    "IN",
    "BETWEEN",
)
VIEWS = ("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES")


@dataclass(frozen=True)
class Scenario:
    """Tables, and what is done to them."""

    tables: tuple[dict[str, Any], ...]
    calls: tuple[Call, ...]


# ---------------------------------------------------------------------- tables


def _schema(*names: str) -> list[dict[str, str]]:
    return [{"AttributeName": n, "KeyType": k} for n, k in zip(names, ("HASH", "RANGE"), strict=False)]


projections = st.one_of(
    st.just({"ProjectionType": "ALL"}),
    st.just({"ProjectionType": "KEYS_ONLY"}),
    st.lists(st.sampled_from(NAMES[:4]), min_size=1, max_size=2, unique=True).map(
        lambda names: {"ProjectionType": "INCLUDE", "NonKeyAttributes": names}
    ),
)


@st.composite
def definitions(draw: Any, name: str) -> dict[str, Any]:
    """create_table's parameters: a key of one or two attributes, up to one local and two global indexes, maybe a stream."""
    simple = draw(st.booleans())
    used = [HASH] if simple else [HASH, RANGE]
    table: dict[str, Any] = {"TableName": name, "KeySchema": _schema(*used)}
    throughput = draw(st.sampled_from((None, {"ReadCapacityUnits": 5, "WriteCapacityUnits": 7})))
    table |= {"ProvisionedThroughput": throughput} if throughput else {"BillingMode": "PAY_PER_REQUEST"}
    if not simple and draw(st.booleans()):
        table["LocalSecondaryIndexes"] = [_index("local", (HASH, INDEX_RANGE), draw(projections))]
    indexes = []
    if draw(st.booleans()):
        indexes.append(_index("global", (INDEX_HASH, INDEX_RANGE), draw(projections)))
    if draw(st.booleans()):
        indexes.append(_index("simple", (draw(st.sampled_from((INDEX_HASH, used[-1]))),), draw(projections)))
    if indexes:
        table["GlobalSecondaryIndexes"] = [
            i | {"ProvisionedThroughput": throughput} if throughput else i for i in indexes
        ]
    view = draw(st.sampled_from((None, *VIEWS)))
    if view is not None:
        table["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": view}
    all_keys = [
        k["AttributeName"] for i in (table, *indexes, *table.get("LocalSecondaryIndexes", ())) for k in i["KeySchema"]
    ]
    kinds = {n: draw(st.sampled_from("SSNNB")) for n in dict.fromkeys(all_keys)}
    table["AttributeDefinitions"] = [definition(n, k) for n, k in kinds.items()]
    return table


def definition(name: str, kind: str) -> dict[str, str]:
    """An attribute's."""
    return {"AttributeName": name, "AttributeType": kind}


def _index(name: str, key: tuple[str, ...], projection: dict[str, Any]) -> dict[str, Any]:
    return {"IndexName": name, "KeySchema": _schema(*key), "Projection": projection}


def key_names(definition: dict[str, Any]) -> list[str]:
    """Of a table or an index."""
    return [k["AttributeName"] for k in definition["KeySchema"]]


def indexes_of(table: dict[str, Any]) -> list[dict[str, Any]]:
    """Its secondary indexes."""
    return [*table.get("LocalSecondaryIndexes", ()), *table.get("GlobalSecondaryIndexes", ())]


# ---------------------------------------------------------------------- calls


class Caller:
    """Draws calls on tables, which it knows as they are after the calls drawn so far."""

    def __init__(self, draw: Any, tables: tuple[dict[str, Any], ...]) -> None:
        self.draw = draw
        self.tables = deepcopy(tables)
        self.write = Writer(draw)

    def calls(self, operation: str | Drawing) -> list[Call]:
        """A call of an operation, or some that belong together."""
        self.write.slipped = False
        return [getattr(self, operation)()] if isinstance(operation, str) else operation(self)

    def fresh(self) -> Writer:
        """The placeholders of another request."""
        self.write = Writer(self.draw, self.write.slipped)
        return self.write

    def slip(self, times: int) -> bool:
        return self.write.slip(times)

    def key_value(self, kind: str) -> Any:
        """A value of a key attribute, now and then one too long or of a wrong type."""
        return self.draw(LONG[kind] | good_values | bad_values if self.slip(40) else KEY_VALUES[kind])

    def one(self, *options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def often(self, times: int) -> bool:
        return self.write.often(times)

    def table(self) -> dict[str, Any]:
        return self.one(*self.tables)

    def name(self, table: dict[str, Any]) -> str:
        return str(table["TableName"]) if not self.slip(80) else ABSENT

    # Items and keys

    def kinds(self, table: dict[str, Any]) -> dict[str, str]:
        return {d["AttributeName"]: d["AttributeType"] for d in table["AttributeDefinitions"]}

    def key(self, table: dict[str, Any]) -> dict[str, Any]:
        kinds = self.kinds(table)
        key = {name: self.key_value(kinds[name]) for name in key_names(table)}
        if self.slip(40):
            key[self.one(*NAMES, *KEY_NAMES)] = {"S": "more"}
        if self.slip(40):
            key.pop(self.one(*key))
        return key

    def item(self, table: dict[str, Any]) -> dict[str, Any]:
        kinds = self.kinds(table)
        item = {n: self.key_value(k) for n, k in kinds.items() if n in key_names(table) or self.often(3)}
        item |= {self.one(*NAMES): self.write.any_value() for _ in range(self.one(0, 1, 2, 3))}
        if self.slip(40):
            item.pop(self.one(*item))
        if not self.often(60):
            item["big"] = {"S": "y" * (400 * 1024 if self.slip(6) else self.one(900, 2000, 4000, 9000))}
        return item

    # Conditions, old and new

    def conditioned(self, request: dict[str, Any], required: bool = False, old: bool = True) -> None:
        """Maybe with a condition."""
        kind = self.one("new", "new", "new", "old" if old else "new", *([] if required else ["none", "none"]))
        if kind == "new":
            request["ConditionExpression"] = self.write.maybe_broken(self.write.condition())
        elif kind == "old":
            request["Expected"] = self.expected()
            if not self.often(3):
                request["ConditionalOperator"] = self.one("AND", "OR")
            if self.slip(20):
                request["ConditionExpression"] = self.write.condition(0)

    def expected(self) -> dict[str, Any]:
        return {self.one(*NAMES, *KEY_NAMES): self.expectation() for _ in range(self.one(1, 1, 2))}

    def expectation(self) -> dict[str, Any]:
        kind = "odd" if self.slip(10) else self.one("exists", "value", "operator", "operator")
        if kind == "exists":
            return {"Exists": False} if self.often(2) else {"Exists": True, "Value": self.write.any_value()}
        if kind == "value":
            return {"Value": self.write.any_value()}
        if kind == "operator":
            return self.comparison()
        parts = {"Exists": self.one(True, False), "Value": self.write.any_value(), **self.comparison()}
        return {n: parts[n] for n in self.draw(st.lists(st.sampled_from(list(parts)), unique=True))}

    def comparison(self, *operators: str) -> dict[str, Any]:
        operator = self.one(*(operators or OPERATORS))
        count = {"NULL": 0, "NOT_NULL": 0, "BETWEEN": 2, "IN": 2}.get(operator, 1)
        if self.slip(15):
            count = self.one(0, 1, 2, 3)
        made: dict[str, Any] = {"ComparisonOperator": operator}
        if count or self.often(2):
            made["AttributeValueList"] = [self.write.any_value() for _ in range(count)]
        return made

    def filters(self) -> dict[str, Any]:
        return {self.one(*NAMES, *KEY_NAMES): self.comparison() for _ in range(self.one(1, 1, 2))}

    # What answers show

    def returning(self, request: dict[str, Any], *choices: str) -> None:
        if choices and self.often(2):
            request["ReturnValues"] = self.one(*choices)
        self.metered(request, metrics=True)

    def metered(self, request: dict[str, Any], metrics: bool = False) -> None:
        if self.often(2):
            request["ReturnConsumedCapacity"] = self.one("TOTAL", "INDEXES", "INDEXES", "NONE")
        if metrics and not self.often(4):
            request["ReturnItemCollectionMetrics"] = self.one("SIZE", "NONE")

    def projected(self, request: dict[str, Any], old: bool = True) -> None:
        kind = self.one("none", "none", "new", "new", "old" if old else "none")
        if kind == "new":
            request["ProjectionExpression"] = self.write.maybe_broken(self.write.projection())
        elif kind == "old":
            request["AttributesToGet"] = [self.one(*NAMES, *KEY_NAMES) for _ in range(self.one(1, 2))]

    # Single items

    def put_item(self) -> Call:
        table = self.table()
        write = self.fresh()
        request = {"TableName": self.name(table), "Item": self.item(table)}
        if not self.often(3):
            self.conditioned(request)
        write.placeholders(request)
        self.returning(request, "NONE", "ALL_OLD", "ALL_NEW" if self.slip(40) else "ALL_OLD")
        return "PutItem", request

    def get_item(self) -> Call:
        table = self.table()
        write = self.fresh()
        request = {"TableName": self.name(table), "Key": self.key(table)}
        self.projected(request)
        write.placeholders(request)
        request.pop("ExpressionAttributeValues", None)
        self.metered(request)
        if not self.often(3):
            request["ConsistentRead"] = self.one(True, False)
        return "GetItem", request

    def delete_item(self) -> Call:
        table = self.table()
        write = self.fresh()
        request = {"TableName": self.name(table), "Key": self.key(table)}
        self.conditioned(request)
        write.placeholders(request)
        self.returning(request, "NONE", "ALL_OLD", "UPDATED_OLD" if self.slip(40) else "ALL_OLD")
        return "DeleteItem", request

    def update_item(self) -> Call:
        table = self.table()
        write = self.fresh()
        request: dict[str, Any] = {"TableName": self.name(table), "Key": self.key(table)}
        kind = self.one("new", "new", "new", "new", "old", "none")
        if kind == "new":
            request["UpdateExpression"] = write.maybe_broken(write.update())
        elif kind == "old":
            request["AttributeUpdates"] = self.updates(table)
        if not self.often(2):
            self.conditioned(request)
        write.placeholders(request)
        self.returning(request, "NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW")
        return "UpdateItem", request

    def updates(self, table: dict[str, Any]) -> dict[str, Any]:
        made = {}
        for _ in range(self.one(1, 1, 2, 3)):
            update: dict[str, Any] = {}
            if not self.slip(20):
                update["Action"] = self.one("PUT", "ADD", "DELETE")
            if update.get("Action") != "DELETE" or self.often(2):
                plain = self.one({"N": "1"}, {"SS": ["a"]}, {"NS": ["1"]}, {"L": [{"N": "1"}]})
                update["Value"] = self.write.any_value() if self.often(2) else plain
            made[self.one(*NAMES) if not self.slip(10) else self.one(*KEY_NAMES)] = update
        return made

    # Several items

    def batch_write_item(self) -> Call:
        requests: dict[str, list[Any]] = {}
        for _ in range(self.one(25, 26) if self.slip(60) else self.one(1, 2, 3, 5)):
            table = self.table()
            entry: dict[str, Any] = {}
            if self.often(3):
                entry["PutRequest"] = {"Item": self.item(table)}
            if not entry or self.slip(60):
                entry["DeleteRequest"] = {"Key": self.key(table)}
            requests.setdefault(self.name(table), []).append(entry)
        request: dict[str, Any] = {"RequestItems": requests}
        self.metered(request, metrics=True)
        return "BatchWriteItem", request

    def batch_get_item(self) -> Call:
        blocks: dict[str, Any] = {}
        for table in self.draw(st.lists(st.sampled_from(self.tables), min_size=1, max_size=2, unique_by=key_of)):
            write = self.fresh()
            block: dict[str, Any] = {"Keys": [self.key(table) for _ in range(self.one(1, 2, 3))]}
            self.projected(block)
            write.placeholders(block)
            block.pop("ExpressionAttributeValues", None)
            if not self.often(3):
                block["ConsistentRead"] = self.one(True, False)
            blocks[self.name(table)] = block
        request = {"RequestItems": blocks}
        self.metered(request)
        return "BatchGetItem", request

    def transact_write_items(self) -> Call:
        entries: list[dict[str, Any]] = []
        for _ in range(self.one(1, 2, 3)):
            kind = self.one("Put", "Update", "Delete", "ConditionCheck")
            entry = {kind: self.action(kind)}
            if self.slip(60):
                entry["Delete"] = self.action("Delete")
            entries.append(entry)
        request: dict[str, Any] = {"TransactItems": entries}
        self.metered(request, metrics=True)
        return "TransactWriteItems", request

    def action(self, kind: str) -> dict[str, Any]:
        table = self.table()
        write = self.fresh()
        request: dict[str, Any] = {"TableName": self.name(table)}
        if kind == "Put":
            request["Item"] = self.item(table)
        else:
            request["Key"] = self.key(table)
        if kind == "Update":
            request["UpdateExpression"] = write.maybe_broken(write.update())
        if kind == "ConditionCheck" or not self.often(2):
            self.conditioned(request, required=kind == "ConditionCheck", old=False)
        write.placeholders(request)
        if not self.often(2):
            request["ReturnValuesOnConditionCheckFailure"] = self.one("ALL_OLD", "NONE")
        return request

    def transact_get_items(self) -> Call:
        entries = []
        for _ in range(self.one(1, 2, 3)):
            table = self.table()
            write = self.fresh()
            request: dict[str, Any] = {"TableName": self.name(table), "Key": self.key(table)}
            self.projected(request, old=False)
            write.placeholders(request)
            request.pop("ExpressionAttributeValues", None)
            entries.append({"Get": request})
        made: dict[str, Any] = {"TransactItems": entries}
        self.metered(made)
        return "TransactGetItems", made

    # Reading on

    def reading(self) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any], Writer]:
        """A table, what is read of it, and the request so far."""
        table = self.table()
        write = self.fresh()
        request: dict[str, Any] = {"TableName": self.name(table)}
        source = self.one(table, *indexes_of(table))
        if source is not table:
            request["IndexName"] = "none" if self.slip(60) else source["IndexName"]
        return table, source, request, write

    def query(self) -> Call:
        table, source, request, write = self.reading()
        kinds = self.kinds(table)
        hash_name, range_name = (*key_names(source), None)[:2]
        wanted = [n for n in (hash_name, range_name) if n is not None and (n == hash_name or self.often(2))]
        key = {name: self.key_value(kinds[name]) for name in wanted}
        if range_name is not None:
            key["upper"] = self.key_value(kinds[range_name])
        if self.often(4):
            text = write.key_condition(hash_name, range_name, key)
            request["KeyConditionExpression"] = write.condition(1) if self.slip(20) else write.maybe_broken(text)
        if "KeyConditionExpression" not in request or self.slip(60):
            conditions = {hash_name: {"ComparisonOperator": "EQ", "AttributeValueList": [key[hash_name]]}}
            if range_name in key:
                operator = self.one("EQ", "LE", "LT", "GE", "GT", "BEGINS_WITH", "BETWEEN")
                operator = self.one(*OPERATORS) if self.slip(20) else operator
                many = [key[range_name], key["upper"]][: 2 if operator == "BETWEEN" else 1]
                conditions[str(range_name)] = {"ComparisonOperator": operator, "AttributeValueList": many}
            request["KeyConditions"] = self.filters() if self.slip(20) else conditions
        self.read_more(request, write, "QueryFilter", table, source)
        if not self.often(2):
            request["ScanIndexForward"] = self.one(True, False)
        return "Query", request

    def read_more(
        self, request: dict[str, Any], write: Writer, old_filter: str, table: dict[str, Any], source: dict[str, Any]
    ) -> None:
        """What query and scan have in common."""
        lacking = old_filter == "ScanFilter" and source.get("Projection", {}).get("ProjectionType", "ALL") != "ALL"
        kind = "none" if lacking else self.one("none", "none", "none", "new", "new", "old")
        if kind == "new":
            request["FilterExpression"] = write.maybe_broken(write.condition(1))
        elif kind == "old":
            request[old_filter] = self.filters()
            if not self.often(3):
                request["ConditionalOperator"] = self.one("AND", "OR")
        self.projected(request)
        write.placeholders(request)
        self.metered(request)
        if not self.often(3):
            request["Select"] = self.one(
                "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "SPECIFIC_ATTRIBUTES", "COUNT", "COUNT"
            )
        if not self.often(3):
            request["ConsistentRead"] = self.one(True, False)
        if not self.often(3):
            request["Limit"] = self.one(1, 2, 3)
        if not self.often(12):
            item = self.key(table) | ({} if source is table else self.key({**table, **source, "TableName": ""}))
            request["ExclusiveStartKey"] = item

    def scan(self) -> Call:
        table, source, request, write = self.reading()
        self.read_more(request, write, "ScanFilter", table, source)
        if not self.often(4):
            request["TotalSegments"] = self.one(1, 2, 3)
            request["Segment"] = self.draw(st.integers(0, request["TotalSegments"] - (not self.slip(10))))
            if self.slip(10):
                request.pop(self.one("TotalSegments", "Segment"))
        return "Scan", request

    def describe_table(self) -> Call:
        return "DescribeTable", {"TableName": self.name(self.table())}


def key_of(table: dict[str, Any]) -> str:
    """A table's name."""
    return str(table["TableName"])


Drawing = Callable[[Caller], list[Call]]
"""Draws calls that belong together."""

OPERATIONS = {
    "put_item": 6,
    "get_item": 3,
    "delete_item": 2,
    "update_item": 7,
    "batch_write_item": 3,
    "batch_get_item": 2,
    "transact_write_items": 4,
    "transact_get_items": 2,
    "query": 7,
    "scan": 4,
    "describe_table": 1,
}
