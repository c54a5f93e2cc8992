"""NextToken of execute_statement: where a SELECT goes on, sealed against change.

A token belongs to the account, the statement and its parameters for which it was given, and lives for an hour. (The refusals are
AWS's; that hour is that of AWS's DynamoDB Local.) Its content, which on AWS is encrypted, has a digest in front.
"""

from __future__ import annotations

import base64
import binascii
import json
from hashlib import sha256
from typing import Any

from .database import Database
from .values import Item, Value, refuse

INVALID = "Invalid NextToken"
OTHER_REQUEST = "NextToken does not match request"
OTHER_ACCOUNT = "Given NextToken is invalid for this account"
EXPIRED = "Given NextToken has already expired"
LIFE = 3600.0
_DIGEST = 16


def seal(db: Database, statement: str, parameters: list[Value], read: int, key: Item) -> str:
    """The token with which the ``read``th read of a statement goes on behind a key."""
    content = {
        "account": db.scope.account,
        "request": _digest_of(statement, parameters),
        "time": db.scope.timestamp(),
        "read": read,
        "key": _shown(key),
    }
    text = json.dumps(content, separators=(",", ":")).encode()
    return base64.b64encode(sha256(text).digest()[:_DIGEST] + text).decode()


def unseal(db: Database, token: str, statement: str, parameters: list[Value]) -> tuple[int, Item]:
    """The read and the key that a token of this statement names. Raises AwsError for any other."""
    content = _content(token)
    if content["account"] != db.scope.account:
        raise refuse(OTHER_ACCOUNT)
    if content["request"] != _digest_of(statement, parameters):
        raise refuse(OTHER_REQUEST)
    if db.scope.timestamp() - content["time"] >= LIFE:
        raise refuse(EXPIRED)
    return content["read"], _read(content["key"])


def _content(token: str) -> dict[str, Any]:
    try:
        sealed = base64.b64decode(token, validate=True)
    except (binascii.Error, ValueError):
        raise refuse(INVALID) from None
    digest, text = sealed[:_DIGEST], sealed[_DIGEST:]
    if sha256(text).digest()[:_DIGEST] != digest:
        raise refuse(INVALID)
    content: dict[str, Any] = json.loads(text)
    return content


def _digest_of(statement: str, parameters: list[Value]) -> str:
    return sha256(f"{statement}\n{parameters}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _shown(key: Item) -> dict[str, Any]:
    """A key as JSON has it: binary as base64."""
    return {name: _kept(value, lambda content: base64.b64encode(content).decode()) for name, value in key.items()}


def _read(key: dict[str, Any]) -> Item:
    return {name: _kept(value, base64.b64decode) for name, value in key.items()}


def _kept(value: Value, convert: Any) -> Value:
    ((kind, content),) = value.items()
    return {kind: convert(content) if kind == "B" else content}
