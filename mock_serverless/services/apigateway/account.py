"""The account's settings: https://docs.aws.amazon.com/apigateway/latest/api/API_GetAccount.html"""

from __future__ import annotations

from ...core.operation import operation
from .gateway import Record, State
from .inputs import check
from .kind import Request
from .patching import ADD_REMOVE, Rule, patched

WELCOME = "/aws/apigateway/welcome"
RULES = (Rule("/cloudwatchRoleArn"), Rule("/features", ADD_REMOVE))


@operation
def get_account(db: State, request: Request) -> Record:
    return db.account


@operation
def update_account(db: State, request: Request) -> Record:
    check("UpdateAccount", request)
    # features are looked at by nobody
    patches = [patch for patch in request.get("patchOperations") or () if patch.get("path") != "/features"]
    account = patched(db.account, patches, RULES)
    role = account.get("cloudwatchRoleArn")
    if role and role != db.account.get("cloudwatchRoleArn"):
        # AWS tries the role with a line of its own (seen in users' accounts)
        db.scope.log(WELCOME, "0" * 32, [(db.scope.timestamp(), "Cloudwatch logs enabled for API Gateway")])
    db.account = {k: v for k, v in account.items() if v != ""}
    return db.account
