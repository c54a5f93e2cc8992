"""Whole requests of real clients, answered through the codec; and what isn't understood."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from mock_serverless.core.errors import AwsError, NotSupported
from mock_serverless.doors.wire import (
    cbor,
    identify_service,
    parse_request,
    request_protocol,
    serialize_error,
    serialize_response,
)
from mock_serverless.doors.wire.catalog import service_model
from mock_serverless.doors.wire.scalars import Malformed

MISTYPED = json.loads((Path(__file__).parents[1] / "cases" / "wire_mistyped.json").read_text())["cases"]
Answer = Callable[[str, dict[str, Any]], dict[str, Any]]


class Raw:
    """The stream which botocore expects beneath a response."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def read(self, amount: int | None = None) -> bytes:
        content, self.content = self.content, b""
        return content

    def stream(self, *args: Any, **kwargs: Any) -> Any:
        yield self.read()


@lru_cache(maxsize=1)
def session() -> Any:
    """One for all tests: it keeps the models it has loaded."""
    made = botocore.session.Session()
    made.set_credentials("AKID", "secret")
    return made


def client(service: str, answer: Answer, region: str = "us-east-1", **config: Any) -> Any:
    """A client whose requests are read by the codec, and answered with what ``answer`` gives."""
    made = session().create_client(service, region_name=region, config=Config(retries={"max_attempts": 0}, **config))

    def send(request: Any, **kwargs: Any) -> AWSResponse:
        parts = urlsplit(request.url)
        address = identify_service(parts.netloc, request.headers, f"{parts.path}?{parts.query}", request.body)
        assert address is not None
        assert (address.service, address.region) == (service, region)
        model: Any = service_model(service)
        try:
            name, params = parse_request(model, request.method, request.url, request.headers, request.body)
            model = model.operation_model(name)
            status, headers, body = serialize_response(model, answer(name, params), "id-1")
        except AwsError as error:
            status, headers, body = serialize_error(model, error, "id-1")
        return AWSResponse(request.url, status, HeadersDict(headers), Raw(body))

    made.meta.events.register("before-send", send)
    return made


def refuse(error: AwsError) -> Answer:
    def answer(name: str, params: dict[str, Any]) -> dict[str, Any]:
        raise error

    return answer


class Recorder:
    def __init__(self, answer: dict[str, Any] | None = None) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.answer = answer or {}

    def __call__(self, name: str, params: dict[str, Any]) -> dict[str, Any]:
        self.calls.append((name, params))
        return self.answer


# ---------------------------------------------------------------------- S3


@pytest.mark.parametrize("style", ["virtual", "path"])
def test_bucket_in_the_host_or_in_the_path(style: str) -> None:
    seen = Recorder({"Body": b"\x00\xff", "ContentType": "image/png", "Metadata": {"a": "b"}})
    s3 = client("s3", seen, s3={"addressing_style": style})
    got = s3.get_object(Bucket="my-bucket", Key="a//b c/+é%/")
    assert got["Body"].read() == b"\x00\xff"
    assert (got["ContentType"], got["Metadata"]) == ("image/png", {"a": "b"})
    name, params = seen.calls[0]
    assert (name, params["Bucket"], params["Key"]) == ("GetObject", "my-bucket", "a//b c/+é%/")


def test_access_point() -> None:
    seen = Recorder({"Body": b""})
    arn = "arn:aws:s3:us-east-1:123456789012:accesspoint/point-a"
    client("s3", seen).get_object(Bucket=arn, Key="k")
    assert seen.calls[0][1]["Bucket"] == arn


def test_chunked_upload_with_trailing_checksum() -> None:
    """botocore wraps streams in aws-chunked bodies whose checksum is a trailer."""
    seen = Recorder()
    content = bytes(range(256)) * 300
    client("s3", seen).put_object(
        Bucket="my-bucket", Key="k", Body=io.BytesIO(content), ChecksumAlgorithm="CRC32", Metadata={"Who": "me"}
    )
    name, params = seen.calls[0]
    assert (name, params["Body"], params["ContentLength"]) == ("PutObject", content, len(content))
    assert params["ChecksumCRC32"]
    assert "ContentEncoding" not in params
    assert params["Metadata"] == {"Who": "me"}


def test_location_has_no_element_around_it() -> None:
    """botocore reads this answer in a handler of its own."""
    s3 = client("s3", Recorder({"LocationConstraint": "eu-west-1"}))
    assert s3.get_bucket_location(Bucket="my-bucket")["LocationConstraint"] == "eu-west-1"
    s3 = client("s3", Recorder())
    assert s3.get_bucket_location(Bucket="my-bucket")["LocationConstraint"] is None


@pytest.mark.parametrize(
    ("operation", "params", "method"),
    [
        ("list_objects_v2", {"Prefix": "a"}, "ListObjectsV2"),
        ("list_objects", {"Prefix": "a"}, "ListObjects"),
        ("list_parts", {"Key": "k", "UploadId": "u"}, "ListParts"),
        ("copy_object", {"Key": "k", "CopySource": "b/k"}, "CopyObject"),
        ("upload_part", {"Key": "k", "UploadId": "u", "PartNumber": 1, "Body": b"x"}, "UploadPart"),
        ("upload_part_copy", {"Key": "k", "UploadId": "u", "PartNumber": 1, "CopySource": "b/k"}, "UploadPartCopy"),
        ("abort_multipart_upload", {"Key": "k", "UploadId": "u"}, "AbortMultipartUpload"),
        ("get_bucket_analytics_configuration", {"Id": "i"}, "GetBucketAnalyticsConfiguration"),
        ("list_bucket_analytics_configurations", {}, "ListBucketAnalyticsConfigurations"),
        (
            "put_bucket_lifecycle_configuration",
            {"LifecycleConfiguration": {"Rules": [{"Status": "Enabled"}]}},
            "PutBucketLifecycleConfiguration",
        ),
        ("put_object_tagging", {"Key": "k", "Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}}, "PutObjectTagging"),
        ("delete_objects", {"Delete": {"Objects": [{"Key": "a"}]}}, "DeleteObjects"),
        ("create_multipart_upload", {"Key": "k"}, "CreateMultipartUpload"),
        ("delete_bucket", {}, "DeleteBucket"),
    ],
)
def test_operations_which_share_a_path(operation: str, params: dict[str, Any], method: str) -> None:
    seen = Recorder()
    getattr(client("s3", seen), operation)(Bucket="my-bucket", **params)
    name, found = seen.calls[0]
    assert name == method
    assert {key: found[key] for key in ("Bucket", *params)} == {"Bucket": "my-bucket"} | params


def test_errors_of_s3() -> None:
    answer = refuse(AwsError("NoSuchKey", "The specified key does not exist.", 404, Key="k"))
    with pytest.raises(ClientError) as caught:
        client("s3", answer).get_object(Bucket="my-bucket", Key="k")
    response = caught.value.response
    assert type(caught.value).__name__ == "NoSuchKey"
    assert response["Error"] == {"Code": "NoSuchKey", "Message": "The specified key does not exist.", "Key": "k"}
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert response["ResponseMetadata"]["RequestId"] == "id-1"
    with pytest.raises(ClientError) as caught:
        client("s3", answer).head_object(Bucket="my-bucket", Key="k")
    assert caught.value.response["Error"] == {"Code": "404", "Message": "Not Found"}


# ---------------------------------------------------------------------- presigned URLs


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_upload_and_download(version: str) -> None:
    s3 = client("s3", Recorder(), signature_version=version)
    model = service_model("s3")
    url = s3.generate_presigned_url(
        "get_object", {"Bucket": "my-bucket", "Key": "a b", "ResponseContentType": "text/x"}, ExpiresIn=60
    )
    assert parse_request(model, "GET", url, {"Host": urlsplit(url).netloc}, b"") == (
        "GetObject",
        {"Bucket": "my-bucket", "Key": "a b", "ResponseContentType": "text/x"},
    )
    params = {"Bucket": "my-bucket", "Key": "k", "ContentType": "text/plain", "Metadata": {"a": "b"}}
    url = s3.generate_presigned_url("put_object", params)
    sent = {"Content-Type": "text/plain", "x-amz-meta-a": "b"}
    assert parse_request(model, "PUT", url, sent, b"data") == ("PutObject", params | {"Body": b"data"})


def test_presigned_query_request() -> None:
    url = client("sts", Recorder()).generate_presigned_url("get_caller_identity")
    assert parse_request(service_model("sts"), "GET", url, {}, b"") == ("GetCallerIdentity", {})
    params = {
        "RoleArn": "arn:aws:iam::123456789012:role/r",
        "RoleSessionName": "session",
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    url = client("sts", Recorder()).generate_presigned_url("assume_role", params)
    assert parse_request(service_model("sts"), "GET", url, {}, b"") == ("AssumeRole", params)


def test_presigned_speech() -> None:
    params = {"Text": "hello there", "OutputFormat": "mp3", "VoiceId": "Amy"}
    url = client("polly", Recorder()).generate_presigned_url("synthesize_speech", params)
    assert parse_request(service_model("polly"), "POST", url, {}, b"") == ("SynthesizeSpeech", params)


def test_headers_moved_into_the_query_string() -> None:
    """As the SDK for JavaScript presigns; it names the operation, too."""
    url = (
        "https://b.s3.us-east-1.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F20240101%2Fus-east-1"
        "%2Fs3%2Faws4_request&X-Amz-Signature=x&X-Amz-Date=20240101T000000Z&X-Amz-Expires=60&x-amz-acl=private"
        "&x-amz-meta-who=me&x-id=PutObject"
    )
    name, params = parse_request(service_model("s3"), "PUT", url, {}, b"x")
    assert name == "PutObject"
    assert params == {"Bucket": "b", "Key": "k", "Body": b"x", "ACL": "private", "Metadata": {"who": "me"}}


# ---------------------------------------------------------------------- the other services


def test_modelled_error_of_dynamodb() -> None:
    item = {"pk": {"S": "a"}, "n": {"N": "1"}, "b": {"B": b"\x00"}}
    answer = refuse(AwsError("ConditionalCheckFailedException", "The conditional request failed", Item=item))
    with pytest.raises(ClientError) as caught:
        client("dynamodb", answer).put_item(TableName="t", Item={"pk": {"S": "a"}})
    response = caught.value.response
    assert type(caught.value).__name__ == "ConditionalCheckFailedException"
    assert response["Item"] == item
    assert response["Error"]["Message"] == "The conditional request failed"
    assert "message" not in response  # recorded: beside the item it is spelled with a capital


@pytest.mark.parametrize("code", ["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"])
def test_codes_of_old_in_a_json_protocol(code: str) -> None:
    answer = refuse(AwsError(code, "The specified queue does not exist."))
    with pytest.raises(ClientError) as caught:
        client("sqs", answer).get_queue_url(QueueName="q")
    error = caught.value.response["Error"]
    assert type(caught.value).__name__ == "QueueDoesNotExist"
    assert error["Code"] == "AWS.SimpleQueueService.NonExistentQueue"
    assert (error["QueryErrorCode"], error["Type"]) == ("QueueDoesNotExist", "Sender")


@pytest.mark.parametrize("code", ["NotFound", "NotFoundException"])
def test_codes_of_a_query_service(code: str) -> None:
    with pytest.raises(ClientError) as caught:
        client("sns", refuse(AwsError(code, "Topic does not exist"))).get_topic_attributes(TopicArn="arn")
    response = caught.value.response
    assert response["Error"] == {"Type": "Sender", "Code": "NotFound", "Message": "Topic does not exist"}
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert response["ResponseMetadata"]["RequestId"] == "id-1"


def test_error_of_lambda() -> None:
    answer = refuse(AwsError("ResourceNotFoundException", "Function not found: f", 404, Type="User"))
    with pytest.raises(ClientError) as caught:
        client("lambda", answer).get_function(FunctionName="f")
    response = caught.value.response
    assert response["Error"] == {"Message": "Function not found: f", "Code": "ResourceNotFoundException"}
    assert (response["Type"], response["ResponseMetadata"]["HTTPStatusCode"]) == ("User", 404)


def test_error_of_ec2() -> None:
    with pytest.raises(ClientError) as caught:
        client("ec2", refuse(AwsError("InvalidVpcID.NotFound", "no <vpc>"))).describe_vpcs()
    assert caught.value.response["Error"] == {"Code": "InvalidVpcID.NotFound", "Message": "no <vpc>"}


def test_compressed_request() -> None:
    seen = Recorder()
    cloudwatch = client("cloudwatch", seen, request_min_compression_size_bytes=1)
    cloudwatch.put_metric_data(Namespace="n", MetricData=[{"MetricName": "m", "Value": 1.5}])
    assert seen.calls == [("PutMetricData", {"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 1.5}]})]


def test_a_gzip_object_stays_one() -> None:
    packed = gzip.compress(b"x")
    _, params = parse_request(
        service_model("s3"), "PUT", "/b/k", {"Content-Encoding": "gzip", "Content-Type": "text/plain"}, packed
    )
    assert (params["Body"], params["ContentEncoding"]) == (packed, "gzip")


def test_status_and_headers_beside_the_model() -> None:
    part = {"Body": b"ell", "ResponseMetadata": {"HTTPStatusCode": 206, "HTTPHeaders": {"accept-ranges": "bytes"}}}
    got = client("s3", Recorder(part)).get_object(Bucket="my-bucket", Key="k", Range="bytes=1-3")
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert got["ResponseMetadata"]["HTTPHeaders"]["accept-ranges"] == "bytes"


def test_connections_are_below_the_stage() -> None:
    model = service_model("apigatewaymanagementapi")
    url = "https://a.execute-api.us-east-1.amazonaws.com/prod/%40connections/L0SM9cOFvHcCIhw%3D"
    assert parse_request(model, "POST", url, {}, b"hi") == (
        "PostToConnection",
        {"ConnectionId": "L0SM9cOFvHcCIhw=", "Data": b"hi"},
    )


# ---------------------------------------------------------------------- what isn't understood


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("service", "method", "url", "headers", "body", "code", "status"),
    [
        ("dynamodb", "POST", "/", {"X-Amz-Target": "DynamoDB_20120810.Nope"}, b"{}", "UnknownOperationException", 400),
        ("dynamodb", "POST", "/", {"X-Amz-Target": "Other.ListTables"}, b"{}", "UnknownOperationException", 400),
        (
            "dynamodb",
            "POST",
            "/",
            {"X-Amz-Target": "DynamoDB_20120810.ListTables"},
            b"{",
            "SerializationException",
            400,
        ),
        ("dynamodb", "POST", "/", {"X-Amz-Target": "DynamoDB_20120810.ListTables"}, b"", "SerializationException", 400),
        ("sts", "POST", "/", FORM, b"Action=Nope&Version=2011-06-15", "InvalidAction", 400),
        ("sts", "POST", "/", FORM, b"Version=2011-06-15", "MissingAction", 400),
        ("ec2", "POST", "/", FORM, b"Action=Nope", "InvalidAction", 400),
        ("sts", "POST", "/", FORM, b"Action=AssumeRole&DurationSeconds=x", "MalformedInput", 400),
        ("lambda", "GET", "/nowhere", {}, b"", "UnknownOperationException", 404),
        ("lambda", "POST", "/2015-03-31/functions", {}, b"{", "SerializationException", 400),
        ("apigateway", "GET", "/nowhere", {}, b"", "MissingAuthenticationTokenException", 403),
        ("s3", "POST", "/bucket", {}, b"", "MethodNotAllowed", 405),
        ("s3", "PUT", "/bucket/key?tagging", {}, b"<Tagging><TagSet>", "MalformedXML", 400),
        ("s3", "PUT", "/bucket/key?tagging", {}, b"<Other/>", "MalformedXML", 400),
        ("s3", "GET", "/bucket?list-type=2&max-keys=x", {}, b"", "InvalidArgument", 400),
    ],
)
def test_refused(
    service: str, method: str, url: str, headers: dict[str, str], body: bytes, code: str, status: int
) -> None:
    with pytest.raises(AwsError) as caught:
        parse_request(service_model(service), method, url, headers, body)
    assert (caught.value.code, caught.value.status) == (code, status)


@pytest.mark.parametrize(("service", "operation", "body", "message"), MISTYPED)
def test_values_of_another_type(service: str, operation: str, body: Any, message: str) -> None:
    model = service_model(service)
    headers = {"X-Amz-Target": f"{model.metadata['targetPrefix']}.{operation}"}
    with pytest.raises(AwsError) as caught:
        parse_request(model, "POST", "/", headers, json.dumps(body))
    assert (caught.value.code, caught.value.message) == ("SerializationException", message)


@pytest.mark.parametrize(
    ("service", "headers", "protocol"),
    [
        ("dynamodb", {"X-Amz-Target": "DynamoDB_20120810.ListTables"}, "json"),
        ("sts", FORM, "query"),
        ("ec2", FORM, "ec2"),
        ("lambda", {}, "rest-json"),
        ("s3", {}, "rest-xml"),
        ("sqs", FORM, None),
    ],
)
def test_protocol_of_a_request(service: str, headers: dict[str, str], protocol: str | None) -> None:
    assert request_protocol(service_model(service), "/", headers) == protocol


def test_unsupported_by_name() -> None:
    with pytest.raises(NotSupported, match="StartConversation"):
        parse_request(
            service_model("lexv2-runtime"), "POST", "/bots/a/botAliases/b/botLocales/c/sessions/d/conversation", {}, b""
        )
    with pytest.raises(NotSupported, match="InvokeWithResponseStream"):
        serialize_response(service_model("lambda").operation_model("InvokeWithResponseStream"), {}, "id-1")
    with pytest.raises(NotSupported, match="'query'"):
        parse_request(service_model("sqs"), "POST", "/", FORM, b"Action=ListQueues")
    with pytest.raises(NotSupported, match="POST Object"):
        parse_request(service_model("s3"), "POST", "/b", {"Content-Type": "multipart/form-data; boundary=x"}, b"")


# ---------------------------------------------------------------------- CBOR

cbor_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(cbor_values)
def test_cbor(value: Any) -> None:
    assert cbor.loads(cbor.dumps(value)) == value


@given(st.binary(max_size=24))
def test_cbor_of_anything(data: bytes) -> None:
    try:
        cbor.loads(data)
    except Malformed:
        pass


@pytest.mark.parametrize(
    ("encoded", "value"),  # RFC 8949, appendix A
    [
        ("f93e00", 1.5),
        ("f97c00", float("inf")),
        ("fa47c35000", 100000.0),
        ("fb3ff199999999999a", 1.1),
        ("f7", None),
        ("1bffffffffffffffff", 2**64 - 1),
        ("3bffffffffffffffff", -(2**64)),
        ("5f42010243030405ff", b"\x01\x02\x03\x04\x05"),
        ("7f657374726561646d696e67ff", "streaming"),
        ("9f018202039f0405ffff", [1, [2, 3], [4, 5]]),
        ("bf61610161629f0203ffff", {"a": 1, "b": [2, 3]}),
    ],
)
def test_cbor_in_other_forms(encoded: str, value: Any) -> None:
    assert cbor.loads(bytes.fromhex(encoded)) == value
