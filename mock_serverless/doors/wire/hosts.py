"""Whose request is this? From its host, or where the host says nothing, from the scope of its signature.

A host of AWS is read from the right (https://docs.aws.amazon.com/general/latest/gr/rande.html and botocore's endpoint
rule sets): the partition's suffix, the region, ``dualstack``, then the service's endpoint prefix, perhaps in its FIPS
form; what is left over is an account (DynamoDB, S3 Control), a bucket, or an operation's host prefix. Several services
may share a prefix (API Gateway's two APIs, SES's three): X-Amz-Target, the form's Version or the path then tells which
is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from .catalog import Partition, Service, catalog, partitions, service_model
from .routes import knows_path

ACCOUNT = re.compile(r"\d{12}")
CREDENTIAL = re.compile(r"(?:Credential=|^)[^/,\s]+/\d{8}/([^/,\s]*)/([^/,\s]+)/aws4_request")
RPC_PATH = re.compile(r".*/service/([^/]+)/operation/[^/]+/?")
# Host names which no endpoint prefix of botocore's models shows; from its endpoint rule sets and from older SDKs.
ALIASES = {
    "ddb": "dynamodb",
    "streams-ddb": "streams.dynamodb",
    "streams-dynamodb": "streams.dynamodb",
    "queue": "sqs",
    "s3-accesspoint": "s3",
    "s3-object-lambda": "s3",
    "s3-external-1": "s3",
    "s3express-control": "s3",
    "aos": "es",
    "ecr-fips": "api.ecr",
    "data.iot": "data-ats.iot",
    "data.ats.iot": "data-ats.iot",
    "cn.transcribe": "transcribe",
    "maps.geo": "geo-maps",
    "places.geo": "geo-places",
    "routes.geo": "geo-routes",
}
# What operations put before their service's host (hostPrefix in the models); anything else there is no API, but
# something a customer owns: an OpenSearch domain, a container registry, an IoT endpoint.
HOST_PREFIXES = frozenset({
    "analytics", "api", "api-fulfill", "control-storage", "cp", "data", "dataplane", "datatransformation", "dp", "env",
    "geofencing", "management", "maps", "metadata", "monitor", "ops", "places", "query", "routes", "runtime",
    "scheduling", "storage", "stream", "streaming", "sync", "tags", "tracking", "workflows",
})  # fmt: skip
S3_EXPRESS = re.compile(r"s3express(-[a-z0-9]+-[a-z0-9-]+)?")
LEGACY_S3 = re.compile(r"s3(-fips)?-([a-z]{2}(?:-[a-z]+)+-\d)")
NOT_APIS = ("s3-website", "s3-website-")
# Signed requests to something a customer owns have these scopes, too: a host that isn't known decides then.
DATA_PLANE_SCOPES = frozenset({"es", "aoss", "appsync", "execute-api", "vpc-lattice-svcs", "lambda"})


class Address(NamedTuple):
    """``service`` as boto3.client() takes it; ``region`` and ``account`` as far as the request tells."""

    service: str
    region: str | None
    account: str | None


@dataclass(frozen=True, slots=True)
class Host:
    """A host name of AWS, taken apart: what is left of the endpoint prefix is in ``before``."""

    services: tuple[Service, ...]
    before: str
    label: str
    region: str | None
    partition: Partition


def identify_service(host: str, headers: Mapping[str, Any], path: str, body: Any = None) -> Address | None:
    """Service, region and account of a request; None when it is for no API of AWS's that botocore knows.

    ``path`` may have its query string (a presigned URL's scope is there). A host of AWS decides; any other (localhost,
    a custom endpoint) leaves it to the signature's scope and to X-Amz-Target.
    """
    fields = {_text(name).lower(): _text(value) for name, value in headers.items()}
    bare_path, _, query = path.partition("?")
    scope = _scope(fields, query)
    found = read_host(_bare(host))
    if found is None:
        if _of_aws(_bare(host)) and (scope is None or scope[1] in DATA_PLANE_SCOPES):
            return None
        services = _by_scope_or_target(scope, fields)
        region, account = (scope[0] or None) if scope else None, None
    else:
        services = found.services
        region = found.region or (scope[0] if scope and scope[0] not in ("", "*") else found.partition.default_region)
        account = _account(found)
    management = any(service.name == "apigatewaymanagementapi" for service in services)
    if management and "/@connections" not in unquote(bare_path):
        return None  # execute-api: a call of the user's API, not of AWS's
    service = _choose(services, fields, bare_path, query, body)
    return Address(service.name, region, account) if service else None


def bucket_of(host: str) -> str | None:
    """The bucket in a virtual-hosted request of S3's, or the ARN of the access point; None for path style."""
    found = read_host(_bare(host))
    if found is None or not found.before or not any(service.name == "s3" for service in found.services):
        return None
    kind = found.label.replace("-fips", "")
    if kind not in ("s3-accesspoint", "s3-object-lambda", "s3-outposts"):
        return found.before
    service = "s3" if kind == "s3-accesspoint" else kind
    name, _, outpost = found.before.partition(".")
    point, _, account = name.rpartition("-")
    within = f"outpost/{outpost}/" if outpost else ""
    return f"arn:{found.partition.name}:{service}:{found.region}:{account}:{within}accesspoint/{point}"


# ---------------------------------------------------------------------- host names


@lru_cache(maxsize=1024)
def read_host(host: str) -> Host | None:
    for partition, suffix in _suffixes():
        if host.endswith(f".{suffix}"):
            labels = host[: -len(suffix) - 1].split(".")
            if labels[-1:] == ["vpce"]:  # bucket.vpce-1a2b-3c4d.s3.us-east-1.vpce.amazonaws.com
                labels = [label for label in labels[:-1] if not label.startswith("vpce-")]
            labels = [label for label in labels if label]
            region, labels, partition = _region(labels, partition, suffix)
            found = _endpoint(labels, dual_stack=suffix == partition.suffixes[0])
            if found is None:
                return None
            services, before, label = found
            return Host(services, before, label, region, partition)
    return None


def _account(host: Host) -> str | None:
    """DynamoDB and S3 Control have the account in the host; the same digits before S3 are a bucket."""
    if any(service.name == "s3" for service in host.services):
        return None
    return next((part for part in host.before.split(".") if ACCOUNT.fullmatch(part)), None)


def _of_aws(host: str) -> bool:
    return host.endswith(".on.aws") or any(host.endswith(f".{suffix}") for _, suffix in _suffixes())


@lru_cache(maxsize=1)
def _suffixes() -> tuple[tuple[Partition, str], ...]:
    """Longest first; of partitions which share a suffix (aws and aws-us-gov) the first, until the region is known."""
    pairs = [(partition, suffix) for partition in partitions() for suffix in partition.suffixes]
    return tuple(sorted(pairs, key=lambda pair: -len(pair[1])))


def _region(labels: list[str], partition: Partition, suffix: str) -> tuple[str | None, list[str], Partition]:
    """The region is the last label, in old forms the first, or in the service's own (``s3-us-west-2``)."""
    sharing = [other for other in partitions() if suffix in other.suffixes]
    if labels[-1:] == ["global"]:  # iam.global.api.aws
        return None, labels[:-1], partition
    for at in (-1, 0):
        for other in sharing:
            if labels and other.has_region(labels[at]):
                rest = labels[:-1] if at else labels[1:]
                return labels[at], rest[:-1] if rest[-1:] == ["dualstack"] else rest, other
    for other in sharing:
        if labels[-1:] == [other.name.removeprefix("aws-")] and other.name != "aws":  # iam.us-gov.amazonaws.com
            return other.default_region, labels[:-1], other
    legacy = LEGACY_S3.fullmatch(labels[-1]) if labels else None
    if legacy:
        of_region = next((other for other in sharing if other.has_region(legacy[2])), None)
        if of_region:
            return legacy[2], [*labels[:-1], "s3" + (legacy[1] or "")], of_region
    return None, labels[:-1] if labels[-1:] == ["dualstack"] else labels, partition


def _endpoint(labels: list[str], dual_stack: bool) -> tuple[tuple[Service, ...], str, str] | None:
    """The longest end of the host which is an endpoint prefix; or one with an operation's prefix before it."""
    for at in range(len(labels)):
        name, before = ".".join(labels[at:]), ".".join(labels[:at])
        services = _lookup(name, dual_stack)
        if before and name.startswith("s3-outposts"):  # with an access point it is S3, without one S3 on Outposts
            services = catalog().by_endpoint["s3"]
        if services:
            return (services, before, name) if _may_stand_before(before, services) else None
    pieces = ".".join(labels).split("-")  # sync-states, streaming-logs
    for at in range(1, len(pieces)):
        name, before = "-".join(pieces[at:]), "-".join(pieces[:at])
        services = _lookup(name, dual_stack)
        if services and _may_stand_before(before, services):
            return services, before, name
    return None


def _may_stand_before(before: str, services: tuple[Service, ...]) -> bool:
    if not before or any(service.name in ("s3", "apigatewaymanagementapi", "neptune-graph") for service in services):
        return True
    return all(part in HOST_PREFIXES or ACCOUNT.fullmatch(part) for part in before.split("."))


def _lookup(name: str, dual_stack: bool) -> tuple[Service, ...]:
    if name.startswith(NOT_APIS):
        return ()
    known = catalog()
    for form in _forms(name):
        found = known.by_endpoint.get(form) or known.by_endpoint.get(ALIASES.get(form, ""))
        if found:
            return found
        if dual_stack and form in known.by_name:  # ecr.us-east-1.api.aws, though the prefix is api.ecr
            return (known.by_name[form],)
    return known.by_endpoint["s3"] if S3_EXPRESS.fullmatch(name) else ()


def _forms(name: str) -> Iterator[str]:
    """A name as it is, and without the FIPS marks which it may have in several places."""
    yield name
    if "fips" in name:
        yield re.sub(r"-fips(?=\.|$)", "", name)
        yield re.sub(r"^fips[.-]", "", name)
        yield re.sub(r"\.fips[-.]", ".", name)
        yield name.replace("-fips-", "-")


# ---------------------------------------------------------------------- signatures


def _scope(fields: Mapping[str, str], query: str) -> tuple[str, str] | None:
    """Region and signing name of the credential scope, in the header or in a presigned URL."""
    found = CREDENTIAL.search(fields.get("authorization", ""))
    if found is None and "x-amz-credential" in query.lower():
        values = {name.lower(): value for name, value in parse_qsl(query)}
        found = CREDENTIAL.search(values.get("x-amz-credential", ""))
    return (found[1], found[2]) if found else None


def _by_scope_or_target(scope: tuple[str, str] | None, fields: Mapping[str, str]) -> tuple[Service, ...]:
    if scope:
        known = catalog()
        signed = known.by_signing_name.get(scope[1], ())
        return signed or known.by_endpoint.get(scope[1], ())
    return catalog().by_target.get(fields.get("x-amz-target", "").rpartition(".")[0], ())


# ---------------------------------------------------------------------- services which share a name


def _choose(
    services: tuple[Service, ...], fields: Mapping[str, str], path: str, query: str, body: Any
) -> Service | None:
    if len(services) < 2:
        return services[0] if services else None
    by_target = _with_target(services, fields, path)
    if by_target:
        return by_target[0]
    form = _form(fields, query, body)
    if "Action" in form:
        of_version = [s for s in services if s.api_version == form.get("Version")]
        return _best(of_version or _speaking(services, ("query", "ec2")))
    if "x-amz-target" not in fields:
        rest = [s for s in services if s.protocols[0].startswith("rest") and knows_path(service_model(s.name), path)]
        if rest:
            return _best(rest)
    return _best(services)


def _with_target(services: tuple[Service, ...], fields: Mapping[str, str], path: str) -> list[Service]:
    target = fields.get("x-amz-target", "").rpartition(".")[0]
    rpc = RPC_PATH.fullmatch(path)
    wanted = target or (rpc[1] if rpc else None)
    return [service for service in services if wanted and service.target_prefix == wanted]


def _speaking(services: tuple[Service, ...], protocols: tuple[str, ...]) -> list[Service]:
    return [service for service in services if set(protocols) & set(service.protocols)]


def _best(services: list[Service] | tuple[Service, ...]) -> Service | None:
    """The one which has the prefix for its name, else the newest API, else the shortest name (rds, not neptune)."""
    return min(services, key=lambda s: (s.name != s.endpoint_prefix, len(s.name), s.name), default=None)


def _form(fields: Mapping[str, str], query: str, body: Any) -> dict[str, str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    if fields.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        text = body.decode("utf-8", "replace") if isinstance(body, (bytes, bytearray)) else body
        pairs += parse_qsl(text, keep_blank_values=True) if isinstance(text, str) else []
    return dict(pairs)


def _bare(host: str) -> str:
    return host.strip().lower().rpartition("@")[2].partition(":")[0].rstrip(".")


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
