"""AWS's API endpoints over plain HTTP: a request is read by its protocol, called, and the answer written back.

For requests that never came past botocore's ``before-call``: a presigned URL fetched by any HTTP client, botocore's endpoint
used directly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..core.arns import GLOBAL_REGIONS
from ..core.errors import AwsError, NotSupported
from ..core.hosts import access_key_of
from ..core.operation import service_model
from . import wire

if TYPE_CHECKING:
    from ..cloud import Cloud

Http = tuple[int, dict[str, str], bytes]


def answer(cloud: Cloud, method: str, url: str, headers: dict[str, str], content: bytes) -> tuple[str, Http]:
    """The service which the request is for, and the HTTP answer. NotSupported when no service of AWS's is recognised."""
    parts = urlsplit(url)
    address = wire.identify_service(parts.netloc, headers, f"{parts.path}?{parts.query}", content)
    if address is None:
        raise NotSupported(f"{method} {url}: this is no API endpoint of AWS's that mock_serverless recognises")
    region = address.region or cloud.region
    key = access_key_of(next((v for k, v in headers.items() if k.lower() == "authorization"), ""), parts.query)
    model: Any = service_model(address.service)
    try:
        operation, params = wire.parse_request(model, method, url, headers, content)
        model = model.operation_model(operation)
        response = cloud.call(
            address.service,
            operation,
            params,
            account=address.account or cloud.account_of_key(key),
            region=GLOBAL_REGIONS.get(region, region),
            access_key=key,
        )
    except AwsError as error:
        return address.service, wire.serialize_error(model, error, cloud.ids.uuid())
    return address.service, wire.serialize_response(model, response, cloud.ids.uuid())
