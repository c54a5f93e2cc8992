"""Hypothesis strategy for scenarios: which calls are drawn how often.

A scenario is two definitions of tables and a list of calls, plain data, so that a failing one prints well.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from . import administration, streams
from .calls import OPERATIONS, TABLES, Caller, Drawing, Scenario, definitions

DRAWN: dict[Drawing, int] = {
    streams.read_stream: 4,
    streams.read_on: 1,
    streams.list_streams: 1,
    administration.update_table: 3,
    administration.time_to_live: 1,
    administration.tags: 1,
    administration.list_tables: 1,
    administration.recreate: 1,
}
WEIGHTED: list[str | Drawing] = [
    *(name for name, weight in OPERATIONS.items() for _ in range(weight)),
    *(drawing for drawing, weight in DRAWN.items() for _ in range(weight)),
]
SELDOM = 12
"""One scenario in so many has an index added or deleted: the reference takes a second for it."""


@st.composite
def scenarios(draw: Any, calls: int = 20) -> Scenario:
    """Two tables, some items, and calls."""
    tables = tuple(draw(definitions(name)) for name in TABLES)
    caller = Caller(draw, tables)
    wanted: list[str | Drawing] = ["put_item"] * 3
    wanted += draw(st.lists(st.sampled_from(WEIGHTED), min_size=4, max_size=calls))
    if draw(st.integers(1, SELDOM)) == SELDOM:
        wanted.insert(draw(st.integers(2, len(wanted))), administration.update_indexes)
    return Scenario(tables, tuple(call for name in wanted for call in caller.calls(name)))
