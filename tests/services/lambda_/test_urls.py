"""Function URLs: what the function gets, and what is made of its answer."""

from __future__ import annotations

from typing import Any

import pytest

from mock_serverless.cloud import Cloud


@pytest.fixture
def url(cloud: Cloud, client: Any) -> str:
    """The URL of a function that gives back the event's body; everybody may call it."""
    cloud.function("f", lambda event, context: [event.get("body"), event["isBase64Encoded"]])
    client.add_permission(
        FunctionName="f",
        StatementId="all",
        Action="lambda:InvokeFunctionUrl",
        Principal="*",
        FunctionUrlAuthType="NONE",
    )
    return str(client.create_function_url_config(FunctionName="f", AuthType="NONE")["FunctionUrl"])


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        (b"text", "text/plain", ["text", False]),
        (b'{"a": 1}', "application/json", ['{"a": 1}', False]),
        (b"text", "image/png", ["dGV4dA==", True]),
        (b"\xff", "text/plain", ["/w==", True]),
    ],
)
def test_bodies(cloud: Cloud, url: str, body: bytes, kind: str, expected: list[Any]) -> None:
    assert cloud.http.post(url, content=body, headers={"Content-Type": kind}).json() == expected


# https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
@pytest.mark.parametrize(
    ("answer", "status", "text"),
    [
        ("abc", 200, "abc"),
        (None, 200, ""),
        ({"a": 1}, 200, '{"a": 1}'),
        ({"statusCode": 201, "body": "made"}, 201, "made"),
        ({"statusCode": 200, "body": "bWFkZQ==", "isBase64Encoded": True}, 200, "made"),
        ({"statusCode": "x"}, 502, "Internal Server Error"),
        ({"statusCode": 99}, 502, "Internal Server Error"),
        ({"statusCode": 200, "headers": "x"}, 502, "Internal Server Error"),
        ({"statusCode": 200, "cookies": "a=b"}, 502, "Internal Server Error"),
        (b"\xff", 502, "Internal Server Error"),
    ],
)
def test_answers(cloud: Cloud, url: str, answer: Any, status: int, text: str) -> None:
    cloud.function("f", lambda event, context: answer)
    response = cloud.http.get(url)
    assert (response.status_code, response.text) == (status, text)


def test_a_function_that_fails_is_in_the_journal(cloud: Cloud, url: str) -> None:
    def handler(event: Any, context: Any) -> None:
        raise LookupError("not there")

    cloud.function("f", handler)
    assert cloud.http.get(url).status_code == 502
    (invoked,) = cloud.calls(operation="Invoke")
    assert "LookupError" in str(invoked.response)


# https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html: the condition lambda:FunctionUrlAuthType
@pytest.mark.parametrize(("kind", "status"), [("AWS_IAM", 403), (None, 200), ("NONE", 200)])
def test_for_which_kind_of_url_everybody_is_let_in(
    cloud: Cloud, client: Any, url: str, kind: str | None, status: int
) -> None:
    client.remove_permission(FunctionName="f", StatementId="all")
    condition = {} if kind is None else {"FunctionUrlAuthType": kind}
    client.add_permission(
        FunctionName="f", StatementId="all", Action="lambda:InvokeFunctionUrl", Principal="*", **condition
    )
    assert cloud.http.get(url).status_code == status


def test_nobody_was_let_in(cloud: Cloud, client: Any, url: str) -> None:
    client.remove_permission(FunctionName="f", StatementId="all")
    assert cloud.http.get(url).status_code == 403
