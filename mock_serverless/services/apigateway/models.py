"""Models, the JSON schemas of bodies: https://docs.aws.amazon.com/apigateway/latest/api/API_Model.html"""

from __future__ import annotations

import json

from ...core.errors import NotSupported
from ...core.operation import operation
from .gateway import Record, State, bad_request, conflict
from .inputs import check
from .kind import Kind, Request, chosen, register
from .patching import Rule
from .resources import deployable

NO_SCHEMA = "Model schema must have at least 1 property or array items defined"


def _schema(schema: str) -> str | None:
    return None if schema else NO_SCHEMA


RULES = (Rule("/description"), Rule("/schema", refuse=_schema))


def _make(db: State, request: Request) -> Record:
    name = request["name"]
    if not name:
        raise bad_request("Model name must be non-empty")
    if not name.isalnum():
        raise bad_request(f"Model name must be alphanumeric: {name}")
    if name in db.api(request).table("models"):
        raise conflict("Model name already exists for this REST API")
    record = {"id": db.new_id(), **chosen(request, "name", "description", "schema", "contentType")}
    return _checked(db, request, {}, record)


def _checked(db: State, request: Request, old: Record, new: Record) -> Record:
    if not new.get("schema"):
        raise bad_request(NO_SCHEMA)
    if "json" in new["contentType"]:
        try:
            json.loads(new["schema"])
        except ValueError:
            raise bad_request("Invalid model schema specified") from None  # a guess at AWS's words
    return {k: v for k, v in new.items() if k != "description" or v}


def _leave(db: State, request: Request, record: Record) -> None:
    name, api = record["name"], db.api(request)
    for resource, http_method, method in reversed(deployable(api)):
        path = f"{resource['path']}/{http_method}"
        if name in (method.get("requestModels") or {}).values():
            raise conflict(f"Cannot delete model '{name}', is referenced in method request: {path}")
        for response in (method.get("methodResponses") or {}).values():
            if name in (response.get("responseModels") or {}).values():
                raise conflict(f"Cannot delete model '{name}', is referenced in method response: {path}")
    for other in api.table("models").values():
        if f'/models/{name}"' in other["schema"]:
            raise conflict(f"Cannot delete model '{name}', is referenced in model: {other['name']}")


MODEL = register(
    Kind(
        noun="model",
        key="modelName",
        identity="name",
        missing="Invalid model name specified: {name}",
        make=_make,
        rules=RULES,
        changed=_checked,
        leave=_leave,
        order=lambda records: sorted(records, key=lambda r: str(r["name"])),
    ),
    get=None,
)


@operation
def get_model(db: State, request: Request) -> Record:
    check("GetModel", request)
    if request.get("flatten"):
        raise NotSupported("get_model with flatten=True is not implemented by mock_serverless")
    return MODEL.find(db, request)
