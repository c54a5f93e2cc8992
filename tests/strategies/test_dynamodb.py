"""What the strategies make is accepted: every table by create_table, every item by put_item, and it comes back equal."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from mock_serverless import AwsError, mock_cloud
from mock_serverless.strategies import attribute_values, items, keys_of, table_definitions

dynamodb = boto3.client("dynamodb", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")


def plain(value: Any) -> Any:
    """Equal for equal values: sets have no order, bytes are bytes."""
    ((kind, content),) = value.items()
    if kind in ("SS", "NS", "BS"):
        return kind, frozenset(content)
    if kind == "L":
        return kind, [plain(v) for v in content]
    if kind == "M":
        return kind, {k: plain(v) for k, v in content.items()}
    return kind, content


def plain_item(item: dict[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in item.items()}


@settings(max_examples=30)
@given(data=st.data())
def test_tables_and_items_are_accepted_and_come_back(data: st.DataObject) -> None:
    definition = data.draw(table_definitions())
    with mock_cloud():
        table = dynamodb.create_table(**definition)["TableDescription"]
        assert [k["AttributeName"] for k in table["KeySchema"]] == [k["AttributeName"] for k in definition["KeySchema"]]
        for item in data.draw(st.lists(items(definition), max_size=4)):
            dynamodb.put_item(TableName=definition["TableName"], Item=item)
            key = {k["AttributeName"]: item[k["AttributeName"]] for k in definition["KeySchema"]}
            found = dynamodb.get_item(TableName=definition["TableName"], Key=key, ConsistentRead=True)["Item"]
            assert plain_item(found) == plain_item(item)


@settings(max_examples=8)
@given(data=st.data())
def test_keys_are_accepted_from_each_form_of_a_table(data: st.DataObject) -> None:
    definition = data.draw(table_definitions(max_indexes=1, names=st.just("one")))
    with mock_cloud():
        dynamodb.create_table(**definition)
        described = dynamodb.describe_table(TableName="one")
        for table in (definition, described, described["Table"], "one"):
            key = data.draw(keys_of(table))
            assert "Item" not in dynamodb.get_item(TableName="one", Key=key)
            dynamodb.put_item(TableName="one", Item=data.draw(items(table)))
            dynamodb.delete_table(TableName="one")
            dynamodb.create_table(**definition)


def test_a_table_s_name_needs_an_open_cloud_that_has_it() -> None:
    with pytest.raises(RuntimeError, match="no mock is active: which table is 'one'"):
        find(keys_of("one"), lambda key: True)
    with mock_cloud(), pytest.raises(AwsError, match="Requested resource not found"):
        find(items("one"), lambda item: True)


@pytest.mark.parametrize("kind", ["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"])
def test_types_restrict_the_outermost_type(kind: str) -> None:
    @settings(max_examples=10)
    @given(attribute_values(kind))
    def check(value: dict[str, Any]) -> None:
        assert list(value) == [kind]

    check()


@pytest.mark.parametrize("word", ["X", "S X", "map"])
def test_an_unknown_type_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="BOOL"):
        attribute_values(word)
