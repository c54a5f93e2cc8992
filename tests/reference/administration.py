"""Hypothesis strategies for calls on tables as a whole: settings, indexes, time to live, tags, lists.

The drawer's tables are kept as they are after a call that is right, so that the next ones fit them.
"""

from __future__ import annotations

from typing import Any

from .calls import ABSENT, INDEX_HASH, INDEX_RANGE, TABLES, VIEWS, Call, Caller, definition, projections
from .names import ARN
from .values import NAMES

UNITS = (0, 1, 5, 6, 7)
HOUR_AND_MORE = 3601


def throughput(caller: Caller) -> dict[str, Any]:
    """A ProvisionedThroughput."""
    choices = UNITS if caller.slip(10) else UNITS[1:]
    return {name: caller.one(*choices) for name in ("ReadCapacityUnits", "WriteCapacityUnits")}


def is_provisioned(table: dict[str, Any]) -> bool:
    """Whether a table has provisioned throughput."""
    return "ProvisionedThroughput" in table


def of_indexes(caller: Caller, table: dict[str, Any]) -> list[dict[str, Any]]:
    """New throughput of all global indexes of a table."""
    return [
        {"Update": {"IndexName": index["IndexName"], "ProvisionedThroughput": throughput(caller)}}
        for index in table.get("GlobalSecondaryIndexes", ())
    ]


# ---------------------------------------------------------------------- update_table


def update_table(caller: Caller) -> list[Call]:
    """One change of a table's settings, now and then of two at once."""
    table = caller.table()
    names = tuple(CHANGES)
    request = {"TableName": caller.name(table), **CHANGES[caller.one(*names)](caller, table)}
    if caller.slip(12):
        request |= CHANGES[caller.one(*names)](caller, table)
    return [("UpdateTable", request)]


def _throughput(caller: Caller, table: dict[str, Any]) -> dict[str, Any]:
    if not is_provisioned(table) and not caller.slip(8):
        return _billing(caller, table)
    given = throughput(caller)
    table["ProvisionedThroughput"] = given
    return {"ProvisionedThroughput": given}


def _billing(caller: Caller, table: dict[str, Any]) -> dict[str, Any]:
    if is_provisioned(table) != caller.slip(8):
        table.pop("ProvisionedThroughput", None)
        return {"BillingMode": "PAY_PER_REQUEST"}
    given = throughput(caller)
    request: dict[str, Any] = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": given}
    updates = of_indexes(caller, table)
    if updates and not caller.slip(8):
        request["GlobalSecondaryIndexUpdates"] = updates
    if caller.slip(10):
        request.pop("ProvisionedThroughput")
    table["ProvisionedThroughput"] = given
    return request


def _stream(caller: Caller, table: dict[str, Any]) -> dict[str, Any]:
    enable = ("StreamSpecification" not in table) != caller.slip(8)
    given: dict[str, Any] = {"StreamEnabled": enable}
    if enable != caller.slip(8):
        given["StreamViewType"] = caller.one(*VIEWS)
    table.pop("StreamSpecification", None)
    if enable:
        table["StreamSpecification"] = given
    return {"StreamSpecification": given}


def _indexes(caller: Caller, table: dict[str, Any]) -> dict[str, Any]:
    updates = of_indexes(caller, table) if is_provisioned(table) or caller.slip(8) else []
    if not updates or caller.slip(8):
        name = caller.one("global", "none")
        return {
            "GlobalSecondaryIndexUpdates": [
                {"Update": {"IndexName": name, "ProvisionedThroughput": throughput(caller)}}
            ]
        }
    return {"GlobalSecondaryIndexUpdates": updates[: caller.one(1, 2)]}


CHANGES = {"throughput": _throughput, "billing": _billing, "stream": _stream, "streams": _stream, "indexes": _indexes}


def update_indexes(caller: Caller) -> list[Call]:
    """A global index added or deleted. Slow: the reference takes a second for it."""
    table = caller.table()
    there = table.setdefault("GlobalSecondaryIndexes", [])
    if there and (len(there) == 2 or caller.often(2)) and not caller.slip(6):
        gone = caller.one(*there)
        there.remove(gone)
        return [("UpdateTable", _updating(table, {"Delete": {"IndexName": gone["IndexName"]}}))]
    names = {"global", "simple"} - {index["IndexName"] for index in there} or {"global"}
    key = [caller.one(INDEX_HASH, "a", "n"), *([INDEX_RANGE] if caller.often(2) else [])]
    index: dict[str, Any] = {
        "IndexName": "none" if caller.slip(8) else sorted(names)[0],
        "KeySchema": [{"AttributeName": n, "KeyType": k} for n, k in zip(key, ("HASH", "RANGE"), strict=False)],
        "Projection": caller.draw(projections),
    }
    if is_provisioned(table) != caller.slip(10):
        index["ProvisionedThroughput"] = throughput(caller)
    known = {d["AttributeName"] for d in table["AttributeDefinitions"]}
    new = [definition(n, caller.one("S", "N", "B")) for n in key if n not in known]
    request = _updating(table, {"Create": index})
    request["AttributeDefinitions"] = [d for d in table["AttributeDefinitions"] if d["AttributeName"] in key] + new
    if caller.slip(8):
        request.pop("AttributeDefinitions")
    table["AttributeDefinitions"] = [*table["AttributeDefinitions"], *new]
    there.append(index)
    return [("UpdateTable", request)]


def _updating(table: dict[str, Any], *updates: dict[str, Any]) -> dict[str, Any]:
    return {"TableName": table["TableName"], "GlobalSecondaryIndexUpdates": list(updates)}


# ---------------------------------------------------------------------- time to live


def time_to_live(caller: Caller) -> list[Call]:
    """Time to live enabled, or disabled an hour after; and how it stands."""
    table = caller.table()
    before = table.get("ttl")
    enabled = (before is None) != caller.slip(6)
    attribute = caller.one(*NAMES) if before is None or caller.slip(6) else before
    calls: list[Call] = []
    if before is not None and caller.often(3):
        calls.append(("Wait", {"seconds": HOUR_AND_MORE}))
    wanted = {"Enabled": enabled, "AttributeName": "" if caller.slip(20) else attribute}
    calls.append(("UpdateTimeToLive", {"TableName": caller.name(table), "TimeToLiveSpecification": wanted}))
    calls.append(("DescribeTimeToLive", {"TableName": caller.name(table)}))
    table["ttl"] = attribute if enabled else None
    return calls


# ---------------------------------------------------------------------- tags


def tags(caller: Caller) -> list[Call]:
    """Tags put, taken away, and listed."""
    arn = f"{ARN}table/{caller.name(caller.table())}"
    keys = caller.one(["a"], ["b"], ["a", "b"], ["c", "é"])
    if caller.often(2):
        change: Call = (
            "TagResource",
            {"ResourceArn": arn, "Tags": [{"Key": k, "Value": caller.one("", "1", "2")} for k in keys]},
        )
    else:
        change = ("UntagResource", {"ResourceArn": arn, "TagKeys": keys})
    return [change, ("ListTagsOfResource", {"ResourceArn": arn})]


# ---------------------------------------------------------------------- lists, and tables that come and go


def list_tables(caller: Caller) -> list[Call]:
    """A page of the tables."""
    request: dict[str, Any] = {}
    if caller.often(2):
        request["Limit"] = caller.one(0, 101) if caller.slip(6) else caller.one(1, 2, 100)
    if caller.often(2):
        request["ExclusiveStartTableName"] = (
            caller.one("a", "a$$$") if caller.slip(6) else caller.one(*TABLES, ABSENT, "zzz")
        )
    return [("ListTables", request)]


def recreate(caller: Caller) -> list[Call]:
    """A table deleted, and made again as it was defined last."""
    table = caller.table()
    request = {name: table[name] for name in table if name != "ttl"}
    if not request.get("GlobalSecondaryIndexes", True):
        request.pop("GlobalSecondaryIndexes")
    used = {k["AttributeName"] for part in _parts(request) for k in part["KeySchema"]}
    request["AttributeDefinitions"] = [d for d in table["AttributeDefinitions"] if d["AttributeName"] in used]
    if "ProvisionedThroughput" not in request:
        request["BillingMode"] = "PAY_PER_REQUEST"
    else:
        request.pop("BillingMode", None)
    if "GlobalSecondaryIndexes" in request:
        request["GlobalSecondaryIndexes"] = [_priced(request, index) for index in request["GlobalSecondaryIndexes"]]
    table["ttl"] = None
    return [("DeleteTable", {"TableName": caller.name(table)}), ("CreateTable", request)]


def _parts(table: dict[str, Any]) -> list[dict[str, Any]]:
    return [table, *table.get("LocalSecondaryIndexes", ()), *table.get("GlobalSecondaryIndexes", ())]


def _priced(table: dict[str, Any], index: dict[str, Any]) -> dict[str, Any]:
    bare = {name: index[name] for name in index if name != "ProvisionedThroughput"}
    if "ProvisionedThroughput" in table:
        bare["ProvisionedThroughput"] = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    return bare
