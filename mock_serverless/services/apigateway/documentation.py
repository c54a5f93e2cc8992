"""Documentation parts and versions: https://docs.aws.amazon.com/apigateway/latest/api/API_DocumentationPart.html"""

from __future__ import annotations

import json

from .gateway import Record, State, bad_request, conflict
from .kind import Kind, Request, chosen, register
from .patching import Rule


def _make_part(db: State, request: Request) -> Record:
    location = {k: v for k, v in request["location"].items() if v is not None}
    record = {"id": db.new_id(), "location": location, "properties": request["properties"]}
    for other in db.api(request).table("documentation_parts").values():
        if other["location"] == location:
            raise conflict("Documentation part already exists for the specified location")
    return _checked(db, request, {}, record)


def _checked(db: State, request: Request, old: Record, new: Record) -> Record:
    try:
        fine = bool(new["properties"]) and isinstance(json.loads(new["properties"]), dict)
    except ValueError:
        fine = False
    if not fine:
        raise bad_request("Documentation part properties must be non-empty")
    return new


def _wanted(request: Request, part: Record) -> bool:
    location = part["location"]
    return (
        request.get("type") in (None, location.get("type"))
        and request.get("path") in (None, location.get("path"))
        and (request.get("nameQuery") or "") in location.get("name", "")
    )


PART = register(
    Kind(
        noun="documentation_part",
        key="documentationPartId",
        missing="Invalid Documentation part identifier specified",
        going=lambda db, request: db.api(request),  # which AWS misses first (recorded)
        make=_make_part,
        rules=(Rule("/properties"),),
        changed=_checked,
        wanted=_wanted,
    )
)


def _make_version(db: State, request: Request) -> Record:
    version = request["documentationVersion"]
    if not version:
        raise bad_request("Documentation version must be non-empty")  # a guess at AWS's words
    api = db.api(request)
    stage = request.get("stageName")
    if stage is not None and stage not in api.table("stages"):
        raise bad_request("Invalid stage identifier specified")
    record = {
        "version": version,
        "createdDate": db.scope.now().replace(microsecond=0),
        **chosen(request, "description"),
    }
    if stage is not None and version not in api.table("documentation_versions"):
        api.table("stages")[stage] = {**api.table("stages")[stage], "documentationVersion": version}
    return record


def _leave_version(db: State, request: Request, record: Record) -> None:
    for stage in db.api(request).table("stages").values():
        if stage.get("documentationVersion") == record["version"]:
            raise conflict(
                f"Cannot delete documentation version, is referenced in stage: {stage['stageName']}"
            )  # a guess


VERSION = register(
    Kind(
        noun="documentation_version",
        key="documentationVersion",
        identity="version",
        missing="Invalid Documentation version specified",
        make=_make_version,
        exists="Documentation version already exists",
        rules=(Rule("/description"),),
        leave=_leave_version,
    )
)
