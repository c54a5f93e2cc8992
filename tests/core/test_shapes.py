"""Answers checked against botocore's output shapes, and answers made from them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_serverless import NotSupported, strategies
from mock_serverless.core.operation import checker, output_shape
from mock_serverless.core.shapes import problems

OPERATIONS = [
    ("dynamodb", "GetItem"),
    ("dynamodb", "DescribeTable"),
    ("lambda", "GetFunction"),
    ("stepfunctions", "GetExecutionHistory"),
    ("apigateway", "GetRestApis"),
    ("s3", "ListObjectsV2"),
    ("rekognition", "DetectLabels"),
    ("bedrock-runtime", "Converse"),
]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"Item": {"a": {"S": 1}}}, "Item['a'].S: expected a string, got 1"),
        ({"Itm": {}}, "Itm: no such member; there are Item, ConsumedCapacity"),
        ({"Item": []}, "Item: expected a map, got []"),
        ({"Item": {"a": {"L": {}}}}, "Item['a'].L: expected a list, got {}"),
        ({"Item": {"a": {"BOOL": 1}}}, "Item['a'].BOOL: expected a boolean, got 1"),
        ({"ConsumedCapacity": {"CapacityUnits": "1"}}, "ConsumedCapacity.CapacityUnits: expected a double, got '1'"),
        ("x", "the answer: expected a structure, got 'x'"),
    ],
)
def test_problems(answer: Any, words: str) -> None:
    assert problems(answer, output_shape("dynamodb", "GetItem")) == [words]


def test_required_members() -> None:
    found = problems({"executionArn": "a"}, output_shape("stepfunctions", "StartExecution"))
    assert found == ["startDate: missing, but required"]


def test_metadata_is_allowed_at_the_top_only() -> None:
    shape = output_shape("dynamodb", "GetItem")
    assert problems({"ResponseMetadata": {}}, shape) == []
    assert problems({"ConsumedCapacity": {"ResponseMetadata": {}}}, shape) != []


@given(st.data())
def test_answers_made_from_the_model_fit_it(data: st.DataObject) -> None:
    service, name = data.draw(st.sampled_from(OPERATIONS))
    answer = data.draw(strategies.responses(service, name))
    assert problems(answer, output_shape(service, name)) == []


@given(st.data())
def test_requests_made_from_the_model_keep_its_constraints(data: st.DataObject) -> None:
    operations = [("dynamodb", "Query"), ("lambda", "CreateAlias"), ("stepfunctions", "ListExecutions")]
    service, name = data.draw(st.sampled_from(operations))
    checker(service, name)(data.draw(strategies.requests(service, name)))


def test_unknown_names_have_near_misses() -> None:
    with pytest.raises(NotSupported, match="Did you mean: DetectLabels"):
        strategies.responses("rekognition", "DetectLabel")
    with pytest.raises(NotSupported, match="Did you mean: rekognition"):
        strategies.responses("rekogniton", "DetectLabels")
