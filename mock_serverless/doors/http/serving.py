"""Who answers an HTTP request.

``claims`` says from the host name alone whether a request is a cloud's business: every host of AWS's is, so that none can
leave the process, but what ``passthrough`` names; and every host that a test has stubbed. ``serve`` answers it, or raises
NotSupported with what is served.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ...core import hosts, operation
from ...core.errors import NotSupported
from ...core.hosts import Request, Response
from ...core.journal import Call
from . import stubs

if TYPE_CHECKING:
    from ...cloud import Cloud

# The domains of all partitions (botocore's partitions data), and the two addresses where credentials are handed out
AWS_HOST = re.compile(
    r"(?:.*\.)?(?:amazonaws\.(?:com|com\.cn|eu)|api\.aws|api\.amazonwebservices\.com\.cn|on\.aws|c2s\.ic\.gov|sc2s\.sgov\.gov"
    r"|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)"
)
METADATA = frozenset({"169.254.169.254", "169.254.170.2", "[fd00:ec2::254]", "fd00:ec2::254"})
# a label of the host name -> the service whose folder registers who serves it
DATA_PLANES = {"execute-api": "apigateway", "lambda-url": "lambda"}


def claims(cloud: Cloud, host: str, port: int | None = None) -> bool:
    """Whether requests to a host are answered here: they are for every host of AWS's that ``passthrough`` doesn't name."""
    host = host.lower().rstrip(".")
    if stubs.has_host(cloud, host):
        return True
    if not AWS_HOST.fullmatch(host):
        return host in METADATA or _served(host) is not None
    return not (cloud.passthrough and _passed_through(cloud, host, port))


def _passed_through(cloud: Cloud, host: str, port: int | None) -> bool:
    for name in cloud.passthrough:
        if "://" in name:
            there = urlsplit(name)
            if there.hostname == host and (port is None or there.port in (None, port)):
                return True
    return _service_of(host) in cloud.passthrough


def _service_of(host: str) -> str | None:
    plane = next((s for label, s in DATA_PLANES.items() if f".{label}." in f".{host}"), None)
    if plane:
        return plane
    from ..wire import identify_service

    address = identify_service(host, {}, "/", b"")
    return address.service if address else None


def _served(host: str) -> Any:
    for label, service in DATA_PLANES.items():
        if f".{label}." in host:
            operation.load(service)
    return hosts.server_of(host)


def serve(cloud: Cloud, request: Request) -> Response | None:
    """The answer to a request; None when its host is none of the cloud's business (see :func:`claims`).

    What a function or a stub raises comes through; a host of AWS's which nobody serves is NotSupported.
    """
    if not claims(cloud, request.host, request.port):
        return None
    stubbed = stubs.find(cloud, request)
    if stubbed is not None:
        return _journalled(cloud, request, stubbed)
    served = _served(request.host)
    if served is None:
        return _serve_endpoint(cloud, request)
    function, match = served
    return _journalled(cloud, request, lambda: function(cloud, request, match))


def _journalled(cloud: Cloud, request: Request, answer: Any) -> Response:
    """An HTTP request to a data plane is one call of the journal, and what it sets in motion runs when it has been answered."""
    label = next((label for label in DATA_PLANES if f".{label}." in request.host), request.host)
    target = request.path + (f"?{request.query}" if request.query else "")
    params = {"url": request.url, "headers": dict(request.headers), "body": _shown(request.body)}
    call = Call(label, f"{request.method} {target}", params, cloud.account, "", _caller(), cloud.clock.timestamp())
    cloud.calls.append(call)
    try:
        with cloud.work.outermost():
            response: Response = answer()
    except BaseException as e:
        call.error = e
        raise
    call.response = {"status": response.status, "headers": dict(response.headers), "body": _shown(response.body)}
    return response


def _shown(body: bytes) -> str | bytes:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body


def _caller() -> str:
    from ...core.guest import caller

    return caller()


# ---------------------------------------------------------------------- AWS's endpoints


def _serve_endpoint(cloud: Cloud, request: Request) -> Response:
    """An API call that was made without the SDK's hooks: a presigned URL, a hand-written client."""
    if request.host in METADATA or not _service_of(request.host):
        raise NotSupported(not_served(cloud, request.host))
    from ..endpoints import answer

    _, (status, headers, body) = answer(cloud, request.method, request.url, dict(request.headers), request.body)
    return Response(status, tuple((str(k), str(v)) for k, v in headers.items()), body)


def not_served(cloud: Cloud, host: str) -> str:
    """Why a host isn't answered, and what is."""
    served = "\n".join(f"  {line}" for line in served_hosts(cloud)) or "  (nothing yet)"
    return (
        f"{host}: mock_serverless does not serve this host. While a mock is active no request to AWS leaves the process.\n"
        f'Stub it:  cloud.http.stub("https://{host}", {{"json": {{...}}}})\n'
        f"Served are:\n{served}\n  the endpoints of AWS's APIs, such as dynamodb.{cloud.region}.amazonaws.com\n"
        f'Or leave it alone:  mock_cloud(passthrough=["https://{host}"])'
    )


def served_hosts(cloud: Cloud) -> list[str]:
    """URLs of what the services of a cloud serve over HTTP (a state that serves any has ``urls()``)."""
    found = [url for service in DATA_PLANES.values() for state in cloud.states_of(service) for url in _urls(state)]
    return sorted(set(found))


def _urls(state: Any) -> list[str]:
    urls = getattr(state, "urls", None)
    return list(urls()) if urls is not None else []
