"""DynamoDB: attribute values, items, tables.

Values are as boto3's low-level client takes and gives them (``{"S": "a"}``); they keep DynamoDB's rules: 38 digits, magnitudes
from 1E-130 to 9.99E+125, no empty sets, sets without duplicates, no empty keys
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Limits.html, HowItWorks.NamingRulesDataTypes.html).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Context, Decimal
from typing import Any

from hypothesis import strategies as st

from ..core.current import cloud_of_this_thread

TEXT = st.characters(codec="utf-8")
TYPES = ("S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M")
EXACT = Context(prec=38, Emin=-999, Emax=999)
NAMES = st.text(st.characters(codec="ascii", categories=("L", "N"), include_characters="_-."), min_size=3, max_size=20)
ATTRIBUTE_NAMES = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=6)


def numbers() -> st.SearchStrategy[str]:
    """Numbers as DynamoDB gives them back: up to 38 significant digits, no exponent, no zeros that say nothing."""
    small = st.integers(-1000, 1000).map(Decimal)
    fraction = st.decimals("-1e10", "1e10", places=6, allow_nan=False, allow_infinity=False)
    digits, exponents = st.integers(-(10**38) + 1, 10**38 - 1), st.integers(-130, 125 - 37)
    wide = st.builds(lambda mantissa, exponent: Decimal(mantissa).scaleb(exponent, EXACT), digits, exponents)
    return (small | fraction | wide).map(_plain)


def _plain(number: Decimal) -> str:
    normal = number.normalize(EXACT)
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
    wanted = set(types.split()) if types else set(TYPES)
    if not wanted <= set(TYPES):
        raise ValueError(f"types of attribute values are {' '.join(TYPES)}, not {types!r}")
    leaves = {kind: _typed(kind, values) for kind, values in scalars.items()}
    any_value: st.SearchStrategy[Any] = st.recursive(
        st.one_of(*leaves.values()),
        lambda inner: _list_of(inner) | _map_of(inner),
        max_leaves=max_leaves,
    )
    if types is None:
        return any_value
    nested = {"L": _list_of(any_value), "M": _map_of(any_value)}
    return st.one_of(*[s for t, s in {**leaves, **nested}.items() if t in wanted])


def _typed(kind: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return values.map(lambda value: {kind: value})


def _list_of(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3).map(lambda v: {"L": v})


def _map_of(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(ATTRIBUTE_NAMES, inner, max_size=3).map(lambda v: {"M": v})


def keys_of(table: Mapping[str, Any] | str) -> st.SearchStrategy[dict[str, Any]]:
    """Primary keys of a table: of create_table's parameters, describe_table's answer, the ``Table`` in it, or of the table of
    that name which the open cloud has when a key is drawn (RuntimeError when none is open, AwsError without such a table)."""
    if isinstance(table, str):
        return _of_the_cloud(table).flatmap(keys_of)
    definition = table.get("Table", table)
    types = {d["AttributeName"]: d["AttributeType"] for d in definition["AttributeDefinitions"]}
    return st.fixed_dictionaries({k["AttributeName"]: _key(types[k["AttributeName"]]) for k in definition["KeySchema"]})


def items(table: Mapping[str, Any] | str | None = None, max_attributes: int = 5) -> st.SearchStrategy[dict[str, Any]]:
    """Items; those of a table (named as in ``keys_of``) have its primary key, and index keys of the right type or none."""
    if isinstance(table, str):
        return _of_the_cloud(table).flatmap(lambda found: items(found, max_attributes))
    attributes = st.dictionaries(ATTRIBUTE_NAMES, attribute_values(), max_size=max_attributes)
    if table is None:
        return attributes
    definition = table.get("Table", table)
    keys = {k["AttributeName"] for k in definition["KeySchema"]}
    index_keys = {
        d["AttributeName"]: _key(d["AttributeType"])
        for d in definition["AttributeDefinitions"]
        if d["AttributeName"] not in keys
    }
    indexed = st.fixed_dictionaries({}, optional=index_keys)
    typed = {*keys, *index_keys}
    return st.builds(
        lambda key, index, rest: {**{k: v for k, v in rest.items() if k not in typed}, **index, **key},
        keys_of(definition),
        indexed,
        attributes,
    )


def _of_the_cloud(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """The description of a table of the cloud that is open when it is drawn."""

    def look() -> dict[str, Any]:
        cloud = cloud_of_this_thread()
        if cloud is None:
            raise RuntimeError(
                f"no mock is active: which table is {name!r}? Name it inside one, or give its definition."
            )
        return cloud.dynamodb.description(name)

    return st.builds(look)


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
    """Valid parameters of create_table: a simple or composite key, indexes of both kinds, both billing modes, maybe a stream.

    ``max_indexes`` of each kind; ``names`` of the table.
    """
    attributes = draw(st.lists(ATTRIBUTE_NAMES, min_size=3, max_size=6, unique=True))
    keys = draw(st.integers(1, 2))
    schema = _schema(attributes[:keys])
    definition: dict[str, Any] = {"TableName": draw(names), "KeySchema": schema}
    throughput = draw(st.none() | st.fixed_dictionaries({c: st.integers(1, 100) for c in CAPACITY}))
    definition |= {"BillingMode": "PAY_PER_REQUEST"} if throughput is None else {"ProvisionedThroughput": throughput}
    global_keys = st.lists(st.sampled_from(attributes), min_size=1, max_size=2, unique=True)
    local_keys = st.sampled_from(attributes[2:]).map(lambda name: [attributes[0], name])
    of_both = draw(_indexes("global", global_keys, max_indexes)), draw(_indexes("local", local_keys, max_indexes))
    for kind, indexes in zip(("GlobalSecondaryIndexes", "LocalSecondaryIndexes"), of_both, strict=True):
        if not indexes or (kind.startswith("Local") and keys == 1):
            continue
        extra = {"ProvisionedThroughput": throughput} if throughput and kind.startswith("Global") else {}
        definition[kind] = [index | extra for index in indexes]
    view = draw(st.none() | st.sampled_from(VIEWS))
    if view is not None:
        definition["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": view}
    of_indexes = [
        k for kind in ("Global", "Local") for i in definition.get(f"{kind}SecondaryIndexes", ()) for k in i["KeySchema"]
    ]
    used = {key["AttributeName"] for key in (*schema, *of_indexes)}
    types = {name: draw(st.sampled_from("SNB")) for name in attributes if name in used}
    definition["AttributeDefinitions"] = [{"AttributeName": n, "AttributeType": t} for n, t in types.items()]
    return definition


CAPACITY = ("ReadCapacityUnits", "WriteCapacityUnits")
VIEWS = ("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES")


def _schema(names: list[str]) -> list[dict[str, str]]:
    return [{"AttributeName": n, "KeyType": t} for n, t in zip(names, ("HASH", "RANGE"), strict=False)]


@st.composite
def _indexes(draw: st.DrawFn, prefix: str, keys: st.SearchStrategy[list[str]], most: int) -> list[dict[str, Any]]:
    indexes: list[dict[str, Any]] = []
    for number in range(draw(st.integers(0, most))):
        projection: dict[str, Any] = {"ProjectionType": draw(st.sampled_from(["ALL", "KEYS_ONLY", "INCLUDE"]))}
        if projection["ProjectionType"] == "INCLUDE":
            projection["NonKeyAttributes"] = draw(st.lists(PROJECTED, min_size=1, max_size=3, unique=True))
        indexes.append({"IndexName": f"{prefix}-{number}", "KeySchema": _schema(draw(keys)), "Projection": projection})
    return indexes


PROJECTED = st.integers(0, 9).map("extra-{}".format)
"""Names that no key has."""
