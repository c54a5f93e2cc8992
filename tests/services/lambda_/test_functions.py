"""Functions, versions, aliases, permissions, limits, URLs: what Lambda's API says, in AWS's words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mock_serverless.cloud import Cloud
from mock_serverless.core.errors import NotSupported

from .conftest import ROLE, zipped

ECHO = "def handler(event, context):\n    return event\n"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"
KEY = "arn:aws:kms:us-east-1:123456789012:key/a"
ZIP = {"ZipFile": zipped({"app.py": ECHO})}
NEW = {"FunctionName": "f", "Runtime": "python3.12", "Handler": "app.handler", "Role": ROLE, "Code": ZIP}

REFUSALS = json.loads((Path(__file__).parents[2] / "cases" / "lambda_refusals.json").read_text(encoding="utf-8"))


def _read(value: Any) -> Any:
    """The cases' way of writing bytes."""
    if not isinstance(value, dict):
        return value
    if value.keys() == {"zip"}:
        return zipped(value["zip"])
    if value.keys() == {"bytes"}:
        return value["bytes"].encode()
    if value.keys() == {"repeat", "times"}:
        return value["repeat"].encode() * value["times"]
    return {k: _read(v) for k, v in value.items()}


@pytest.mark.parametrize("case", REFUSALS, ids=[f"{c['operation']} {c['message'][:40]}" for c in REFUSALS])
def test_refused(client: Any, deploy: Any, case: dict[str, Any]) -> None:
    deploy("f", ECHO)
    params = NEW | _read(case["changes"]) if "changes" in case else _read(case["params"])
    with pytest.raises(ClientError) as error:
        getattr(client, case["operation"])(**params)
    assert error.value.response["Error"] == {"Code": case["code"], "Message": case["message"]}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:l:1"]}, "Layers"),
        ({"PackageType": "Image", "Code": {"ImageUri": "x"}}, "container images"),
        ({"Code": {"S3Bucket": "buck", "S3Key": "k"}}, "s3.GetObject"),
        ({"VpcConfig": {"SubnetIds": ["subnet-12345678"], "SecurityGroupIds": ["sg-12345678"]}}, "ec2.DescribeSubnets"),
    ],
)
def test_what_is_not_supported_is_named(client: Any, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(NotSupported, match=words):
        client.create_function(**(NEW | changes))


def test_code_from_s3(cloud: Cloud, client: Any, call: Any) -> None:
    cloud.stub("s3", "GetObject", lambda params: {"Body": ZIP["ZipFile"]})
    client.create_function(**(NEW | {"Code": {"S3Bucket": "buck", "S3Key": "k"}}))
    assert call("f", 5) == 5


def test_states_of_a_function(cloud: Cloud, client: Any) -> None:
    assert client.create_function(**NEW)["State"] == "Pending"
    assert client.get_function(FunctionName="f")["Configuration"]["State"] == "Active"
    client.get_waiter("function_active_v2").wait(FunctionName="f")
    assert client.update_function_configuration(FunctionName="f", Timeout=9)["LastUpdateStatus"] == "InProgress"
    with pytest.raises(
        client.exceptions.ResourceConflictException, match=f"An update is in progress for resource: {ARN}"
    ):
        client.update_function_code(FunctionName="f", **ZIP)
    cloud.clock.advance(seconds=1)
    assert client.get_function_configuration(FunctionName="f")["LastUpdateStatus"] == "Successful"


def test_versions_and_aliases(cloud: Cloud, client: Any, deploy: Any, call: Any) -> None:
    code = "def handler(event, context):\n    return [%d, context.function_version, context.invoked_function_arn]\n"
    deploy("f", code % 1)
    assert client.publish_version(FunctionName="f")["Version"] == "1"
    assert client.publish_version(FunctionName="f")["Version"] == "1"  # nothing has changed
    client.update_function_code(FunctionName="f", ZipFile=zipped({"app.py": code % 2}))
    cloud.clock.advance(seconds=1)
    client.publish_version(FunctionName="f", Description="second")
    client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    assert call("f:live") == [1, "1", f"{ARN}:live"]
    assert call("f", Qualifier="2") == [2, "2", f"{ARN}:2"]
    assert call("f") == [2, "$LATEST", ARN]
    client.update_alias(FunctionName="f", Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}})
    assert {call("f:live")[1] for _ in range(40)} == {"1", "2"}
    assert [v["Version"] for v in client.list_versions_by_function(FunctionName="f")["Versions"]] == [
        "$LATEST",
        "1",
        "2",
    ]
    with pytest.raises(client.exceptions.ResourceConflictException):
        client.delete_function(FunctionName="f", Qualifier="1")


def test_lists_have_pages(client: Any) -> None:
    for i in range(5):
        client.create_function(**(NEW | {"FunctionName": f"f{i}"}))
    pages = list(client.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2}))
    assert [[f["FunctionName"] for f in p["Functions"]] for p in pages] == [["f0", "f1"], ["f2", "f3"], ["f4"]]


def test_reserved_concurrency(cloud: Cloud, client: Any) -> None:
    def nested(event: Any, context: Any) -> Any:
        if event:
            return json.loads(client.invoke(FunctionName="f", Payload=b"0")["Payload"].read())
        return "inner"

    cloud.function("f", nested)
    client.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=1)
    answer = json.loads(client.invoke(FunctionName="f", Payload=b"1")["Payload"].read())
    assert answer["errorType"] == "TooManyRequestsException"
    client.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=2)
    assert json.loads(client.invoke(FunctionName="f", Payload=b"1")["Payload"].read()) == "inner"
    client.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    with pytest.raises(client.exceptions.TooManyRequestsException) as error:
        client.invoke(FunctionName="f")
    assert error.value.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"


def test_policy(client: Any, deploy: Any) -> None:
    deploy("f", ECHO)
    given = {
        "FunctionName": "f",
        "StatementId": "s",
        "Action": "lambda:InvokeFunction",
        "Principal": "events.amazonaws.com",
    }
    client.add_permission(**given, SourceArn="arn:aws:events:us-east-1:123456789012:rule/r")
    (statement,) = json.loads(client.get_policy(FunctionName="f")["Policy"])["Statement"]
    assert statement["Condition"] == {"ArnLike": {"AWS:SourceArn": "arn:aws:events:us-east-1:123456789012:rule/r"}}
    with pytest.raises(client.exceptions.ResourceConflictException):
        client.add_permission(**given)
    client.remove_permission(FunctionName="f", StatementId="s")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_policy(FunctionName="f")


def test_a_policy_has_the_revision_of_what_it_belongs_to(client: Any, deploy: Any) -> None:
    """Recorded by a public test suite on AWS: of the function, a version, an alias."""

    def revision(qualifier: str | None) -> Any:
        if qualifier == "live":
            return client.get_alias(FunctionName="f", Name="live")["RevisionId"]
        return client.get_function(**of(qualifier))["Configuration"]["RevisionId"]

    def of(qualifier: str | None) -> dict[str, str]:
        return {"FunctionName": "f"} | ({"Qualifier": qualifier} if qualifier else {})

    given = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"}
    deploy("f", ECHO)
    seen = [revision(None), client.publish_version(FunctionName="f")["RevisionId"], revision(None)]
    seen.append(client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")["RevisionId"])
    assert [revision(None), revision("1")] == [seen[2], seen[1]]
    for qualifier in (None, "1", "live"):
        client.add_permission(**of(qualifier), **given, RevisionId=revision(qualifier))
        seen.append(client.get_policy(**of(qualifier))["RevisionId"])
        assert seen[-1] == revision(qualifier)
        client.remove_permission(**of(qualifier), StatementId="s", RevisionId=seen[-1])
        seen.append(revision(qualifier))
    assert len(set(seen)) == len(seen)


def test_an_update_ends_though_the_policy_has_changed_meanwhile(cloud: Cloud, client: Any, deploy: Any) -> None:
    deploy("f", ECHO)
    client.update_function_configuration(FunctionName="f", Timeout=9)
    client.add_permission(
        FunctionName="f", StatementId="s", Action="lambda:InvokeFunction", Principal="events.amazonaws.com"
    )
    cloud.clock.advance(seconds=1)
    assert client.get_function_configuration(FunctionName="f")["LastUpdateStatus"] == "Successful"


def test_lists_leave_states_and_versions_of_runtimes_out(client: Any, deploy: Any) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html, and recorded by a public test suite on AWS."""
    deploy("f", ECHO)
    client.publish_version(FunctionName="f")
    members = client.get_function_configuration(FunctionName="f").keys()
    members -= {"State", "LastUpdateStatus", "RuntimeVersionConfig", "ResponseMetadata"}
    everything = client.list_functions(FunctionVersion="ALL")["Functions"]
    assert everything == client.list_versions_by_function(FunctionName="f")["Versions"]
    assert [f["FunctionArn"] for f in everything] == [f"{ARN}:$LATEST", f"{ARN}:1"]
    assert all(f.keys() == members for f in everything)
    (only,) = client.list_functions()["Functions"]
    assert only == everything[0] | {"FunctionArn": ARN}


def test_a_deployment_package_can_be_downloaded(cloud: Cloud, client: Any) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCodeLocation.html"""
    published = client.create_function(**NEW, Publish=True)
    assert (published["FunctionArn"], published["Version"]) == (ARN, "1")  # recorded by a public test suite on AWS
    one = client.get_function(FunctionName="f", Qualifier="1")["Code"]["Location"]
    other = zipped({"app.py": "def handler(event, context): pass"})
    client.update_function_code(FunctionName="f", ZipFile=other)
    two = client.get_function(FunctionName="f")["Code"]["Location"]
    assert [cloud.http.get(url).content for url in (one, two)] == [ZIP["ZipFile"], other]
    client.delete_function(FunctionName="f")
    assert cloud.http.get(one).status_code == 404
    cloud.function("g", len)
    with pytest.raises(NotSupported, match="g is a Python callable"):
        cloud.http.get(client.get_function(FunctionName="g")["Code"]["Location"])


def test_function_url(cloud: Cloud, client: Any) -> None:
    seen: list[Any] = []

    def handler(event: Any, context: Any) -> Any:
        seen.append(event)
        if event["rawPath"] == "/boom":
            raise RuntimeError
        return (
            {"statusCode": 201, "headers": {"X-A": "b"}, "cookies": ["c=1"], "body": "made"}
            if event.get("body")
            else {"a": 1}
        )

    cloud.function("f", handler)
    url = client.create_function_url_config(FunctionName="f", AuthType="NONE")["FunctionUrl"]
    assert cloud.http.get(url).status_code == 403
    client.add_permission(
        FunctionName="f", StatementId="u", Action="lambda:InvokeFunctionUrl", Principal="*", FunctionUrlAuthType="NONE"
    )
    answer = cloud.http.request("POST", url + "orders%207?x=1&x=2", headers={"Cookie": "a=1; b=2"}, content=b"text")
    assert (answer.status_code, answer.headers["x-a"], answer.content) == (201, "b", b"made")
    event = seen[-1]
    assert (event["rawPath"], event["queryStringParameters"], event["cookies"], event["body"]) == (
        "/orders 7",
        {"x": "1,2"},
        ["a=1", "b=2"],
        "text",
    )
    assert cloud.http.get(url).json() == {"a": 1}
    assert cloud.http.get(url + "boom").status_code == 502
    client.delete_function_url_config(FunctionName="f")
    assert cloud.http.get(url).status_code == 403


def test_structures_with_nothing_in_them_are_the_defaults(client: Any, call: Any) -> None:
    answer = client.create_function(**NEW, TracingConfig={}, SnapStart={}, LoggingConfig={}, Environment={})
    assert answer["TracingConfig"] == {"Mode": "PassThrough"}
    assert answer["SnapStart"] == {"ApplyOn": "None", "OptimizationStatus": "Off"}
    assert answer["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/f"}
    assert call("f", 1) == 1


@pytest.mark.parametrize(
    ("operation", "params", "member"),
    [
        ("ListFunctions", {"MasterRegion": "ALL"}, "MasterRegion"),
        ("PublishVersion", {"FunctionName": "f", "PublishTo": "LATEST_PUBLISHED"}, "PublishTo"),
        ("UpdateFunctionCode", {"FunctionName": "f", "ZipFile": b"x", "PublishTo": "LATEST_PUBLISHED"}, "PublishTo"),
        ("UpdateFunctionCode", {"FunctionName": "f", "ZipFile": b"x", "SourceKMSKeyArn": KEY}, "SourceKMSKeyArn"),
    ],
)
def test_members_that_could_not_act_are_refused(
    cloud: Cloud, deploy: Any, operation: str, params: dict[str, Any], member: str
) -> None:
    deploy("f", "def handler(event, context): pass")
    with pytest.raises(NotSupported, match=member):
        cloud.call("lambda", operation, params)
