"""API keys: https://docs.aws.amazon.com/apigateway/latest/api/API_ApiKey.html"""

from __future__ import annotations

from collections.abc import Iterable

from ...core.errors import NotSupported
from ...core.operation import operation
from .gateway import Record, State, bad_request, conflict
from .inputs import check
from .kind import Kind, Request, chosen, page, register
from .patching import Rule, truth

LONGEST_NAME, LONGEST_DESCRIPTION = 1024, 125_000  # recorded: the name's; the other lies below what was tried
NAME_PROBLEM = "Invalid API Key name, can be at most 1024 characters."
DESCRIPTION_PROBLEM = "Invalid API Key description specified."


def _long_name(name: str) -> str | None:
    return NAME_PROBLEM if len(name) > LONGEST_NAME else None


def _long_description(description: str) -> str | None:
    return DESCRIPTION_PROBLEM if len(description) > LONGEST_DESCRIPTION else None


RULES = (
    Rule("/description", refuse=_long_description),
    Rule("/enabled", convert=truth),
    Rule("/name", refuse=_long_name),
    Rule("/customerId"),
)


def _make(db: State, request: Request) -> Record:
    problem = _long_name(request.get("name") or "") or _long_description(request.get("description") or "")
    if problem:
        raise bad_request(problem)
    if request.get("stageKeys"):
        raise NotSupported(
            "stageKeys of an API key are deprecated; mock_serverless takes usage plans (create_usage_plan_key)"
        )
    if request.get("generateDistinctId") is False:
        raise NotSupported("generateDistinctId of an API key is deprecated; every key has an id of its own here")
    value = request.get("value") or db.new_id(40)
    if len(value) < 20:
        raise bad_request("API Key value should be at least 20 characters")
    if any(key["value"] == value for key in db.table("api_keys").values()):
        raise conflict("API Key already exists")
    now = db.scope.now().replace(microsecond=0)
    return {
        "id": db.new_id(10),
        "value": value,
        **chosen(request, "name", "description", "customerId"),
        "enabled": bool(request.get("enabled")),
        "createdDate": now,
        "lastUpdatedDate": now,
        "stageKeys": [],
        "tags": dict(request.get("tags") or {}),
    }


def _changed(db: State, request: Request, old: Record, new: Record) -> Record:
    kept = {k: v for k, v in new.items() if v != "" or k not in ("name", "description", "customerId")}
    return {**kept, "lastUpdatedDate": db.scope.now().replace(microsecond=0)}


def _leave(db: State, request: Request, record: Record) -> None:
    for name, table in db.tables.items():
        if name.startswith("usage_plan_keys "):
            table.pop(record["id"], None)


def without_value(record: Record) -> Record:
    """A key as it is answered when its value wasn't asked for."""
    return {k: v for k, v in record.items() if k != "value"}


def _without_empty_tags(record: Record) -> Record:
    return record if record["tags"] else {k: v for k, v in record.items() if k != "tags"}


def newest_first(records: Iterable[Record]) -> list[Record]:
    """Recorded: keys are listed so."""
    return list(records)[::-1]


API_KEY = register(
    Kind(
        noun="api_key",
        key="apiKey",
        in_api=False,
        missing="Invalid API Key identifier specified",
        make=_make,
        rules=RULES,
        changed=_changed,
        leave=_leave,
        shown=without_value,
    ),
    create=None,
    get=None,
    list=None,
)


@operation
def create_api_key(db: State, request: Request) -> Record:
    check("CreateApiKey", request)
    record = _make(db, request)
    db.table("api_keys")[record["id"]] = record
    return {**_without_empty_tags(record), "ResponseMetadata": {"HTTPStatusCode": 201}}


@operation
def get_api_key(db: State, request: Request) -> Record:
    record = API_KEY.find(db, request)
    return record if request.get("includeValue") else without_value(record)


@operation
def get_api_keys(db: State, request: Request) -> Record:
    customer, name = request.get("customerId"), request.get("nameQuery") or ""
    found = [
        (key["id"], _without_empty_tags(key if request.get("includeValues") else without_value(key)))
        for key in newest_first(db.table("api_keys").values())
        if key.get("name", "").startswith(name) and customer in (None, key.get("customerId"))
    ]
    return page(request, found)
