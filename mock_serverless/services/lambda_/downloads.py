"""Where a deployment package can be downloaded: what GetFunction gives as ``Code.Location``.

https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCodeLocation.html
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from ...core.errors import NotSupported
from ...core.hosts import Request, Response, host
from .store import State, Version

if TYPE_CHECKING:
    from ...cloud import Cloud


def location(state: State, name: str, version: Version) -> str:
    """A URL which leads to the version's package for as long as a version has it."""
    scope = state.scope
    host = f"awslambda-{scope.region}-tasks.s3.{scope.region}.{scope.dns_suffix}"
    digest = hashlib.sha256(version.code.sha256.encode()).hexdigest()
    return f"https://{host}/snapshots/{scope.account}/{name}-{digest[:32]}?versionId={digest[32:]}"


@host(r"awslambda-[a-z0-9-]+-tasks\.s3\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")
def serve(cloud: Cloud, request: Request, match: Any) -> Response:
    """The package; 404 when no version has it."""
    for state in cloud.states_of("lambda"):
        for function in state.functions.values():
            for version in (function.latest, *function.versions.values()):
                if location(state, function.name, version) != f"https://{request.host}{request.path}?{request.query}":
                    continue
                if version.code.handler is not None:
                    raise NotSupported(
                        f"{function.name} is a Python callable of the test's; it has no deployment package."
                    )
                return Response(200, (("Content-Type", "application/zip"),), version.code.archive)
    missing = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.'
    return Response(404, (("Content-Type", "application/xml"),), f"{missing}</Message></Error>".encode())
