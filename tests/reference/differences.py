"""What is known to differ: the rows of ``cases/dynamodb_reference.json``, and when one explains a difference.

A row explains a difference when both outcomes match its patterns as a whole, and what its ``if`` demands of the call is so: a
pattern can't say that two faults which are told are there at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from .local import wire
from .outcomes import Outcome, canonical, text_of

TABLE = json.loads((Path(__file__).parents[1] / "cases" / "dynamodb_reference.json").read_text(encoding="utf-8"))
VALIDATION = "ValidationException"
CODES = {"None": "", "ValidationError": VALIDATION, "ConditionalCheckFailed": "ConditionalCheckFailedException"}
"""Of reasons: the errors that single operations give."""


@cache
def pattern(text: str) -> re.Pattern[str]:
    """A row's pattern; ``{name}`` stands for a part."""
    while (filled := re.sub(r"\{([A-Za-z]+)\}", lambda m: TABLE["parts"].get(m[1], m[0]), text)) != text:
        text = filled
    return re.compile(text, re.DOTALL)


def explanation(operation: str, params: dict[str, Any], ours: Outcome, theirs: Outcome) -> str | None:
    """The row of the table that explains a difference."""
    for row in TABLE["differences"]:
        if operation not in row.get("operations", (operation,)):
            continue
        if not (pattern(row["aws"]).fullmatch(str(ours)) and pattern(row["reference"]).fullmatch(str(theirs))):
            continue
        if all(CHECKS[name](operation, params, ours, theirs) for name in row.get("if", ())):
            return str(row["what"])
    return None


# ---------------------------------------------------------------------- what a row may demand


def several(operation: str, params: dict[str, Any], ours: Outcome, theirs: Outcome) -> bool:
    """There are several operators, functions or conditions, so that one of several faults may be told."""
    old = ("Expected", "AttributeUpdates", "QueryFilter", "ScanFilter", "KeyConditions")
    if sum(len(params.get(name) or {}) for name in old) > 1:
        return True
    return any(len(OPERATOR.findall(text)) > 1 for text in expressions(params))


OPERATOR = re.compile(
    r"\b(?:size|begins_with|contains|attribute_\w+|if_not_exists|list_append)\b|\bBETWEEN\b|\bIN\b|\b(?:ADD|DELETE|REMOVE)\b|,"
    r"|<=|>=|<>|[-=<>+]"
)


def expressions(value: Any) -> list[str]:
    """The expressions of a request."""
    if isinstance(value, list):
        return [text for member in value for text in expressions(member)]
    if not isinstance(value, dict):
        return []
    own = [text for name, text in value.items() if name.endswith("Expression") and isinstance(text, str)]
    return own + [text for member in value.values() for text in expressions(member)]


def reading(operation: str, params: dict[str, Any], ours: Outcome, theirs: Outcome) -> bool:
    """An update sets what it reads from the item."""
    return any(re.search(r"=\s*[#a-zA-Z(]", text) for text in expressions(params))


def twice(operation: str, params: dict[str, Any], ours: Outcome, theirs: Outcome) -> bool:
    """Two keys are the same. Of an item, which bears its key, only the attributes that keys can have count."""
    seen: set[str] = set()
    for target in targets(params):
        text = text_of(canonical(wire(target)))
        if text in seen:
            return True
        seen.add(text)
    return False


def targets(params: dict[str, Any]) -> list[Any]:
    """Tables and keys of a batch or transaction; of items, the attributes p and q, one of which may be no key."""
    found: list[Any] = []
    for entry in params.get("TransactItems", ()):
        for action in entry.values():
            found += _keys(action["TableName"], action.get("Key"), action.get("Item"))
    for table, block in params.get("RequestItems", {}).items():
        for entry in block["Keys"] if isinstance(block, dict) else block:
            put, delete = ((entry.get(name) or {}) for name in ("PutRequest", "DeleteRequest"))
            key = entry if isinstance(block, dict) else delete.get("Key")
            found += _keys(table, key, put.get("Item"))
    return found


def _keys(table: str, key: dict[str, Any] | None, item: dict[str, Any] | None) -> list[Any]:
    if key is not None:
        return [[table, key]]
    whole = {name: item[name] for name in ("p", "q") if item is not None and name in item}
    return [[table, whole], *([[table, {"p": whole["p"]}]] if len(whole) == 2 else [])]


def apart(operation: str, params: dict[str, Any], ours: Outcome, theirs: Outcome) -> bool:
    """The two tell faults of different kinds, or faults in different places of which there are several."""
    kinds = [kind for kind in TABLE["kinds"] if all(pattern(kind).fullmatch(told(one)) for one in (ours, theirs))]
    return not kinds or several(operation, params, ours, theirs)


def told(outcome: Outcome) -> str:
    """A message without what is wrapped around it."""
    return outcome.message.removeprefix("ExpressionAttributeValues contains invalid value: ")


def reasons(operation: str, params: dict[str, Any], ours: Outcome, theirs: Outcome) -> bool:
    """What the reference says of the whole transaction is what AWS says of one action, or differs from it as is known."""
    mine, others = (reasons_of(outcome) for outcome in (ours, theirs))
    if not others:
        return any(
            _same(operation, params, reason, Outcome(code=VALIDATION, message=theirs.message)) for reason in mine
        )
    alone = any(
        pattern("{V}({key}|{indexkey})").fullmatch(str(reason)) for reason in mine
    )  # AWS tells the first mistake in a key alone
    return all(
        reason == other or (alone and not reason.code) or _same(operation, params, reason, other)
        for reason, other in zip(mine, others, strict=True)
    )


def reasons_of(outcome: Outcome) -> list[Outcome]:
    """The CancellationReasons as if each were an answer of its own."""
    made = []
    for reason in outcome.answer.get("CancellationReasons", ()):
        code = CODES.get(reason["Code"], reason["Code"])
        shown = {"Item": reason["Item"]} if reason.get("Item") else {}
        made.append(Outcome(shown, code, reason.get("Message") or ""))
    return made


def _same(operation: str, params: dict[str, Any], mine: Outcome, other: Outcome) -> bool:
    if mine == other:
        return True
    return bool(mine.code) and mine.answer == other.answer and explanation(operation, params, mine, other) is not None


def order(operation: str, params: dict[str, Any], ours: Outcome, theirs: Outcome) -> bool:
    """The two name the same things in another order."""
    return sorted(ours.message) == sorted(theirs.message)


def billed(operation: str, params: dict[str, Any], ours: Outcome, theirs: Outcome) -> bool:
    """The table is to be provisioned (again)."""
    return bool(params.get("BillingMode") == "PROVISIONED")


CHECKS: dict[str, Callable[[str, dict[str, Any], Outcome, Outcome], bool]] = {
    "several": several,
    "reading": reading,
    "twice": twice,
    "apart": apart,
    "reasons": reasons,
    "billed": billed,
    "order": order,
}
