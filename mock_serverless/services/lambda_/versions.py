"""Published versions: https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...core.agenda import job
from ...core.operation import operation
from ...core.scope import Scope
from .configuration import answer, listed
from .errors import check_revision, invalid, refuse
from .execution import init_start, keep, new_environment
from .functions import check_idle
from .names import function_of
from .pages import page
from .store import Function, State, Version


@operation
def publish_version(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html"""
    refuse(request, "PublishVersion", "PublishTo")
    function = function_of(state, request)
    check_revision(request, function.latest.revision)
    check_idle(state, function)
    sha, wanted = function.latest.code.sha256, request.get("CodeSha256")
    if wanted and wanted != sha:
        raise invalid(
            f"CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST ({sha}). "
            "Please try again with the CodeSHA256 in $LATEST."
        )
    version = publish(state, function, request.get("Description"))
    response = answer(state.scope, function.name, version, state.arn(function.name, version.number))
    return {**response, "ResponseMetadata": {"HTTPStatusCode": 201}}


def publish(state: State, function: Function, description: str | None = None) -> Version:
    """Publish ``$LATEST``, or give the last version when nothing has changed since."""
    last = function.versions.get(str(function.published))
    if last is not None and _same(last, function.latest):
        return last
    function.published += 1
    settings = function.latest.settings
    if description is not None:
        settings = {**settings, "Description": description}
    version = replace(
        function.latest,
        number=str(function.published),
        settings=settings,
        revision=state.scope.ids.uuid(),
        state="Pending" if settings["SnapStart"]["ApplyOn"] == "PublishedVersions" else "Active",
        updating=False,
        modified=state.scope.timestamp(),
    )
    function.versions[version.number] = version
    state.revise(function)
    if version.state == "Pending":
        state.scope.later(0, "lambda:published", name=function.name, number=version.number)
    return version


@job("lambda:published")
def _initialize(scope: Scope, name: str, number: str) -> None:
    """A version has been published: run what comes before its snapshot."""
    state: State = scope.state()
    function = state.functions.get(name)
    version = None if function is None else function.versions.get(number)
    if function is None or version is None or version.state != "Pending":
        return
    if version.code.handler is None and not version.settings["Runtime"].startswith("python"):  # nothing of it runs here
        function.versions[number] = replace(version, state="Active")
        return
    environment = new_environment(state, function, version)
    first = init_start(state, version)
    failed, log = environment.prepare()
    version = function.versions.get(number)
    if version is None:  # it was deleted meanwhile
        return
    function.versions[number] = version = replace(version, state="Active" if failed is None else "Failed")
    group = version.settings["LoggingConfig"]["LogGroup"]
    state.logs.setdefault(group, []).append(log.lines)
    scope.log(group, environment.log_stream, [first, *log.lines])
    keep(state, function, version, environment)


def _same(last: Version, latest: Version) -> bool:
    one, other = ({k: v for k, v in v.settings.items() if k != "Description"} for v in (last, latest))
    return last.code.sha256 == latest.code.sha256 and last.code.handler is latest.code.handler and one == other


@operation
def list_versions_by_function(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_ListVersionsByFunction.html"""
    function = function_of(state, request)
    versions = [function.latest, *function.versions.values()]
    shown = [listed(state.scope, function.name, v, state.arn(function.name, v.number)) for v in versions]
    found, marker = page(shown, request.get("Marker"), request.get("MaxItems"), 50)
    return {"Versions": found, **({"NextMarker": marker} if marker else {})}
