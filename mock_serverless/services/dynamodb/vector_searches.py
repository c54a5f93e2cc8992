"""search_vectors: the items whose vectors are nearest to one.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_SearchVectors.html. The request's own checks come first,
then the table, the index, the vector and the condition. AWS's search is approximate and bills what it happens to examine;
here it is exact and examines the whole partition. Sources of the wordings: vector_indexes.py and expressions/searches.py.
"""

from __future__ import annotations

from typing import Any

from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import operation

from .capacity import REPORTED, VECTOR_STEP
from .database import Database
from .expressions import BoundProjection, bind, fit_search
from .images import unpack
from .items import check_paths
from .sizes import size_of
from .store import Store
from .table import Table
from .values import Item, Value, equal, normalise_number, refuse
from .vector_indexes import Vector, VectorDefinition, VectorIndex, floats_of

MOST = 100
LARGEST_ANSWER = 16 * 1024 * 1024
INVALID_VECTOR = (
    "Search vector contains invalid values. "
    "All values in the search vector must be a 32-bit floating-point number attribute"
)
NO_INDEX = "The table does not have the specified index: {}"


@operation(since="1.43.64")
def search_vectors(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_SearchVectors.html"""
    most = request["TopK"]
    if most > MOST:
        raise refuse(
            f"Provided TopK value '{most}' is out of valid range. The value must be between 1 and {MOST} inclusive"
        )
    bound = bind("SearchVectors", request)
    vector = _vector(request["SearchVector"])
    table = db.table(request["TableName"])
    definition = _index(table, request["IndexName"])
    if len(vector) != definition.dimensions:
        raise refuse(
            f"Input search vector dimension {len(vector)} does not match vector index dimension {definition.dimensions}"
        )
    wanted = fit_search(bound.search, definition.schema)
    if bound.projection is not None:
        check_paths(table, bound.projection.paths)
    store = table.seen()
    return _found(store, store.vectors[definition.name], vector, wanted, bound.projection, request)


def _vector(elements: list[Any]) -> Vector:
    try:
        vector = floats_of([{"N": normalise_number(element["N"])} for element in elements if len(element) == 1])
    except (AwsError, KeyError, TypeError, ValueError):
        vector = None
    if vector is None or len(vector) != len(elements):
        raise refuse(INVALID_VECTOR)
    return vector


def _index(table: Table, name: str) -> VectorDefinition:
    """The index, if it can be searched: while its resources are being made it isn't there (parity suite)."""
    definition, own = table.vectors.get(name), table.vector_settings.get(name)
    if definition is None or own is None or (own.status != "ACTIVE" and not own.backfilling):
        raise refuse(NO_INDEX.format(name))
    if own.backfilling:
        raise refuse(f"Cannot search backfilling vector index: {name}")
    return definition


def _found(
    store: Store,
    index: VectorIndex,
    vector: Vector,
    wanted: dict[str, Value],
    projection: BoundProjection | None,
    request: dict[str, Any],
) -> dict[str, Any]:
    definition = index.definition
    filters = dict(wanted)
    partition = None
    if definition.hash is not None:
        name, kind = definition.hash
        partition = filters.pop(name)[kind]
    candidates = index.within(partition)
    chosen = (
        (key, entry) for key, entry in candidates.items() if not filters or _fits(unpack(store.items[key])[0], filters)
    )
    results: list[dict[str, Any]] = []
    size = 0
    for score, key in index.nearest(vector, request["TopK"], chosen):
        item = unpack(store.items[key])[0]
        whole = projection is not None and any(path[0] == definition.attribute for path in projection.paths)
        shown = definition.shown(item, candidates[key][0], whole)
        if projection is not None:
            shown = projection(shown)
        size += _size_of(shown, definition)
        if size > LARGEST_ANSWER:
            break  # the limit is documented, what becomes of the rest is a guess
        results.append({"Item": shown, "Score": score})
    answer: dict[str, Any] = {"SearchResults": results}
    if request.get("ReturnConsumedCapacity") in REPORTED:
        examined = 4 * definition.dimensions * len(candidates)
        answer["ConsumedCapacity"] = {"VectorSearchRequestBytes": float(max(VECTOR_STEP, examined + size))}
    return answer


def _fits(item: Item, filters: dict[str, Value]) -> bool:
    return all(name in item and equal(item[name], value) for name, value in filters.items())


def _size_of(shown: Item, definition: VectorDefinition) -> int:
    """The bytes of an item in the answer, its vector as 32-bit floats."""
    if definition.attribute not in shown:
        return size_of(shown)
    rest = {name: value for name, value in shown.items() if name != definition.attribute}
    return size_of(rest) + len(definition.attribute.encode()) + 4 * definition.dimensions
