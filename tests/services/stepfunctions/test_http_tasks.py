"""``apigateway:invoke`` and ``http:invoke``."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mock_serverless.cloud import Cloud
from mock_serverless.core.errors import AwsError, NotSupported

CONNECTION = "arn:aws:events:us-east-1:123456789012:connection/payments/6c4d"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:events!connection/payments/1"


def run(cloud: Cloud, resource: str, parameters: dict[str, Any]) -> Any:
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}:invoke", "Parameters": parameters, "End": True}
    return cloud.stepfunctions.run({"StartAt": "Call", "States": {"Call": state}})


def connect(cloud: Cloud, kind: str, secret: dict[str, Any]) -> None:
    cloud.stub("events", "DescribeConnection", {"AuthorizationType": kind, "SecretArn": SECRET, "Name": "payments"})
    cloud.stub("secretsmanager", "GetSecretValue", {"SecretString": json.dumps(secret)})


def test_an_api_is_called(cloud: Cloud) -> None:
    seen = []

    def answer(request: Any) -> dict[str, Any]:
        seen.append(request)
        return {"status": 201, "json": {"id": 7}, "headers": {"X-One": "1"}}

    cloud.http.stub("https://a1b2.execute-api.us-east-1.amazonaws.com/prod", answer)
    parameters = {
        "ApiEndpoint": "a1b2.execute-api.us-east-1.amazonaws.com",
        "Method": "POST",
        "Stage": "prod",
        "Path": "/orders",
        "QueryParameters": {"tag": ["a", "b c"]},
        "Headers": {"X-Trace": ["1"]},
        "RequestBody": {"total": 3, "note": None},
    }
    output = run(cloud, "apigateway", parameters).output
    assert (output["StatusCode"], output["StatusText"], output["ResponseBody"]) == (201, "Created", {"id": 7})
    assert output["Headers"]["X-One"] == ["1"]
    (request,) = seen
    assert request.url == "https://a1b2.execute-api.us-east-1.amazonaws.com/prod/orders?tag=a&tag=b+c"
    assert (request.header("x-trace"), json.loads(request.body)) == ("1", {"total": 3})


def test_an_api_that_refuses_fails_the_task(cloud: Cloud) -> None:
    cloud.http.stub(
        "https://a1b2.execute-api.us-east-1.amazonaws.com", {"status": 403, "json": {"message": "Forbidden"}}
    )
    parameters = {"ApiEndpoint": "a1b2.execute-api.us-east-1.amazonaws.com", "Method": "GET"}
    result = run(cloud, "apigateway", parameters)
    assert (result.error, result.cause) == ("ApiGateway.403", '{"message": "Forbidden"}')


@pytest.mark.parametrize(
    ("kind", "secret", "header"),
    [
        ("BASIC", {"username": "ada", "password": "pw"}, ("Authorization", "Basic YWRhOnB3")),
        ("API_KEY", {"api_key_name": "X-Key", "api_key_value": "k"}, ("X-Key", "k")),
    ],
)
def test_a_connection_gives_the_credentials(
    cloud: Cloud, kind: str, secret: dict[str, Any], header: tuple[str, str]
) -> None:
    connect(cloud, kind, secret)
    seen = []
    cloud.http.stub(
        "POST https://api.example.com/charges", lambda request: seen.append(request) or {"json": {"ok": True}}
    )
    parameters = {
        "ApiEndpoint": "https://api.example.com/charges",
        "Method": "POST",
        "Authentication": {"ConnectionArn": CONNECTION},
        "RequestBody": {"amount": 5},
        "QueryParameters": {"v": "2"},
    }
    output = run(cloud, "http", parameters).output
    assert (output["StatusCode"], output["ResponseBody"]) == (200, {"ok": True})
    assert seen[0].header(header[0]) == header[1]
    assert (seen[0].query, seen[0].body) == ("v=2", b'{"amount":5}')
    assert cloud.calls("secretsmanager").last.params == {"SecretId": SECRET}
    assert cloud.calls("api.example.com").last.operation == "POST /charges?v=2"


def test_oauth_fetches_a_token_first(cloud: Cloud) -> None:
    secret = {"client_id": "me", "client_secret": "s", "authorization_endpoint": "https://login.example.com/token"}
    connect(cloud, "OAUTH_CLIENT_CREDENTIALS", {**secret, "http_method": "POST"})
    cloud.http.stub("https://login.example.com", {"json": {"access_token": "t0k"}})
    cloud.http.stub("https://api.example.com", lambda request: {"json": request.header("authorization")})
    parameters = {
        "ApiEndpoint": "https://api.example.com/me",
        "Method": "GET",
        "Authentication": {"ConnectionArn": CONNECTION},
    }
    assert run(cloud, "http", parameters).output["ResponseBody"] == "Bearer t0k"


@pytest.mark.parametrize(
    ("style", "body"),
    [
        ("INDICES", "a%5B0%5D=1&a%5B1%5D=2&b%5Bc%5D=x%20y"),
        ("BRACKETS", "a%5B%5D=1&a%5B%5D=2&b%5Bc%5D=x%20y"),
        ("COMMAS", "a=1%2C2&b%5Bc%5D=x%20y"),
        ("REPEAT", "a=1&a=2&b%5Bc%5D=x%20y"),
    ],
)
def test_a_body_is_sent_as_a_form(cloud: Cloud, style: str, body: str) -> None:
    connect(cloud, "API_KEY", {"api_key_name": "k", "api_key_value": "v"})
    cloud.http.stub(
        "https://api.example.com", lambda request: {"json": [request.header("content-type"), request.body.decode()]}
    )
    parameters = {
        "ApiEndpoint": "https://api.example.com/x",
        "Method": "POST",
        "Authentication": {"ConnectionArn": CONNECTION},
        "RequestBody": {"a": [1, 2], "b": {"c": "x y"}},
        "Transform": {"RequestBodyEncoding": "URL_ENCODED", "RequestEncodingOptions": {"ArrayFormat": style}},
    }
    kind, sent = run(cloud, "http", parameters).output["ResponseBody"]
    assert kind == "application/x-www-form-urlencoded"
    assert sent == body


def test_a_connection_goes_before_the_task(cloud: Cloud) -> None:
    extra = {
        "header_parameters": [{"key": "x-one", "value": "of the connection"}],
        "query_string_parameters": [{"key": "v", "value": "2"}],
        "body_parameters": [{"key": "a", "value": "b"}],
    }
    connect(cloud, "BASIC", {"username": "ada", "password": "pw", "invocation_http_parameters": extra})
    seen = []
    cloud.http.stub("https://api.example.com", lambda request: seen.append(request) or {"json": {}})
    parameters = {
        "ApiEndpoint": "https://api.example.com/x",
        "Method": "POST",
        "InvocationConfig": {"ConnectionArn": CONNECTION},
        "Headers": {"X-One": "of the task", "X-Two": ["1", "2"], "range": "bytes=0-9"},
        "QueryParameters": {"v": "1", "w": "3"},
        "RequestBody": {"a": 1, "c": 2},
    }
    assert run(cloud, "http", parameters).succeeded
    assert run(cloud, "http", {**parameters, "QueryParameters": "w=3"}).succeeded
    headers = [(name.lower(), value) for name, value in seen[0].headers]
    assert [v for n, v in headers if n == "x-one"] == ["of the connection"]
    assert [v for n, v in headers if n == "x-two"] == ["1", "2"]
    assert [v for n, v in headers if n == "range"] == ["bytes=0-9"]
    assert (seen[0].query, json.loads(seen[0].body)) == ("w=3&v=2", {"a": "b", "c": 2})
    assert seen[1].query == "w=3&v=2"
    assert run(cloud, "http", {**parameters, "RequestBody": "text"}).error == "States.Runtime"


@pytest.mark.parametrize(
    ("described", "error"),
    [
        ({"ConnectionState": "AUTHORIZING"}, "AuthInProgress"),
        ({"ConnectionState": "DEAUTHORIZED"}, "InvalidConnectionState"),
        (AwsError("ResourceNotFoundException", "Connection 'payments' does not exist."), "ResourceNotFound"),
        (AwsError("AccessDeniedException", "no"), "AccessDenied"),
        (AwsError("InternalException", "oh"), "InternalError"),
    ],
)
def test_connections_that_cannot_be_used(cloud: Cloud, described: Any, error: str) -> None:
    cloud.stub("events", "DescribeConnection", described)
    cloud.stub("secretsmanager", "GetSecretValue", {"SecretString": "{}"})
    parameters = {
        "ApiEndpoint": "https://api.example.com/x",
        "Method": "GET",
        "Authentication": {"ConnectionArn": CONNECTION},
    }
    assert run(cloud, "http", parameters).error == f"Events.ConnectionResource.{error}"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status": 404, "body": "no"}, ("States.Http.StatusCode.404", "no")),
        ({"headers": {"Content-Type": "image/png"}, "body": b"x"}, ("States.Runtime", None)),
    ],
)
def test_answers_that_fail_the_task(cloud: Cloud, answer: dict[str, Any], error: tuple[str, str | None]) -> None:
    connect(cloud, "API_KEY", {"api_key_name": "k", "api_key_value": "v"})
    cloud.http.stub("https://api.example.com", answer)
    parameters = {
        "ApiEndpoint": "https://api.example.com/x",
        "Method": "GET",
        "Authentication": {"ConnectionArn": CONNECTION},
    }
    result = run(cloud, "http", parameters)
    assert result.error == error[0]
    assert error[1] is None or result.cause == error[1]


def test_a_host_that_nobody_serves_is_refused_by_name(cloud: Cloud) -> None:
    connect(cloud, "API_KEY", {"api_key_name": "k", "api_key_value": "v"})
    parameters = {
        "ApiEndpoint": "https://api.example.org/x",
        "Method": "GET",
        "Authentication": {"ConnectionArn": CONNECTION},
    }
    with pytest.raises(NotSupported, match=r'cloud\.http\.stub\("https://api\.example\.org"'):
        run(cloud, "http", parameters)
