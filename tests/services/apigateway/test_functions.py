"""Lambda functions behind an API: proxies, their events and results, plain integrations, authorizers."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from mock_serverless.cloud import Cloud
from mock_serverless.core.errors import NotSupported

from .apis import client, function_uri, id_of, make_api

PROXY = {"path": "/{proxy+}", "method": "ANY", "function": "f"}


def echo(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return {"statusCode": 200, "body": json.dumps(event)}


def answering(cloud: Cloud, result: Any, **options: Any) -> str:
    """An API whose function gives this result, or runs this callable."""
    cloud.function("f", result if callable(result) else lambda event, context: result)
    return make_api([PROXY], **options)


# https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
def test_the_event(cloud: Cloud) -> None:
    cloud.clock.freeze()
    url = answering(cloud, echo, stage_options={"variables": {"v": "1"}})
    event = cloud.http.post(
        url + "/a%20b/c?x=1&x=2&y=a%20b&empty=",
        headers=[("X-Twice", "one"), ("X-Twice", "two"), ("User-Agent", "tests"), ("Connection", "close")],
        content="héllo",
    ).json()
    context = event.pop("requestContext")
    headers, several = event.pop("headers"), event.pop("multiValueHeaders")
    assert event == {
        "resource": "/{proxy+}",
        "path": "/a%20b/c",
        "httpMethod": "POST",
        "queryStringParameters": {"x": "2", "y": "a b", "empty": ""},
        "multiValueQueryStringParameters": {"x": ["1", "2"], "y": ["a b"], "empty": [""]},
        "pathParameters": {"proxy": "a b/c"},
        "stageVariables": {"v": "1"},
        "body": "héllo",
        "isBase64Encoded": False,
    }
    host = url.split("/")[2]
    assert headers["X-Twice"] == "two"
    assert several["X-Twice"] == ["one", "two"]
    assert set(headers) == set(several)
    assert headers["Host"] == host
    assert (headers["X-Forwarded-For"], headers["X-Forwarded-Port"]) == ("127.0.0.1", "443")
    assert headers["X-Forwarded-Proto"] == "https"
    assert headers["X-Amzn-Trace-Id"].startswith("Root=1-")
    assert not {"Connection", "Content-Length"} & set(headers)
    now = cloud.clock.now()
    identity = context.pop("identity")
    assert identity["sourceIp"] == "127.0.0.1"
    assert identity["userAgent"] == "tests"
    assert identity["cognitoIdentityId"] is None
    for name in ("requestId", "extendedRequestId", "resourceId", "deploymentId"):
        assert context.pop(name)
    assert context == {
        "accountId": "123456789012",
        "apiId": id_of(url),
        "domainName": host,
        "domainPrefix": id_of(url),
        "httpMethod": "POST",
        "path": "/dev/a%20b/c",
        "protocol": "HTTP/1.1",
        "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "requestTimeEpoch": int(now.timestamp() * 1000),
        "resourcePath": "/{proxy+}",
        "stage": "dev",
    }


def test_an_event_without_anything(cloud: Cloud) -> None:
    cloud.function("f", echo)
    url = make_api([{"path": "/", "function": "f"}])
    event = cloud.http.get(url).json()
    nothing = ["queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables", "body"]
    assert [event[name] for name in nothing] == [None] * 5
    assert (event["path"], event["requestContext"]["path"]) == ("/", "/dev")


def test_an_edge_optimized_api_has_cloudfront_in_front(cloud: Cloud) -> None:
    url = answering(cloud, echo, endpointConfiguration={"types": ["EDGE"]})
    headers = cloud.http.get(url + "/x").json()["headers"]
    assert headers["CloudFront-Viewer-Country"] == "US"
    assert headers["Via"].endswith(".cloudfront.net (CloudFront)")


def test_results(cloud: Cloud) -> None:
    result: dict[str, Any] = {}
    url = answering(cloud, lambda event, context: result["is"])
    result["is"] = {
        "statusCode": "201",
        "headers": {"X-One": "1", "X-Bool": True, "X-Null": None, "Date": "then", "WWW-Authenticate": "Basic"},
        "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"], "X-One": ["0"]},
        "body": "text",
        "isBase64Encoded": False,
    }
    response = cloud.http.get(url + "/x")
    assert (response.status_code, response.text) == (201, "text")
    assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert response.headers.get_list("x-one") == ["0", "1"]
    assert response.headers["x-bool"] == "true"
    assert response.headers["x-amzn-remapped-date"] == "then"
    assert response.headers["x-amzn-remapped-www-authenticate"] == "Basic"
    assert "x-null" not in response.headers
    result["is"] = {}
    assert (cloud.http.get(url + "/x").status_code, cloud.http.get(url + "/x").text) == (200, "")


MALFORMED: list[Any] = [
    "text",
    None,
    [],
    5,
    {"statusCode": "abc"},
    {"statusCode": 200, "body": {"a": 1}},
    {"statusCode": 200, "unknown": 1},
    {"statusCode": 200, "headers": ["a"]},
    {"statusCode": 200, "headers": {"a": ["b"]}},
    {"statusCode": 200, "multiValueHeaders": {"a": "b"}},
    {"statusCode": 200, "isBase64Encoded": "yes"},
    {"statusCode": 99},
    {"statusCode": 600},
    {"statusCode": True},
    {"statusCode": "\uff12\uff10\uff10"},
    {"statusCode": 200, "body": 5},
]


def test_malformed_results_and_failures_are_502(cloud: Cloud) -> None:
    results = iter(MALFORMED)
    url = answering(cloud, lambda event, context: next(results))
    for malformed in MALFORMED:
        response = cloud.http.get(url + "/x")
        assert (response.status_code, response.json()) == (502, {"message": "Internal server error"}), malformed
        assert response.headers["x-amzn-errortype"] == "InternalServerErrorException"
    assert cloud.http.get(url + "/x").status_code == 502  # the function raises StopIteration


def test_timeouts_are_504(cloud: Cloud) -> None:
    def slow(event: Any, context: Any) -> dict[str, Any]:
        time.sleep(30)
        return {"statusCode": 200}

    cloud.function("f", slow, timeout=60)
    response = cloud.http.get(make_api([PROXY]) + "/x")
    assert (response.status_code, response.json()) == (504, {"message": "Endpoint request timed out"})


def test_a_function_that_is_not_there_is_500(cloud: Cloud) -> None:
    response = cloud.http.get(make_api([PROXY]) + "/x")
    assert (response.status_code, response.json()) == (500, {"message": "Internal server error"})


# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html: requests
@pytest.mark.parametrize("template", [None, '{"body": "$input.body"}'])
@pytest.mark.parametrize(
    ("handling", "kind", "sent", "received"),
    [
        (None, "text/plain", b"hi", b"hi"),
        (None, "image/png", b"hi", b"hi"),
        ("CONVERT_TO_TEXT", "text/plain", b"hi", b"hi"),
        ("CONVERT_TO_TEXT", "image/png", b"\xff\x00", b"/wA="),
        ("CONVERT_TO_BINARY", "text/plain", b"aGk=", b"hi"),
        ("CONVERT_TO_BINARY", "image/png", b"aGk=", b"aGk="),
    ],
)
def test_content_handling_of_requests(
    cloud: Cloud, template: str | None, handling: str | None, kind: str, sent: bytes, received: bytes
) -> None:
    bodies: list[bytes] = []

    def answer(request: Any) -> Any:
        bodies.append(request.body)
        return {"json": {}}

    cloud.http.stub("https://api.example.com", answer)
    options: dict[str, Any] = {} if handling is None else {"contentHandling": handling}
    if template is not None:
        options["requestTemplates"] = {kind: template}
    integration = {"type": "HTTP", "uri": "https://api.example.com/", "integrationHttpMethod": "POST", **options}
    method = {"path": "/", "method": "POST", "integration": integration, "responses": {"200": {}}}
    proxy = {"path": "/proxy", "method": "POST", "integration": {**integration, "type": "HTTP_PROXY"}}
    url = make_api([method, proxy], binaryMediaTypes=["image/png"])
    assert cloud.http.post(url, content=sent, headers={"Content-Type": kind}).status_code == 200
    assert bodies.pop() == (received if template is None else b'{"body": "' + received + b'"}')
    assert cloud.http.post(f"{url}/proxy", content=sent, headers={"Content-Type": kind}).status_code == 200
    assert bodies.pop() == received


def test_a_request_that_is_no_base64(cloud: Cloud) -> None:
    cloud.http.stub("https://api.example.com", {"json": {}})
    integration = {
        "type": "HTTP",
        "uri": "https://api.example.com/",
        "integrationHttpMethod": "POST",
        "contentHandling": "CONVERT_TO_BINARY",
    }
    url = make_api([{"path": "/", "method": "POST", "integration": integration, "responses": {"200": {}}}])
    assert cloud.http.post(url, content=b"?").status_code == 500


# https://docs.aws.amazon.com/apigateway/latest/developerguide/lambda-proxy-binary-media.html
def test_binary_bodies(cloud: Cloud) -> None:
    def image(event: Any, context: Any) -> dict[str, Any]:
        assert event["isBase64Encoded"] == (event["headers"].get("Content-Type") == "image/png")
        sent = base64.b64decode(event["body"]) if event["isBase64Encoded"] else event["body"].encode()
        return {"statusCode": 200, "body": base64.b64encode(sent).decode(), "isBase64Encoded": True}

    url = answering(cloud, image, binaryMediaTypes=["image/png", "audio/*"])
    raw = bytes(range(256))
    post = cloud.http.post
    assert post(url + "/x", content=raw, headers={"Content-Type": "image/png", "Accept": "image/png"}).content == raw
    for accept, decoded in (("audio/mp3, */*", True), ("*/*", False), ("text/html", False)):
        content = post(url + "/x", content="text", headers={"Accept": accept}).content
        assert content == (b"text" if decoded else base64.b64encode(b"text"))


def test_stage_variables_name_the_function(cloud: Cloud) -> None:
    cloud.function("f-blue", lambda event, context: {"statusCode": 200, "body": "blue"})
    method = {**PROXY, "function": "f-${stageVariables.colour}"}
    url = make_api([method], stage_options={"variables": {"colour": "blue"}})
    assert cloud.http.get(url + "/x").text == "blue"


def test_a_plain_integration_transforms_and_selects_by_the_error(cloud: Cloud) -> None:
    def handler(event: dict[str, Any], context: Any) -> Any:
        if event["id"] == "0":
            raise ValueError("NotFound: 0")
        return {"twice": int(event["id"]) * 2}

    cloud.function("f", handler)
    integration = {
        "type": "AWS",
        "uri": function_uri("f"),
        "integrationHttpMethod": "POST",
        "requestTemplates": {"application/json": '{"id": "$input.params(\'id\')"}'},
    }
    responses = {
        "200": {"responseTemplates": {"application/json": "$input.path('$.twice')"}},
        "404": {
            "selectionPattern": "NotFound.*",
            "responseTemplates": {"application/json": '{"error": "$input.path(\'$.errorMessage\')"}'},
        },
    }
    url = make_api([{"path": "/{id}", "integration": integration, "responses": responses}])
    assert cloud.http.get(url + "/4").json() == 8
    missing = cloud.http.get(url + "/0")
    assert (missing.status_code, missing.json()) == (404, {"error": "NotFound: 0"})


# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
def policy(event: dict[str, Any], effect: str = "Allow", **more: Any) -> dict[str, Any]:
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": event["methodArn"]}
    return {"principalId": "me", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}, **more}


def make_authorized(cloud: Cloud, authorizer: Any, **options: Any) -> str:
    cloud.function("auth", authorizer)
    cloud.function("f", echo)
    url = make_api([{"path": "/{proxy+}", "function": "f"}])
    api, where = client(), {"restApiId": id_of(url)}
    options = {"type": "TOKEN", "identitySource": "method.request.header.Authorization", **options}
    id = api.create_authorizer(**where, name="a", authorizerUri=function_uri("auth"), **options)["id"]
    resource = next(r["id"] for r in api.get_resources(**where)["items"] if r["path"] == "/{proxy+}")
    patches = [
        {"op": "replace", "path": "/authorizationType", "value": "CUSTOM"},
        {"op": "replace", "path": "/authorizerId", "value": id},
    ]
    api.update_method(**where, resourceId=resource, httpMethod="GET", patchOperations=patches)
    api.create_deployment(**where, stageName="dev")
    return url


def test_token_authorizers(cloud: Cloud) -> None:
    events = []

    def authorizer(event: dict[str, Any], context: Any) -> Any:
        events.append(event)
        token = event["authorizationToken"]
        if token == "stranger":
            raise Exception("Unauthorized")
        if token == "broken":
            raise Exception("something else")
        if token == "odd":
            return {"principalId": "me"}
        return policy(event, "Deny" if token == "no" else "Allow", context={"n": 5, "b": True, "s": "x"})

    url = make_authorized(cloud, authorizer)
    get = cloud.http.get
    missing = get(url + "/x")
    assert (missing.status_code, missing.json()) == (401, {"message": "Unauthorized"})
    assert events == []
    fine = get(url + "/x", headers={"Authorization": "yes"})
    assert fine.json()["requestContext"]["authorizer"] == {
        "principalId": "me", "integrationLatency": 0, "n": "5", "b": "true", "s": "x",
    }  # fmt: skip
    arn = f"arn:aws:execute-api:us-east-1:123456789012:{id_of(url)}/dev/GET/x"
    assert events == [{"type": "TOKEN", "methodArn": arn, "authorizationToken": "yes"}]
    denied = get(url + "/x", headers={"Authorization": "no"})
    explicit = "User is not authorized to access this resource with an explicit deny"
    assert (denied.status_code, denied.json()) == (403, {"Message": explicit})
    assert get(url + "/x", headers={"Authorization": "stranger"}).status_code == 401
    for token in ("broken", "odd"):
        failed = get(url + "/x", headers={"Authorization": token})
        assert (failed.status_code, failed.json()) == (500, {"message": None})
        assert failed.headers["x-amzn-errortype"] == "AuthorizerConfigurationException"


# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
@pytest.mark.parametrize(
    ("principal", "statement", "status"),
    [
        ("me", {"Effect": "Allow", "Action": "*", "Resource": "*"}, 200),
        ("me", {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}, 200),
        ("me", {"Effect": "Allow", "NotAction": "execute-api:*", "Resource": "*"}, 403),
        ("me", {"Effect": "Deny", "Action": "*", "NotResource": "arn:other"}, 403),
        ("me", {"Effect": "allow", "Action": "*", "Resource": "*"}, 500),
        (None, {"Effect": "Allow", "Action": "*", "Resource": "*"}, 500),
        ("me", "everything", 500),
    ],
)
def test_policies(cloud: Cloud, principal: str | None, statement: Any, status: int) -> None:
    document = {"Version": "2012-10-17", "Statement": [statement]}
    url = make_authorized(cloud, lambda event, context: {"principalId": principal, "policyDocument": document})
    assert cloud.http.get(url + "/x", headers={"Authorization": "t"}).status_code == status


def test_an_authorizers_answer_is_kept_in_virtual_time(cloud: Cloud) -> None:
    asked = []

    def authorizer(event: dict[str, Any], context: Any) -> Any:
        asked.append(event["methodArn"])
        return policy(event)

    url = make_authorized(cloud, authorizer, authorizerResultTtlInSeconds=60)
    headers = {"Authorization": "t"}
    assert [cloud.http.get(url + path, headers=headers).status_code for path in ("/a", "/a", "/b")] == [200, 200, 403]
    assert cloud.http.get(url + "/b", headers=headers).json() == {
        "Message": "User is not authorized to access this resource"
    }
    assert len(asked) == 1
    cloud.clock.advance(seconds=61)
    assert cloud.http.get(url + "/b", headers=headers).status_code == 200
    client().flush_stage_authorizers_cache(restApiId=id_of(url), stageName="dev")
    assert cloud.http.get(url + "/a", headers=headers).status_code == 200
    assert len(asked) == 3


def test_request_authorizers_get_the_request(cloud: Cloud) -> None:
    def authorizer(event: dict[str, Any], context: Any) -> Any:
        assert event["type"] == "REQUEST"
        assert "body" not in event
        assert event["requestContext"]["resourcePath"] == "/{proxy+}"
        return policy(event, "Allow" if event["queryStringParameters"]["k"] == "1" else "Deny")

    sources = "method.request.querystring.k, method.request.header.H"
    url = make_authorized(cloud, authorizer, type="REQUEST", identitySource=sources)
    assert cloud.http.get(url + "/x?k=1").status_code == 401
    assert cloud.http.get(url + "/x?k=1", headers={"h": "1"}).status_code == 200
    assert cloud.http.get(url + "/x?k=2", headers={"h": "1"}).status_code == 403


# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html, $context.identity
def test_the_identity_of_a_signer_is_the_one_of_sts(cloud: Cloud) -> None:
    cloud.function("f", echo)
    url = make_api([{"path": "/x", "function": "f", "authorizationType": "AWS_IAM"}]) + "/x"
    sts = boto3.client("sts", region_name="us-east-1")
    role = sts.assume_role(RoleArn="arn:aws:iam::111122223333:role/r", RoleSessionName="me")["Credentials"]
    keys = {"aws_access_key_id": role["AccessKeyId"], "aws_secret_access_key": role["SecretAccessKey"]}
    session = boto3.Session(**keys, aws_session_token=role["SessionToken"])
    for signer in (boto3.Session(), session):
        request = AWSRequest("GET", url)
        SigV4Auth(signer.get_credentials(), "execute-api", "us-east-1").add_auth(request)
        identity = cloud.http.get(url, headers=dict(request.headers)).json()["requestContext"]["identity"]
        who = signer.client("sts", region_name="us-east-1").get_caller_identity()
        assert [identity[name] for name in ("accountId", "caller", "user", "userArn")] == [
            who["Account"], who["UserId"], who["UserId"], who["Arn"],
        ]  # fmt: skip
    cloud.clock.advance(hours=2)
    expired = cloud.http.get(url, headers=dict(request.headers))
    assert (expired.status_code, expired.headers["x-amzn-errortype"]) == (403, "ExpiredTokenException")


def test_integrations_with_services_and_with_other_apis(cloud: Cloud) -> None:
    boto3.client("dynamodb", region_name="us-east-1").create_table(
        TableName="things",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    put = {
        "type": "AWS",
        "uri": "arn:aws:apigateway:us-east-1:dynamodb:action/PutItem",
        "integrationHttpMethod": "POST",
        "credentials": "arn:aws:iam::123456789012:role/r",
        "requestTemplates": {
            "application/json": '{"TableName": "things", "Item": {"id": {"S": "$input.params(\'id\')"}, "n": {"N": "1"}}}'
        },
    }
    responses = {"200": {}, "400": {"selectionPattern": "4\\d\\d"}}
    url = make_api([{"path": "/{id}", "method": "POST", "integration": put, "responses": responses}])
    assert cloud.http.post(url + "/a").status_code == 200
    table = boto3.resource("dynamodb", region_name="us-east-1").Table("things")
    assert table.scan()["Items"] == [{"id": "a", "n": 1}]

    through = {"type": "HTTP_PROXY", "uri": url + "/{to}", "integrationHttpMethod": "ANY"}
    through["requestParameters"] = {"integration.request.path.to": "method.request.path.id"}  # type: ignore[assignment]
    outer = make_api(
        [
            {
                "path": "/{id}",
                "method": "ANY",
                "integration": through,
                "requestParameters": {"method.request.path.id": True},
            }
        ]
    )
    assert cloud.http.post(outer + "/b").status_code == 200
    assert table.scan()["Count"] == 2
    elsewhere = make_api(
        [{"integration": {"type": "HTTP_PROXY", "uri": "https://example.com/x", "integrationHttpMethod": "GET"}}]
    )
    with pytest.raises(NotSupported, match=r"example\.com"):
        cloud.http.get(elsewhere)


def test_the_log_of_a_tried_mock(cloud: Cloud) -> None:
    """Recorded by a public test suite on AWS: its lines, and no trace among the headers."""
    mock = {"type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 200}'}}
    answer = {"200": {"responseTemplates": {"application/json": "all"}}}
    url = make_api([{"path": "/pets", "integration": mock, "responses": answer}])
    api, where = client(), {"restApiId": id_of(url)}
    resource = next(r["id"] for r in api.get_resources(**where)["items"] if r["path"] == "/pets")
    tried = api.test_invoke_method(**where, resourceId=resource, httpMethod="GET")
    assert tried["headers"] == {"Content-Type": "application/json"}
    assert [line.partition(" : ")[2] for line in tried["log"].split("\n")[2:]] == [
        "HTTP Method: GET, Resource Path: /pets",
        "Method request path: {}",
        "Method request query string: {}",
        "Method request headers: {}",
        "Method request body before transformations: ",
        "Method response body after transformations: all",
        "Method response headers: {Content-Type=application/json}",
        "Successfully completed execution",
        "Method completed with status: 200",
        "",
    ]


@pytest.mark.parametrize("kind", ["HTTP", "HTTP_PROXY"])
def test_the_log_of_a_tried_method_whose_endpoint_has_no_address(cloud: Cloud, kind: str) -> None:
    """Recorded by a public test suite on AWS, of HTTP_PROXY: nothing is said of a request to it."""
    nowhere = {"type": kind, "uri": "https://${stageVariables.host}", "integrationHttpMethod": "GET"}
    url = make_api([{"path": "/pets", "integration": nowhere}])
    api, where = client(), {"restApiId": id_of(url)}
    resource = next(r["id"] for r in api.get_resources(**where)["items"] if r["path"] == "/pets")
    tried = api.test_invoke_method(**where, resourceId=resource, httpMethod="GET")
    assert tried["body"] == '{"message":"Internal server error"}'
    assert [line.partition(" : ")[2] for line in tried["log"].split("\n")[6:]] == [
        "Method request body before transformations: ",
        "Execution failed due to configuration error: Invalid endpoint address",
        "Method completed with status: 500",
        "",
    ]


def test_trying_a_method_without_a_deployment(cloud: Cloud) -> None:
    """The event is as in the many that users have published."""
    cloud.function("f", echo)
    url = make_api([{"path": "/{id}", "function": "f", "apiKeyRequired": True}])
    api, where = client(), {"restApiId": id_of(url)}
    resource = next(r["id"] for r in api.get_resources(**where)["items"] if r["path"] == "/{id}")
    tried = api.test_invoke_method(
        **where,
        resourceId=resource,
        httpMethod="GET",
        pathWithQueryString="/7?q=1",
        headers={"H": "x"},
        stageVariables={"v": "1"},
    )
    event = json.loads(tried["body"])
    assert (tried["status"], event["pathParameters"], event["stageVariables"]) == (200, {"id": "7"}, {"v": "1"})
    assert (event["headers"], event["multiValueHeaders"]) == ({"H": "x"}, {"H": ["x"]})
    context = event["requestContext"]
    who = boto3.client("sts").get_caller_identity()
    assert "deploymentId" not in context
    assert {k: context[k] for k in ("stage", "path", "domainPrefix", "domainName")} == {
        "stage": "test-invoke-stage",
        "path": "/{id}",
        "domainPrefix": "testPrefix",
        "domainName": "testPrefix.testDomainName",
    }
    assert {k: v for k, v in context["identity"].items() if v is not None} == {
        "apiKey": "test-invoke-api-key",
        "apiKeyId": "test-invoke-api-key-id",
        "userArn": who["Arn"],
        "userAgent": "aws-internal/3",
        "accountId": who["Account"],
        "caller": who["UserId"],
        "sourceIp": "test-invoke-source-ip",
        "accessKey": "AKIAMOCKSERVERLESS00",
        "user": who["UserId"],
    }
    assert "Method request query string: {q=1}" in tried["log"]
    for line in ("Sending request to https://lambda", "Received response. Status: 200", "Method response headers: {"):
        assert line in tried["log"]
    assert tried["log"].endswith("Method completed with status: 200\n")
    bare = json.loads(api.test_invoke_method(**where, resourceId=resource, httpMethod="GET")["body"])
    assert {k: bare[k] for k in ("headers", "multiValueHeaders", "stageVariables", "body")} == {
        "headers": None,
        "multiValueHeaders": None,
        "stageVariables": None,
        "body": None,
    }
    with pytest.raises(api.exceptions.NotFoundException, match="Invalid Method identifier specified"):
        api.test_invoke_method(**where, resourceId=resource, httpMethod="PUT")
