"""Distributed Map: readers, batches, children, thresholds, writers, map runs; S3 is stubbed."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from mock_serverless import mock_cloud
from mock_serverless.cloud import Cloud
from mock_serverless.core.errors import AwsError
from mock_serverless.services.stepfunctions.language.values import hash_ordered

ROLE = "arn:aws:iam::123456789012:role/workflows"
PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
READER = {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key.$": "$.key"}}


class Bucket(dict[str, bytes]):
    """As much of S3 as a map run asks for, by stubs."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__()
        cloud.stub("s3", "GetObject", self.get_object)
        cloud.stub("s3", "PutObject", self.put_object)
        cloud.stub("s3", "ListObjectsV2", self.list_objects)

    def get_object(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["Key"] not in self:
            raise AwsError("NoSuchKey", "The specified key does not exist.", 404)
        return {"Body": io.BytesIO(self[request["Key"]])}

    def put_object(self, request: dict[str, Any]) -> dict[str, Any]:
        self[request["Key"]] = request["Body"]
        return {}

    def list_objects(self, request: dict[str, Any]) -> dict[str, Any]:
        """Two to a page."""
        keys = sorted(k for k in self if k.startswith(request.get("Prefix", "")))
        start = int(request.get("ContinuationToken", 0))
        date = datetime(2026, 1, 1, tzinfo=timezone.utc)
        found = [{"Key": k, "Size": len(self[k]), "ETag": '"e"', "LastModified": date} for k in keys[start : start + 2]]
        more = {"IsTruncated": True, "NextContinuationToken": str(start + 2)} if start + 2 < len(keys) else {}
        return {"Contents": found, **more}


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with mock_cloud() as cloud:
        yield cloud


@pytest.fixture
def s3(cloud: Cloud) -> Bucket:
    return Bucket(cloud)


def start(state: dict[str, Any], input: Any, processor: dict[str, Any] = PASS, **others: Any) -> str:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": state.pop("ExecutionType", "STANDARD")}
    states = {
        "M": {"Type": "Map", "End": True, "ItemProcessor": {"ProcessorConfig": config, **processor}, **state},
        **others,
    }
    client = boto3.client("stepfunctions")
    definition = json.dumps({"StartAt": "M", "States": states})
    machine = client.create_state_machine(name="m", definition=definition, roleArn=ROLE)["stateMachineArn"]
    arn: str = client.start_execution(stateMachineArn=machine, input=json.dumps(input))["executionArn"]
    return arn


def end(cloud: Cloud, arn: str) -> dict[str, Any]:
    cloud.settle(until_idle=True)
    found: dict[str, Any] = boto3.client("stepfunctions").describe_execution(executionArn=arn)
    return found


def output(cloud: Cloud, *args: Any, **kwargs: Any) -> Any:
    found = end(cloud, start(*args, **kwargs))
    assert found["status"] == "SUCCEEDED", found
    return json.loads(found["output"])


def run_of(arn: str) -> dict[str, Any]:
    client = boto3.client("stepfunctions")
    (run,) = client.list_map_runs(executionArn=arn)["mapRuns"]
    found: dict[str, Any] = client.describe_map_run(mapRunArn=run["mapRunArn"])
    return found


@pytest.mark.parametrize(
    ("name", "content", "config", "items"),
    [
        ("a.json", b"[1, [2]]", {"InputType": "JSON"}, [1, [2]]),
        ("a.json", b'{"x": 1}', {"InputType": "JSON"}, [{"Key": "x", "Value": 1}]),
        ("a.json", b'{"a/b": [0, {"l": [5]}]}', {"InputType": "JSON", "ItemsPointer": "/a~1b/1/l"}, [5]),
        ("a.jsonl", b'{"x":1}\n\n2\n', {"InputType": "JSONL"}, [{"x": 1}, 2]),
        ("a.csv", b"h,i\n1,2\n", {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}, [{"h": "1", "i": "2"}]),
        ("a.csv", b'1|"x|y"\n',
         {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a", "b"], "CSVDelimiter": "PIPE"},
         [{"a": "1", "b": "x|y"}]),
        ("a.jsonl", '{"x":"a\u2028b\x85c"}\r\n2'.encode(), {"InputType": "JSONL"}, [{"x": "a\u2028b\x85c"}, 2]),
        ("a.csv", 'h,i\r\n"1\n2","a ""b"""\r\nx\u2028,\r\n'.encode(), {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
         [{"h": "1\n2", "i": 'a "b"'}, {"h": "x\u2028", "i": ""}]),
        ("a.csv", b"h,i\n1\n1,2,3\n", {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
         [{"h": "1", "i": ""}, {"h": "1", "i": "2"}]),
        ("a.jsonl", b'"\xff"', {"InputType": "JSONL"}, ["\ufffd"]),
        ("a.json.gz", gzip.compress(b"[7]", mtime=0), {"InputType": "JSON"}, [7]),
        ("a.json", b"[1,2,3]", {"InputType": "JSON", "MaxItems": 2}, [1, 2]),
        ("a.json", b"[1,2,3]", {"InputType": "JSON", "MaxItemsPath": "$.n"}, [1]),
    ],
)  # fmt: skip
def test_items_of_an_object(
    cloud: Cloud, s3: Bucket, name: str, content: bytes, config: dict[str, Any], items: Any
) -> None:
    s3[name] = content
    assert output(cloud, {"ItemReader": {**READER, "ReaderConfig": config}}, {"key": name, "n": 1}) == items


def test_a_version_of_an_object(cloud: Cloud, s3: Bucket) -> None:
    """ "You can also provide the Amazon S3 object version": input-output-itemreader."""
    s3["k"] = b"[1]"
    reader = {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key": "k", "VersionId": "v"}}
    assert output(cloud, {"ItemReader": reader}, {}) == [1]
    assert cloud.calls("s3", "GetObject").last.params == {"Bucket": "b", "Key": "k", "VersionId": "v"}


@pytest.mark.parametrize(
    ("content", "config"),
    [
        (b"\x1f\x8bno", {"InputType": "JSON"}),
        (b'h\n"' + b"x" * 200_000, {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}),
        (b"1\n{", {"InputType": "JSONL"}),
        (b"5", {"InputType": "JSON"}),
        (b"[1]", {"InputType": "MANIFEST"}),
    ],
)
def test_objects_that_cannot_be_read(cloud: Cloud, s3: Bucket, content: bytes, config: dict[str, Any]) -> None:
    s3["k"] = content
    for key in ("k", 5):
        found = end(cloud, start({"ItemReader": {**READER, "ReaderConfig": config}}, {"key": key}))
        assert found["error"] == "States.ItemReaderFailed"


def test_items_are_the_objects_of_a_bucket_page_by_page(cloud: Cloud, s3: Bucket) -> None:
    s3.update({"x/1": b"a", "x/2": b"ab", "x/3": b"", "y": b""})
    reader = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "b", "Prefix": "x/"}}
    found = output(cloud, {"ItemReader": reader}, {})
    assert [o["Key"] for o in found] == ["x/1", "x/2", "x/3"]
    assert found[1] == {
        "Etag": '"e"',
        "Key": "x/2",
        "LastModified": 1767225600.0,
        "Size": 2,
        "StorageClass": "STANDARD",
    }


def test_the_objects_of_a_bucket_can_be_read_at_once(cloud: Cloud, s3: Bucket) -> None:
    s3.update({"x/1": b"[1,2]", "x/2": b"[3]"})
    config = {"InputType": "JSON", "Transformation": "LOAD_AND_FLATTEN"}
    reader = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "b"}, "ReaderConfig": config}
    assert output(cloud, {"ItemReader": reader}, {}) == [1, 2, 3]


def test_an_inventory_names_its_files(cloud: Cloud, s3: Bucket) -> None:
    files = [{"key": "data/1.csv.gz"}]
    manifest = {"destinationBucket": "arn:aws:s3:::b", "fileFormat": "CSV", "fileSchema": "Bucket, Key", "files": files}
    s3["manifest.json"] = json.dumps(manifest).encode()
    s3["data/1.csv.gz"] = gzip.compress(b'"b","one"\n"b","two"\n')
    found = output(
        cloud, {"ItemReader": {**READER, "ReaderConfig": {"InputType": "MANIFEST"}}}, {"key": "manifest.json"}
    )
    assert found == [{"Bucket": "b", "Key": "one"}, {"Bucket": "b", "Key": "two"}]


def test_a_manifest_of_athena_names_objects(cloud: Cloud, s3: Bucket) -> None:
    s3.update({"m.csv": b"s3://b/1\ns3://b/2\n", "1": b"1\n2\n", "2": b"3\n"})
    config = {"InputType": "JSONL", "ManifestType": "ATHENA_DATA"}
    assert output(cloud, {"ItemReader": {**READER, "ReaderConfig": config}}, {"key": "m.csv"}) == [1, 2, 3]


def test_a_reader_that_fails_fails_the_run_and_can_be_caught(cloud: Cloud, s3: Bucket) -> None:
    catch = [{"ErrorEquals": ["States.ItemReaderFailed"], "Next": "E"}]
    arn = start({"ItemReader": READER, "Catch": catch}, {"key": "none"}, E={"Type": "Succeed"})
    found = json.loads(end(cloud, arn)["output"])
    assert found["Error"] == "States.ItemReaderFailed"
    assert found["Cause"].startswith("The specified key does not exist. (Service: S3, Status Code: 404, Request ID: ")
    types = [e["type"] for e in boto3.client("stepfunctions").get_execution_history(executionArn=arn)["events"]]
    assert types[2:6] == ["MapStateStarted", "MapRunStarted", "MapRunFailed", "MapStateFailed"]
    assert run_of(arn)["status"] == "FAILED"


def test_a_negative_number_of_items_fails_the_run(cloud: Cloud, s3: Bucket) -> None:
    # recorded: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html tells of positive ones only
    arn = start(
        {"ItemReader": {**READER, "ReaderConfig": {"InputType": "JSON", "MaxItemsPath": "$.n"}}}, {"n": -1, "key": "k"}
    )
    described = end(cloud, arn)
    assert (described["error"], described["cause"]) == ("States.ItemReaderFailed", "field MaxItems must be positive")
    assert run_of(arn)["status"] == "FAILED"


@pytest.mark.parametrize(
    ("batcher", "inputs"),
    [
        ({"MaxItemsPerBatch": 2}, [{"Items": [1, 2]}, {"Items": [3]}]),
        ({"MaxItemsPerBatchPath": "$.n", "BatchInput": {"k.$": "$.n"}}, [{"BatchInput": {"k": 3}, "Items": [1, 2, 3]}]),
        ({"MaxInputBytesPerBatch": 15}, [{"Items": [1, 2]}, {"Items": [3]}]),
        ({"MaxInputBytesPerBatch": 14}, [{"Items": [1]}, {"Items": [2]}, {"Items": [3]}]),
    ],
)
def test_batches(cloud: Cloud, batcher: dict[str, Any], inputs: Any) -> None:
    assert output(cloud, {"ItemsPath": "$.l", "ItemBatcher": batcher}, {"l": [1, 2, 3], "n": 3}) == inputs


def test_children_are_executions_with_a_history_of_their_own(cloud: Cloud) -> None:
    client = boto3.client("stepfunctions")
    processor = {
        "StartAt": "P",
        "States": {"P": {"Type": "Pass", "Parameters": {"in.$": "$", "me.$": "$$.StateMachine.Name"}, "End": True}},
    }
    arn = start({"Label": "lab", "ItemSelector": {"i.$": "$$.Map.Item.Index"}}, ["a", "b"], processor)
    end(cloud, arn)
    run = run_of(arn)
    assert ":mapRun:m/lab:" in run["mapRunArn"]
    listed = client.list_executions(mapRunArn=run["mapRunArn"])["executions"]
    assert [e["itemCount"] for e in listed] == [1, 1]
    child = client.describe_execution(executionArn=listed[-1]["executionArn"])
    assert child["executionArn"].startswith("arn:aws:states:us-east-1:123456789012:execution:m/lab:")
    assert child["stateMachineArn"] == "arn:aws:states:us-east-1:123456789012:stateMachine:m/lab"
    assert child["mapRunArn"] == run["mapRunArn"]
    assert json.loads(child["output"]) == {"in": {"i": 0}, "me": "m/lab"}
    history = client.get_execution_history(executionArn=child["executionArn"])["events"]
    assert [e["type"] for e in history][0::3] == ["ExecutionStarted", "ExecutionSucceeded"]
    assert (
        client.list_executions(stateMachineArn="arn:aws:states:us-east-1:123456789012:stateMachine:m")["executions"][0][
            "executionArn"
        ]
        == arn
    )
    assert run["itemCounts"]["succeeded"] == run["executionCounts"]["total"] == 2


def failing(cloud: Cloud, *bad: int) -> dict[str, Any]:
    """States that fail for some items."""
    rules = [{"Variable": "$", "NumericEquals": n, "Next": "F"} for n in bad]
    choice = {"Type": "Choice", "Choices": rules, "Default": "P"}
    return {
        "StartAt": "C",
        "States": {"C": choice, "F": {"Type": "Fail", "Error": "Bad", "Cause": "no"}, **PASS["States"]},
    }  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("thresholds", "succeeds"),
    [
        ({}, False),
        ({"ToleratedFailureCount": 2}, True),
        ({"ToleratedFailureCount": 1}, False),
        ({"ToleratedFailurePercentage": 50}, True),
        ({"ToleratedFailurePercentage": 49.9}, False),
        ({"ToleratedFailureCount": 2, "ToleratedFailurePercentage": 10}, False),
        ({"ToleratedFailureCountPath": "$.n"}, True),
    ],
)
def test_tolerated_failures(cloud: Cloud, thresholds: dict[str, Any], succeeds: bool) -> None:
    state = {"ItemsPath": "$.l", **thresholds}
    arn = start(state, {"l": [1, 2, 3, 4], "n": 2}, failing(cloud, 2, 4))
    found = end(cloud, arn)
    if succeeds:
        results = json.loads(found["output"])
        assert (results[0], results[2]) == (1, 3)
        assert (results[1]["Status"], results[1]["Error"], results[1]["Cause"]) == ("FAILED", "Bad", "no")
        assert run_of(arn)["itemCounts"]["failed"] == 2
    else:
        assert (found["error"], found["cause"]) == (
            "States.ExceedToleratedFailureThreshold",
            "The specified tolerated failure threshold was exceeded",
        )


def test_results_count_as_written_without_a_writer(cloud: Cloud) -> None:
    # recorded
    arn = start({}, [1, 2])
    end(cloud, arn)
    run = run_of(arn)
    assert (run["itemCounts"]["resultsWritten"], run["executionCounts"]["resultsWritten"]) == (2, 2)


def test_so_many_at_a_time_and_the_rest_is_stopped_when_too_many_fail(cloud: Cloud) -> None:
    wait = {
        "StartAt": "W",
        "States": {"W": {"Type": "Wait", "Seconds": 60, "Next": "F"}, "F": {"Type": "Fail", "Error": "E"}},
    }
    arn = start({"MaxConcurrency": 3}, [1, 2, 3, 4, 5], wait)
    cloud.settle()
    assert run_of(arn)["executionCounts"] == {
        "pending": 2, "running": 3, "succeeded": 0, "failed": 0, "timedOut": 0, "aborted": 0, "total": 5,
        "resultsWritten": 0, "failuresNotRedrivable": 0, "pendingRedrive": 0,
    }  # fmt: skip
    end(cloud, arn)
    counts = run_of(arn)["executionCounts"]
    assert (counts["failed"], counts["aborted"], counts["total"]) == (1, 2, 5)


def test_an_update_counts_at_once(cloud: Cloud) -> None:
    client = boto3.client("stepfunctions")
    wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}}
    arn = start({"MaxConcurrency": 1}, [1, 2, 3], wait)
    cloud.settle()
    client.update_map_run(mapRunArn=run_of(arn)["mapRunArn"], maxConcurrency=3)
    assert run_of(arn)["executionCounts"]["running"] == 3
    with pytest.raises(ClientError, match="ValidationException"):
        client.update_map_run(mapRunArn=run_of(arn)["mapRunArn"])
    end(cloud, arn)
    with pytest.raises(ClientError, match="ValidationException"):
        client.update_map_run(mapRunArn=run_of(arn)["mapRunArn"], maxConcurrency=3)


def test_stopping_the_parent_stops_the_children(cloud: Cloud) -> None:
    wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}}
    arn = start({}, [1, 2], wait)
    cloud.settle()
    boto3.client("stepfunctions").stop_execution(executionArn=arn)
    run = run_of(arn)
    assert (run["status"], run["executionCounts"]["aborted"]) == ("ABORTED", 2)


def test_express_children(cloud: Cloud) -> None:
    assert output(cloud, {"ExecutionType": "EXPRESS"}, [1, 2]) == [1, 2]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"Transformation": "COMPACT", "OutputType": "JSON"}, [[1], [2, 3]]),
        ({"Transformation": "FLATTEN", "OutputType": "JSON"}, [1, 2, 3]),
    ],
)
def test_results_are_written_to_s3(cloud: Cloud, s3: Bucket, config: Any, expected: Any) -> None:
    writer = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": "b", "Prefix": "out"},
        "WriterConfig": config,
    }
    found = output(cloud, {"ItemsPath": "$.l", "ResultWriter": writer}, {"l": [[1], [2, 3]]})
    id = found["MapRunArn"].rpartition(":")[2]
    assert found["ResultWriterDetails"] == {"Bucket": "b", "Key": f"out/{id}/manifest.json"}
    assert json.loads(s3[f"out/{id}/SUCCEEDED_0.json"]) == expected
    size = len(s3[f"out/{id}/SUCCEEDED_0.json"])
    assert json.loads(s3[f"out/{id}/manifest.json"]) == {
        "DestinationBucket": "b",
        "MapRunArn": found["MapRunArn"],
        "ResultFiles": {
            "FAILED": [],
            "PENDING": [],
            "SUCCEEDED": [{"Key": f"out/{id}/SUCCEEDED_0.json", "Size": size}],
        },
    }


def test_results_as_lines_and_what_a_failed_run_leaves(cloud: Cloud, s3: Bucket) -> None:
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}, "WriterConfig": {
        "Transformation": "COMPACT", "OutputType": "JSONL"}}  # fmt: skip
    state = {"ResultWriter": writer, "MaxConcurrency": 1}
    arn = start(state, [1, 2, 3], failing(cloud, 2))
    assert end(cloud, arn)["error"] == "States.ExceedToleratedFailureThreshold"
    run = run_of(arn)
    id = run["mapRunArn"].rpartition(":")[2]
    files = json.loads(s3[f"{id}/manifest.json"])["ResultFiles"]
    assert {kind: [f["Key"] for f in found] for kind, found in files.items()} == {
        kind: [f"{id}/{kind}_0.jsonl"] for kind in ("FAILED", "PENDING", "SUCCEEDED")
    }
    assert s3[f"{id}/SUCCEEDED_0.jsonl"] == b"1"
    assert json.loads(s3[f"{id}/PENDING_0.jsonl"]) == {
        "Input": "3", "InputDetails": {"Included": True}, "Status": "PENDING"
    }  # fmt: skip
    assert run["executionCounts"]["resultsWritten"] == run["itemCounts"]["resultsWritten"] == 1


def test_results_written_are_counted_by_executions_and_by_items(cloud: Cloud, s3: Bucket) -> None:
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}}
    arn = start({"ResultWriter": writer, "ItemBatcher": {"MaxItemsPerBatch": 2}}, [1, 2, 3])
    end(cloud, arn)
    run = run_of(arn)
    assert (run["itemCounts"]["resultsWritten"], run["executionCounts"]["resultsWritten"]) == (3, 2)


def test_without_a_transformation_files_have_the_executions(cloud: Cloud, s3: Bucket) -> None:
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}}
    state = {"ResultWriter": writer, "ToleratedFailureCount": 1}
    found = output(cloud, state, [1, 2], failing(cloud, 2))
    id = found["MapRunArn"].rpartition(":")[2]
    (good,) = json.loads(s3[f"{id}/SUCCEEDED_0.json"])
    (bad,) = json.loads(s3[f"{id}/FAILED_0.json"])
    assert (good["Input"], good["Output"], good["Status"]) == ("1", "1", "SUCCEEDED")
    assert (bad["Error"], bad["Cause"], bad["Status"]) == ("Bad", "no", "FAILED")


def test_a_writer_that_fails(cloud: Cloud) -> None:
    cloud.stub("s3", "PutObject", AwsError("NoSuchBucket", "The specified bucket does not exist", 404))
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}}
    assert end(cloud, start({"ResultWriter": writer}, [1]))["error"] == "States.ResultWriterFailed"


def test_jsonata_all_along(cloud: Cloud, s3: Bucket) -> None:
    s3["k"] = b"[1,2,3]"
    state = {
        "QueryLanguage": "JSONata",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "Arguments": {"Bucket": "b", "Key": "{% $states.input.key %}"},
            "ReaderConfig": {"InputType": "JSON", "MaxItems": "{% 1 + 1 %}"},
        },
        "ItemSelector": {"v": "{% $states.context.Map.Item.Value * 10 %}"},
        "ItemBatcher": {"MaxItemsPerBatch": "{% 2 %}", "BatchInput": {"b": "{% $states.input.key %}"}},
        "ToleratedFailurePercentage": "{% 5 %}",
        "Output": "{% $states.result.Items.v %}",
    }
    assert output(cloud, state, {"key": "k"}) == [10, 20]


def test_a_snapshot_in_the_middle_of_a_run_goes_on_as_the_original(cloud: Cloud) -> None:
    wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}}
    arn = start({"MaxConcurrency": 2}, [1, 2, 3, 4, 5], wait)
    cloud.clock.advance(seconds=70)
    before = cloud.snapshot()
    first = end(cloud, arn)["output"]
    cloud.restore(before)
    assert end(cloud, arn)["output"] == first == "[1,2,3,4,5]"


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        ({"ItemReader": {}}, "These fields are required: [Resource] at /States/M/ItemReader"),
        ({"ItemReader": {"Resource": "x"}}, "/States/M/ItemReader/Resource"),
        ({"ItemReader": {**READER, "ReaderConfig": {"InputType": "XML"}}}, "/States/M/ItemReader/ReaderConfig/InputType"),
        ({"ItemReader": {**READER, "ReaderConfig": {"InputType": "CSV"}}}, "The field 'CSVHeaderLocation' is required at"),
        ({"ItemBatcher": {"BatchInput": 1}}, "At least one of these fields is required"),
        ({"ItemBatcher": {"MaxItemsPerBatch": -1}}, "Minimum value is 0 at /States/M/ItemBatcher/MaxItemsPerBatch"),
        ({"ResultWriter": {}}, "/States/M/ResultWriter"),
        ({"ResultWriter": {"WriterConfig": {"Transformation": "COMPACT"}}}, "/States/M/ResultWriter/WriterConfig"),
        ({"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject"}}, "[Parameters] at /States/M/ResultWriter"),
        ({"ToleratedFailurePercentage": 101}, "Maximum value is 100.0 at /States/M/ToleratedFailurePercentage"),
        ({"Label": "a b"}, "/States/M/Label"),
        ({"ExecutionType": "QUICK"}, "/States/M/ItemProcessor/ProcessorConfig/ExecutionType"),
    ],
)  # fmt: skip
def test_what_is_refused(cloud: Cloud, state: dict[str, Any], problem: str) -> None:
    with pytest.raises(ClientError) as caught:
        start(dict(state), [])
    assert problem in str(caught.value)


@given(st.lists(st.text(max_size=4), unique=True, max_size=40))
def test_the_order_of_a_hash_map_is_one_of_its_names(names: list[str]) -> None:
    assert sorted(hash_ordered(tuple(names))) == sorted(names)
