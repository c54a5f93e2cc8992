"""Requests to APIs with MOCK integrations: what the pipeline does of itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mock_serverless.cloud import Cloud

from .apis import client, id_of, make_api

CASES = json.loads((Path(__file__).parents[2] / "cases" / "apigateway_requests.json").read_text())
OK = {"application/json": '{"statusCode": 200}'}


def method_of(case: dict[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    """The short notation of the case file, as make_api takes it."""
    given = dict(case)
    integration = {"type": "MOCK", "requestTemplates": given.pop("requestTemplates", OK)}
    if "passthroughBehavior" in given:
        integration["passthroughBehavior"] = given.pop("passthroughBehavior")
    answers = given.pop("answers", None) or {"200": {"template": given.pop("answer")}}
    responses = {}
    for status, answer in answers.items():
        response = responses[status] = {"responseTemplates": {"application/json": answer["template"]}}
        if "pattern" in answer:
            response["selectionPattern"] = answer["pattern"]
        headers = answer.get("headers", {})
        response["responseParameters"] = {f"method.response.header.{k}": v for k, v in headers.items()}
    if given.pop("validate", False):
        given["requestValidatorId"] = ids["validator"]
    return {**given, "integration": integration, "responses": responses}


def build(case: dict[str, Any]) -> str:
    """An API, and over it what the methods need; then all of it deployed."""
    url = make_api([{"path": "/placeholder"}], **case.get("api", {}))
    api, ids = client(), {}
    where = {"restApiId": id_of(url)}
    for name, schema in case.get("models", {}).items():
        api.create_model(**where, name=name, contentType="application/json", schema=json.dumps(schema))
    for kind, response in case.get("gateway_responses", {}).items():
        api.put_gateway_response(**where, responseType=kind, **response)
    ids["validator"] = api.create_request_validator(
        **where, name="all", validateRequestBody=True, validateRequestParameters=True
    )["id"]
    from .apis import add_method

    resources = {r["path"]: r["id"] for r in api.get_resources(**where)["items"]}
    for method in case["methods"]:
        add_method(id_of(url), resources, method_of(method, ids))
    api.delete_resource(**where, resourceId=resources["/placeholder"])
    api.create_deployment(**where, stageName="dev", **case.get("stage", {}))
    return url


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"][:40])
def test_case(case: dict[str, Any], cloud: Cloud) -> None:
    url = build(case)
    for request in case["requests"]:
        response = cloud.http.request(
            request.get("method", "GET"),
            url + request["path"],
            headers=request.get("send"),
            content=request.get("content"),
        )
        label = f"{request.get('method', 'GET')} {request['path']}"
        assert response.status_code == request.get("status", 200), (label, response.text)
        if "body" in request:
            assert response.text == request["body"], label
        if "json" in request:
            assert response.json() == request["json"], label
        for name, value in request.get("headers", {}).items():
            assert response.headers.get(name) == value, (label, name)


def test_every_answer_has_aws_headers(cloud: Cloud) -> None:
    url = make_api([{"path": "/", "integration": {"type": "MOCK", "requestTemplates": OK}, "responses": {"200": {}}}])
    fine, refused = cloud.http.get(url), cloud.http.get(url + "/no")
    for response in (fine, refused):
        assert response.headers["content-length"] == str(len(response.content))
        assert len(response.headers["x-amzn-requestid"]) == 36
        assert response.headers["x-amz-apigw-id"].endswith("=")
        assert response.headers["connection"] == "keep-alive"
        assert response.headers["date"].endswith("GMT")
    assert fine.headers["x-amzn-trace-id"].startswith("Root=1-")
    assert "x-amzn-trace-id" not in refused.headers


def test_unknown_apis_and_stages_are_forbidden(cloud: Cloud) -> None:
    url = make_api([{"path": "/"}])
    for other in (url + "s", url.replace(id_of(url), "nosuchapi1"), url.replace("us-east-1", "eu-west-1")):
        response = cloud.http.get(other)
        assert (response.status_code, response.json()) == (403, {"message": "Forbidden"})
        assert response.headers["x-amzn-errortype"] == "ForbiddenException"


def test_a_deployment_is_a_snapshot(cloud: Cloud) -> None:
    url = make_api(
        [{"path": "/a", "integration": {"type": "MOCK", "requestTemplates": OK}, "responses": {"200": {}}}],
    )
    api, where = client(), {"restApiId": id_of(url)}
    resource = next(r["id"] for r in api.get_resources(**where)["items"] if r["path"] == "/a")
    api.put_integration_response(
        **where, resourceId=resource, httpMethod="GET", statusCode="200", responseTemplates={"application/json": "new"}
    )
    assert cloud.http.get(url + "/a").text == ""
    deployment = api.create_deployment(**where)["id"]
    assert cloud.http.get(url + "/a").text == ""
    patch = {"op": "replace", "path": "/deploymentId", "value": deployment}
    api.update_stage(**where, stageName="dev", patchOperations=[patch])
    assert cloud.http.get(url + "/a").text == "new"


def test_a_canary_takes_its_share(cloud: Cloud) -> None:
    url = make_api(
        [
            {
                "path": "/",
                "integration": {"type": "MOCK", "requestTemplates": OK},
                "responses": {"200": {"responseTemplates": {"application/json": "$stageVariables.who"}}},
            }
        ],
        stage_options={"variables": {"who": "base"}},
    )
    client().create_deployment(
        restApiId=id_of(url),
        stageName="dev",
        canarySettings={"percentTraffic": 50.0, "stageVariableOverrides": {"who": "canary"}},
    )
    assert {cloud.http.get(url).text for _ in range(30)} == {"base", "canary"}


def test_limits_of_methods_and_plans_act_in_virtual_time(cloud: Cloud) -> None:
    cloud.clock.freeze()
    integration = {"type": "MOCK", "requestTemplates": OK}
    url = make_api(
        [
            {"path": "/", "integration": integration, "responses": {"200": {}}},
            {"path": "/keyed", "integration": integration, "responses": {"200": {}}, "apiKeyRequired": True},
        ]
    )
    api = client()
    patches = [
        {"op": "replace", "path": "/~1/GET/throttling/rateLimit", "value": "1"},
        {"op": "replace", "path": "/~1/GET/throttling/burstLimit", "value": "2"},
    ]
    api.update_stage(restApiId=id_of(url), stageName="dev", patchOperations=patches)
    assert [cloud.http.get(url).status_code for _ in range(3)] == [200, 200, 429]
    assert cloud.http.get(url).json() == {"message": "Too Many Requests"}
    cloud.clock.advance(seconds=1)
    assert [cloud.http.get(url).status_code for _ in range(2)] == [200, 429]

    assert cloud.http.get(url + "/keyed").json() == {"message": "Forbidden"}
    key = api.create_api_key(name="k", enabled=True)
    headers = {"x-api-key": key["value"]}
    assert cloud.http.get(url + "/keyed", headers=headers).status_code == 403
    plan = api.create_usage_plan(
        name="p", apiStages=[{"apiId": id_of(url), "stage": "dev"}], quota={"limit": 2, "period": "DAY"}
    )
    api.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    assert [cloud.http.get(url + "/keyed", headers=headers).status_code for _ in range(3)] == [200, 200, 429]
    assert cloud.http.get(url + "/keyed", headers=headers).json() == {"message": "Limit Exceeded"}
    cloud.clock.advance(days=1)
    assert cloud.http.get(url + "/keyed", headers=headers).status_code == 200
    disable = {"op": "replace", "path": "/enabled", "value": "false"}
    api.update_api_key(apiKey=key["id"], patchOperations=[disable])
    assert cloud.http.get(url + "/keyed", headers=headers).status_code == 403


def test_a_snapshot_brings_apis_back(cloud: Cloud) -> None:
    url = make_api([{"path": "/", "integration": {"type": "MOCK", "requestTemplates": OK}, "responses": {"200": {}}}])
    with cloud.scratch():
        client().delete_rest_api(restApiId=id_of(url))
        assert cloud.http.get(url).status_code == 403
    assert cloud.http.get(url).status_code == 200
