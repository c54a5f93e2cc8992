"""Names as the AWS SDK for Java 2.x writes them, in which SDK integrations speak: DbInstances, Rds.DbInstanceNotFoundException.

https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html says PascalCase; that it is the SDK's own,
is seen in workflows that users have published (``$.DbInstances[0].DbInstanceStatus``, ``EndTimecodeSMPTE``) and in reports
(``Bool`` and ``Nul`` of DynamoDB: https://github.com/aws/aws-sdk-js/issues/4294, https://github.com/boto/boto3/issues/4253).
The rules are those of the SDK's code generator: a member's name begins in small letters, however many of an acronym's there are
(Utils.unCapitalize), an exception's has acronyms as words (CodegenNamingUtils.pascalCase).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from ....core.operation import service_model

BOUNDARIES = (
    (r"[^A-Za-z0-9]+", " "),
    (r"([^a-z]{2,})v([0-9]+)", r"\1 v\2 "),  # TESTv4
    (r"([^A-Z]{2,})V([0-9]+)", r"\1 V\2 "),  # TestV4
    (r"(?<=[a-z])(?=[A-Z][a-zA-Z0-9])", " "),  # AcmSuccess
    (r"([A-Z]+)([A-Z][a-z])", r"\1 \2"),  # ACMSuccess
    (r"([0-9])([a-zA-Z])", r"\1 \2"),  # s3ec2
)
RENAMED = {
    ("AttributeValue", "NULL"): "Nul",
    ("Image", "Public"): "PublicLaunchPermissions",
    ("FpgaImage", "Public"): "IsPublic",
}
"""Members that the SDK has given another name (the file customization.config of a service), by shape."""
# words of Java, and methods of its classes: a member of that name has "Value" behind it (DefaultNamingStrategy). "API fields for
# equals will be referred to in your state machines as: EqualsValue" (supported-services-awssdk)
_WORDS = """
    abstract assert boolean break byte case catch char class const continue default do double else enum extends false final
    finally float for goto if implements import instanceof int interface long native new null package private protected public
    return short static strictfp super switch synchronized this throw throws transient true try void volatile while
"""
_METHODS = """
    equals finalize getClass hashCode notify notifyAll toString wait builder sdkFields toBuilder overrideConfiguration
    sdkHttpResponse
"""
WORDS, METHODS = frozenset(_WORDS.split()), frozenset(_METHODS.split())


@lru_cache(maxsize=4096)
def pascal(name: str) -> str:
    """A class: InvalidDBInstanceState -> InvalidDbInstanceState."""
    for pattern, spaced in BOUNDARIES:
        name = re.sub(pattern, spaced, name)
    return "".join(word.capitalize() for word in name.split())


def member(shape: Any, name: str) -> str:
    """A member of a structure."""
    found = RENAMED.get((shape.name, name)) or accessor(name)
    reserved = found.lower() in WORDS or found[:1].lower() + found[1:] in METHODS
    return found + "Value" if reserved else found


@lru_cache(maxsize=4096)
def accessor(name: str) -> str:
    """DBInstances -> DbInstances, SSEKMSKeyId -> SsekmsKeyId, EndTimecodeSMPTE as it is."""
    end = 1
    while name[end : end + 1].isupper() and not name[end + 1 : end + 2].islower():
        end += 1
    return name[:1].upper() + name[1:end].lower() + name[end:]


@lru_cache(maxsize=2048)
def exception(shape_name: str) -> str:
    """An error's shape as the exception's class."""
    name = pascal(shape_name.removesuffix("Fault"))
    return name if name.endswith("Exception") else name + "Exception"


PREFIXES = {"MemoryDB": "MemoryDB"}
"""Services whose published prefix is not what the rule gives."""


@lru_cache(maxsize=512)
def client(service: str) -> str:
    """A service as the SDK names its client: DynamoDb, Sfn, CloudWatchLogs (DefaultNamingStrategy.getServiceName)."""
    id = str(service_model(service).metadata.get("serviceId", service))
    name = PREFIXES.get(id) or pascal(id)
    for leading in ("Amazon", "Aws"):
        name = name.removeprefix(leading)
    return name.removesuffix("Service")
