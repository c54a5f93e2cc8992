"""What callers get through the SDK's door: streams, stubs, faults, refusals of bad requests, and of what is not there."""

from __future__ import annotations

import io
from datetime import datetime, timezone
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError
from botocore.response import StreamingBody

from mock_serverless import AwsError, Cloud, InvalidAnswer, NotSupported, mock_cloud

IMAGE = {"Bytes": b"png"}


# ---------------------------------------------------------------------- streams


def get_object(cloud: Cloud, body: Any = b"one\ntwo\nthree") -> Any:
    cloud.stub("s3", "GetObject", {"Body": body})
    return boto3.client("s3").get_object(Bucket="bkt", Key="k")["Body"]


def test_a_streaming_body_is_botocore_s(cloud: Cloud) -> None:
    body = get_object(cloud)
    assert isinstance(body, StreamingBody)
    assert body.read(3) == b"one"
    assert body.tell() == 3
    assert body.read() == b"\ntwo\nthree"
    assert body.read() == b""


def test_a_streaming_body_in_lines_and_chunks(cloud: Cloud) -> None:
    assert list(get_object(cloud).iter_lines()) == [b"one", b"two", b"three"]
    assert list(get_object(cloud).iter_chunks(5)) == [b"one\nt", b"wo\nth", b"ree"]
    assert b"".join(get_object(cloud)) == b"one\ntwo\nthree"
    assert get_object(cloud).readlines() == [b"one\n", b"two\n", b"three"]


def test_a_streaming_body_as_context_manager(cloud: Cloud) -> None:
    with get_object(cloud) as body:
        assert body.readable()
        assert body.read() == b"one\ntwo\nthree"


def test_a_body_that_is_left_out_is_empty(cloud: Cloud) -> None:
    cloud.stub("s3", "GetObject", {})
    assert boto3.client("s3").get_object(Bucket="bkt", Key="k")["Body"].read() == b""


@pytest.mark.parametrize(
    "make", [io.BytesIO, lambda content: StreamingBody(io.BytesIO(content), len(content)), bytearray]
)
def test_a_stub_s_body_can_be_read_by_every_call(cloud: Cloud, make: Any) -> None:
    cloud.stub("s3", "GetObject", {"Body": make(b"again")})
    client = boto3.client("s3")
    assert [client.get_object(Bucket="bkt", Key="k")["Body"].read() for _ in range(2)] == [b"again", b"again"]


def test_a_stub_may_give_a_stream_of_its_own(cloud: Cloud) -> None:
    cloud.stub("s3", "GetObject", lambda params: {"Body": io.BytesIO(params["Key"].encode())})
    assert boto3.client("s3").get_object(Bucket="bkt", Key="key")["Body"].read() == b"key"


def test_streams_in_requests_are_read(cloud: Cloud) -> None:
    cloud.stub("s3", "PutObject", {"ETag": '"1"'})
    client = boto3.client("s3")
    for body in (b"text", bytearray(b"text"), io.BytesIO(b"text"), "text"):
        client.put_object(Bucket="bkt", Key="k", Body=body)
        assert cloud.calls.last.params["Body"] == b"text"


EVENTS: list[dict[str, Any]] = [{"chunk": {"bytes": b"a"}}, {"chunk": {"bytes": b"b"}}]


def stream(cloud: Cloud, events: Any) -> Any:
    cloud.stub("bedrock-runtime", "InvokeModelWithResponseStream", {"body": events, "contentType": "text/plain"})
    return boto3.client("bedrock-runtime").invoke_model_with_response_stream(modelId="m", body=b"{}")


def test_event_streams(cloud: Cloud) -> None:
    answer = stream(cloud, EVENTS)
    assert answer["contentType"] == "text/plain"
    assert [e["chunk"]["bytes"] for e in answer["body"]] == [b"a", b"b"]
    assert list(answer["body"]) == []
    answer = stream(cloud, EVENTS)
    answer["body"].close()
    assert list(answer["body"]) == []


def test_a_generator_of_events_serves_every_call(cloud: Cloud) -> None:
    assert list(stream(cloud, (e for e in EVENTS))["body"]) == EVENTS
    client = boto3.client("bedrock-runtime")
    assert list(client.invoke_model_with_response_stream(modelId="m", body=b"{}")["body"]) == EVENTS


def test_errors_in_event_streams_are_raised(cloud: Cloud) -> None:
    events = iter(stream(cloud, [EVENTS[0], {"throttlingException": {"message": "slow"}}])["body"])
    assert next(events) == EVENTS[0]
    with pytest.raises(EventStreamError, match=r"throttlingException.*slow"):
        next(events)


def test_a_bucket_s_location_which_botocore_reads_off_the_wire(cloud: Cloud) -> None:
    cloud.stub("s3", "GetBucketLocation", {"LocationConstraint": "eu-west-1"})
    assert boto3.client("s3").get_bucket_location(Bucket="bkt")["LocationConstraint"] == "eu-west-1"


# ---------------------------------------------------------------------- stubs


def test_stubs_of_every_kind(cloud: Cloud) -> None:
    client = boto3.client("rekognition")
    stub = cloud.stub("rekognition", "detect_labels", {"Labels": [{"Name": "cat"}]})
    assert client.detect_labels(Image=IMAGE)["Labels"] == [{"Name": "cat"}]
    assert stub.hits == 1
    cloud.stub("rekognition", "DetectLabels", lambda params: {"Labels": [{"Name": str(params["MaxLabels"])}]})
    assert client.detect_labels(Image=IMAGE, MaxLabels=3)["Labels"] == [{"Name": "3"}]
    cloud.stub("rekognition", "DetectLabels", lambda params: None)
    assert set(client.detect_labels(Image=IMAGE)) == {"ResponseMetadata"}
    cloud.stub("rekognition", "DetectLabels", KeyError)
    with pytest.raises(KeyError):
        client.detect_labels(Image=IMAGE)
    cloud.stub("rekognition", "DetectLabels", None)
    with pytest.raises(NotSupported):
        client.detect_labels(Image=IMAGE)


def test_a_stub_that_is_a_client_error(cloud: Cloud) -> None:
    response = {
        "Error": {"Code": "ResourceNotFoundException", "Message": "none"},
        "ResponseMetadata": {"HTTPStatusCode": 404},
        "Logref": "x",
    }
    cloud.stub("rekognition", "DetectLabels", ClientError(response, "DetectLabels"))
    client = boto3.client("rekognition")
    with pytest.raises(client.exceptions.ResourceNotFoundException) as caught:
        client.detect_labels(Image=IMAGE)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert caught.value.response["Logref"] == "x"


def test_the_answer_s_own_status(cloud: Cloud) -> None:
    cloud.stub("lambda", "Invoke", {"StatusCode": 202, "ResponseMetadata": {"HTTPStatusCode": 202}})
    answer = boto3.client("lambda").invoke(FunctionName="f", InvocationType="Event")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202


def test_events_that_do_not_fit_are_refused(cloud: Cloud) -> None:
    with pytest.raises(InvalidAnswer, match=r"body\[1\]\.chunks: no such member; there are chunk,"):
        stream(cloud, [EVENTS[0], {"chunks": {}}])
    with pytest.raises(InvalidAnswer, match="body: expected an iterable of events"):
        stream(cloud, {"chunk": {}})


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"Label": []}, r"Label: no such member; there are Labels,"),
        ({"Labels": {}}, r"Labels: expected a list, got \{\}"),
        ({"Labels": [{"Confidence": "high"}]}, r"Labels\[0\]\.Confidence: expected a float, got 'high'"),
        ([], r"expected a structure"),
    ],
)
def test_answers_that_do_not_fit_are_refused(cloud: Cloud, answer: Any, problem: str) -> None:
    with pytest.raises(InvalidAnswer, match=problem):
        cloud.stub("rekognition", "DetectLabels", answer)
    if answer:
        cloud.stub("rekognition", "DetectLabels", lambda params: answer)
        with pytest.raises(InvalidAnswer, match=problem):
            boto3.client("rekognition").detect_labels(Image=IMAGE)


def test_a_stub_stands_before_an_implementation(cloud: Cloud) -> None:
    cloud.stub("sts", "GetCallerIdentity", {"Account": "000000000000"})
    client = boto3.client("sts")
    assert client.get_caller_identity()["Account"] == "000000000000"
    cloud.stub("sts", "GetCallerIdentity", None)
    assert client.get_caller_identity()["Account"] == "123456789012"


def test_a_stub_may_call_aws_and_is_journalled_by_name(cloud: Cloud) -> None:
    def labels(params: dict[str, Any]) -> dict[str, Any]:
        return {"Labels": [{"Name": boto3.client("sts").get_caller_identity()["Account"]}]}

    cloud.stub("rekognition", "DetectLabels", labels)
    assert boto3.client("rekognition").detect_labels(Image=IMAGE)["Labels"] == [{"Name": "123456789012"}]
    assert [c.caller for c in cloud.calls] == ["test", "stub of rekognition.DetectLabels"]


# ---------------------------------------------------------------------- what is not there


def test_an_operation_that_is_not_there_is_named_and_how_to_stub_it(cloud: Cloud) -> None:
    with pytest.raises(NotSupported) as caught:
        boto3.client("rekognition").detect_labels(Image=IMAGE)
    assert str(caught.value).splitlines() == [
        "rekognition.DetectLabels: mock_serverless does not implement the service 'rekognition', and it is not stubbed. "
        "No call leaves the process.",
        "Stub it:            cloud.stub('rekognition', 'DetectLabels', {...})",
        "Or leave it alone:  mock_cloud(passthrough=['rekognition'])",
    ]


def test_near_misses_among_what_is_there(cloud: Cloud) -> None:
    with pytest.raises(NotSupported, match="does not implement the operation") as caught:
        boto3.client("sts").get_federation_token(Name="me")
    assert "Did you mean: GetSessionToken?" in str(caught.value)


@pytest.mark.parametrize(
    ("service", "operation", "message"),
    [
        ("rekogniton", "DetectLabels", r"botocore knows no service 'rekogniton'\. Did you mean: rekognition"),
        ("rekognition", "DetectLabel", r"rekognition has no operation 'DetectLabel'.*Did you mean: DetectLabels"),
    ],
)
def test_stubs_and_faults_of_what_aws_does_not_have(cloud: Cloud, service: str, operation: str, message: str) -> None:
    with pytest.raises(NotSupported, match=message):
        cloud.stub(service, operation, {})
    with pytest.raises(NotSupported, match=message):
        cloud.fail(service, operation, "ThrottlingException")


# ---------------------------------------------------------------------- bad requests, with botocore's validation off

LAX = Config(parameter_validation=False)


def refused(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_constraints_hold_without_botocore_s_validation(cloud: Cloud) -> None:
    cloud.stub("secretsmanager", "GetSecretValue", {})
    client = boto3.client("secretsmanager", config=LAX)
    code, message = refused(client.get_secret_value, SecretId="")
    assert code == "ValidationException"
    assert message == (
        "1 validation error detected: Value '' at 'secretId' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1"
    )
    code, message = refused(client.get_secret_value, VersionId="v" * 32)
    assert "Value null at 'secretId' failed to satisfy constraint: Member must not be null" in message


def test_constraints_hold_with_botocore_s_validation(cloud: Cloud) -> None:
    cloud.stub("logs", "CreateLogGroup", {})
    _, message = refused(boto3.client("logs").create_log_group, logGroupName="a b")
    assert message == (
        "1 validation error detected: Value 'a b' at 'logGroupName' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+"
    )


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"SecretId": 7}, "NUMBER_VALUE can not be converted to a String"),
        ({"SecretId": True}, "TRUE_VALUE can not be converted to a String"),
        ({"SecretId": ["s"]}, "Start of list found where not expected"),
        ({"SecretId": {"a": "b"}}, "Start of structure or map found where not expected."),
    ],
)
def test_values_of_the_wrong_kind(cloud: Cloud, params: dict[str, Any], message: str) -> None:
    cloud.stub("secretsmanager", "GetSecretValue", {})
    client = boto3.client("secretsmanager", config=LAX)
    assert refused(client.get_secret_value, **params) == ("SerializationException", message)


def test_members_that_are_null_or_unknown_are_not_there(cloud: Cloud) -> None:
    cloud.stub("secretsmanager", "GetSecretValue", {})
    client = boto3.client("secretsmanager", config=LAX)
    client.get_secret_value(SecretId="s", VersionId=None)
    assert cloud.calls.last.params == {"SecretId": "s"}


def test_times_are_read_as_aware_datetimes(cloud: Cloud) -> None:
    cloud.stub("cloudtrail", "LookupEvents", {})
    client = boto3.client("cloudtrail")
    moment = datetime(2026, 1, 2, tzinfo=timezone.utc)
    for given in (moment, datetime(2026, 1, 2), moment.timestamp(), "2026-01-02T00:00:00Z", "2026-01-02"):
        client.lookup_events(StartTime=given)
        assert cloud.calls.last.params == {"StartTime": moment}


# ---------------------------------------------------------------------- faults


def outcomes(call: Any, times: int) -> list[str]:
    found = []
    for _ in range(times):
        try:
            call()
            found.append("ok")
        except ClientError as e:
            found.append(e.response["Error"]["Code"])
    return found


def test_faults_by_times_and_where(cloud: Cloud) -> None:
    cloud.stub("secretsmanager", "GetSecretValue", {})
    client = boto3.client("secretsmanager")
    fault = cloud.fail(
        "secretsmanager",
        "get_secret_value",
        "ResourceNotFoundException",
        times=2,
        where=lambda params: params["SecretId"] == "mine",
    )
    assert outcomes(lambda: client.get_secret_value(SecretId="yours"), 2) == ["ok", "ok"]
    assert outcomes(lambda: client.get_secret_value(SecretId="mine"), 3) == ["ResourceNotFoundException"] * 2 + ["ok"]
    assert fault.hits == 2


def test_faults_by_chance_are_the_same_in_every_run() -> None:
    def run(seed: int) -> list[str]:
        with mock_cloud(seed=seed) as cloud:
            cloud.fail("sts", "GetCallerIdentity", "AccessDenied", probability=0.5)
            return outcomes(boto3.client("sts").get_caller_identity, 30)

    assert run(1) == run(1)
    assert run(1) != run(2)
    assert 5 < run(1).count("ok") < 25


def test_a_probability_that_is_none(cloud: Cloud) -> None:
    with pytest.raises(ValueError, match=r"a probability is between 0 and 1, not 1\.5"):
        cloud.fail("sts", "GetCallerIdentity", "AccessDenied", probability=1.5)


def test_a_fault_that_is_an_exception(cloud: Cloud) -> None:
    cloud.fail("sts", "GetCallerIdentity", MemoryError("full"), times=1)
    with pytest.raises(MemoryError, match="full"):
        boto3.client("sts").get_caller_identity()
    assert cloud.calls.last.error_code == "MemoryError"


@pytest.mark.parametrize(
    ("service", "operation", "code", "meant"),
    [
        ("dynamodb", "PutItem", "ThrotlingException", "ThrottlingException"),
        ("dynamodb", "PutItem", "ConditionalCheckFailed", "ConditionalCheckFailedException"),
        ("dynamodb", "PutItem", "RequestLimitExceededException", "RequestLimitExceeded"),
        ("s3", "GetObject", "NoSuchkey", "NoSuchKey"),
        ("ec2", "DescribeInstances", "ValidationEror", "ValidationError"),
    ],
)
def test_a_slip_in_a_code_is_refused(cloud: Cloud, service: str, operation: str, code: str, meant: str) -> None:
    with pytest.raises(ValueError, match=rf"{service} has no error '{code}'\. Did you mean: {meant}\?"):
        cloud.fail(service, operation, code)
    cloud.fail(service, operation, AwsError(code, "so be it"))


@pytest.mark.parametrize("code", ["NoSuchTagSet", "SlowDown", "PreconditionFailed", "304"])
def test_codes_that_no_model_has_are_believed(cloud: Cloud, code: str) -> None:
    cloud.fail("s3", "PutObject", code, times=1)
    with pytest.raises(ClientError, match=code):
        boto3.client("s3", config=Config(retries={"total_max_attempts": 1})).put_object(Bucket="bucket", Key="k")


def test_a_fault_says_what_the_service_says(cloud: Cloud) -> None:
    cloud.fail("dynamodb", "PutItem", "ConditionalCheckFailedException")
    with pytest.raises(ClientError, match=r"operation: The conditional request failed$"):
        boto3.client("dynamodb").put_item(TableName="orders", Item={"id": {"S": "1"}})


def test_the_status_and_message_of_a_fault(cloud: Cloud) -> None:
    cloud.fail("sts", "GetCallerIdentity", "AccessDenied", message="no")
    with pytest.raises(ClientError, match=r"\(AccessDenied\).*: no") as caught:
        boto3.client("sts").get_caller_identity()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
