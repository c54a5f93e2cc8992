"""The SDK's door: which clients are answered, by whom, and what botocore looks like before and after."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

import boto3
import botocore
import botocore.session
import pytest
from botocore.client import Config
from botocore.exceptions import ClientError, ParamValidationError
from botocore.hooks import EventAliaser
from botocore.stub import Stubber

from mock_serverless import ClientOutlivedItsMock, Cloud, NotSupported, mock_cloud

KEYS = {"aws_access_key_id": "AKIAREAL", "aws_secret_access_key": "real"}
LABELS = {"Labels": [{"Name": "cat"}]}
IMAGE = {"Bytes": b"png"}


@pytest.fixture(scope="module")
def outside() -> Any:
    """A client that was made before any mock."""
    return boto3.client("rekognition", region_name="eu-west-1", **KEYS)


@pytest.fixture
def labels(cloud: Cloud) -> Any:
    return cloud.stub("rekognition", "DetectLabels", LABELS)


# ---------------------------------------------------------------------- clients made before, inside, after


def test_a_client_made_before_the_mock_is_answered(outside: Any, cloud: Cloud, labels: Any) -> None:
    assert outside.detect_labels(Image=IMAGE)["Labels"] == [{"Name": "cat"}]
    assert cloud.calls.last.region == "eu-west-1"


def test_a_client_made_inside_is_answered_and_refused_after() -> None:
    with mock_cloud() as cloud:
        cloud.stub("rekognition", "DetectLabels", LABELS)
        client = boto3.client("rekognition")
        assert client.detect_labels(Image=IMAGE)["ResponseMetadata"]["HTTPStatusCode"] == 200
    with pytest.raises(
        ClientOutlivedItsMock, match=r"^rekognition\.DetectLabels is called on a client which was created"
    ):
        client.detect_labels(Image=IMAGE)
    with pytest.raises(ClientOutlivedItsMock):
        client.generate_presigned_url("detect_labels", Params={"Image": IMAGE})


def test_a_resource_and_a_paginator_made_inside_are_refused_after() -> None:
    with mock_cloud():
        bucket = boto3.resource("s3").Bucket("files")
        pages = boto3.client("logs").get_paginator("describe_log_groups")
    with pytest.raises(ClientOutlivedItsMock, match=r"s3\.DeleteBucket"):
        bucket.delete()
    with pytest.raises(ClientOutlivedItsMock, match=r"logs\.DescribeLogGroups"):
        list(pages.paginate())


def test_a_client_that_was_cached_by_the_code_under_test_is_answered_by_the_next_mock() -> None:
    with mock_cloud():
        client = boto3.client("rekognition")
    with mock_cloud() as cloud:
        cloud.stub("rekognition", "DetectLabels", LABELS)
        assert client.detect_labels(Image=IMAGE)["Labels"]


def test_a_session_made_inside_makes_good_clients_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    with mock_cloud():
        session = boto3.Session()
        assert session.get_credentials().access_key == "AKIAMOCKSERVERLESS00"
        session.client("sts").get_caller_identity()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAUSER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "user")
    assert session.get_credentials().access_key == "AKIAUSER"
    assert type(session.client("sts", region_name="us-east-1").meta.events) is EventAliaser


def test_the_default_session_is_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = boto3.Session(region_name="eu-west-1", **KEYS)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", mine)
    with mock_cloud():
        assert boto3.client("sts").get_caller_identity()["Account"] == "123456789012"
        boto3.setup_default_session(region_name="us-west-2")
    assert boto3.DEFAULT_SESSION is mine
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with mock_cloud():
        boto3.client("sts")
        assert boto3.DEFAULT_SESSION is not None
    assert boto3.DEFAULT_SESSION is None


def test_botocore_is_the_same_before_and_after() -> None:
    before = _fingerprint()
    with mock_cloud() as cloud:
        assert _fingerprint() != before
        cloud.fail("sts", "GetCallerIdentity", "Throttling", times=1)
        for mode in ("legacy", "standard", "adaptive"):
            boto3.client("sts", config=Config(retries={"mode": mode})).get_caller_identity()
        with mock_cloud(region="eu-west-1"):
            boto3.client("sts").get_caller_identity()
    assert _fingerprint() == before


def _fingerprint() -> dict[str, int]:
    """Every name of every loaded module of the SDK, and every member of every class of theirs."""
    seen = {}
    for name, module in list(sys.modules.items()):
        if module is not None and re.match(r"(aio)?boto(core|3)(\.|$)", name):
            for key, value in list(vars(module).items()):
                if key == "REGISTERED_RETRY_CHECKERS" or key.startswith("__"):
                    continue
                seen[f"{name}.{key}"] = id(value)
                if isinstance(value, type) and value.__module__ == name:
                    seen.update({f"{name}.{key}.{member}": id(v) for member, v in vars(value).items()})
    return {k: v for k, v in seen.items() if not k.endswith(("__doc__", "__abstractmethods__", "_abc_impl"))}


SCRIPT = """
    import os, socket, sys

    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    import boto3, botocore.session
    session_client = boto3.client("rekognition", region_name="us-west-2", aws_access_key_id="a", aws_secret_access_key="b")
    table = boto3.resource("s3", region_name="us-west-2", aws_access_key_id="a", aws_secret_access_key="b").Bucket("bkt")
    no_credentials = botocore.session.Session().create_client("sts", region_name="eu-west-1")
    assert "mock_serverless" not in sys.modules

    from mock_serverless import mock_cloud

    def outside():
        try:
            no_credentials.get_caller_identity()
        except Exception as e:
            return type(e).__name__

    def no_socket(*args):
        raise SystemExit("a socket was used")

    socket.socket.connect = socket.getaddrinfo = no_socket
    before = dict(os.environ), outside()
    with mock_cloud() as cloud:
        cloud.stub("rekognition", "DetectLabels", {})
        cloud.stub("s3", "CreateBucket", {"Location": "/bkt"})
        session_client.detect_labels(Image={"Bytes": b"x"})
        table.create(CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        assert no_credentials.get_caller_identity()["Account"] == "123456789012"
        cloud.fail("sts", "GetCallerIdentity", "Throttling", times=2)
        assert no_credentials.get_caller_identity()["ResponseMetadata"]["RetryAttempts"] == 2
        url = no_credentials.generate_presigned_url("get_caller_identity")
        assert "AKIAMOCKSERVERLESS00" in url, url
    assert before == (dict(os.environ), outside()), (before, outside())
    assert before[1] == "NoCredentialsError", before[1]
    print("fine")
"""


def test_clients_made_before_this_package_is_imported_are_answered() -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(SCRIPT)], capture_output=True, text=True, timeout=60
    )
    assert ran.stdout == "fine\n", ran.stderr


# ---------------------------------------------------------------------- who is asked


def test_all_kinds_of_clients(cloud: Cloud) -> None:
    cloud.stub("s3", "ListObjects", {"Contents": [{"Key": "a"}], "IsTruncated": False})
    cloud.stub("s3", "ListObjectsV2", {"Contents": [{"Key": "a"}], "IsTruncated": False})
    cloud.stub("s3", "GetObject", {"Body": b"x"})
    assert [o.key for o in boto3.resource("s3").Bucket("bkt").objects.all()] == ["a"]
    assert boto3.resource("s3").Object("bkt", "a").get()["Body"].read() == b"x"
    raw = botocore.session.get_session().create_client("s3")
    assert raw.list_objects_v2(Bucket="bkt")["Contents"] == [{"Key": "a"}]


def test_a_paginator_follows_the_tokens(cloud: Cloud) -> None:
    def page(params: dict[str, Any]) -> dict[str, Any]:
        number = int(params.get("nextToken", "0"))
        more = {"nextToken": str(number + 1)} if number < 2 else {}
        return {"logGroups": [{"logGroupName": f"g{number}"}], **more}

    cloud.stub("logs", "DescribeLogGroups", page)
    pages = boto3.client("logs").get_paginator("describe_log_groups").paginate()
    assert [g["logGroupName"] for g in pages.search("logGroups[]")] == ["g0", "g1", "g2"]


ENDPOINTS = [
    ({"config": Config(use_fips_endpoint=True)}, "us-east-1"),
    ({"config": Config(use_dualstack_endpoint=True)}, "us-east-1"),
    ({"region_name": "cn-north-1"}, "cn-north-1"),
    ({"region_name": "us-gov-west-1"}, "us-gov-west-1"),
    ({"endpoint_url": "http://localhost:4566"}, "us-east-1"),
    ({"endpoint_url": "https://vpce-1.example.internal/path"}, "us-east-1"),
    ({"region_name": "aws-global"}, "us-east-1"),
    ({"aws_account_id": "111122223333", "aws_access_key_id": "a", "aws_secret_access_key": "b"}, "us-east-1"),
]


@pytest.mark.parametrize(("options", "region"), ENDPOINTS)
def test_calls_are_routed_by_service_and_operation_whatever_the_endpoint(
    cloud: Cloud, options: dict[str, Any], region: str
) -> None:
    if "aws_account_id" in options and not hasattr(botocore.credentials.Credentials("a", "b"), "account_id"):
        pytest.skip("this botocore knows no account id in credentials")
    identity = boto3.client("sts", **options).get_caller_identity()
    assert identity["Account"] == options.get("aws_account_id", "123456789012")
    assert cloud.calls.last.region == region


@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_other_partitions_give_their_own_arns(cloud: Cloud, region: str, partition: str) -> None:
    assert boto3.client("sts", region_name=region).get_caller_identity()["Arn"].startswith(f"arn:{partition}:iam::")


def test_iam_is_one_world_whatever_the_region(cloud: Cloud) -> None:
    cloud.stub("iam", "ListUsers", {"Users": []})
    boto3.client("iam", region_name="eu-west-1").list_users()
    assert cloud.calls.last.region == "us-east-1"


def test_account_id_endpoints(cloud: Cloud) -> None:
    if not hasattr(botocore.credentials.Credentials("a", "b"), "account_id"):
        pytest.skip("this botocore knows no account id in credentials")
    cloud.stub("dynamodb", "ListTables", {"TableNames": []})
    client = boto3.client("dynamodb", aws_account_id="111122223333", **KEYS)
    hosts = []
    client.meta.events.register("before-call", lambda params, **_: hosts.append(params["url"]))
    client.list_tables()
    assert "111122223333" in hosts[0]
    assert cloud.calls.last.account == "111122223333"


@pytest.mark.parametrize("account", ["123456789012", "444455556666"])
def test_account_id_endpoints_where_the_client_demands_them_and_nobody_names_an_account(account: str) -> None:
    if not hasattr(botocore.credentials.Credentials("a", "b"), "account_id"):
        pytest.skip("this botocore knows no account id in credentials")
    config = Config(account_id_endpoint_mode="required")
    with mock_cloud(account=account) as cloud:
        client = boto3.client("dynamodb", config=config)
        client.list_tables()
        assert cloud.calls.last.account == account
    with mock_cloud(account="777788889999") as cloud:
        client.list_tables()  # an account that nobody has named is that of the cloud which is called
        assert cloud.calls.last.account == "777788889999"


@pytest.mark.parametrize(
    ("key", "account"),
    [("111122223333", "111122223333"), ("AKIASOMEBODY", "123456789012"), ("12345678901", "123456789012")],
)
def test_the_account_comes_from_the_credentials(cloud: Cloud, key: str, account: str) -> None:
    client = boto3.client("sts", aws_access_key_id=key, aws_secret_access_key="x")
    assert client.get_caller_identity()["Account"] == account


def test_the_account_of_the_mock() -> None:
    with mock_cloud(account="999900001111"):
        assert boto3.client("sts").get_caller_identity()["Account"] == "999900001111"


def test_credentials_in_the_environment_inside_the_mock_count(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "444455556666")
    assert boto3.client("sts").get_caller_identity()["Account"] == "444455556666"
    monkeypatch.setenv("AWS_ACCOUNT_ID", "777788889999")
    assert boto3.client("sts").get_caller_identity()["Account"] == "777788889999"


# ---------------------------------------------------------------------- other handlers of botocore's events


def test_the_user_s_own_handlers_run(cloud: Cloud, labels: Any) -> None:
    seen: list[str] = []
    client = boto3.client("rekognition")

    def limit(params: dict[str, Any], **_: Any) -> None:
        params["MaxLabels"] = 7

    def rename(params: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**params, "MinConfidence": 50}

    def after(parsed: dict[str, Any], http_response: Any, **_: Any) -> None:
        seen.append(f"after {http_response.status_code}")
        parsed["Labels"][0]["Name"] = "dog"

    client.meta.events.register("provide-client-params.rekognition.DetectLabels", rename)
    client.meta.events.register("before-parameter-build.rekognition.DetectLabels", limit)
    client.meta.events.register("before-call.rekognition.*", lambda **_: seen.append("before"))
    client.meta.events.register("after-call.rekognition.DetectLabels", after)
    assert client.detect_labels(Image=IMAGE)["Labels"][0]["Name"] == "dog"
    assert cloud.calls.last.params == {"Image": IMAGE, "MaxLabels": 7, "MinConfidence": 50}
    assert seen == ["before", "after 200"]
    assert client.detect_labels(Image=IMAGE)["Labels"][0]["Name"] == "dog"
    assert labels.answer == LABELS


def test_the_caller_s_and_our_objects_are_apart(cloud: Cloud) -> None:
    client = boto3.client("rekognition")
    cloud.stub("rekognition", "DetectLabels", LABELS)
    image: dict[str, Any] = {"S3Object": {"Bucket": "aaa"}}
    client.detect_labels(Image=image)["Labels"].append("spoilt")
    image["S3Object"]["Bucket"] = "bbb"
    assert cloud.calls.last.params == {"Image": {"S3Object": {"Bucket": "aaa"}}}
    assert cloud.calls.last.response == LABELS


def test_a_user_s_before_call_answers_first(cloud: Cloud) -> None:
    client = boto3.client("rekognition")
    http = type("Http", (), {"status_code": 200})()
    client.meta.events.register("before-call.rekognition", lambda **_: (http, {"Labels": ["mine"]}))
    assert client.detect_labels(Image=IMAGE)["Labels"] == ["mine"]
    assert len(cloud.calls) == 0


def test_botocore_s_stubber_answers_first(outside: Any, cloud: Cloud, labels: Any) -> None:
    with Stubber(outside) as stubber:
        stubber.add_response("detect_labels", {"Labels": []}, {"Image": IMAGE})
        stubber.add_client_error("detect_labels", "ThrottlingException")
        assert outside.detect_labels(Image=IMAGE)["Labels"] == []
        with pytest.raises(outside.exceptions.ThrottlingException):
            outside.detect_labels(Image=IMAGE)
    assert len(cloud.calls) == 0
    assert outside.detect_labels(Image=IMAGE)["Labels"] == [{"Name": "cat"}]


def test_botocore_s_own_validation_and_injected_parameters_stay(cloud: Cloud) -> None:
    with pytest.raises(ParamValidationError, match='Missing required parameter in input: "Image"'):
        boto3.client("rekognition").detect_labels()
    cloud.stub("secretsmanager", "CreateSecret", {})
    boto3.client("secretsmanager").create_secret(Name="s")
    assert re.fullmatch(r"[0-9a-f-]{36}", cloud.calls.last.params["ClientRequestToken"])


def test_injected_tokens_are_the_same_in_the_next_run() -> None:
    def token() -> str:
        with mock_cloud() as cloud:
            cloud.stub("secretsmanager", "CreateSecret", {})
            boto3.client("secretsmanager").create_secret(Name="s")
            return str(cloud.calls.last.params["ClientRequestToken"])

    assert token() == token()


# ---------------------------------------------------------------------- left alone


@pytest.fixture
def moto_s3() -> Iterator[None]:
    moto = pytest.importorskip("moto")
    with mock_cloud(passthrough=["s3"]), moto.mock_aws():
        yield


def test_a_service_is_left_to_moto(moto_s3: None) -> None:
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="files")
    s3.put_object(Bucket="files", Key="k", Body=b"moto's")
    assert s3.get_object(Bucket="files", Key="k")["Body"].read() == b"moto's"
    assert boto3.client("sts").get_caller_identity()["Arn"].endswith("user/mock_serverless")


def test_beside_moto_retried_errors_are_ours() -> None:
    moto = pytest.importorskip("moto")
    with mock_cloud() as cloud, moto.mock_aws():
        client = boto3.client("sts")
        cloud.fail("sts", "GetCallerIdentity", "Throttling", times=1)
        answer = client.get_caller_identity()
        assert answer["ResponseMetadata"]["RetryAttempts"] == 1
        assert answer["Arn"].endswith("user/mock_serverless")
        assert len(cloud.calls) == 2


def test_inside_moto_and_after_it() -> None:
    moto = pytest.importorskip("moto")
    with moto.mock_aws():
        with mock_cloud():
            assert boto3.client("sts").get_caller_identity()["Arn"].endswith("user/mock_serverless")
        assert boto3.client("sts", region_name="us-east-1").get_caller_identity()["Arn"].endswith("user/moto")


class Reached(Exception):
    """The request would have left the process."""


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    urls: list[str] = []

    def send(self: Any, request: Any) -> Any:
        urls.append(request.url)
        raise Reached(request.url)

    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", send)
    return urls


@pytest.mark.parametrize(
    ("passthrough", "options", "leaves"),
    [
        (["rekognition"], {}, True),
        (["s3"], {}, False),
        (["http://localhost:8000"], {"endpoint_url": "http://localhost:8000"}, True),
        (["http://localhost:8000/"], {"endpoint_url": "http://localhost:8000/x"}, True),
        (["http://localhost:80"], {"endpoint_url": "http://localhost:8000"}, False),
        (["http://localhost:8000"], {"endpoint_url": "http://localhost:8001"}, False),
        (["http://localhost:8000"], {}, False),
    ],
)
def test_passthrough_by_service_and_by_url(
    sent: list[str], passthrough: list[str], options: dict[str, Any], leaves: bool
) -> None:
    with mock_cloud(passthrough=passthrough) as cloud:
        cloud.stub("rekognition", "DetectLabels", LABELS)
        client = boto3.client("rekognition", config=Config(retries={"max_attempts": 0}), **options)
        if leaves:
            with pytest.raises(Reached):
                client.detect_labels(Image=IMAGE)
        else:
            client.detect_labels(Image=IMAGE)
    assert bool(sent) == leaves


def test_outside_a_mock_a_client_sends_as_ever(outside: Any, sent: list[str]) -> None:
    with mock_cloud() as cloud:
        cloud.stub("rekognition", "DetectLabels", LABELS)
        outside.detect_labels(Image=IMAGE)
    with pytest.raises(Reached):
        outside.detect_labels(Image=IMAGE)
    assert sent == ["https://rekognition.eu-west-1.amazonaws.com/"]


# ---------------------------------------------------------------------- callers that bypass before-call


def test_the_endpoint_used_directly(cloud: Cloud) -> None:
    client = boto3.client("sts")
    model = client.meta.service_model.operation_model("GetCallerIdentity")
    request = client._convert_to_request_dict(
        {}, model, endpoint_url=client.meta.endpoint_url, context={"client_region": "us-east-1"}
    )
    _, parsed = client._endpoint.make_request(model, request)
    assert parsed["Account"] == "123456789012"
    assert cloud.calls.operations == ["sts.GetCallerIdentity"]


def test_the_endpoint_used_directly_for_what_is_not_there(cloud: Cloud) -> None:
    client = boto3.client("rekognition")
    model = client.meta.service_model.operation_model("DetectLabels")
    request = client._convert_to_request_dict(
        {"Image": IMAGE}, model, endpoint_url=client.meta.endpoint_url, context={"client_region": "us-east-1"}
    )
    with pytest.raises(NotSupported, match=r"rekognition\.DetectLabels"):
        client._endpoint.make_request(model, request)


def test_a_signed_request_for_another_account(cloud: Cloud) -> None:
    client = boto3.client("sts", aws_access_key_id="111122223333", aws_secret_access_key="x")
    model = client.meta.service_model.operation_model("GetCallerIdentity")
    request = client._convert_to_request_dict(
        {}, model, endpoint_url=client.meta.endpoint_url, context={"client_region": "us-east-1"}
    )
    assert client._endpoint.make_request(model, request)[1]["Account"] == "111122223333"


def test_a_presigned_url_is_signed_with_fake_keys_and_sent_nowhere(cloud: Cloud) -> None:
    url = boto3.client("sts").generate_presigned_url("get_caller_identity")
    assert "AKIAMOCKSERVERLESS00" in url
    assert "Signature" in boto3.client("s3").generate_presigned_url("get_object", Params={"Bucket": "bkt", "Key": "k"})
    assert len(cloud.calls) == 0


def test_an_unsigned_client(cloud: Cloud) -> None:
    cloud.stub("s3", "GetObject", {"Body": b"x"})
    client = boto3.client("s3", config=Config(signature_version=botocore.UNSIGNED))
    cloud.fail("s3", "GetObject", "SlowDown", times=1)
    answer = client.get_object(Bucket="bkt", Key="k")
    assert answer["Body"].read() == b"x"
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1


def test_errors_of_a_bug_of_ours_or_a_stub_s_come_through(cloud: Cloud) -> None:
    cloud.stub("rekognition", "DetectLabels", ZeroDivisionError("in the stub"))
    with pytest.raises(ZeroDivisionError, match="in the stub"):
        boto3.client("rekognition").detect_labels(Image=IMAGE)


def test_client_errors_have_botocore_s_classes(cloud: Cloud) -> None:
    client = boto3.client("secretsmanager")
    cloud.fail("secretsmanager", "GetSecretValue", "ResourceNotFoundException", message="no such secret")
    with pytest.raises(client.exceptions.ResourceNotFoundException) as caught:
        client.get_secret_value(SecretId="s")
    assert isinstance(caught.value, ClientError)
    assert str(caught.value) == (
        "An error occurred (ResourceNotFoundException) when calling the GetSecretValue operation: no such secret"
    )
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert caught.value.response["Error"] == {"Code": "ResourceNotFoundException", "Message": "no such secret"}
