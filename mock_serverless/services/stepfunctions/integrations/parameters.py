"""What a service integration can be given: the members of its API's request, spelled as Step Functions spells them.

AWS looks twice. When a machine is made, at what is written there (``The field "static" is not supported by Step Functions at
/States/resource/Parameters``: https://github.com/aws/aws-cdk/issues/29968; nested members as well: issues/10014). What a path or
an expression will give isn't looked at, nor is the name of a field that ends in ``.$``: a machine with ``TaskToken.$`` beside
``Payload`` was made, and failed when it ran. And when the task starts: the execution fails with
States.Runtime before the task is scheduled, the cause lists the same texts ("could not be used to start the Task" in reports).

https://docs.aws.amazon.com/step-functions/latest/dg/connect-parameters.html says PascalCase; nested members, too:
https://github.com/awsdocs/aws-step-functions-developer-guide/pull/80.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ....core.operation import operation_names, service_model
from ..language import times as language_times
from ..language.expressions import is_expression
from . import sdk_names
from .resources import Resource

Renaming = Callable[[Any, str], str]
"""A structure's shape and a member of it -> the member's name in a state machine."""

# actions of Step Functions' own, which are no operation of an API: the fields that they must and may be given. From the pages
# of https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
OWN: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "apigateway:invoke": (
        ("ApiEndpoint", "Method"),
        ("Headers", "Stage", "Path", "QueryParameters", "RequestBody", "AllowNullValues", "AuthType"),
    ),
    "http:invoke": (
        ("ApiEndpoint", "Method"),
        ("Authentication", "InvocationConfig", "Headers", "QueryParameters", "RequestBody", "Transform"),
    ),
    "elasticmapreduce:terminateCluster": (("ClusterId",), ()),
    "elasticmapreduce:addStep": (("ClusterId", "Step"), ("ExecutionRoleArn",)),
    "elasticmapreduce:cancelStep": (("ClusterId", "StepId"), ()),
    "elasticmapreduce:setClusterTerminationProtection": (("ClusterId", "TerminationProtected"), ()),
    "elasticmapreduce:modifyInstanceFleetByName": (("ClusterId", "InstanceFleetName", "InstanceFleet"), ()),
    "elasticmapreduce:modifyInstanceGroupByName": (("ClusterId", "InstanceGroupName", "InstanceGroup"), ()),
}
OBJECTS = frozenset({"Headers", "QueryParameters", "Authentication", "InvocationConfig", "Transform", "Step"})
"""Of those, the ones that are objects (reported for QueryParameters)."""
METHODS = frozenset(("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"))
_OFTEN_REFUSED = (
    "authorization|connection|content-md5|expect|host|max-forwards|server|te|trailer|transfer-encoding|upgrade|via"
    "|x-forwarded.*|x-amz.*"
)
# of the pages connect-api-gateway.html and call-https-apis.html, which leaves Authorization out (it is reported:
# https://dev.classmethod.jp/articles/stepfunctions-http-endpoint-unsupported-authorization-header)
REFUSED_HEADERS = {
    "apigateway": re.compile(f"{_OFTEN_REFUSED}|proxy-authenticate|www-authenticate"),
    "http": re.compile(
        f"{_OFTEN_REFUSED}|a-im|accept-charset|accept-datetime|accept-encoding|cache-control|content-encoding|date|forwarded"
        "|from|http2-settings|if-match|if-modified-since|if-none-match|if-range|if-unmodified-since|origin|pragma"
        "|proxy-authorization|referer|warning"
    ),
}
FREE = {"sqs": "MessageBody", "sns": "Message", "events": "Detail", "states": "Input"}
"""Texts of optimised integrations for which any value will do, which is sent as its JSON (recorded, and published workflows)."""
ALSO: dict[str, tuple[str, ...]] = {"bedrock:invokeModel": ("Input", "Output")}
"""Fields beside those of the API; ``Input`` stands for the body."""
STANDS_FOR = {"elasticmapreduce:createCluster": "RunJobFlow"}


def problems(resource: Resource, given: dict[str, Any], language: str | None = None) -> Iterator[str]:
    """What is wrong with an integration's parameters; ``language`` is that of the state they are written in, None for values."""
    key = f"{resource.type}:{resource.action}"
    if key in OWN:
        yield from _own(key, given, language)
        return
    shape = input_shape(resource)
    if shape is None:
        return
    yield from _missing(_required(resource, key), given, language)
    also = ALSO.get(key, ())
    body = {k: v for k, v in given.items() if k.removesuffix(".$") not in also} if also else given
    style = _Style(renaming(resource), language, resource.kind == "optimised", FREE.get(resource.type, ""))
    yield from _structure(body, shape, style)


def input_shape(resource: Resource) -> Any:
    """The shape of an action's request; None where no operation of an API stands behind it, or one without any."""
    operation = STANDS_FOR.get(f"{resource.type}:{resource.action}", resource.operation)
    if not resource.service or operation not in operation_names(resource.service).values():
        return None
    return service_model(resource.service).operation_model(operation).input_shape


def renaming(resource: Resource) -> Renaming:
    """What the members of requests and answers are called."""
    return sdk_names.member if resource.kind == "sdk" else capitalized


def capitalized(shape: Any, name: str) -> str:
    """A member in an optimised integration."""
    return name[:1].upper() + name[1:]


def _required(resource: Resource, key: str) -> list[str]:
    """The required parameters: measured for some services (cdk-preflight, rule pf-sfn-asl-integration-parameters).

    That SDK integrations want a ClientToken is reported; optimised ones have none in the developer guide's examples.
    """
    model = service_model(resource.service).operation_model(STANDS_FOR.get(key, resource.operation))
    names: list[str] = list(model.input_shape.required_members)
    if resource.kind == "optimised":
        names = [n for n in names if n not in model.idempotent_members]
    rename = renaming(resource)
    found = [rename(model.input_shape, n) for n in names]
    return [n for n in found if n != "Body"] if key in ALSO else found


def _missing(names: Any, given: dict[str, Any], language: str | None) -> Iterator[str]:
    for name in names:
        if name not in given and not (language == "JSONPath" and f"{name}.$" in given):
            yield f"The field '{name}' is required but was missing"


def _own(key: str, given: dict[str, Any], language: str | None) -> Iterator[str]:
    required, optional = OWN[key]
    yield from _missing(required, given, language)
    for name, value in given.items():
        if name not in required and name not in optional:
            if not (language == "JSONPath" and name.endswith(".$")):
                yield unsupported(name)
        elif value is not None and not _later(value, language):
            yield from _own_value(key.partition(":")[0], name, value, language)


def _own_value(service: str, name: str, value: Any, language: str | None) -> Iterator[str]:
    """The texts are reported: for API Gateway's ``QueryParameters`` and ``Headers`` (https://github.com/aws/aws-cdk/issues/14181),
    for ``ApiEndpoint`` (issues/30749), for refused headers (Classmethod's articles); that ``Method``'s is the same is a guess.
    """
    if name in OBJECTS and not isinstance(value, dict):
        if (service, name) != ("http", "QueryParameters"):
            yield f"The value of the field '{name}' has an invalid format"
    elif name == "Headers":
        names = [n.removesuffix(".$") if language == "JSONPath" else n for n in value]
        if refused := [n.lower() for n in names if REFUSED_HEADERS[service].fullmatch(n.lower())]:
            yield f"The 'Headers' field contains unsupported values: [{', '.join(refused)}]"
        known = [
            v for n, v in value.items() if not (language == "JSONPath" and n.endswith(".$")) and not _later(v, language)
        ]
        if service == "apigateway" and not all(isinstance(v, list) for v in known):
            yield "The value of the field 'Headers' has an invalid format"
    elif (name == "Method" and str(value) not in METHODS) or (
        (service, name) == ("http", "ApiEndpoint") and not str(value).startswith("https://")
    ):
        yield f"The value for the '{name}' field is not valid"


def unsupported(name: str) -> str:
    """A member that there is not, or that is spelled otherwise."""
    return f'The field "{name}" is not supported by Step Functions'


def _malformed(name: str, kind: str) -> str:
    """Reported for texts (https://github.com/ASFHyP3/hyp3/issues/2585) and integers (https://github.com/aws/aws-cdk/issues/12284).

    For the other kinds it is a guess, and for SDK integrations.
    """
    return f"The value for the field '{name}' must be {CALLED[kind]}"


CALLED = {
    "string": "a STRING",
    "integer": "an INTEGER",
    "long": "an INTEGER",
    "float": "a DOUBLE",
    "double": "a DOUBLE",
    "boolean": "a BOOLEAN",
    "timestamp": "a TIMESTAMP",
    "list": "an ARRAY",
    "map": "an OBJECT",
    "structure": "an OBJECT",
}


@dataclass(frozen=True, slots=True)
class _Style:
    """How parameters are written: members' names, the state's language (None for values), whether kinds have to be the very ones.

    ``free`` is the text that may be anything all the same.
    """

    rename: Renaming
    language: str | None
    strict: bool
    free: str


def _later(value: Any, language: str | None) -> bool:
    """Will it be known when the state runs?"""
    return language == "JSONata" and is_expression(value)


def _structure(value: dict[str, Any], shape: Any, style: _Style) -> Iterator[str]:
    names = members(shape, style.rename)
    for given, item in value.items():
        if style.language == "JSONPath" and given.endswith(".$"):
            continue
        name = names.get(given)
        if name is None:
            yield unsupported(given)
        elif item is not None and not _later(item, style.language) and given != style.free:
            yield from _value(given, item, shape.members[name], style)


def _value(name: str, value: Any, shape: Any, style: _Style) -> Iterator[str]:
    kind = shape.type_name
    if kind == "structure" and getattr(shape, "is_document_type", False):
        return
    fits = (EXACT if style.strict else FITS).get(kind, _any)
    if not fits(value):
        yield _malformed(name, kind)
    elif kind == "structure":
        yield from _structure(value, shape, style)
    elif kind in ("list", "map"):
        inner = shape.member if kind == "list" else shape.value
        items = ((name, item) for item in value) if kind == "list" else value.items()
        for key, item in items:
            dynamic = kind == "map" and style.language == "JSONPath" and key.endswith(".$")
            if item is not None and not dynamic and not _later(item, style.language):
                yield from _value(key, item, inner, style)


def _any(value: Any) -> bool:
    """Texts and blobs of SDK integrations: another value is sent as its JSON (recorded)."""
    return True


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _double(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _number(value: Any) -> bool:
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            return False
        return True
    return _double(value)


def _boolean(value: Any) -> bool:
    return isinstance(value, bool) or value in ("true", "false")


def _timestamp(value: Any) -> bool:
    return language_times.parse(value) is not None if isinstance(value, str) else _double(value)


_CONTAINERS: dict[str, Callable[[Any], bool]] = {
    "structure": lambda value: isinstance(value, dict),
    "map": lambda value: isinstance(value, dict),
    "list": lambda value: isinstance(value, list),
    "timestamp": _timestamp,
}
FITS: dict[str, Callable[[Any], bool]] = {
    **_CONTAINERS,
    "boolean": _boolean,
    **dict.fromkeys(("integer", "long", "float", "double"), _number),
}
"""What SDK integrations take: "true" stands for a boolean in published workflows; that texts stand for numbers is a guess."""
EXACT: dict[str, Callable[[Any], bool]] = {
    **_CONTAINERS,
    "string": _text,
    "boolean": lambda value: isinstance(value, bool),
    **dict.fromkeys(("integer", "long"), _integer),
    **dict.fromkeys(("float", "double"), _double),
}
"""What optimised ones take."""


@lru_cache(maxsize=4096)
def members(shape: Any, rename: Renaming) -> dict[str, str]:
    """A structure's members: name in a state machine -> name in the API."""
    return {rename(shape, name): name for name in shape.members}
