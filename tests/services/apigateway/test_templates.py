"""The mapping templates, alone."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_serverless.core.errors import NotSupported
from mock_serverless.services.apigateway.templates import TemplateError, input_variable, render, util_variable

GROUPS = json.loads((Path(__file__).parents[2] / "cases" / "apigateway_templates.json").read_text())
CASES = [case for group in GROUPS for case in group["cases"]]


def variables_of(case: dict[str, Any]) -> dict[str, Any]:
    params = case.get("params") or {"path": {}, "querystring": {}, "header": {}}
    given = json.loads(json.dumps(case.get("variables") or {}))
    return {"input": input_variable(case.get("body", ""), params), "util": util_variable(), **given}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["template"][:50])
def test_case(case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(TemplateError) as caught:
            render(case["template"], variables_of(case))
        assert case["error"] in str(caught.value)
    else:
        assert render(case["template"], variables_of(case)) == case["expected"]


@pytest.mark.parametrize("template", ["#define($b)x#end$b", "#evaluate('x')", "#if(true)#parse ('a.vm')#end"])
def test_directives_that_would_print_themselves_are_refused(template: str) -> None:
    with pytest.raises(NotSupported, match=r"#\w+ in a mapping template"):
        render(template, {})
    assert render("#define the #evaluate", {}) == "#define the #evaluate"


@given(st.text(st.characters(exclude_characters="$#\\")))
def test_text_without_signs_is_itself(text: str) -> None:
    assert render(text, {}) == text


@given(st.text())
def test_any_text_renders_or_is_refused(text: str) -> None:
    with contextlib.suppress(TemplateError):
        assert isinstance(render(text, {}), str)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_json_goes_through(value: Any) -> None:
    body = json.dumps({"v": value})
    assert json.loads(render("$input.json('$')", {"input": input_variable(body, {})})) == {"v": value}


@given(st.text())
def test_escaped_text_is_json_again(text: str) -> None:
    rendered = render('"$util.escapeJavaScript($x)"', {"util": util_variable(), "x": text})
    assert json.loads(rendered.replace("\\'", "'")) == text


@given(st.text())
def test_base64_and_url_round_trips(text: str) -> None:
    encodable = text.encode("utf-8", "ignore").decode()
    variables = {"util": util_variable(), "x": encodable}
    assert render("$util.base64Decode($util.base64Encode($x))", variables) == encodable
    assert render("$util.urlDecode($util.urlEncode($x))", variables) == encodable
