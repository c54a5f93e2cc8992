"""Vector indexes over time and against a model: states, snapshots, restores, replicas, imports; the nearest of what is there.

What single calls answer is in cases/dynamodb_vectors.json.
"""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_serverless import Cloud, mock_cloud
from mock_serverless.core.operation import operation_names

START = datetime(2030, 1, 1, tzinfo=timezone.utc)
pytestmark = [
    pytest.mark.skipif("search_vectors" not in operation_names("dynamodb"), reason="botocore's model has no vectors"),
    pytest.mark.mock_cloud(clock=START),
]
DEFINITION = {
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def index(name: str = "near", function: str = "EUCLIDEAN", **more: Any) -> dict[str, Any]:
    return {
        "IndexName": name,
        "VectorAttribute": {"AttributeName": "v"},
        "Dimensions": 2,
        "DistanceFunction": function,
        "Projection": {"ProjectionType": "ALL"},
        **more,
    }


def floats(*numbers: Any) -> list[dict[str, str]]:
    return [{"N": str(number)} for number in numbers]


def made(*indexes: dict[str, Any], region: str = "us-east-1") -> Any:
    client = boto3.client("dynamodb", region_name=region, config=Config(retries={"max_attempts": 0}))
    client.create_table(TableName="tab", **DEFINITION, **({"VectorIndexes": list(indexes)} if indexes else {}))
    return client


def put(client: Any, pk: str, *numbers: Any, **more: Any) -> None:
    vector = {"v": {"L": floats(*numbers)}} if numbers else {}
    client.put_item(TableName="tab", Item={"pk": {"S": pk}, **vector, **more})


def found(client: Any, *numbers: Any, table: str = "tab", most: int = 10, name: str = "near") -> dict[str, float]:
    """Scores by key, in the order of the answer."""
    answer = client.search_vectors(TableName=table, IndexName=name, SearchVector=floats(*numbers), TopK=most)
    return {result["Item"]["pk"]["S"]: result["Score"] for result in answer["SearchResults"]}


def seen(client: Any) -> tuple[str, str | None, bool | None]:
    table = client.describe_table(TableName="tab")["Table"]
    shown = table.get("VectorIndexes", [{}])[0]
    return table["TableStatus"], shown.get("IndexStatus"), shown.get("Backfilling")


def update(client: Any, action: str, given: dict[str, Any]) -> dict[str, Any]:
    answer = client.update_table(TableName="tab", VectorIndexUpdates=[{action: given}])
    shown: dict[str, Any] = answer["TableDescription"]
    return shown


def refused(call: Any, *arguments: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(*arguments, **params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_an_index_is_allocated_then_filled(cloud: Cloud) -> None:
    client = made()
    put(client, "a", 1, 0)
    cloud.dynamodb.latency(table=10, index=100)
    update(client, "Create", index())
    invalid = "ValidationException"
    assert seen(client) == ("UPDATING", "CREATING", False)
    assert refused(found, client, 1, 0) == (invalid, "The table does not have the specified index: near")
    in_use = "Attempt to change a resource which is still in use: "
    assert refused(update, client, "Delete", {"IndexName": "near"}) == (
        "ResourceInUseException",
        f"{in_use}Index creation is in resource allocation phase. Retry deletion during backfilling phase "
        "or when the index is active. Table: tab Index: near",
    )
    assert refused(update, client, "Create", index("more"))[0] == "LimitExceededException"
    put(client, "b", 3, 0)
    cloud.clock.advance(seconds=10)
    assert seen(client) == ("ACTIVE", "CREATING", True)
    assert refused(found, client, 1, 0) == (invalid, "Cannot search backfilling vector index: near")
    assert refused(client.delete_table, TableName="tab") == (
        "ResourceInUseException",
        f"{in_use}Cannot delete table while indexes are being created, updated, or deleted.",
    )
    put(client, "c", 1, 1)
    cloud.clock.advance(seconds=100)
    assert seen(client) == ("ACTIVE", "ACTIVE", None)
    assert found(client, 1, 0) == {"a": 0.0, "c": 1.0, "b": 2.0}
    update(client, "Delete", {"IndexName": "near"})
    assert seen(client) == ("UPDATING", "DELETING", None)
    assert refused(found, client, 1, 0) == (invalid, "The table does not have the specified index: near")
    cloud.clock.advance(seconds=10)
    assert seen(client) == ("ACTIVE", None, None)


def test_an_index_is_deleted_while_it_is_filled(cloud: Cloud) -> None:
    client = made()
    cloud.dynamodb.latency(index=100)
    update(client, "Create", index())
    assert seen(client) == ("ACTIVE", "CREATING", True)
    update(client, "Delete", {"IndexName": "near"})
    cloud.clock.advance(seconds=100)
    assert seen(client) == ("ACTIVE", None, None)
    put(client, "a", 1, 2, 3)  # nothing asks for two dimensions any more


def test_a_snapshot_has_the_index_of_its_time(cloud: Cloud) -> None:
    client = made(index())
    put(client, "a", 1, 0)
    before = cloud.snapshot()
    put(client, "a", 5, 0)
    put(client, "b", 0, 0)
    update(client, "Create", index("more", "DOT_PRODUCT"))
    cloud.restore(before)
    assert found(client, 0, 0) == {"a": 1.0}
    assert refused(found, client, 0, 0, name="more")[0] == "ValidationException"
    put(client, "b", 0, 0)
    assert found(client, 0, 0) == {"b": 0.0, "a": 1.0}


def test_a_restore_has_the_indexes_or_those_that_are_named(cloud: Cloud) -> None:
    client = made(index(), index("dot", "DOT_PRODUCT"))
    on = {"PointInTimeRecoveryEnabled": True}
    client.update_continuous_backups(TableName="tab", PointInTimeRecoverySpecification=on)
    put(client, "a", 1, 0)
    cloud.clock.advance(seconds=600)
    then = cloud.clock.now() - timedelta(seconds=1)
    put(client, "a", 9, 9)
    put(client, "b", 1, 0)
    cloud.clock.advance(seconds=600)

    def restored(name: str, **more: Any) -> None:
        client.restore_table_to_point_in_time(SourceTableName="tab", TargetTableName=name, RestoreDateTime=then, **more)

    restored("all")
    assert found(client, 0, 0, table="all") == {"a": 1.0}
    assert found(client, 0, 0, table="all", name="dot") == {"a": 0.0}
    restored("one", VectorIndexOverride=[index("dot", "DOT_PRODUCT")])
    shown = client.describe_table(TableName="one")["Table"]["VectorIndexes"]
    assert [(each["IndexName"], each["ItemCount"]) for each in shown] == [("dot", 1)]
    restored("none", VectorIndexOverride=[])
    assert "VectorIndexes" not in client.describe_table(TableName="none")["Table"]
    arn = client.create_backup(TableName="tab", BackupName="copy")["BackupDetails"]["BackupArn"]
    details = client.describe_backup(BackupArn=arn)["BackupDescription"]["SourceTableFeatureDetails"]
    assert [each["IndexName"] for each in details["VectorIndexes"]] == ["near", "dot"]
    assert details["VectorIndexes"][0]["VectorAttribute"] == {"AttributeName": "v"}
    client.restore_table_from_backup(TargetTableName="copied", BackupArn=arn)
    assert found(client, 1, 0, table="copied") == {"b": 0.0, "a": pytest.approx(145**0.5)}


def test_replicas_have_the_index(cloud: Cloud) -> None:
    client = made(index())
    put(client, "a", 1, 0)
    client.update_table(TableName="tab", ReplicaUpdates=[{"Create": {"RegionName": "eu-west-1"}}])
    other = boto3.client("dynamodb", region_name="eu-west-1")
    put(other, "b", 0, 0)
    update(client, "Create", index("dot", "DOT_PRODUCT"))
    for each in (client, other):
        assert found(each, 0, 0) == {"b": 0.0, "a": 1.0}
        assert found(each, 1, 0, name="dot") == {"a": 1.0, "b": 0.0}
    update(other, "Delete", {"IndexName": "near"})
    assert [each["IndexName"] for each in client.describe_table(TableName="tab")["Table"]["VectorIndexes"]] == ["dot"]


def test_what_expires_is_no_longer_found(cloud: Cloud) -> None:
    client = made(index())
    client.update_time_to_live(TableName="tab", TimeToLiveSpecification={"Enabled": True, "AttributeName": "end"})
    put(client, "a", 1, 0, end={"N": str(int(START.timestamp()) + 60)})
    put(client, "b", 0, 0)
    cloud.clock.advance(timedelta(days=3))
    assert found(client, 0, 0) == {"b": 0.0}


def test_a_search_may_be_late(cloud: Cloud) -> None:
    client = made(index())
    put(client, "a", 1, 0)
    cloud.clock.advance(seconds=10)
    cloud.dynamodb.read_lag(5)
    put(client, "b", 0, 0)
    client.delete_item(TableName="tab", Key={"pk": {"S": "a"}})
    assert found(client, 0, 0) == {"a": 1.0}
    cloud.clock.advance(seconds=6)
    assert found(client, 0, 0) == {"b": 0.0}


def test_a_refused_transaction_leaves_the_index(cloud: Cloud) -> None:
    client = made(index())
    put(client, "a", 1, 0)
    items = [{"pk": {"S": "b"}, "v": {"L": floats(0, 0)}}, {"pk": {"S": "a"}, "v": {"L": floats(0, 0, 0)}}]
    with pytest.raises(ClientError, match="ValidationError"):
        client.transact_write_items(TransactItems=[{"Put": {"TableName": "tab", "Item": item}} for item in items])
    assert found(client, 0, 0) == {"a": 1.0}


def test_an_import_fills_the_index(cloud: Cloud, bucket: dict[str, bytes]) -> None:
    client = boto3.client("dynamodb", region_name="us-east-1")
    items = [{"pk": {"S": k}, "v": {"L": floats(*v)}} for k, v in (("a", (1, 0)), ("b", (0, 0)), ("short", (1,)))]
    bucket["in/data"] = "".join(json.dumps({"Item": item}) + "\n" for item in items).encode()
    begun = client.import_table(
        S3BucketSource={"S3Bucket": "bucket", "S3KeyPrefix": "in/"},
        InputFormat="DYNAMODB_JSON",
        TableCreationParameters={"TableName": "tab", **DEFINITION, "VectorIndexes": [index()]},
    )["ImportTableDescription"]
    shown = client.describe_import(ImportArn=begun["ImportArn"])["ImportTableDescription"]
    assert (shown["ImportStatus"], shown["ErrorCount"], shown["ImportedItemCount"]) == ("FAILED", 1, 2)
    assert shown["TableCreationParameters"]["VectorIndexes"] == [index()]
    assert found(client, 0, 0) == {"b": 0.0, "a": 1.0}


def test_a_bulk_operation_fills_the_index(cloud: Cloud, bucket: dict[str, bytes]) -> None:
    client = made(index())
    items = [{"pk": {"S": k}, "v": {"L": floats(*v)}} for k, v in (("a", (1, 0)), ("b", (0, 0)), ("short", (1,)))]
    bucket["in/data"] = "".join(json.dumps({"Item": item}) + "\n" for item in items).encode()
    arn = client.start_bulk_put_items(
        TableName="tab",
        InputS3Configuration={"S3Bucket": "bucket", "S3KeyPrefix": "in/", "InputFormat": "DYNAMODB_JSON"},
        OutputS3Configuration={"S3Bucket": "bucket", "S3KeyPrefix": "out", "OutputType": ["ERROR"]},
    )["BulkOperationDescription"]["BulkOperationArn"]
    shown = client.describe_bulk_operation(BulkOperationArn=arn)["BulkOperationDescription"]
    assert shown["BulkOperationStatus"] == "COMPLETED_WITH_ERRORS"
    assert found(client, 0, 0) == {"b": 0.0, "a": 1.0}


COMPONENTS = st.integers(-3, 3)
PARTS = st.sampled_from(["x", "y"])
KINDS = st.sampled_from(["k", "l"])
WRITES = st.tuples(st.sampled_from("abcd"), st.none() | st.tuples(COMPONENTS, COMPONENTS), PARTS | st.none(), KINDS)
SCHEMA = [
    {"AttributeName": "part", "SearchSchemaElementType": "HASH"},
    {"AttributeName": "kind", "SearchSchemaElementType": "INLINE_FILTER"},
]
Stored = tuple[tuple[int, int], "str | None", str]


def distance(function: str, one: tuple[int, int], other: tuple[int, int]) -> float:
    """Scores as the parity suite measured them: those of DOT_PRODUCT are the larger the nearer."""
    if function == "EUCLIDEAN":
        return math.dist(one, other)
    dot = sum(x * y for x, y in zip(one, other, strict=True))
    if function == "DOT_PRODUCT":
        return float(dot)
    lengths = Fraction(sum(x * x for x in one) * sum(x * x for x in other))
    return 1 - dot / math.sqrt(lengths) if lengths else 1.0


@settings(max_examples=20)
@given(
    st.lists(st.tuples(st.sampled_from(["put", "delete", "undo"]), WRITES), max_size=12),
    st.tuples(COMPONENTS, COMPONENTS),
    st.sampled_from(["COSINE", "EUCLIDEAN", "DOT_PRODUCT"]),
    st.integers(1, 4),
    PARTS,
    KINDS | st.none(),
)
def test_the_nearest_are_those_of_a_model(
    writes: list[tuple[str, tuple[str, tuple[int, int] | None, str | None, str]]],
    wanted: tuple[int, int],
    function: str,
    most: int,
    part: str,
    kind: str | None,
) -> None:
    with mock_cloud() as cloud:
        client = boto3.client("dynamodb", region_name="us-east-1")
        definition = {
            **DEFINITION,
            "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "part", "kind")],
            "VectorIndexes": [index("whole", function), index("parts", function, SearchSchema=SCHEMA)],
        }
        client.create_table(TableName="tab", **definition)
        model: dict[str, Stored] = {}
        before, saved = cloud.snapshot(), dict(model)
        for action, (pk, vector, of, like) in writes:
            if action == "put":
                before, saved = cloud.snapshot(), dict(model)
                more = {"part": {"S": of}} if of else {}
                put(client, pk, *(vector or ()), kind={"S": like}, **more)
                model.pop(pk, None)
                if vector is not None:
                    model[pk] = (vector, of, like)
            elif action == "delete":
                client.delete_item(TableName="tab", Key={"pk": {"S": pk}})
                model.pop(pk, None)
            else:
                cloud.restore(before)
                model = dict(saved)

        def best(chosen: dict[str, Stored]) -> list[float]:
            scores = (distance(function, wanted, vector) for vector, _, _ in chosen.values())
            return sorted(scores, reverse=function == "DOT_PRODUCT")[:most]

        whole = found(client, *wanted, name="whole", most=most)
        assert list(whole.values()) == pytest.approx(best(model), abs=1e-6)
        condition = "part = :p" + (" AND kind = :k" if kind else "")
        values = {":p": {"S": part}, **({":k": {"S": kind}} if kind else {})}
        answer = client.search_vectors(
            TableName="tab",
            IndexName="parts",
            SearchVector=floats(*wanted),
            TopK=most,
            SearchConditionExpression=condition,
            ExpressionAttributeValues=values,
        )
        chosen = {pk: v for pk, v in model.items() if v[1] == part and kind in (None, v[2])}
        assert [each["Score"] for each in answer["SearchResults"]] == pytest.approx(best(chosen), abs=1e-6)
        for each in answer["SearchResults"]:
            assert each["Score"] == pytest.approx(
                distance(function, wanted, model[each["Item"]["pk"]["S"]][0]), abs=1e-6
            )
        shown = {
            each["IndexName"]: each["ItemCount"]
            for each in client.describe_table(TableName="tab")["Table"]["VectorIndexes"]
        }
        assert shown == {"whole": len(model), "parts": sum(v[1] is not None for v in model.values())}
