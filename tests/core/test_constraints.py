"""Requests checked as AWS's front end checks them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from mock_serverless.core.errors import AwsError
from mock_serverless.core.java import python_regex
from mock_serverless.core.operation import checker, load

CASES = json.loads((Path(__file__).parents[1] / "cases" / "constraints.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['service']}.{c['operation']}-{len(c['params'])}")
def test_case(case: dict[str, Any]) -> None:
    load(case["service"])  # which may have a front end of its own
    check = checker(case["service"], case["operation"])
    if case.get("parts") == []:
        check(case["params"])
        return
    with pytest.raises(AwsError) as caught:
        check(case["params"])
    message = caught.value.message
    count, parts = re.fullmatch(r"(\d+) validation errors? detected: (.*)", message, re.DOTALL).groups()  # type: ignore[union-attr]
    assert caught.value.code == case.get("code", "ValidationException")
    assert int(count) == case.get("count", parts.count("failed to satisfy constraint"))
    assert ("error detected" in message) == (count == "1")
    for part in case.get("parts", ()):
        assert part in parts
    if "match" in case:
        assert re.fullmatch(case["match"], message)


@pytest.mark.parametrize(
    ("java", "fits", "fails"),
    [
        (r"[\p{L}\p{Z}]+", "aé b", ""),
        (r"\p{Alnum}+", "a1", "a-1"),
        (r"[\s-_]+", " -_", "a"),
        (r"(?<name>a)b", "ab", "b"),
        (r"a*+b", "aab", "aa"),
        (r"[^\p{Digit}]", "a", "1"),
        (r"\A[a-z]+\z", "abc", "abc\n"),
        (r"[[a]+", "[a", "b"),
        (r"\p{ASCII}*", "a-b", "é"),
    ],
)
def test_javas_patterns_are_read(java: str, fits: str, fails: str) -> None:
    regex = re.compile(python_regex(java))
    assert regex.fullmatch(fits)
    assert not regex.fullmatch(fails)
