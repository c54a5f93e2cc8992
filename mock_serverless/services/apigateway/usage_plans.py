"""Usage plans and their keys: https://docs.aws.amazon.com/apigateway/latest/api/API_UsagePlan.html

A plan's quota and throttle act on requests with its keys, in virtual time; see pipeline/keys.py.
"""

from __future__ import annotations

from typing import Any

from ...core.operation import operation
from .api_keys import newest_first
from .gateway import Record, State, Table, bad_request, conflict, not_found
from .kind import Kind, Request, chosen, page, register
from .patching import Rule, apply, number, steps_of, whole, with_value, without

PERIODS = ("DAY", "WEEK", "MONTH")
RULES = (
    Rule("/name"),
    Rule("/description"),
    Rule("/productCode"),
    Rule("/quota/limit", ("add", "replace"), whole),
    Rule("/quota/offset", ("add", "replace"), whole),
    Rule("/quota/period", ("add", "replace")),
    Rule("/quota", ("remove",)),
    Rule("/throttle/burstLimit", ("add", "replace"), whole),
    Rule("/throttle/rateLimit", ("add", "replace"), number),
    Rule("/throttle", ("remove",)),
    Rule("/apiStages", ("add", "remove")),
)


def _make(db: State, request: Request) -> Record:
    if not request["name"]:
        raise bad_request("Usage Plan name must not be blank")  # a guess at AWS's words
    record: Record = {
        "id": db.new_id(),
        **chosen(request, "name", "description"),
        "apiStages": list(request.get("apiStages") or ()),
    }
    for member in ("throttle", "quota", "tags"):
        if request.get(member):
            record[member] = dict(request[member])
    if "quota" in record:
        record["quota"] = {"offset": 0, **record["quota"]}
    if "throttle" in record:
        record["throttle"] = {k: float(v) if k == "rateLimit" else v for k, v in record["throttle"].items()}
    return _checked(db, record)


def _checked(db: State, record: Record) -> Record:
    for stage in record["apiStages"]:
        api = db.apis.get(stage.get("apiId"))
        if api is None:
            raise not_found(f"Invalid API identifier specified {db.scope.account}:{stage.get('apiId')}")
        if stage.get("stage") not in api.table("stages"):
            raise not_found("API Stage not found: " + f"{stage.get('apiId')}:{stage.get('stage')}")
    if record.get("quota") and record["quota"].get("period") not in PERIODS:
        raise bad_request("Usage Plan quota period must be one of DAY, WEEK, MONTH")  # a guess at AWS's words
    return record


def _throttled(stage: Record, steps: list[str], patch: dict[str, Any]) -> Record:
    *resource, limit = steps[3:]
    path = ["throttle", "/".join(resource), limit]
    if patch["op"] == "remove":
        return without(stage, path)  # type: ignore[no-any-return]
    convert = {"rateLimit": number, "burstLimit": whole}.get(limit)
    if convert is None or len(resource) != 2:
        raise bad_request(f"Invalid patch path  '{patch['path']}' specified for op '{patch['op']}'.")
    return with_value(stage, path, convert(patch.get("value") or ""))  # type: ignore[no-any-return]


def _patched(db: State, request: Request, record: Record, patch: dict[str, Any]) -> Record:
    steps = steps_of(patch.get("path") or "")
    return _patched_stages(record, patch, steps) if steps[:1] == ["apiStages"] else apply(record, patch, RULES)


def _patched_stages(record: Record, patch: dict[str, Any], steps: list[str]) -> Record:
    """Stages are put in and taken out as ``api:stage``, and found under that name for their throttles."""
    named = steps[1] if len(steps) > 1 else patch.get("value") or ""
    api, _, stage = named.partition(":")
    stages = record["apiStages"]
    if len(steps) > 1:
        stages = [_throttled(s, steps, patch) if (s["apiId"], s["stage"]) == (api, stage) else s for s in stages]
    elif patch["op"] == "add":
        stages = [*stages, {"apiId": api, "stage": stage}]
    elif patch["op"] == "remove":
        stages = [s for s in stages if (s["apiId"], s["stage"]) != (api, stage)]
    else:
        raise bad_request("Invalid patch operation specified. Must be one of: [add, remove]")
    return {**record, "apiStages": stages}


def _leave(db: State, request: Request, record: Record) -> None:
    if record["apiStages"]:
        stages = [f"{s['apiId']}:{s['stage']}" for s in record["apiStages"]]
        raise bad_request(
            f"Cannot delete Usage Plan {record['id']}. Please remove the following API Stage associations: {', '.join(stages)}"
        )  # a guess at AWS's words
    db.tables.pop(keys_table(record["id"]), None)


PLAN = register(
    Kind(
        noun="usage_plan",
        key="usagePlanId",
        in_api=False,
        missing="Invalid Usage Plan ID specified",
        make=_make,
        patch=_patched,
        changed=lambda db, request, old, new: _checked(db, new),
        leave=_leave,
        made=lambda record: record,
        shown=lambda record: {**record, "tags": record.get("tags") or {}},  # but for its creation and lists (recorded)
    ),
    list=None,
)


# ---------------------------------------------------------------------- keys of a plan


def keys_table(plan: str) -> str:
    """The name of the table of a plan's keys."""
    return f"usage_plan_keys {plan}"


def _keys(db: State, request: Request) -> Table:
    return db.table(keys_table(request["usagePlanId"]))


def _make_key(db: State, request: Request) -> Record:
    PLAN.find(db, request)
    if request["keyType"] != "API_KEY":
        raise bad_request("Usage Plan Key type must be API_KEY")  # a guess at AWS's words
    key = db.table("api_keys").get(request["keyId"])
    if key is None:
        raise not_found("Invalid API Key identifier specified")
    if key["id"] in _keys(db, request):
        raise conflict("Usage Plan Key already exists")  # a guess at AWS's words
    return {"id": key["id"], "type": "API_KEY", **{m: key[m] for m in ("value", "name") if m in key}}


PLAN_KEY = register(
    Kind(
        noun="usage_plan_key",
        key="keyId",
        in_api=False,
        missing="Invalid API Key identifier specified",
        place=_keys,
        make=_make_key,
        order=newest_first,
        wanted=lambda request, key: key.get("name", "").startswith(request.get("nameQuery") or ""),
    ),
    update=None,
)


@operation
def get_usage_plans(db: State, request: Request) -> Record:
    key = request.get("keyId")
    plans = db.table("usage_plans").values()
    return page(request, [(p["id"], p) for p in plans if key is None or key in db.table(keys_table(p["id"]))])
