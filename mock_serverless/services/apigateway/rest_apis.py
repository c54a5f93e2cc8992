"""REST APIs: https://docs.aws.amazon.com/apigateway/latest/api/API_RestApi.html"""

from __future__ import annotations

from functools import cache
from typing import Any

from ...core.errors import NotSupported
from ...core.operation import operation, service_model
from .gateway import Api, Record, State, bad_request
from .inputs import check
from .kind import answer, chosen, page
from .patching import Rule, api_words, apply, patched, text, truth

ENDPOINT_TYPES = ("REGIONAL", "EDGE", "PRIVATE")
COMPRESSION = "Invalid minimum compression size, must be between 0 and 10485760"

# https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html: every API has these two
DEFAULT_MODELS = {
    "Empty": '{\n  "$schema" : "http://json-schema.org/draft-04/schema#",\n  "title" : "Empty Schema",\n  "type" : "object"\n}',
    "Error": '{\n  "$schema" : "http://json-schema.org/draft-04/schema#",\n  "title" : "Error Schema",\n  "type" : "object",\n'
    '  "properties" : {\n    "message" : { "type" : "string" }\n  }\n}',
}


def _compression(value: str) -> Any:
    try:
        size = int(value) if value else None
    except ValueError:
        raise bad_request(COMPRESSION) from None
    return _checked_compression(size)


def _checked_compression(size: int | None) -> int | None:
    if size is not None and not 0 <= size <= 10485760:
        raise bad_request(COMPRESSION)
    return size


def _refuse_policy(value: Any) -> str | None:
    if value:
        raise NotSupported(
            "the resource policy of a REST API (policy) is not evaluated by mock_serverless; leave it out"
        )
    return None


RULES = (
    Rule("/description"),
    Rule("/name", refuse=lambda name: None if name else "Name cannot be an empty string"),
    Rule("/policy", refuse=_refuse_policy),
    Rule(
        "/apiKeySource", refuse=lambda s: None if s in ("HEADER", "AUTHORIZER") else "Invalid API key source specified"
    ),
    Rule("/binaryMediaTypes/*", ("add", "remove", "replace"), listed=True),
    Rule("/minimumCompressionSize", convert=_compression),
    Rule("/disableExecuteApiEndpoint", convert=truth),
    Rule("/endpointConfiguration/types/*", convert=text),
    Rule("/endpointConfiguration/ipAddressType"),
)


@operation
def create_rest_api(db: State, request: dict[str, Any]) -> Record:
    check("CreateRestApi", request)
    if request.get("description") == "":
        raise bad_request("Description cannot be an empty string")
    _checked_compression(request.get("minimumCompressionSize"))
    _refuse_policy(request.get("policy"))
    for name in ("securityPolicy", "endpointAccessMode"):
        if request.get(name):
            raise NotSupported(f"{name} of an API: mock_serverless speaks no TLS; leave it out")
    record = {
        "id": db.new_id(10),
        "name": request["name"],
        "createdDate": db.scope.now().replace(microsecond=0),
        "apiKeySource": request.get("apiKeySource", "HEADER"),
        "endpointConfiguration": _endpoint(request.get("endpointConfiguration")),
        "disableExecuteApiEndpoint": bool(request.get("disableExecuteApiEndpoint")),
        "rootResourceId": db.new_id(10),
        "tags": dict(request.get("tags") or {}),
        **chosen(request, "description", "version", "minimumCompressionSize", "binaryMediaTypes"),
    }
    api = _new(db, record)
    if request.get("cloneFrom"):
        api = _clone(db, request["cloneFrom"], record)
    db.apis[record["id"]] = api
    return answer(_without_empty_tags(_shown(record)), 201)


def _shown(record: Record) -> Record:
    """As an answer: botocore knows ``ipAddressType`` since 1.38 only."""
    if _knows_address_types():
        return record
    endpoint = {k: v for k, v in record["endpointConfiguration"].items() if k != "ipAddressType"}
    return {**record, "endpointConfiguration": endpoint}


@cache
def _knows_address_types() -> bool:
    return "ipAddressType" in service_model("apigateway").shape_for("EndpointConfiguration").members


def _endpoint(given: dict[str, Any] | None) -> Record:
    given = given or {}
    types = given.get("types", ["EDGE"])
    if given.get("vpcEndpointIds"):
        raise NotSupported("endpointConfiguration.vpcEndpointIds: mock_serverless has no VPC endpoints; leave them out")
    if not types:
        raise bad_request("REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.")
    if len(types) > 1:
        raise bad_request("Cannot create an api with multiple Endpoint Types.")
    private = types[0] == "PRIVATE"
    address = given.get("ipAddressType", "dualstack" if private else "ipv4")
    if private and address != "dualstack":
        raise bad_request("Only dualstack ipAddressType is supported for Private APIs.")
    return {"types": list(types), "ipAddressType": address}


def _new(db: State, record: Record) -> Api:
    api = Api(record)
    root = record["rootResourceId"]
    api.table("resources")[root] = {"id": root, "path": "/"}
    for name, schema in DEFAULT_MODELS.items():
        api.table("models")[name] = {
            "id": db.new_id(6),
            "name": name,
            "description": f"This is a default {name.lower()} schema model",
            "schema": schema,
            "contentType": "application/json",
        }
    return api


def _clone(db: State, origin: str, record: Record) -> Api:
    """All but deployments and stages; the root resource gets the new API's id."""
    old = db.api({"restApiId": origin})
    api = old.snapshot()
    api.record = record
    old_root, root = old.record["rootResourceId"], record["rootResourceId"]
    resources = {}
    for id, resource in api.table("resources").items():
        id = root if id == old_root else id
        parent = {"parentId": root} if resource.get("parentId") == old_root else {}
        resources[id] = {**resource, "id": id, **parent}
    api.tables["resources"] = resources
    return api


@operation
def get_rest_api(db: State, request: dict[str, Any]) -> Record:
    return _shown(db.api(request).record)


@operation
def get_rest_apis(db: State, request: dict[str, Any]) -> Record:
    return page(request, [(id, _without_empty_tags(_shown(api.record))) for id, api in db.apis.items()])


def _without_empty_tags(record: Record) -> Record:
    return record if record.get("tags") else {k: v for k, v in record.items() if k != "tags"}


@operation
def update_rest_api(db: State, request: dict[str, Any]) -> Record:
    check("UpdateRestApi", request)
    api = db.api(request)
    record = patched(api.record, request.get("patchOperations"), _patched)
    if record.get("minimumCompressionSize", 0) is None:
        record = {k: v for k, v in record.items() if k != "minimumCompressionSize"}
    if record.get("description") == "":
        record = {k: v for k, v in record.items() if k != "description"}
    api.record = record
    return _shown(record)


def _patched(record: Record, patch: dict[str, Any]) -> Record:
    if (patch.get("path") or "").startswith("/endpointConfiguration/types/"):
        return _patch_type(record, patch)
    record = apply(record, patch, RULES, api_words)
    _check_address(record, patch)
    return record


def _patch_type(record: Record, patch: dict[str, Any]) -> Record:
    """There is one type, so that ``/types/0`` and ``/types/EDGE`` are the same place."""
    if patch.get("op") != "replace":
        raise bad_request("Invalid patch operation specified. Must be 'add'|'remove'|'replace'")
    kind = patch.get("value")
    if kind not in ENDPOINT_TYPES:
        raise bad_request("Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE")
    old = record["endpointConfiguration"]
    address = "dualstack" if kind == "PRIVATE" else old["ipAddressType"]
    return {**record, "endpointConfiguration": {**old, "types": [kind], "ipAddressType": address}}


def _check_address(record: Record, patch: dict[str, Any]) -> None:
    endpoint = record["endpointConfiguration"]
    if endpoint["ipAddressType"] not in ("ipv4", "dualstack"):
        raise bad_request("ipAddressType must be either ipv4 or dualstack.")
    if endpoint["types"] == ["PRIVATE"] and endpoint["ipAddressType"] != "dualstack":
        raise bad_request("Only dualstack ipAddressType is supported for Private APIs.")


@operation
def delete_rest_api(db: State, request: dict[str, Any]) -> Record:
    db.api(request)
    del db.apis[request["restApiId"]]
    return answer({}, 202)
