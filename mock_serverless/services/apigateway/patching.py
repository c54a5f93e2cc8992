"""Patch operations: what may be patched is a table of paths, how is the same for all.

https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html; JSON pointers: https://www.rfc-editor.org/rfc/rfc6901
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .gateway import Record, bad_request, not_found

Convert = Callable[[str], Any]
Patch = Callable[[Record, dict[str, Any]], Record]


def text(value: str) -> Any:
    """As it is."""
    return value


def truth(value: str) -> Any:
    """Everything but ``true`` is false (recorded)."""
    return value.lower() == "true"


def whole(value: str) -> Any:
    """A whole number."""
    try:
        return int(value)
    except ValueError:
        raise bad_request(f"Invalid value '{value}' specified. Must be an integer") from None


def number(value: str) -> Any:
    """A number."""
    try:
        return float(value)
    except ValueError:
        raise bad_request(f"Invalid value '{value}' specified. Must be a number") from None


@dataclass(frozen=True, slots=True)
class Rule:
    """A path that may be patched. ``*`` is any one step; ``listed`` members are lists of what the last step says."""

    path: str
    ops: tuple[str, ...] = ("replace",)
    convert: Convert = text
    listed: bool = False
    refuse: Callable[[Any], str | None] | None = None  # (value) -> AWS's message when it can't be
    absent: str = ""  # AWS's words when what is to be replaced or removed isn't there
    empty: str = ""  # AWS's words when there is no value

    def fits(self, steps: Sequence[str]) -> bool:
        """Whether a path is one of this rule's."""
        mine = self.path.split("/")[1:]
        return len(mine) == len(steps) and all(m in ("*", s) for m, s in zip(mine, steps, strict=True))


ADD_REMOVE = ("add", "remove")
ALL = ("add", "replace", "remove")


def steps_of(path: str) -> list[str]:
    """The steps of a JSON pointer, unescaped."""
    return [s.replace("~1", "/").replace("~0", "~") for s in path.split("/")[1:]]


def full_words(op: str, path: str, rule: Rule | None, rules: Sequence[Rule]) -> str:
    """What most kinds say of an operation which isn't supported, with all that is."""
    paths = [r.path for r in rules if op in r.ops and "*" not in r.path]
    message = f"Invalid patch path  '{path}' specified for op '{op}'. "
    return message + (f"Must be one of: [{', '.join(paths)}]" if paths else "Please choose supported operations")


def path_words(op: str, path: str, rule: Rule | None, rules: Sequence[Rule]) -> str:
    """What others say: just the path."""
    return f"Invalid patch path {path or 'null'}"


def method_words(op: str, path: str, rule: Rule | None, rules: Sequence[Rule]) -> str:
    """And methods: the path, or what can be done with it."""
    return path_words(op, path, rule, rules) if rule is None else _possible(rule)


def api_words(op: str, path: str, rule: Rule | None, rules: Sequence[Rule]) -> str:
    """And APIs: all that is supported, or what can be done with the path."""
    return full_words(op, path, rule, rules) if rule is None else _possible(rule)


def _possible(rule: Rule) -> str:
    return f"Invalid patch operation specified. Must be one of: [{', '.join(rule.ops)}]"


Words = Callable[[str, str, "Rule | None", Sequence[Rule]], str]


def patched(
    record: Record,
    operations: Sequence[dict[str, Any]] | None,
    patch: Sequence[Rule] | Patch,
    words: Words = full_words,
) -> Record:
    """A new record with the operations applied, in order: by rules, or by a function that applies one."""
    for operation in operations or ():
        record = patch(record, operation) if callable(patch) else apply(record, operation, patch, words)
    return record


def apply(record: Record, operation: dict[str, Any], rules: Sequence[Rule], words: Words = full_words) -> Record:
    """One operation."""
    op, path = operation.get("op") or "", operation.get("path") or ""
    steps = steps_of(path)
    rule = next((r for r in rules if r.fits(steps)), None)
    if rule is None or op not in rule.ops:
        raise bad_request(words(op, path, rule, rules))
    value = operation.get("value")
    if rule.listed:
        return _listed(record, steps, op, value)
    if rule.absent and op != "add" and not _is_there(record, steps):
        raise not_found(rule.absent)
    if op == "remove":
        return without(record, steps)  # type: ignore[no-any-return]
    if rule.empty and not value:
        raise bad_request(rule.empty)
    converted = rule.convert(value if value is not None else "")
    problem = rule.refuse(converted) if rule.refuse is not None else None
    if problem is not None:
        raise bad_request(problem)
    return with_value(record, steps, converted)  # type: ignore[no-any-return]


def _is_there(record: Any, steps: Sequence[str]) -> bool:
    for step in steps:
        if not isinstance(record, dict) or step not in record:
            return False
        record = record[step]
    return True


def with_value(record: Any, steps: Sequence[str], value: Any) -> Any:
    """A copy with a value put in; maps on the way are made. An empty text takes a text away, as API Gateway has none."""
    copied = dict(record or {})
    if len(steps) > 1:
        copied[steps[0]] = with_value(copied.get(steps[0]), steps[1:], value)
    else:
        copied[steps[0]] = value
    return copied


def without(record: Any, steps: Sequence[str]) -> Any:
    """A copy with a value taken out; a map that is empty then goes too."""
    copied = dict(record or {})
    if len(steps) > 1:
        rest = without(copied.get(steps[0]), steps[1:])
        if rest:
            copied[steps[0]] = rest
        else:
            copied.pop(steps[0], None)
    else:
        copied.pop(steps[0], None)
    return copied


def _listed(record: Record, steps: Sequence[str], op: str, value: Any) -> Record:
    *place, item = steps
    found: Any = record
    for step in place:
        found = (found or {}).get(step)
    items = [i for i in found or () if i != item]
    if op != "remove":
        items.append(value if op == "replace" and value else item)
    return with_value(record, place, items) if items else without(record, place)  # type: ignore[no-any-return]
