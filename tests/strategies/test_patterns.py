"""Texts for patterns with lengths, of the kinds that occur in botocore's models."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings

from mock_serverless.strategies.patterns import matching

PATTERNS = [
    ("[a-zA-Z0-9_.-]+", 3, 255),
    (r"[\w+=,.@-]*", 20, 64),
    (r"^arn:aws[^:\s]*:codeguru-reviewer:[^:\s]+:[\d]{12}:[a-z-]+:[\w-]+$", 1, 256),
    (r"^\S{1,50}$", 0, None),
    (r"[\u0009\u000A\u000D\u0020-\u00FF]+", 10, 2048),
    (r"(a|bb|ccc)+", 7, 9),
    (r"([0-9a-f]{8}-){2}[0-9a-f]{4}", 22, 22),
    (r"(?:x{2,4}y?)*", 0, 11),
    (r"[^\/]{1,40}", 40, 40),
    (r"(.)\1", 2, 2),
    (r"\d{3}(-\d{2})?|none", 0, 6),
    (r"(?!aws)[a-z]{1,8}", 1, 8),
]


@pytest.mark.parametrize(("pattern", "low", "high"), PATTERNS)
def test_texts_match_and_are_as_long_as_wanted(pattern: str, low: int, high: int | None) -> None:
    strategy = matching(pattern, low, high)
    assert strategy is not None

    @settings(max_examples=25)
    @given(strategy)
    def check(text: str) -> None:
        assert re.fullmatch(pattern, text)
        assert low <= len(text) <= (high or len(text))

    check()


@pytest.mark.parametrize(("pattern", "low", "high"), [("[a-z", 0, 9), ("a{3}", 5, 9), ("a{9}", 0, 3)])
def test_what_cannot_be_is_none(pattern: str, low: int, high: int) -> None:
    assert matching(pattern, low, high) is None
