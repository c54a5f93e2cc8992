"""Tags of APIs, stages, keys and usage plans, by their ARN: https://docs.aws.amazon.com/apigateway/latest/api/API_TagResource.html"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote

from ...core.operation import operation
from .gateway import Record, State, not_found
from .kind import Request, answer


@operation
def get_tags(db: State, request: Request) -> Record:
    record, _ = _tagged(db, request["resourceArn"])
    return {"tags": record.get("tags") or {}}


@operation
def tag_resource(db: State, request: Request) -> Record:
    record, put = _tagged(db, request["resourceArn"])
    put({**record, "tags": {**(record.get("tags") or {}), **request["tags"]}})
    return answer({}, 204)


@operation
def untag_resource(db: State, request: Request) -> Record:
    record, put = _tagged(db, request["resourceArn"])
    put({**record, "tags": {k: v for k, v in (record.get("tags") or {}).items() if k not in request["tagKeys"]}})
    return answer({}, 204)


def _tagged(db: State, arn: str) -> tuple[Record, Callable[[Record], None]]:
    """The record of an ARN, and how to put another in its place."""
    steps = unquote(arn).partition("::/")[2].split("/")
    table = None
    if steps[0] == "restapis" and len(steps) == 2 and steps[1] in db.apis:
        api = db.apis[steps[1]]
        return api.record, lambda record: setattr(api, "record", record)
    if steps[0] == "restapis" and len(steps) == 4 and steps[2] == "stages" and steps[1] in db.apis:
        table, name = db.apis[steps[1]].table("stages"), steps[3]
    elif len(steps) == 2 and steps[0] in ("apikeys", "usageplans"):
        table, name = db.table({"apikeys": "api_keys", "usageplans": "usage_plans"}[steps[0]]), steps[1]
    if table is None or name not in table:
        raise not_found("Invalid resource identifier specified")
    return table[name], lambda record: table.__setitem__(name, record)
