"""APIs for the tests, from a few lines of data."""

from __future__ import annotations

from typing import Any

import boto3

FUNCTION = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:"


def client() -> Any:
    return boto3.client("apigateway", region_name="us-east-1")


def function_uri(name: str) -> str:
    return FUNCTION.format(arn=name if name.startswith("arn:") else LAMBDA + name)


def make_api(methods: list[dict[str, Any]], stage: str = "dev", **options: Any) -> str:
    """An API with these methods, deployed; the base URL of its stage.

    A method: ``path``, ``method``, ``function`` (proxy) or ``integration`` and ``responses`` (status -> integration response),
    anything else goes to put_method. ``options``: ``stage_options`` for the deployment, anything else for the API.
    """
    api = client()
    stage_options = options.pop("stage_options", {})
    options.setdefault("endpointConfiguration", {"types": ["REGIONAL"]})
    created = api.create_rest_api(name="api", **options)
    resources = {"/": created["rootResourceId"]}
    for method in methods:
        add_method(created["id"], resources, dict(method))
    api.create_deployment(restApiId=created["id"], stageName=stage, **stage_options)
    return f"https://{created['id']}.execute-api.us-east-1.amazonaws.com/{stage}"


def add_resource(api_id: str, resources: dict[str, str], path: str) -> str:
    """The id of a resource, made with its parents where they are missing."""
    if path not in resources:
        parent, _, part = path.rpartition("/")
        parent_id = add_resource(api_id, resources, parent or "/")
        resources[path] = client().create_resource(restApiId=api_id, parentId=parent_id, pathPart=part)["id"]
    return resources[path]


def add_method(api_id: str, resources: dict[str, str], method: dict[str, Any]) -> None:
    api = client()
    where = {
        "restApiId": api_id,
        "resourceId": add_resource(api_id, resources, method.pop("path", "/")),
        "httpMethod": method.pop("method", "GET"),
    }
    function, integration = method.pop("function", None), method.pop("integration", None)
    responses = method.pop("responses", {})
    method.setdefault("authorizationType", "NONE")
    api.put_method(**where, **method)
    if function is not None:
        integration = {"type": "AWS_PROXY", "uri": function_uri(function), "integrationHttpMethod": "POST"}
    api.put_integration(**where, **(integration or {"type": "MOCK"}))
    for status, response in responses.items():
        headers = dict.fromkeys(response.get("responseParameters", ()), False)
        api.put_method_response(**where, statusCode=status, responseParameters=headers)
        api.put_integration_response(**where, statusCode=status, **response)


def id_of(url: str) -> str:
    return url.partition("://")[2].partition(".")[0]
