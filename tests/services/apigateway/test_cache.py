"""A stage's cache: what is kept, for how long, what tells answers apart, and who may have them fresh."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mock_serverless import Cloud

from .apis import client, make_api

# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html, unless a test says something else
SIGNED = {"Authorization": "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/execute-api/aws4_request, Signature=0"}
FRESH = {"Cache-Control": "max-age=0"}
WARNING = "199 Cache-control headers were ignored because the caller was unauthorized."


def id_of(url: str) -> str:
    return url.split("//")[1].split(".")[0]


def patch(url: str, **values: Any) -> Any:
    """Settings of all methods; ``cluster`` and ``size`` of the stage."""
    names = {"cluster": "/cacheClusterEnabled", "size": "/cacheClusterSize"}
    operations = [
        {"op": "replace", "path": names.get(name, f"/*/*/caching/{name}"), "value": str(value).lower()}
        for name, value in values.items()
    ]
    return client().update_stage(restApiId=id_of(url), stageName="dev", patchOperations=operations)


def status(url: str) -> tuple[bool, str, str | None]:
    stage = client().get_stage(restApiId=id_of(url), stageName="dev")
    return stage["cacheClusterEnabled"], stage["cacheClusterStatus"], stage.get("cacheClusterSize")


@pytest.fixture
def count(cloud: Cloud) -> list[Any]:
    """The events of a function that counts its calls."""
    events: list[Any] = []

    @cloud.function("count")
    def handler(event: Any, context: Any) -> Any:
        events.append(event)
        return {"statusCode": 200, "body": str(len(events)), "headers": {"X-Call": str(len(events))}}

    return events


def cached(**method: Any) -> str:
    """An API whose one method, ``GET /``, is cached."""
    url = make_api([{"path": "/", "function": "count", **method}], stage_options={"cacheClusterEnabled": True})
    patch(url, enabled=True)
    return url


def test_a_cluster_comes_and_goes(cloud: Cloud, count: list[Any]) -> None:
    url = make_api([{"path": "/", "function": "count"}])
    assert status(url) == (False, "NOT_AVAILABLE", None)
    assert patch(url, cluster=True)["cacheClusterStatus"] == "CREATE_IN_PROGRESS"
    assert status(url) == (True, "AVAILABLE", "0.5")
    assert patch(url, size="1.6")["cacheClusterStatus"] == "CREATE_IN_PROGRESS"
    assert status(url) == (True, "AVAILABLE", "1.6")
    client().flush_stage_cache(restApiId=id_of(url), stageName="dev")
    assert status(url) == (True, "AVAILABLE", "1.6")
    assert patch(url, cluster=False)["cacheClusterStatus"] == "DELETE_IN_PROGRESS"
    assert status(url)[:2] == (False, "NOT_AVAILABLE")


def test_a_stage_that_is_made_with_one(cloud: Cloud, count: list[Any]) -> None:
    url = make_api([{"path": "/", "function": "count"}])
    deployment = client().get_deployments(restApiId=id_of(url))["items"][0]["id"]
    where = {"restApiId": id_of(url), "deploymentId": deployment}
    made = client().create_stage(stageName="one", cacheClusterEnabled=True, cacheClusterSize="6.1", **where)
    assert (made["cacheClusterStatus"], made["cacheClusterSize"]) == ("CREATE_IN_PROGRESS", "6.1")
    # only a size: https://github.com/hashicorp/terraform-provider-aws/issues/22866
    made = client().create_stage(stageName="two", cacheClusterSize="0.5", **where)
    assert (made["cacheClusterEnabled"], made["cacheClusterStatus"]) == (False, "NOT_AVAILABLE")
    client().create_deployment(restApiId=id_of(url), stageName="two", cacheClusterEnabled=True)
    assert client().get_stage(restApiId=id_of(url), stageName="two")["cacheClusterStatus"] == "AVAILABLE"


def test_an_answer_is_kept_for_its_time(cloud: Cloud, count: list[Any]) -> None:
    url = cached()
    first = cloud.http.get(url)
    cloud.clock.advance(seconds=299)
    again = cloud.http.get(url)
    assert (again.text, again.headers["x-call"]) == ("1", "1")
    assert again.headers["x-amzn-requestid"] != first.headers["x-amzn-requestid"]
    cloud.clock.advance(seconds=1)
    assert cloud.http.get(url).text == "2"


@pytest.mark.parametrize(("ttl", "texts"), [(10, ["1", "1", "2"]), (3600, ["1", "1", "1"]), (0, ["1", "2", "3"])])
def test_time_to_live(cloud: Cloud, count: list[Any], ttl: int, texts: list[str]) -> None:
    url = cached()
    patch(url, ttlInSeconds=ttl)
    found = []
    for seconds in (9, 1, 0):
        found.append(cloud.http.get(url).text)
        cloud.clock.advance(seconds=seconds)
    assert found == texts


@pytest.mark.parametrize(
    "change",
    [
        lambda url: patch(url, cluster=False),
        lambda url: patch(url, enabled=False),
        lambda url: client().update_stage(
            restApiId=id_of(url),
            stageName="dev",
            patchOperations=[{"op": "replace", "path": "/~1/GET/caching/enabled", "value": "false"}],
        ),
    ],
    ids=["cluster", "all methods", "this method"],
)
def test_nothing_is_kept_without(cloud: Cloud, count: list[Any], change: Callable[[str], Any]) -> None:
    url = cached()
    change(url)
    assert [cloud.http.get(url).text for _ in range(2)] == ["1", "2"]


@pytest.mark.parametrize(
    "empty",
    [
        lambda url: client().flush_stage_cache(restApiId=id_of(url), stageName="dev"),
        lambda url: patch(url, size="1.6"),
        lambda url: (patch(url, cluster=False), patch(url, cluster=True)),
    ],
    ids=["flush", "resize", "anew"],
)
def test_an_empty_cache(cloud: Cloud, count: list[Any], empty: Callable[[str], Any]) -> None:
    url = cached()
    cloud.http.get(url)
    empty(url)
    assert [cloud.http.get(url).text for _ in range(2)] == ["2", "2"]


def test_methods_other_than_get(cloud: Cloud, count: list[Any]) -> None:
    url = make_api([{"path": "/a", "method": "ANY", "function": "count"}], stage_options={"cacheClusterEnabled": True})
    patch(url, enabled=True)
    assert [cloud.http.post(f"{url}/a").text for _ in range(2)] == ["1", "2"]
    assert [cloud.http.get(f"{url}/a").text for _ in range(2)] == ["3", "3"]
    operations = [{"op": "replace", "path": "/~1a/POST/caching/enabled", "value": "true"}]
    client().update_stage(restApiId=id_of(url), stageName="dev", patchOperations=operations)
    assert [cloud.http.post(f"{url}/a").text for _ in range(2)] == ["4", "4"]
    assert cloud.http.get(f"{url}/a").text == "3"
    assert [cloud.http.put(f"{url}/a").text for _ in range(2)] == ["5", "6"]


def keyed(*names: str, path: str = "/{id}", **integration: Any) -> dict[str, Any]:
    """A method with cache key parameters."""
    declared = {f"method.request.{name}": False for name in ("path.id", "querystring.q", "header.X")}
    from .apis import function_uri

    return {
        "path": path,
        "requestParameters": declared,
        "integration": {
            "type": "AWS_PROXY",
            "uri": function_uri("count"),
            "integrationHttpMethod": "POST",
            "cacheKeyParameters": list(names),
            **integration,
        },
    }


def deployed(*methods: dict[str, Any]) -> str:
    url = make_api(list(methods), stage_options={"cacheClusterEnabled": True})
    patch(url, enabled=True)
    return url


@pytest.mark.parametrize(
    ("names", "texts"),
    [
        ([], ["1", "1", "1", "1"]),
        (["method.request.path.id"], ["1", "2", "1", "1"]),
        (["method.request.querystring.q"], ["1", "1", "2", "1"]),
        (["method.request.header.X"], ["1", "1", "1", "2"]),
        (["method.request.path.id", "method.request.querystring.q", "method.request.header.X"], ["1", "2", "3", "4"]),
    ],
)
def test_what_tells_answers_apart(cloud: Cloud, count: list[Any], names: list[str], texts: list[str]) -> None:
    url = deployed(keyed(*names))
    requests: list[tuple[str, dict[str, str]]] = [("/a", {}), ("/b", {}), ("/a?q=1", {}), ("/a", {"X": "1"})]
    assert [cloud.http.get(url + path, headers=headers).text for path, headers in requests] == texts
    assert [cloud.http.get(url + path, headers=headers).text for path, headers in requests] == texts


def test_keys_of_the_integration(cloud: Cloud, count: list[Any]) -> None:
    """A member of the body, by way of a header: https://serverlessland.com/patterns (API Gateway caching from the body)."""
    mapping = {"integration.request.header.kind": "method.request.body.kind"}
    method = keyed("integration.request.header.kind", path="/", requestParameters=mapping, type="AWS")
    url = deployed({**method, "method": "POST", "responses": {"200": {}}})
    operations = [{"op": "replace", "path": "/~1/POST/caching/enabled", "value": "true"}]
    client().update_stage(restApiId=id_of(url), stageName="dev", patchOperations=operations)
    found = [cloud.http.post(url, json={"kind": kind, "n": n}).json()["body"] for n, kind in enumerate("aabba")]
    assert found == ["1", "1", "2", "2", "1"]


def test_namespaces(cloud: Cloud, count: list[Any]) -> None:
    common = {"cacheNamespace": "common"}
    url = deployed(keyed(path="/a", **common), keyed(path="/b", **common), keyed(path="/c"))
    assert [cloud.http.get(f"{url}/{path}").text for path in "abcba"] == ["1", "1", "2", "1", "1"]


def test_keys_that_are_not_declared(cloud: Cloud, count: list[Any]) -> None:
    with pytest.raises(ClientError, match=r"BadRequestException.*: Invalid cache key parameter specified"):
        deployed(keyed("method.request.querystring.other"))


def test_templates_run_on_what_is_kept(cloud: Cloud, count: list[Any]) -> None:
    template = '{"n": "$input.path(\'$.body\')", "id": "$context.requestId", "q": "$input.params(\'q\')"}'
    method = keyed(path="/", type="AWS")
    url = deployed({**method, "responses": {"200": {"responseTemplates": {"application/json": template}}}})
    first, second = cloud.http.get(url).json(), cloud.http.get(f"{url}?q=1").json()
    assert (first["n"], second["n"], second["q"]) == ("1", "1", "1")
    assert first["id"] != second["id"]


# ---------------------------------------------------------------------- fresh answers


@pytest.mark.parametrize("header", ["max-age=0", "no-transform, max-age=0", "Max-Age=0"])
def test_everybody_may_have_a_fresh_answer(cloud: Cloud, count: list[Any], header: str) -> None:
    url = cached()
    patch(url, requireAuthorizationForCacheControl=False)
    cloud.http.get(url)
    assert cloud.http.get(url, headers={"Cache-Control": header}).text == "2"
    assert cloud.http.get(url).text == "2"
    assert cloud.http.get(url, headers={"Cache-Control": "no-cache"}).text == "2"


@pytest.mark.parametrize(
    ("strategy", "code", "warning"),
    [
        (None, 200, WARNING),
        ("SUCCEED_WITH_RESPONSE_HEADER", 200, WARNING),
        ("SUCCEED_WITHOUT_RESPONSE_HEADER", 200, None),
        ("FAIL_WITH_403", 403, None),
    ],
)
def test_who_may_not(cloud: Cloud, count: list[Any], strategy: str | None, code: int, warning: str | None) -> None:
    url = cached()
    if strategy is not None:
        operations = [
            {"op": "replace", "path": "/*/*/caching/unauthorizedCacheControlHeaderStrategy", "value": strategy}
        ]
        client().update_stage(restApiId=id_of(url), stageName="dev", patchOperations=operations)
    cloud.http.get(url)
    answer = cloud.http.get(url, headers=FRESH)
    assert (answer.status_code, answer.headers.get("warning")) == (code, warning)
    assert code == 403 or answer.text == "1"
    assert "warning" not in cloud.http.get(url).headers
    assert len(count) == 1


def test_a_signer_may(cloud: Cloud, count: list[Any]) -> None:
    url = cached(authorizationType="AWS_IAM")
    cloud.http.get(url, headers=SIGNED)
    assert cloud.http.get(url, headers=SIGNED).text == "1"
    assert cloud.http.get(url, headers=SIGNED | FRESH).text == "2"
    assert cloud.http.get(url, headers=SIGNED).text == "2"
    assert cloud.http.get(url).status_code == 403  # the cache is behind the authorization


# ---------------------------------------------------------------------- whose answers


def test_refusals_are_not_kept(cloud: Cloud, count: list[Any]) -> None:
    url = cached(requestParameters={"method.request.querystring.q": True})
    assert cloud.http.get(url).text == "1"

    @cloud.function("count")
    def broken(event: Any, context: Any) -> Any:
        raise ValueError

    cloud.clock.advance(seconds=300)
    assert cloud.http.get(url).status_code == 502
    cloud.function("count", lambda event, context: {"body": "mended"})
    assert cloud.http.get(url).text == "mended"


def test_large_answers_are_not_kept(cloud: Cloud) -> None:
    sizes = iter([1_048_577, 1_048_576, 1])
    cloud.function("count", lambda event, context: {"body": "x" * next(sizes)})
    url = cached()
    assert [len(cloud.http.get(url).text) for _ in range(3)] == [1_048_577, 1_048_576, 1_048_576]


@pytest.mark.parametrize(("uses", "texts"), [("true", ["1", "1", "1"]), ("false", ["2", "3", "1"])])
def test_a_canary(cloud: Cloud, count: list[Any], uses: str, texts: list[str]) -> None:
    url = cached()
    cloud.http.get(url)
    settings = {"percentTraffic": 100.0, "useStageCache": uses == "true"}
    client().create_deployment(restApiId=id_of(url), stageName="dev", canarySettings=settings)
    found = [cloud.http.get(url).text for _ in range(2)]
    operations = [{"op": "replace", "path": "/canarySettings/percentTraffic", "value": "0"}]
    client().update_stage(restApiId=id_of(url), stageName="dev", patchOperations=operations)
    assert [*found, cloud.http.get(url).text] == texts


def test_a_stage_that_is_made_again_is_empty(cloud: Cloud, count: list[Any]) -> None:
    url = cached()
    cloud.http.get(url)
    where = {"restApiId": id_of(url), "stageName": "dev"}
    deployment = client().get_stage(**where)["deploymentId"]
    client().delete_stage(**where)
    client().create_stage(deploymentId=deployment, cacheClusterEnabled=True, **where)
    patch(url, enabled=True)
    assert cloud.http.get(url).text == "2"


def test_rollback(cloud: Cloud, count: list[Any]) -> None:
    url = cached()
    with cloud.scratch():
        assert cloud.http.get(url).text == "1"
    assert [cloud.http.get(url).text for _ in range(2)] == ["2", "2"]


def test_a_try_of_a_method_passes_the_cache_by(cloud: Cloud, count: list[Any]) -> None:
    url = cached()
    root = client().get_resources(restApiId=id_of(url))["items"][0]["id"]
    for number in ("1", "2"):
        tried = client().test_invoke_method(restApiId=id_of(url), resourceId=root, httpMethod="GET")
        assert tried["body"] == number


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/cacheClusterSize", "0.7"),
        ("/*/*/caching/ttlInSeconds", "3601"),
        ("/*/*/caching/ttlInSeconds", "-1"),
        ("/*/*/caching/ttlInSeconds", "x"),
        ("/*/*/caching/unauthorizedCacheControlHeaderStrategy", "FAIL"),
    ],
)
def test_settings_that_cannot_be(cloud: Cloud, count: list[Any], path: str, value: str) -> None:
    url = cached()
    before = client().get_stage(restApiId=id_of(url), stageName="dev")
    with pytest.raises(ClientError, match="BadRequestException"):
        client().update_stage(
            restApiId=id_of(url),
            stageName="dev",
            patchOperations=[{"op": "replace", "path": path, "value": value}],
        )
    after = client().get_stage(restApiId=id_of(url), stageName="dev")
    assert json.dumps(after["methodSettings"]) == json.dumps(before["methodSettings"])
