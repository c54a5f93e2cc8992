"""API calls, one after the other: ``[operation, parameters, part of the answer | "Code: message"]``."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mock_serverless.cloud import Cloud
from mock_serverless.core.errors import NotSupported

from .apis import client, id_of, make_api

CASES = json.loads((Path(__file__).parents[2] / "cases" / "apigateway_calls.json").read_text())


def resolved(value: Any, answers: list[Any], root: str) -> Any:
    if isinstance(value, dict):
        return {k: resolved(v, answers, root) for k, v in value.items()}
    if isinstance(value, list):
        return [resolved(v, answers, root) for v in value]
    if not isinstance(value, str):
        return value
    value = value.replace("${root}", root)
    return re.sub(r"\$\{(\d+)\.(\w+)\}", lambda m: str(answers[int(m.group(1))][m.group(2)]), value)


def has(answer: Any, part: Any) -> bool:
    """Whether everything of ``part`` is in the answer."""
    if isinstance(part, dict):
        return isinstance(answer, dict) and all(k in answer and has(answer[k], v) for k, v in part.items())
    if isinstance(part, list):
        return len(answer) == len(part) and all(map(has, answer, part))
    return bool(answer == part)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any], cloud: Cloud) -> None:
    api = client()
    created = api.create_rest_api(name="api")
    answers: list[Any] = []
    for operation, params, expected in case["calls"]:
        params, expected = resolved([params, expected], answers, created["rootResourceId"])
        call = getattr(api, operation)
        if isinstance(expected, str):
            with pytest.raises(ClientError) as caught:
                call(restApiId=created["id"], **params)
            error = caught.value.response["Error"]
            assert f"{error['Code']}: {error['Message']}" == expected
            answers.append({})
        else:
            answers.append(call(restApiId=created["id"], **params))
            assert has(answers[-1], expected), (operation, answers[-1], expected)


def test_every_operation_without_its_api_is_not_found(cloud: Cloud) -> None:
    api = client()
    for operation in (
        "get_rest_api",
        "get_resources",
        "get_stages",
        "get_deployments",
        "get_models",
        "get_authorizers",
    ):
        with pytest.raises(
            api.exceptions.NotFoundException, match="Invalid API identifier specified 123456789012:nope"
        ):
            getattr(api, operation)(restApiId="nope")


def test_tags(cloud: Cloud) -> None:
    api = client()
    id = api.create_rest_api(name="a", tags={"a": "1"})["id"]
    arn = f"arn:aws:apigateway:us-east-1::/restapis/{id}"
    api.tag_resource(resourceArn=arn, tags={"b": "2"})
    api.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert api.get_tags(resourceArn=arn)["tags"] == {"b": "2"}
    assert api.get_rest_api(restApiId=id)["tags"] == {"b": "2"}
    with pytest.raises(api.exceptions.NotFoundException):
        api.get_tags(resourceArn=arn + "x")


def test_a_clone_has_all_but_deployments(cloud: Cloud) -> None:
    api = client()
    origin = id_of(make_api([{"path": "/a/b"}]))
    clone = api.create_rest_api(name="clone", cloneFrom=origin)
    paths = {r["path"]: r for r in api.get_resources(restApiId=clone["id"])["items"]}
    assert set(paths) == {"/", "/a", "/a/b"}
    assert paths["/a"]["parentId"] == clone["rootResourceId"]
    assert "GET" in paths["/a/b"]["resourceMethods"]
    assert api.get_stages(restApiId=clone["id"])["item"] == []


def test_usage_plans_by_key_and_their_patches(cloud: Cloud) -> None:
    api = client()
    id = id_of(make_api([{"path": "/a"}]))
    key = api.create_api_key(name="k", value="x" * 20, enabled=True)
    with pytest.raises(api.exceptions.ConflictException, match="API Key already exists"):
        api.create_api_key(value="x" * 20)
    with pytest.raises(api.exceptions.BadRequestException, match="at least 20 characters"):
        api.create_api_key(value="short")
    plan = api.create_usage_plan(name="p")
    api.create_usage_plan(name="other")
    api.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    assert [p["name"] for p in api.get_usage_plans(keyId=key["id"])["items"]] == ["p"]
    patches = [
        {"op": "add", "path": "/apiStages", "value": f"{id}:dev"},
        {"op": "replace", "path": f"/apiStages/{id}:dev/throttle/~1a/GET/rateLimit", "value": "5"},
        {"op": "replace", "path": "/throttle/burstLimit", "value": "3"},
    ]
    patched = api.update_usage_plan(usagePlanId=plan["id"], patchOperations=patches)
    assert patched["apiStages"] == [{"apiId": id, "stage": "dev", "throttle": {"/a/GET": {"rateLimit": 5.0}}}]
    assert patched["throttle"] == {"burstLimit": 3}
    remove = [{"op": "remove", "path": "/apiStages", "value": f"{id}:dev"}]
    assert api.update_usage_plan(usagePlanId=plan["id"], patchOperations=remove)["apiStages"] == []
    api.delete_usage_plan(usagePlanId=plan["id"])


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("create_rest_api", {"name": "x", "policy": "{}"}, "policy"),
    ("create_rest_api", {"name": "x", "endpointConfiguration": {"types": ["PRIVATE"], "vpcEndpointIds": ["v"]}}, "VPC"),
    ("create_api_key", {"stageKeys": [{"restApiId": "a", "stageName": "b"}]}, "stageKeys"),
    ("create_vpc_link", {"name": "x", "targetArns": ["a"]}, "CreateVpcLink"),
    ("create_domain_name", {"domainName": "example.com"}, "CreateDomainName"),
    ("create_api_key", {"generateDistinctId": False}, "generateDistinctId"),
    ("create_rest_api", {"name": "x", "securityPolicy": "TLS_1_2"}, "securityPolicy"),
]
OF_AN_API: list[tuple[str, dict[str, Any], str]] = [
    ("create_authorizer", {"name": "x", "type": "TOKEN", "providerARNs": ["a"]}, "providerARNs"),
    (
        "put_integration",
        {"resourceId": "${root}", "httpMethod": "GET", "type": "MOCK", "connectionId": "abc"},
        "connectionId",
    ),
    (
        "put_integration",
        {"resourceId": "${root}", "httpMethod": "GET", "type": "MOCK", "responseTransferMode": "STREAM"},
        "responseTransferMode",
    ),
    (
        "test_invoke_method",
        {"resourceId": "${root}", "httpMethod": "GET", "clientCertificateId": "abc"},
        "clientCertificateId",
    ),
    (
        "update_stage",
        {
            "stageName": "dev",
            "patchOperations": [{"op": "replace", "path": "/clientCertificateId", "value": "abc"}],
        },
        "clientCertificateId",
    ),
]


@pytest.mark.parametrize(("operation", "params", "named"), REFUSED)
def test_what_would_not_act_is_refused_by_name(
    operation: str, params: dict[str, Any], named: str, cloud: Cloud
) -> None:
    skip_where_unknown(operation, params)
    with pytest.raises(NotSupported, match=named):
        getattr(client(), operation)(**params)


def skip_where_unknown(operation: str, params: dict[str, Any]) -> None:
    api = client()
    known = api.meta.service_model.operation_model(api.meta.method_to_api_mapping[operation]).input_shape.members
    if not params.keys() <= known.keys():
        pytest.skip("a member that this version of botocore doesn't know yet")


@pytest.mark.parametrize(("operation", "params", "named"), OF_AN_API)
def test_what_would_not_act_in_an_api(operation: str, params: dict[str, Any], named: str, cloud: Cloud) -> None:
    skip_where_unknown(operation, params)
    api, id = client(), id_of(make_api([{"path": "/", "method": "GET"}]))
    root = api.get_resources(restApiId=id)["items"][0]["id"]
    with pytest.raises(NotSupported, match=named):
        getattr(api, operation)(restApiId=id, **resolved(params, [], root))


def test_settings_of_the_stage_beside_a_canary(cloud: Cloud) -> None:
    api, id = client(), id_of(make_api([{"path": "/", "method": "GET"}]))
    settings: dict[str, Any] = {"stageDescription": "new", "tracingEnabled": True, "variables": {"a": "b"}}
    made = api.create_deployment(restApiId=id, stageName="dev", canarySettings={"percentTraffic": 10.0}, **settings)
    stage = api.get_stage(restApiId=id, stageName="dev")
    assert stage["canarySettings"]["deploymentId"] == made["id"] != stage["deploymentId"]
    assert (stage["description"], stage["tracingEnabled"], stage["variables"]) == ("new", True, {"a": "b"})


def test_regions_and_accounts_are_separate(cloud: Cloud) -> None:
    client().create_rest_api(name="here")
    assert boto3.client("apigateway", region_name="eu-west-1").get_rest_apis()["items"] == []
    other = boto3.client("apigateway", "us-east-1", aws_access_key_id="210987654321", aws_secret_access_key="x")
    assert other.get_rest_apis()["items"] == []
    assert len(client().get_rest_apis()["items"]) == 1


def test_a_plan_shows_tags_when_it_is_asked_for(cloud: Cloud) -> None:
    """Recorded by a public test suite on AWS: neither when it is made, nor in lists, while there are none."""
    api = client()
    plan = api.create_usage_plan(name="n")
    assert "tags" not in plan
    assert "tags" not in api.get_usage_plans()["items"][0]
    assert api.get_usage_plan(usagePlanId=plan["id"])["tags"] == {}
    patch = [{"op": "replace", "path": "/description", "value": "d"}]
    assert api.update_usage_plan(usagePlanId=plan["id"], patchOperations=patch)["tags"] == {}
