"""DynamoDB: attribute values, items, tables.

Values are as boto3's low-level client takes and gives them (``{"S": "a"}``); they keep DynamoDB's rules: 38 digits, magnitudes
from 1E-130 to 9.99E+125, no empty sets, sets without duplicates
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Limits.html, HowItWorks.NamingRulesDataTypes.html).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

TEXT = st.characters(codec="utf-8", exclude_categories=("Cs",))
NAMES = st.text(st.characters(codec="ascii", categories=("L", "N"), include_characters="_-."), min_size=3, max_size=20)
ATTRIBUTE_NAMES = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=6)


def numbers() -> st.SearchStrategy[str]:
    """Numbers as DynamoDB writes them: up to 38 significant digits, normalised."""
    small = st.integers(-1000, 1000).map(str)
    whole = st.integers(-(10**38) + 1, 10**38 - 1).map(str)
    fraction = st.decimals("-1e10", "1e10", places=6, allow_nan=False, allow_infinity=False).map(_plain)
    return small | whole | fraction


def _plain(number: Decimal) -> str:
    normal = number.normalize()
    return "0" if normal == 0 else f"{normal:f}"


def attribute_values(types: str | None = None, max_leaves: int = 8) -> st.SearchStrategy[dict[str, Any]]:
    """Any attribute value; ``types`` restricts the outermost type, e.g. ``"S N M"``."""
    scalars: dict[str, st.SearchStrategy[Any]] = {
        "S": st.text(TEXT, max_size=12),
        "N": numbers(),
        "B": st.binary(max_size=12),
        "BOOL": st.booleans(),
        "NULL": st.just(True),
        "SS": st.lists(st.text(TEXT, min_size=1, max_size=6), min_size=1, max_size=4, unique=True),
        "NS": st.lists(numbers(), min_size=1, max_size=4, unique_by=Decimal),
        "BS": st.lists(st.binary(min_size=1, max_size=6), min_size=1, max_size=4, unique=True),
    }
    wanted = set(types.split()) if types else {*scalars, "L", "M"}
    leaves = {t: s.map(lambda v, t=t: {t: v}) for t, s in scalars.items()}
    any_value: st.SearchStrategy[Any] = st.recursive(
        st.one_of(*leaves.values()),
        lambda inner: _list_of(inner) | _map_of(inner),
        max_leaves=max_leaves,
    )
    if types is None:
        return any_value
    nested = {"L": _list_of(any_value), "M": _map_of(any_value)}
    return st.one_of(*[s for t, s in {**leaves, **nested}.items() if t in wanted])


def _list_of(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3).map(lambda v: {"L": v})


def _map_of(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(ATTRIBUTE_NAMES, inner, max_size=3).map(lambda v: {"M": v})


def keys_of(table: Mapping[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Primary keys of a table: of create_table's parameters, describe_table's answer, or the ``Table`` in it."""
    table = table.get("Table", table)
    types = {d["AttributeName"]: d["AttributeType"] for d in table["AttributeDefinitions"]}
    return st.fixed_dictionaries({k["AttributeName"]: _key(types[k["AttributeName"]]) for k in table["KeySchema"]})


def items(table: Mapping[str, Any] | None = None, max_attributes: int = 5) -> st.SearchStrategy[dict[str, Any]]:
    """Items; those of a table have its primary key, and index keys of the right type or none."""
    attributes = st.dictionaries(ATTRIBUTE_NAMES, attribute_values(), max_size=max_attributes)
    if table is None:
        return attributes
    table = table.get("Table", table)
    keys = {k["AttributeName"] for k in table["KeySchema"]}
    index_keys = {
        d["AttributeName"]: _key(d["AttributeType"])
        for d in table["AttributeDefinitions"]
        if d["AttributeName"] not in keys
    }
    indexed = st.fixed_dictionaries({}, optional=index_keys)
    typed = {*keys, *index_keys}
    return st.builds(
        lambda key, index, rest: {**{k: v for k, v in rest.items() if k not in typed}, **index, **key},
        keys_of(table),
        indexed,
        attributes,
    )


def _key(kind: str) -> st.SearchStrategy[Any]:
    values: dict[str, st.SearchStrategy[Any]] = {
        "S": st.text(TEXT, min_size=1, max_size=12),
        "N": numbers(),
        "B": st.binary(min_size=1, max_size=12),
    }
    return values[kind].map(lambda v: {kind: v})


@st.composite
def table_definitions(
    draw: st.DrawFn, *, max_indexes: int = 2, names: st.SearchStrategy[str] = NAMES
) -> dict[str, Any]:
    """Valid parameters of create_table: a simple or composite key, global and local secondary indexes, both billing modes."""
    attributes = draw(st.lists(ATTRIBUTE_NAMES, min_size=2, max_size=5, unique=True))
    types = {name: draw(st.sampled_from("SNB")) for name in attributes}
    schema = [{"AttributeName": attributes[0], "KeyType": "HASH"}]
    composite = draw(st.booleans())
    if composite:
        schema.append({"AttributeName": attributes[1], "KeyType": "RANGE"})
    on_demand = draw(st.booleans())
    throughput = {"ReadCapacityUnits": draw(st.integers(1, 100)), "WriteCapacityUnits": draw(st.integers(1, 100))}
    definition: dict[str, Any] = {"TableName": draw(names), "KeySchema": schema}
    definition |= {"BillingMode": "PAY_PER_REQUEST"} if on_demand else {"ProvisionedThroughput": throughput}
    used = {k["AttributeName"] for k in schema}
    for kind, allowed in (("GlobalSecondaryIndexes", True), ("LocalSecondaryIndexes", composite)):
        indexes = []
        for number in range(draw(st.integers(0, max_indexes)) if allowed else 0):
            index = draw(_index(kind, number, attributes, schema))
            if kind.startswith("Global") and not on_demand:
                index["ProvisionedThroughput"] = throughput
            used |= {k["AttributeName"] for k in index["KeySchema"]}
            indexes.append(index)
        if indexes:
            definition[kind] = indexes
    definition["AttributeDefinitions"] = [{"AttributeName": n, "AttributeType": types[n]} for n in attributes if n in used]
    return definition


@st.composite
def _index(
    draw: st.DrawFn, kind: str, number: int, attributes: list[str], table: list[dict[str, str]]
) -> dict[str, Any]:
    if kind.startswith("Global"):
        names = draw(st.lists(st.sampled_from(attributes), min_size=1, max_size=2, unique=True))
    else:
        names = [table[0]["AttributeName"], draw(st.sampled_from(attributes[1:]))]
    schema = [{"AttributeName": n, "KeyType": t} for n, t in zip(names, ("HASH", "RANGE"), strict=False)]
    projection: dict[str, Any] = {"ProjectionType": draw(st.sampled_from(["ALL", "KEYS_ONLY"]))}
    return {"IndexName": f"{kind[:3].lower()}-{number}", "KeySchema": schema, "Projection": projection}
