"""Unchanged user code: every HTTP client meets the cloud's APIs, and AWS's hosts stay in the process."""

from __future__ import annotations

import asyncio
import copy
import http.client
import http.server
import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
import boto3
import botocore.session
import httpx
import pytest
import requests
import urllib3
from botocore.config import Config
from botocore.handlers import remove_bucket_from_url_paths_from_model
from botocore.model import ServiceModel

from mock_serverless import mock_cloud
from mock_serverless.cloud import Cloud
from mock_serverless.core.errors import NotSupported
from mock_serverless.core.operation import service_model
from mock_serverless.doors.http import HttpStatusError, TooManyRedirects
from mock_serverless.doors.wire.routes import routes_of

Answer = tuple[int, dict[str, Any], str]


def echo(event: dict[str, Any], context: Any) -> dict[str, Any]:
    shown = {k: event[k] for k in ("httpMethod", "queryStringParameters", "body")}
    cookies = {"Set-Cookie": ["a=1", "b=2"]}
    return {"statusCode": 201, "headers": {"X-A": "1"}, "multiValueHeaders": cookies, "body": json.dumps(shown)}


@pytest.fixture
def url(cloud: Cloud) -> str:
    return make_api(cloud)


def make_api(cloud: Cloud) -> str:
    arn = cloud.function("echo", echo) and "arn:aws:lambda:us-east-1:123456789012:function:echo"
    api = boto3.client("apigateway", region_name="us-east-1")
    created = api.create_rest_api(name="echo")
    resource = api.create_resource(restApiId=created["id"], parentId=created["rootResourceId"], pathPart="x")
    where = {"restApiId": created["id"], "resourceId": resource["id"], "httpMethod": "ANY"}
    api.put_method(**where, authorizationType="NONE")
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    api.put_integration(**where, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    api.create_deployment(restApiId=created["id"], stageName="prod")
    return f"https://{created['id']}.execute-api.us-east-1.amazonaws.com/prod/x?q=1"


# ---------------------------------------------------------------------- each client, one POST


def with_requests(url: str, body: bytes) -> Answer:
    r = requests.post(url, data=body)
    return r.status_code, r.json(), r.headers["x-a"]


def with_a_requests_session(url: str, body: bytes) -> Answer:
    with requests.Session() as session:
        session.get(url)
        r = session.post(url, data=iter([body[:1], body[1:]]))
    assert dict(session.cookies) == {"a": "1", "b": "2"}
    return r.status_code, r.json(), r.headers["x-a"]


def with_urllib3(url: str, body: bytes) -> Answer:
    r = urllib3.PoolManager().request("POST", url, body=body)
    return r.status, json.loads(r.data), r.headers["x-a"]


def with_urllib(url: str, body: bytes) -> Answer:
    with urllib.request.urlopen(urllib.request.Request(url, body)) as r:
        return r.status, json.load(r), r.headers["x-a"]


def with_http_client(url: str, body: bytes) -> Answer:
    host, _, path = url.removeprefix("https://").partition("/")
    connection = http.client.HTTPSConnection(host)
    connection.request("GET", "/" + path)
    assert connection.getresponse().read()
    connection.request("POST", "/" + path, body)
    r = connection.getresponse()
    return r.status, json.load(r), r.getheader("x-a") or ""


def with_httpx(url: str, body: bytes) -> Answer:
    with httpx.Client() as client:
        r = client.post(url, content=body)
    return r.status_code, r.json(), r.headers["x-a"]


def with_a_httpx_stream(url: str, body: bytes) -> Answer:
    with httpx.stream("POST", url, content=iter([body])) as r:
        return r.status_code, json.loads(b"".join(r.iter_bytes())), r.headers["x-a"]


def with_a_raw_httpx_stream(url: str, body: bytes) -> Answer:
    with httpx.Client() as client:
        assert client.get(url).elapsed.total_seconds() >= 0
        request = client.build_request("POST", url, content=body)
        r = client.send(request, stream=True)
        content = b"".join(r.iter_raw())
        r.close()
    return r.status_code, json.loads(content), r.headers["x-a"]


def with_async_httpx(url: str, body: bytes) -> Answer:
    async def run() -> Answer:
        async with httpx.AsyncClient() as client:
            async with client.stream("POST", url, content=body) as r:
                assert json.loads(b"".join([part async for part in r.aiter_raw()]))["body"] == body.decode()
            r = await client.post(url, content=body)
            assert r.elapsed.total_seconds() >= 0
        return r.status_code, r.json(), r.headers["x-a"]

    return asyncio.run(run())


def with_aiohttp(url: str, body: bytes) -> Answer:
    async def run() -> Answer:
        async with aiohttp.ClientSession() as session:
            async with session.get(url) as r:
                await r.read()
            async with session.post(url, data=body) as r:
                assert r.headers.getall("Set-Cookie") == ["a=1", "b=2"]
                return r.status, await r.json(), r.headers["x-a"]

    return asyncio.run(run())


def with_aiohttp_that_expects(url: str, body: bytes) -> Answer:
    async def run() -> Answer:
        async with aiohttp.ClientSession() as session, session.post(url, data=body, expect100=True) as r:
            return r.status, await r.json(), r.headers["x-a"]

    return asyncio.run(run())


CLIENTS: list[Callable[[str, bytes], Answer]] = [
    with_requests,
    with_a_requests_session,
    with_urllib3,
    with_urllib,
    with_http_client,
    with_httpx,
    with_a_httpx_stream,
    with_a_raw_httpx_stream,
    with_async_httpx,
    with_aiohttp,
    with_aiohttp_that_expects,
]


@pytest.mark.parametrize("client", CLIENTS)
def test_client(client: Callable[[str, bytes], Answer], url: str, cloud: Cloud) -> None:
    for scheme in ("https", "http") if client is not with_http_client else ("https",):
        status, body, header = client(url.replace("https", scheme, 1), b"sent")
        assert (status, header) == (201, "1")
        assert body == {"httpMethod": "POST", "queryStringParameters": {"q": "1"}, "body": "sent"}
    assert cloud.calls(service="lambda", operation="Invoke").last.caller.startswith("apigateway")
    assert cloud.calls(service="execute-api").last.operation == "POST /prod/x?q=1"


GETTERS: list[Callable[[str], Any]] = [requests.get, urllib.request.urlopen, httpx.get]


@pytest.mark.parametrize("get", [*GETTERS, lambda url: asyncio.run(aiohttp_get(url))])
def test_no_request_to_aws_leaves_the_process(get: Callable[[str], Any], url: str) -> None:
    with pytest.raises(NotSupported) as caught:
        get("https://nothing.that.is.amazonaws.com/x")
    message = str(caught.value)
    assert "nothing.that.is.amazonaws.com" in message
    assert url.removesuffix("/x?q=1") in message
    with pytest.raises(NotSupported, match=r"sns\.ListTopics"):
        get("https://sns.us-east-1.amazonaws.com/?Action=ListTopics&Version=2010-03-31")


async def aiohttp_get(url: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status


def test_metadata_is_not_read(cloud: Cloud) -> None:
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen("http://169.254.169.254/latest/meta-data/")


def test_a_presigned_url_for_a_global_host_is_for_the_region_of_its_signature(cloud: Cloud) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html: X-Amz-Credential names the region."""
    cloud.stub("s3", "GetObject", {"Body": b"there"})
    config = Config(signature_version="s3v4")
    s3 = boto3.client("s3", region_name="eu-west-1", config=config)
    plain = botocore.session.get_session().create_client("s3", region_name="eu-west-1")
    plain.get_object(Bucket="pictures", Key="k")  # upon which botocore writes another path into its model
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "pictures", "Key": "k"})
    assert url.startswith("https://pictures.s3.amazonaws.com/")
    assert "eu-west-1" in url
    assert requests.get(url).content == b"there"
    assert cloud.calls.last.region == "eu-west-1"


def test_a_model_that_a_client_has_used_has_the_same_routes() -> None:
    """botocore takes the bucket out of an operation's path in the model itself, which clients and this package may share."""
    model = ServiceModel(copy.deepcopy(service_model("s3")._service_description), "s3")
    remove_bucket_from_url_paths_from_model({}, model.operation_model("GetObject"), {})
    (route,) = (route for route in routes_of(model)["GET"] if route.operation == "GetObject")
    assert route.match("/pictures/a/k") == {"Bucket": "pictures", "Key": "a/k"}


def test_presigned_urls_are_answered(cloud: Cloud) -> None:
    signed = boto3.client("sts", region_name="us-east-1").generate_presigned_url("get_caller_identity")
    assert "<Account>123456789012</Account>" in requests.get(signed).text
    assert "<Account>123456789012</Account>" in httpx.get(signed).text
    assert "<Account>123456789012</Account>" in cloud.http.get(signed).text


# ---------------------------------------------------------------------- everything else is left alone


class Local(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"real")

    def log_message(self, *args: Any) -> None:
        """Silent."""


@contextmanager
def local_server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Local) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


async def aiohttp_text(url: str) -> str:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return await response.text()


def test_other_hosts_are_left_alone(cloud: Cloud) -> None:
    with local_server() as there, requests.Session() as session, httpx.Client() as client:
        assert session.get(there).text == "real"
        assert client.get(there).text == "real"
        with urllib.request.urlopen(there) as response:
            assert response.read() == b"real"
        assert asyncio.run(aiohttp_text(there)) == "real"
        with pytest.raises(NotSupported, match=r"127\.0\.0\.1"):
            cloud.http.get(there)


def test_a_session_outlives_the_mock() -> None:
    """A connection pool that was filled before, used inside and used after."""
    with local_server() as there, requests.Session() as session:
        assert session.get(there).text == "real"
        with mock_cloud() as cloud:
            url = make_api(cloud)
            assert session.get(url).status_code == 201
            assert session.get(there).text == "real"
        assert session.get(there).text == "real"
        connect = http.client.HTTPConnection.connect
        assert not hasattr(connect, "__wrapped__")


def test_nested_mocks_serve_the_inner_one() -> None:
    with mock_cloud() as outer:
        url = make_api(outer)
        with mock_cloud():
            assert requests.get(url).status_code == 403
        assert requests.get(url).status_code == 201


def test_passthrough_leaves_services_and_endpoints_alone() -> None:
    with mock_cloud(passthrough=["s3", "https://abc.execute-api.us-east-1.amazonaws.com"]) as cloud:
        from mock_serverless.doors.http import claims

        assert not claims(cloud, "s3.amazonaws.com")
        assert not claims(cloud, "bucket.s3.eu-west-1.amazonaws.com")
        assert not claims(cloud, "abc.execute-api.us-east-1.amazonaws.com")
        assert claims(cloud, "abd.execute-api.us-east-1.amazonaws.com")
        assert claims(cloud, "sqs.us-east-1.amazonaws.com")
        assert not claims(cloud, "example.com")


LATE = """
import sys
from mock_serverless import mock_cloud
with mock_cloud() as cloud:
    assert not {"requests", "httpx", "aiohttp"} & set(sys.modules), "they were to be imported later"
    import asyncio, aiohttp, httpx, requests
    url = "https://abcdefghij.execute-api.us-east-1.amazonaws.com/prod"
    async def get():
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return response.status
    print(requests.get(url).status_code, httpx.get(url).status_code, asyncio.run(get()))
print(hasattr(httpx.HTTPTransport.handle_request, "__wrapped__"))
"""


def test_libraries_imported_inside_the_mock() -> None:
    done = subprocess.run([sys.executable, "-W", "error", "-c", LATE], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["403", "403", "403", "False"], done.stderr


# ---------------------------------------------------------------------- cloud.http


def test_the_clouds_own_client(cloud: Cloud, url: str) -> None:
    http = cloud.http
    response = http.post(url, params={"a": [1, 2], "b": True}, json={"k": "é"}, headers={"X-H": "1"})
    assert (response.status_code, response.reason_phrase, response.is_success) == (201, "Created", True)
    assert json.loads(response.json()["body"]) == {"k": "é"}
    assert response.json()["queryStringParameters"] == {"q": "1", "a": "2", "b": "true"}
    assert response.headers["X-a"] == response.headers["x-A"] == "1"
    assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert response.url == url + "&a=1&a=2&b=true"
    assert response.raise_for_status() is response
    assert http.post(url, data={"a": "1 2"}).json()["body"] == "a=1+2"
    assert http.put(url, content="text").json()["body"] == "text"
    assert http.patch(url, data=b"raw").json()["body"] == "raw"
    assert [http.request(m, url).json()["httpMethod"] for m in ("get", "DELETE", "OPTIONS")] == [
        "GET",
        "DELETE",
        "OPTIONS",
    ]
    assert (http.delete(url).status_code, http.options(url).status_code) == (201, 201)
    head = http.head(url)
    assert (head.content, int(head.headers["content-length"]) > 0) == (b"", True)
    with pytest.raises(HttpStatusError, match="Client error '403 Forbidden'") as caught:
        http.get(url.replace("/prod/", "/none/")).raise_for_status()
    assert caught.value.response.is_client_error
    with pytest.raises(ValueError, match="starts with http"):
        http.get("ftp://x")


def test_the_clouds_own_responses_have_what_httpx_s_have(cloud: Cloud) -> None:
    def handler(event: Any, context: Any) -> dict[str, Any]:
        time.sleep(2)
        return {"statusCode": 302, "headers": {"Location": "/y"}, "multiValueHeaders": {"Set-Cookie": ["a=1; Path=/"]},
                "body": "one\ntwo"}  # fmt: skip

    url = make_api(cloud)
    cloud.function("echo", handler)
    api = boto3.client("apigateway", region_name="us-east-1")
    api_id = url.removeprefix("https://").partition(".")[0]
    patch = {"op": "replace", "path": "/minimumCompressionSize", "value": "0"}
    api.update_rest_api(restApiId=api_id, patchOperations=[patch])
    api.create_deployment(restApiId=api_id, stageName="prod")
    cloud.clock.freeze()
    response = cloud.http.get(url)
    assert (response.headers["content-encoding"], response.text) == ("gzip", "one\ntwo")
    theirs = httpx.get(url, follow_redirects=False)
    for name in ("text", "content", "http_version", "is_redirect", "has_redirect_location", "is_informational", "is_closed",
                 "is_stream_consumed", "num_bytes_downloaded", "charset_encoding", "encoding", "reason_phrase"):  # fmt: skip
        assert getattr(response, name) == getattr(theirs, name), name
    assert response.cookies == dict(theirs.cookies)
    assert list(response.history) == theirs.history
    assert response.elapsed.total_seconds() == 2
    assert (list(response.iter_lines()), list(response.iter_bytes(4))) == (["one", "two"], [b"one\n", b"two"])
    assert ("".join(response.iter_text()), b"".join(response.iter_raw())[:2]) == ("one\ntwo", b"\x1f\x8b")
    assert response.request.headers["accept-encoding"] == "gzip, deflate"
    assert (response.request.method, response.request.url, response.request.content) == ("GET", url, b"")


def test_what_a_request_sets_in_motion_runs_before_it_returns(cloud: Cloud) -> None:
    done = []
    cloud.function("later", lambda event, context: done.append(event))

    def handler(event: Any, context: Any) -> dict[str, Any]:
        client = boto3.client("lambda", region_name="us-east-1")
        client.invoke(FunctionName="later", InvocationType="Event", Payload=b"1")
        assert done == []
        return {"statusCode": 201}

    url = make_api(cloud)
    cloud.function("echo", handler)
    assert cloud.http.get(url).status_code == 201
    assert done == [1]


# ---------------------------------------------------------------------- redirects and cookies of cloud.http


def seen(request: Any) -> dict[str, Any]:
    names = ("content-type", "authorization", "cookie")
    headers = {name: request.header(name) for name in names if request.header(name)}
    return {"json": {"method": request.method, "url": request.url, "body": request.body.decode(), "headers": headers}}


@pytest.mark.parametrize(
    ("status", "method", "followed"),
    [
        *((status, "GET", "GET") for status in (301, 302, 303, 307, 308)),
        *((status, "HEAD", "HEAD") for status in (301, 302, 303, 307, 308)),
        *zip((301, 302, 303, 307, 308), ["POST"] * 5, ["GET", "GET", "GET", "POST", "POST"], strict=True),
        *zip((301, 302, 303, 307, 308), ["PUT"] * 5, ["PUT", "GET", "GET", "PUT", "PUT"], strict=True),
    ],
)
def test_redirects_are_followed_as_httpx_does(cloud: Cloud, status: int, method: str, followed: str) -> None:
    cloud.http.stub("https://one.example.com/", {"status": status, "headers": {"Location": "/there?b=2"}})
    cloud.http.stub(
        "https://one.example.com/there", {"status": status, "headers": {"Location": "https://two.example.com/x"}}
    )
    cloud.http.stub("https://two.example.com/", seen)
    body = {"json": {"a": 1}} if method in ("POST", "PUT") else {}
    options: Any = {**body, "headers": {"Authorization": "secret"}, "cookies": {"s": "1"}}
    assert cloud.http.request(method, "https://one.example.com/", **options).status_code == status
    answer = cloud.http.request(method, "https://one.example.com/", **options, follow_redirects=True)
    assert [str(was.url) for was in answer.history] == ["https://one.example.com/", "https://one.example.com/there?b=2"]
    assert (answer.status_code, answer.url, answer.request.method) == (200, "https://two.example.com/x", followed)
    if method != "HEAD":
        kept = {"body": '{"a":1}', "headers": {"content-type": "application/json"}}
        assert answer.json() == {"method": followed, "url": answer.url, "body": "", "headers": {}} | (
            kept if followed == method and body else {}
        )
    real = httpx.Client(transport=httpx.MockTransport(lambda request: _redirecting(request, status)))
    assert real.request(method, "https://one.example.com/", **body, follow_redirects=True).text == followed


def _redirecting(request: httpx.Request, status: int) -> httpx.Response:
    if request.url.host == "one.example.com":
        return httpx.Response(status, headers={"Location": "https://two.example.com/x"})
    return httpx.Response(200, text=request.method)


def test_redirects_without_an_end_are_given_up(cloud: Cloud) -> None:
    cloud.http.stub("https://one.example.com/", {"status": 302, "headers": {"Location": "/"}})
    with pytest.raises(TooManyRedirects, match="more than 20 redirects, the last to /"):
        cloud.http.get("https://one.example.com/", follow_redirects=True)


def test_cookies_and_params_as_httpx_takes_them(cloud: Cloud) -> None:
    cloud.http.stub("https://one.example.com/", seen)
    pairs: Any = [("a", 1), ("a", True), ("b", None)]
    for params, query in (("a=1&b=2", "a=1&b=2"), (pairs, "a=1&a=true&b="), ({"a": [1, True]}, "a=1&a=true"), ("", "")):
        answer = cloud.http.get("https://one.example.com/", params=params, cookies={"s": "1", "t": "2"}).json()
        assert answer["url"].partition("?")[2] == query
        assert answer["headers"] == {"cookie": "s=1; t=2"}
        assert str(httpx.QueryParams(params)) == query
