"""Encryption at rest: the key of KMS that a table has, and what becomes of the table when that key can't be used.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.howitworks.html. DynamoDB asks KMS on behalf of
who calls, and has grants of a table's key: two for each table, with the table's name as encryption context. Refusals of KMS
are told inside of DynamoDB's own. All that, and what happens later to a table whose key is disabled, to be deleted or without
its grants, has been measured on the service (ack-api-quirks, DDB-TABLE-020 to 023, 037, 139, 328, 330 to 335, 461).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mock_serverless.core.agenda import job
from mock_serverless.core.constraints import validation_error, violation
from mock_serverless.core.errors import AwsError
from mock_serverless.core.scope import Scope

from .schema import INVALID
from .settings import Protection
from .states import found
from .table import Table
from .values import refuse

if TYPE_CHECKING:
    from .database import Database

OWN = "alias/aws/dynamodb"
"""The alias of the account's AWS managed key for DynamoDB."""
GRANTED = ("Decrypt", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo", "RetireGrant", "DescribeKey")
GRANTS = 2

CACHED = 300.0
"""Seconds for which items can still be read: the table's data key is cached for five minutes (the page above)."""
NOTICED = 1800.0
"""Seconds after which a table shows that its key can't be used, or can be again. Measured are 13 to 75 minutes, and 18 to 57."""

Words = tuple[str, str, str, int]
REFUSALS: dict[str, Words] = {
    "DisabledException": ("ValidationException", "KMS key disabled error", "DisabledException", 400),
    "NotFoundException": ("ValidationException", "KMS validation error", "NotFoundException", 400),
    "KMSInvalidStateException": ("ValidationException", "KMS validation error", "KMSInvalidStateException", 400),
    "AccessDeniedException": ("AccessDeniedException", "KMS key access denied error", "AWSKMSException", 400),
}
"""KMS's error -> DynamoDB's, how it begins, the class of AWS's SDK, the HTTP status."""
OTHER: Words = ("InternalServerError", "KMS internal error", "AWSKMSException", 500)


# ---------------------------------------------------------------------- what a request asks for


def check(given: dict[str, Any] | None, member: str = "sSESpecification") -> bool:
    """Whether an SSESpecification asks for a key of KMS; refused when it contradicts itself."""
    if (given or {}).get("KMSMasterKeyId") == "":  # measured (DDB-TABLE-457); botocore's model doesn't have it
        too_short = "Member must have length greater than or equal to 1"
        raise validation_error([violation("", f"{member}.kMSMasterKeyId", too_short)])
    kind, key = (given or {}).get("SSEType"), (given or {}).get("KMSMasterKeyId")
    enabled = bool((given or {}).get("Enabled", kind is not None))
    if not enabled:
        for name, value in (("SSEType", kind), ("KMSMasterKeyId", key)):
            if value is not None:
                raise refuse(f"{INVALID}{name} can not be specified if Enabled is false")
        return False
    if kind not in (None, "KMS"):
        raise refuse(f"{INVALID}SSEType {kind} is not supported")
    if key is not None and kind is None:
        raise refuse(INVALID + "SSEType KMS is required if KMSMasterKeyId is specified")
    return True


def encryption(db: Database, given: dict[str, Any] | None, region: str | None = None) -> dict[str, Any] | None:
    """The SSEDescription which an SSESpecification asks for; None for the default encryption. KMS is asked for the key.

    ``region`` is named in a refusal: a replica's.
    """
    if not check(given):
        return None
    assert given is not None
    params = {"KeyId": given.get("KMSMasterKeyId") or OWN}
    key = _ask(db, "DescribeKey", params, region)["KeyMetadata"]
    arn: str = key.get("Arn") or key["KeyId"]
    if key.get("KeyManager") == "AWS":
        db.encryption_key = arn
    return {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": arn}


def check_key(db: Database, table: str, given: dict[str, Any], region: str) -> None:
    """Whether a replica in that region could have such a key."""
    wanted = encryption(db, given, region)
    if wanted is not None:
        _ask(db, "CreateGrant", {**_grant(db, table, wanted["KMSMasterKeyArn"]), "DryRun": True}, region)


def _grant(db: Database, table: str, arn: str) -> dict[str, Any]:
    principal = f"dynamodb.{db.scope.region}.{db.scope.dns_suffix}"
    context = {"aws:dynamodb:tableName": table, "aws:dynamodb:subscriberId": db.scope.account}
    return {
        "KeyId": arn,
        "GranteePrincipal": principal,
        "RetiringPrincipal": principal,
        "Operations": list(GRANTED),
        "Constraints": {"EncryptionContextSubset": context},
    }


def _ask(db: Database, operation: str, params: dict[str, Any], region: str | None = None) -> dict[str, Any]:
    """Call KMS on behalf of who calls; a dry run's error is its success."""
    try:
        return db.scope.call("kms", operation, params, caller="dynamodb", access_key=db.scope.serving_access_key())
    except AwsError as refusal:
        if refusal.code == "DryRunOperationException":
            return {}
        raise told(db, refusal.code, refusal.message, region) from None


def told(db: Database, code: str, message: str, region: str | None = None) -> AwsError:
    """A refusal of KMS, as DynamoDB tells it."""
    own, head, kind, status = REFUSALS.get(code, OTHER)
    where = "" if region is None else f" for region {region}"
    request_id = db.scope.ids.uuid()
    return AwsError(
        own,
        f"{head}{where}: com.amazonaws.services.kms.model.{kind}: {message} (Service: AWSKMS; Status Code: 400; "
        f"Error Code: {code}; Request ID: {request_id}; Proxy: null)",
        status,
    )


# ---------------------------------------------------------------------- a table's key


def secured(db: Database, table: str, wanted: dict[str, Any] | None) -> Protection | None:
    """Take the grants of the key which a table of that name is to have; refused when KMS doesn't give them."""
    if wanted is None:
        return None
    arn = wanted["KMSMasterKeyArn"]
    return Protection(arn, tuple(_ask(db, "CreateGrant", _grant(db, table, arn))["GrantId"] for _ in range(GRANTS)))


def protect(table: Table, protection: Protection | None) -> None:
    """From now on this is a table's key (None: DynamoDB's own, of which nothing is seen); the grants of the old one end."""
    scope, old = table.scope, table.protection
    watch: dict[str, Any] = {"table": table.name, "table_id": table.id}
    table.protection, table.locked = protection, None
    if old is not None:
        scope.unwatch(old.key, "dynamodb:key", **watch)
        for grant in old.grants:
            try:
                scope.call("kms", "RetireGrant", {"KeyId": old.key, "GrantId": grant}, caller="dynamodb")
            except AwsError:
                pass  # revoked before, or gone with its key
    if protection is not None:
        scope.watch(protection.key, "dynamodb:key", **watch)


def check_current(db: Database, table: Table) -> None:
    """A change of keys needs the old one, too, to read what it has encrypted; its grants needn't be there any more."""
    if table.protection is not None:
        _ask(db, "GenerateDataKeyWithoutPlaintext", _use(table.protection))


def _use(protection: Protection) -> dict[str, Any]:
    return {"KeyId": protection.key, "KeySpec": "AES_256", "DryRun": True}


def check_unlocked(db: Database, table: Table) -> None:
    """Refuse what needs a table's data when they can't be read."""
    if table.locked is not None:
        raise told(db, *table.locked)


# ---------------------------------------------------------------------- a key that can't be used


def _refusal(db: Database, protection: Protection) -> tuple[str, str] | None:
    """KMS's code and message if the key can't be used now; also without the grants (their refusal is a guess)."""
    scope = db.scope
    try:
        scope.call("kms", "GenerateDataKeyWithoutPlaintext", _use(protection), caller="dynamodb")
    except AwsError as refusal:
        if refusal.code != "DryRunOperationException":
            return refusal.code, refusal.message
    asked = ({"KeyId": protection.key, "GrantId": grant} for grant in protection.grants)
    if any(scope.call("kms", "ListGrants", params, caller="dynamodb")["Grants"] for params in asked):
        return None
    what = f"is not authorized to perform: kms:Decrypt on resource: {protection.key}"
    why = "because no resource-based policy allows the kms:Decrypt action"
    return "AccessDeniedException", f"User: dynamodb.{scope.region}.{scope.dns_suffix} {what} {why}"


def _protected(scope: Scope, table: str, table_id: str) -> tuple[Table, Protection] | None:
    there = found(scope, table, table_id)
    return None if there is None or there.protection is None else (there, there.protection)


@job("dynamodb:key")
def key_changed(scope: Scope, table: str, table_id: str) -> None:
    """Something has happened to a table's key. Items can be read for a while yet; once it is back they can be read at once."""
    place = _protected(scope, table, table_id)
    if place is None:
        return
    there, own = place
    lost = _refusal(scope.state(), own) is not None
    if lost and own.lost is None:
        now = scope.timestamp()
        there.protection = replace(own, lost=now)
        for seconds, kind in ((CACHED, "dynamodb:lock"), (NOTICED, "dynamodb:inaccessible")):
            scope.later(seconds, kind, background=True, table=table, table_id=table_id, since=now)
    elif not lost and own.lost is not None:
        there.protection, there.locked = replace(own, lost=None), None
        if own.inaccessible is not None:
            scope.later(NOTICED, "dynamodb:accessible", background=True, table=table, table_id=table_id)


@job("dynamodb:lock")
def lock(scope: Scope, table: str, table_id: str, since: float) -> None:
    """The data key isn't cached any more."""
    place = _protected(scope, table, table_id)
    if place is not None and place[1].lost == since:
        place[0].locked = _refusal(scope.state(), place[1])


@job("dynamodb:inaccessible")
def notice(scope: Scope, table: str, table_id: str, since: float) -> None:
    """The table shows that its key can't be used."""
    place = _protected(scope, table, table_id)
    if place is not None and place[1].lost == since:
        place[0].protection = replace(place[1], inaccessible=scope.timestamp())


@job("dynamodb:accessible")
def recover(scope: Scope, table: str, table_id: str) -> None:
    """The table shows that its key can be used again."""
    place = _protected(scope, table, table_id)
    if place is not None and place[1].lost is None:
        place[0].protection = replace(place[1], inaccessible=None)
