"""Resources, the paths of an API: https://docs.aws.amazon.com/apigateway/latest/api/API_Resource.html

A resource's record holds its methods, and they their integrations; in answers it shows the methods' names, unless they are
asked for with ``embed=methods``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...core.operation import operation
from .gateway import Api, Record, State, bad_request, conflict
from .kind import Kind, Request, page, register
from .patching import Rule

PATH_PART = re.compile(r"[a-zA-Z0-9._\-:]+|\{[a-zA-Z0-9._\-:]+\+?\}")
RULES = (Rule("/parentId"), Rule("/pathPart"))


def _make(db: State, request: Request) -> Record:
    parent_id, part = request["parentId"], request["pathPart"]
    resources = db.api(request).table("resources")
    parent = RESOURCE.find(db, {**request, "resourceId": parent_id})
    _check_part(part)
    if parent.get("pathPart", "").endswith("+}"):
        raise bad_request(f"Cannot create a child of a resource with a greedy path variable: {parent['pathPart']}")
    _check_siblings(resources, parent_id, part, None)
    return {"id": db.new_id(6), "parentId": parent_id, "pathPart": part, "path": _joined(parent["path"], part)}


def _check_part(part: str) -> None:
    if not PATH_PART.fullmatch(part):
        raise bad_request(
            "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning "
            "and the end."
        )


def _check_siblings(resources: dict[str, Record], parent: str, part: str, me: str | None) -> None:
    for other in resources.values():
        if other.get("parentId") != parent or other["id"] == me:
            continue
        if other["pathPart"] == part:
            raise conflict(f"Another resource with the same parent already has this name: {part}")
        if part.startswith("{") and other["pathPart"].startswith("{"):  # a greedy one is one too (recorded)
            raise bad_request(
                f"A sibling ({other['pathPart']}) of this resource already has a variable path part -- only one is allowed"
            )


def _joined(parent_path: str, part: str) -> str:
    return parent_path.rstrip("/") + "/" + part


def _changed(db: State, request: Request, old: Record, new: Record) -> Record:
    if "parentId" not in old:
        for name in ("pathPart", "parentId"):
            if name in new:
                raise bad_request(f"Root resource cannot update its {name}.")
        return new
    resources = db.api(request).table("resources")
    parent = RESOURCE.find(db, {**request, "resourceId": new["parentId"]})
    if new["parentId"] in {r["id"] for r in below(resources, old["id"])} | {old["id"]}:
        raise bad_request("Resources cannot be cyclical.")
    _check_part(new["pathPart"])
    _check_siblings(resources, new["parentId"], new["pathPart"], new["id"])
    new = {**new, "path": _joined(parent["path"], new["pathPart"])}
    for resource in list(below(resources, old["id"])):
        moved = new["path"] + resource["path"][len(old["path"]) :]
        resources[resource["id"]] = {**resource, "path": moved}
    return new


def below(resources: dict[str, Record], id: str) -> Iterator[Record]:
    """All resources under one."""
    for resource in list(resources.values()):
        if resource.get("parentId") == id:
            yield resource
            yield from below(resources, resource["id"])


def _leave(db: State, request: Request, record: Record) -> None:
    if "parentId" not in record:
        raise bad_request("Root resource cannot be deleted")  # a guess at AWS's words
    resources = db.api(request).table("resources")
    for resource in list(below(resources, record["id"])):
        del resources[resource["id"]]


def _shown(record: Record) -> Record:
    methods = record.get("resourceMethods")
    shown = {k: v for k, v in record.items() if k != "resourceMethods"}
    return {**shown, "resourceMethods": {name: {} for name in methods}} if methods else shown


RESOURCE = register(
    Kind(
        noun="resource",
        key="resourceId",
        missing="Invalid Resource identifier specified",
        make=_make,
        rules=RULES,
        changed=_changed,
        leave=_leave,
        shown=_shown,
    ),
    get=None,
    list=None,
)


@operation
def get_resource(db: State, request: Request) -> Record:
    record = RESOURCE.find(db, request)
    return record if "methods" in (request.get("embed") or ()) else _shown(record)


@operation
def get_resources(db: State, request: Request) -> Record:
    resources = sorted(db.api(request).table("resources").values(), key=lambda r: r["path"])
    embed = "methods" in (request.get("embed") or ())
    return page(request, [(r["id"], r if embed else _shown(r)) for r in resources])


def deployable(api: Api) -> list[tuple[Record, str, Record]]:
    """Resource, HTTP method and method of all methods of an API."""
    return [
        (r, name, m) for r in api.table("resources").values() for name, m in (r.get("resourceMethods") or {}).items()
    ]
