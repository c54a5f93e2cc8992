"""The language of filter patterns, by itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_serverless.services.logs.patterns import PatternError, parse

CASES = json.loads((Path(__file__).parents[2] / "cases" / "logs_patterns.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES["matching"], ids=lambda case: case["pattern"])
def test_matching(case: dict[str, Any]) -> None:
    matches = parse(case["pattern"])
    if "extracts" in case:
        assert matches(case["message"]) == case["extracts"]
        return
    assert [m for m in case["matches"] if matches(m) is None] == []
    assert [m for m in case["misses"] if matches(m) is not None] == []


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda case: case["pattern"])
def test_refused(case: dict[str, Any]) -> None:
    with pytest.raises(PatternError) as caught:
        parse(case["pattern"])
    assert str(caught.value) == case["error"]


WORDS = st.text(alphabet="abcXYZ019_", min_size=1, max_size=6)


@given(st.lists(WORDS, min_size=1, max_size=5), st.text(alphabet="abcXYZ019_ \n", max_size=30))
def test_terms_are_the_conjunction_of_each(words: list[str], message: str) -> None:
    assert (parse(" ".join(words))(message) is not None) == all(word in message for word in words)
    assert (parse(" ".join("?" + w for w in words))(message) is not None) == any(word in message for word in words)
    assert (parse(" ".join("-" + w for w in words))(message) is not None) == (not any(w in message for w in words))


@given(st.dictionaries(WORDS, st.one_of(st.integers(), WORDS, st.booleans(), st.none()), min_size=1), st.data())
def test_a_member_equals_what_it_is(document: dict[str, Any], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(document)))
    value, message = document[name], json.dumps(document)
    is_word = {None: "NULL", True: "TRUE", False: "FALSE"}.get(value) if not isinstance(value, (str, int)) else None
    if isinstance(value, bool) or value is None:
        is_word = {"None": "NULL", "True": "TRUE", "False": "FALSE"}[str(value)]
        assert parse(f"{{ $.{name} IS {is_word} }}")(message) == {}
    else:
        assert parse(f"{{ $.{name} = {json.dumps(value)} }}")(message) == {}
        assert parse(f"{{ $.{name} != {json.dumps(value)} }}")(message) is None
    assert parse(f"{{ $.{name} NOT EXISTS }}")(message) is None


@given(st.lists(st.text(alphabet="abc01.-", min_size=1, max_size=5), min_size=1, max_size=6))
def test_fields_are_the_words_of_a_line(words: list[str]) -> None:
    line = " ".join(words)
    names = [f"w{i}" for i in range(len(words))]
    assert parse(f"[{', '.join(names)}]")(line) == {f"${n}": w for n, w in zip(names, words, strict=True)}
    assert parse("[...]")(line) == {f"${i}": w for i, w in enumerate(words, 1)}
    assert parse(f"[{', '.join([*names, 'more'])}]")(line) is None


@given(st.text(alphabet='{}[]()"%$.=!<>&|,*?-aA1 \\', max_size=25), st.text(max_size=20))
def test_any_text_is_a_pattern_or_refused(pattern: str, message: str) -> None:
    try:
        matches = parse(pattern)
    except PatternError:
        return
    matches(message)
    matches('{"a": [1, {"b": null}]}')
