"""Event patterns, from cases, and laws."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_serverless.core.patterns import InvalidPattern, compile_pattern, matches

DATA = json.loads((Path(__file__).parents[1] / "cases" / "lambda_patterns.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", DATA["cases"], ids=[json.dumps(c["pattern"]) for c in DATA["cases"]])
def test_case(case: dict[str, Any]) -> None:
    match = compile_pattern(json.dumps(case["pattern"]))
    assert [e for e in case["yes"] if not match(e)] == []
    assert [e for e in case["no"] if match(e)] == []


@pytest.mark.parametrize("text", DATA["invalid"])
def test_invalid(text: str) -> None:
    with pytest.raises(InvalidPattern):
        compile_pattern(text)


scalars = st.none() | st.booleans() | st.integers() | st.text()
events = st.dictionaries(st.text(min_size=1), scalars, min_size=1)


@given(events)
def test_an_event_matches_the_pattern_made_of_it(event: dict[str, Any]) -> None:
    assert matches(json.dumps({name: [value] for name, value in event.items()}), event)


@given(events, scalars)
def test_anything_but_is_the_opposite_of_equals(event: dict[str, Any], value: Any) -> None:
    name = next(iter(event))
    equals, differs = ({name: [value]}, {name: [{"anything-but": [value]}]})
    assert matches(json.dumps(equals), event) is not matches(json.dumps(differs), event)


@given(st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)), events)
def test_any_json_is_a_pattern_or_refused(pattern: Any, event: dict[str, Any]) -> None:
    try:
        match = compile_pattern(json.dumps(pattern))
    except InvalidPattern:
        return
    assert match(event) in (True, False)
