"""The definition of vector indexes: what create_table and update_table say of them, checked and read.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/VectorSearchWorkingWith.html, and "Vector indexes" of the quotas.
Wording of the refusals as the parity suite's public tests have it, which run on the service, or as the authors of Dynoxide and
ExtendDB have captured it in August 2026; marked guesses are nobody's record, and neither is the order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_serverless.core.errors import AwsError

from .schema import INVALID, KeySchema, Projection, check_projection
from .states import busy
from .values import refuse
from .vector_indexes import HASH, INLINE_FILTER, VectorDefinition

if TYPE_CHECKING:
    from .table import Table

MOST, MOST_DIMENSIONS = 5, 4096
MOST_OF_A_ROLE = {HASH: 1, INLINE_FILTER: 18}
ON_DEMAND_ONLY = INVALID + "Vector indexes are only supported for PAY_PER_REQUEST tables"
STAYS_ON_DEMAND = INVALID + "Tables with vector indexes must be in PAY_PER_REQUEST mode"
EXISTS = "Attempting to create an index which already exists"
REDEFINED = (
    INVALID
    + "Attributes cannot be redefined. Please check that your attribute has the same type as previously defined. "
    "Existing schema: {} New schema: {}"
)


def check_vector_indexes(
    indexes: list[dict[str, Any]], on_demand: bool, definitions: list[str], names: set[str]
) -> None:
    """The vector indexes of create_table. Their names join ``names``."""
    if not indexes:
        raise refuse(INVALID + "List of VectorIndexes is empty")
    if not on_demand:
        raise refuse(ON_DEMAND_ONLY)
    for index in indexes:
        check_projection(index)
        if index["IndexName"] in names:
            raise refuse(f"{INVALID}Duplicate index name: {index['IndexName']}")
        names.add(index["IndexName"])
        _check_index(index, definitions)
    if len(indexes) > MOST:
        raise refuse(f"{INVALID}VectorIndex count exceeds the per-table limit of {MOST}")
    dimensions: dict[str, int] = {}
    for index in indexes:
        _check_dimensions(index, dimensions)


def _check_index(index: dict[str, Any], definitions: list[str]) -> None:
    """One index by itself; ``definitions`` are the attributes which the request defines."""
    schema = index.get("SearchSchema") or []
    for role, most in MOST_OF_A_ROLE.items():
        count = sum(element["SearchSchemaElementType"] == role for element in schema)
        if count > most:
            raise refuse(
                f"{INVALID}Value '{count}' at 'SearchSchema' failed to satisfy constraint: Member must have {role} count less "
                f"than or equal to {most}"
            )
    attributes = [element["AttributeName"] for element in schema]
    if len(set(attributes)) != len(attributes):
        raise refuse(INVALID + "SearchSchema contains a duplicate AttributeName")
    if any(attribute not in definitions for attribute in attributes):
        raise refuse(INVALID + "One element in SearchSchema is not defined in attribute definitions")
    if index["Dimensions"] > MOST_DIMENSIONS:
        raise refuse(f"{INVALID}Number of dimensions must be between 1 and {MOST_DIMENSIONS} inclusive.")
    vector = index["VectorAttribute"]["AttributeName"]
    if vector in definitions:
        raise refuse(
            f"{INVALID}Conflicting attribute definition for '{vector}'. An attribute cannot be defined in AttributeDefinitions "
            "when used as a VectorAttribute."
        )


def _check_dimensions(index: dict[str, Any], dimensions: dict[str, int]) -> None:
    vector = index["VectorAttribute"]["AttributeName"]
    if dimensions.setdefault(vector, index["Dimensions"]) != index["Dimensions"]:
        raise refuse(
            f"{INVALID}Conflicting attribute definition for '{vector}'. All VectorIndexes on the same vector attribute must use "
            "the same dimensions."
        )


# ---------------------------------------------------------------------- update_table


def check_vector_updates(updates: list[dict[str, Any]]) -> None:
    """What is wrong with VectorIndexUpdates whatever table it is."""
    for update in updates:
        if not update:
            raise refuse(
                INVALID + "One of VectorIndexUpdate.Create, VectorIndexUpdate.Delete must not be null"
            )  # a guess, after that of GlobalSecondaryIndexUpdates
        if len(update) > 1:
            raise refuse(INVALID + "Only one vector index action is allowed per VectorIndexUpdate object")


def check_vector_changes(table: Table, request: dict[str, Any], on_demand: bool) -> None:
    """What the table forbids of a request's VectorIndexUpdates, and of a billing mode that its vector indexes haven't."""
    if table.vectors and not on_demand:
        raise refuse(STAYS_ON_DEMAND)
    for update in request.get("VectorIndexUpdates") or ():
        ((kind, action),) = update.items()
        name = action["IndexName"]
        if kind == "Create":
            _check_creation(table, request, action, on_demand)
        elif name not in table.vectors:
            raise AwsError(
                "ResourceNotFoundException", f"Requested resource not found: Index {name} for table {table.name}"
            )


def _check_creation(table: Table, request: dict[str, Any], action: dict[str, Any], on_demand: bool) -> None:
    name = action["IndexName"]
    if not on_demand:
        raise refuse(ON_DEMAND_ONLY)
    check_new_name(table, name)
    check_projection(action)
    _check_index(action, [d["AttributeName"] for d in request.get("AttributeDefinitions") or ()])
    _check_keys(table, action)
    _check_dimensions(action, {d.attribute: d.dimensions for d in table.vectors.values()})
    if len(table.vectors) >= MOST:
        raise AwsError(
            "LimitExceededException",
            f"Subscriber limit exceeded: Number of vector secondary indexes exceeds per-table limit of {MOST}",
        )


def check_new_name(table: Table, name: str) -> None:
    """No other index has the name; one that is on its way has words of its own."""
    own = table.vector_settings.get(name)
    if own is not None and own.status == "CREATING":
        raise busy(f"Index is being created.  Table: {table.name} Index: {name}")
    if name in table.vectors or name in table.indexes:
        raise refuse(EXISTS)


def _check_keys(table: Table, action: dict[str, Any]) -> None:
    """A vector is no key of the table or of an index (captured for a table of one key)."""
    vector = action["VectorAttribute"]["AttributeName"]
    for schema in (table.key.schema, *(definition.key for definition in table.indexes.values())):
        if vector in schema.names:
            new = f"VectorIndexSchema:[VectorAttribute: key{{{vector}:L:{action['Dimensions']}}}]"
            raise refuse(REDEFINED.format(_schema(schema), new))


def _schema(schema: KeySchema) -> str:
    elements = [(*pair, "HASH") for pair in schema.hash] + [(*pair, "RANGE") for pair in schema.range]
    return f"Schema:[{', '.join(f'SchemaElement: key{{{n}:{kind}:{role}}}' for n, kind, role in elements)}]"


def check_key_is_no_vector(table: Table, schema: list[dict[str, str]], types: dict[str, str]) -> None:
    """A new global index can't have a vector as its key."""
    for element in schema:
        name = element["AttributeName"]
        for definition in table.vectors.values():
            if definition.attribute == name and name in types:
                old = f"VectorIndexSchema:[VectorAttribute: key{{{name}:L:{definition.dimensions}}}]"
                new = f"Schema:[SchemaElement: key{{{name}:{types[name]}:{element['KeyType']}}}]"
                raise refuse(REDEFINED.format(old, new))


# ---------------------------------------------------------------------- reading what has been checked


def vector_definition(given: dict[str, Any], table_key: KeySchema, attributes: dict[str, str]) -> VectorDefinition:
    """A vector index out of a request."""
    schema = tuple(
        (e["AttributeName"], attributes[e["AttributeName"]], e["SearchSchemaElementType"])
        for e in given.get("SearchSchema") or ()
    )
    kind = given["Projection"]["ProjectionType"]
    included = tuple(sorted(given["Projection"].get("NonKeyAttributes") or ()))  # the order is that of other indexes
    names = None if kind == "ALL" else frozenset((*table_key.names, *(name for name, _, _ in schema), *included))
    return VectorDefinition(
        given["IndexName"],
        given["VectorAttribute"]["AttributeName"],
        given["Dimensions"],
        given["DistanceFunction"],
        schema,
        Projection(kind, included, names),
    )
