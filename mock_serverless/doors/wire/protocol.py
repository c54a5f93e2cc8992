"""Which of AWS's protocols a request speaks and an answer has to be in.

A service may have several (https://smithy.io/2.0/guides/wire-protocol-selection.html): the request says which by
its headers, the answer goes back in the same one.
"""

from __future__ import annotations

from typing import Any

from mock_serverless.core.errors import NotSupported

from .incoming import Incoming

CBOR = "smithy-rpc-v2-cbor"
FAMILIES = ("json", "rest-json", "query", "ec2", "rest-xml", CBOR)


def client_protocol(service_model: Any) -> str:
    """The one botocore's client of this service uses (versions before 1.35.9x know one protocol per service)."""
    return str(getattr(service_model, "resolved_protocol", None) or service_model.protocol)


def protocols_of(service_model: Any) -> tuple[str, ...]:
    listed = service_model.metadata.get("protocols") or ()
    return tuple(dict.fromkeys((*listed, service_model.metadata["protocol"])))


def spoken_protocol(service_model: Any, request: Incoming) -> str:
    """The protocol of this request; NotSupported where the service's model doesn't have it."""
    known = protocols_of(service_model)
    if known[0] in ("rest-json", "rest-xml"):
        return known[0]
    if request.header("smithy-protocol") == "rpc-v2-cbor":
        spoken = CBOR
    elif request.header("x-amz-target") is not None:
        spoken = "json"
    elif request.is_form or "Action" in request.query_values:
        spoken = "ec2" if "ec2" in known else "query"
    else:
        return client_protocol(service_model)
    if spoken not in known:
        raise NotSupported(
            f"{service_model.service_name}: a request in the {spoken!r} protocol, which botocore's model of the "
            f"service does not describe; send it in {' or '.join(map(repr, known))} (as boto3 does)"
        )
    return spoken
