"""FilterSpecification of an export: which items are exported, and which of their attributes.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Filtered.html. The expressions are those of a query
and a scan, with their rules and (a guess) their words. Of what has changed the latest image decides, of what has been deleted the
last one. That a projection takes away keys which it doesn't name, in full exports, is a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .expressions.conditions import BoundCondition
from .expressions.placeholders import checked
from .expressions.projections import BoundProjection
from .expressions.request import bind, bind_condition
from .key_conditions import check_lengths
from .table import Table
from .values import Item, refuse

KEY = "KeyConditionExpression"


@dataclass(frozen=True, slots=True)
class ExportFilter:
    """What a specification asks for; nothing of it: everything."""

    key: BoundCondition | None = None
    condition: BoundCondition | None = None
    projection: BoundProjection | None = None

    def reads(self, item: Item) -> bool:
        """Whether the key condition lets an item be read, and billed."""
        return self.key is None or self.key(item)

    def exports(self, item: Item) -> bool:
        """Whether an item is exported."""
        return self.reads(item) and (self.condition is None or self.condition(item))

    def shown(self, item: Item) -> Item:
        """What is exported of it."""
        return item if self.projection is None else self.projection(item)


def read(table: Table, given: Mapping[str, Any] | None) -> ExportFilter:
    """A specification for a table. Raises AwsError (ValidationException) for the first thing wrong."""
    if given is None:
        return ExportFilter()
    if not given:  # measured: ack-api-quirks, DDB-EXPORT-008
        raise refuse("Invalid Request: Invalid FilterSpecification: The specification can not be empty")
    bound = bind("Export", given)
    key = None
    if bound.key_condition is not None:
        schema = table.key.schema
        check_lengths(bound.key_condition.against(schema.hash, schema.range))
        for name in schema.names:
            if bound.filter is not None and any(path[0] == name for path in bound.filter.paths):
                raise refuse(
                    f"Filter Expression can only contain non-primary key attributes: Primary key attribute: {name}"
                )
        names, values = given.get("ExpressionAttributeNames"), given.get("ExpressionAttributeValues")
        key = bind_condition(KEY, given[KEY], checked(names, values), set())
    return ExportFilter(key, bound.filter, bound.projection)
