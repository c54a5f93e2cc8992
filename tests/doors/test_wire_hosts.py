"""Whose request a host name or a signature says it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError
from botocore.loaders import Loader

from mock_serverless.doors.wire import Address, identify_service
from mock_serverless.doors.wire.hosts import bucket_of, read_host

CASES = json.loads((Path(__file__).parents[1] / "cases" / "wire_hosts.json").read_text())
SCOPE = "AWS4-HMAC-SHA256 Credential=AKID/20240101/{}/{}/aws4_request, SignedHeaders=host, Signature=x"
SAMPLED = ("apigateway", "cognito-idp", "dynamodb", "events", "firehose", "iam", "kms", "lambda", "logs", "secretsmanager",
           "sns", "sqs", "ssm", "stepfunctions", "sts", "xray")  # fmt: skip


@pytest.mark.parametrize(("host", "service", "region", "account"), CASES["hosts"])
def test_host(host: str, service: str | None, region: str | None, account: str | None) -> None:
    expected = Address(service, region, account) if service else None
    assert identify_service(host, {}, "/", b"") == expected


@pytest.mark.parametrize(("host", "bucket"), CASES["buckets"])
def test_bucket(host: str, bucket: str | None) -> None:
    assert bucket_of(host) == bucket


@pytest.mark.parametrize("service", SAMPLED)
def test_every_endpoint_that_botocore_makes(service: str) -> None:
    loader = Loader()
    provider = EndpointProvider(
        loader.load_service_model(service, "endpoint-rule-set-1"), loader.load_data("partitions")
    )
    for region in ("us-east-1", "eu-west-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1"):
        for variant in range(4):
            try:
                url = provider.resolve_endpoint(
                    Region=region, UseFIPS=bool(variant & 1), UseDualStack=bool(variant & 2)
                ).url
            except EndpointProviderError:
                continue
            found = read_host(url.partition("://")[2].partition("/")[0])
            assert found is not None, url
            assert service in [known.name for known in found.services], url
            assert found.region in (region, None) or region.startswith("us-gov") or service in ("iam", "sts"), url


@pytest.mark.parametrize(
    ("host", "headers", "path", "body", "expected"),
    [
        pytest.param(
            "localhost:4566",
            {"Authorization": SCOPE.format("eu-west-1", "states")},
            "/",
            b"",
            ("stepfunctions", "eu-west-1", None),
            id="any host, by the signature's scope",
        ),
        pytest.param(
            "localhost:4566",
            {
                "authorization": SCOPE.format("eu-west-1", "dynamodb").encode(),
                b"X-Amz-Target": "DynamoDBStreams_20120810.X",
            },
            "/",
            b"",
            ("dynamodbstreams", "eu-west-1", None),
            id="one signing name, two services, by the target",
        ),
        pytest.param(
            "localhost",
            {"X-Amz-Target": "AmazonSQS.SendMessage"},
            "/",
            b"",
            ("sqs", None, None),
            id="unsigned, by the target",
        ),
        pytest.param(
            "localhost",
            {},
            "/?Action=GetCallerIdentity&X-Amz-Credential=AKID%2F20240101%2Fus-west-2%2Fsts%2Faws4_request",
            b"",
            ("sts", "us-west-2", None),
            id="presigned",
        ),
        pytest.param(
            "sts.amazonaws.com",
            {"Authorization": SCOPE.format("eu-north-1", "sts")},
            "/",
            b"",
            ("sts", "eu-north-1", None),
            id="a global host takes the scope's region",
        ),
        pytest.param(
            "apigateway.us-east-1.amazonaws.com",
            {},
            "/v2/apis/x",
            b"",
            ("apigatewayv2", "us-east-1", None),
            id="path v2",
        ),
        pytest.param(
            "apigateway.us-east-1.amazonaws.com", {}, "/restapis", b"", ("apigateway", "us-east-1", None), id="path v1"
        ),
        pytest.param(
            "email.us-east-1.amazonaws.com", {}, "/v2/email/identities", b"", ("sesv2", "us-east-1", None), id="sesv2"
        ),
        pytest.param(
            "elasticloadbalancing.us-east-1.amazonaws.com",
            {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
            "/",
            b"Action=DescribeLoadBalancers&Version=2015-12-01",
            ("elbv2", "us-east-1", None),
            id="the version of the form",
        ),
        pytest.param(
            "abc.execute-api.us-east-1.amazonaws.com",
            {},
            "/prod/@connections/x%3D",
            b"",
            ("apigatewaymanagementapi", "us-east-1", None),
            id="connections of a WebSocket API",
        ),
        pytest.param(
            "api.example.com",
            {"Authorization": SCOPE.format("us-east-1", "execute-api")},
            "/x",
            b"",
            None,
            id="custom domain",
        ),
        pytest.param(
            "x.lambda-url.us-east-1.on.aws",
            {"Authorization": SCOPE.format("us-east-1", "lambda")},
            "/",
            b"",
            None,
            id="a signed call of a function URL is no call of Lambda's API",
        ),
    ],
)
def test_request(host: str, headers: Any, path: str, body: bytes, expected: Any) -> None:
    assert identify_service(host, headers, path, body) == expected
