"""JSON Schema, draft 4, as far as models of API Gateway may use it: one function per keyword, giving the first problem.

https://json-schema.org/draft-04/draft-fge-json-schema-validation-00
https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Resolve = Callable[[str], Any]
Problem = str | None
Keyword = Callable[[Any, Any, Any, Resolve], Problem]

TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
}


def problem_of(value: Any, schema: Any, resolve: Resolve) -> str | None:
    """What is wrong with a value; None when the schema allows it."""
    if schema is True or not isinstance(schema, dict):
        return None if schema is not False else "nothing is allowed here"
    if "$ref" in schema:
        return problem_of(value, resolve(schema["$ref"]), resolve)
    for name, argument in schema.items():
        keyword = KEYWORDS.get(name)
        problem = keyword(value, argument, schema, resolve) if keyword is not None else None
        if problem is not None:
            return problem
    return None


def type_name(value: Any) -> str:
    """The name of a value's type."""
    return next(name for name, fits in reversed(TYPES.items()) if fits(value))


def _type(value: Any, argument: Any, schema: Any, resolve: Resolve) -> Problem:
    allowed = argument if isinstance(argument, list) else [argument]
    if any(TYPES[t](value) for t in allowed if t in TYPES):
        return None
    names = ",".join(f'"{t}"' for t in allowed)
    return f"instance type ({type_name(value)}) does not match any allowed primitive type (allowed: [{names}])"


def _enum(value: Any, argument: Any, schema: Any, resolve: Resolve) -> Problem:
    return None if any(_same(value, v) for v in argument) else "instance value not found in enum"


def _same(a: Any, b: Any) -> bool:
    return (type(a) is type(b) and a == b) or (TYPES["number"](a) and TYPES["number"](b) and a == b)


def _required(value: Any, argument: Any, schema: Any, resolve: Resolve) -> Problem:
    if not isinstance(value, dict) or not isinstance(argument, list):
        return None
    missing = [name for name in argument if name not in value]
    names = ",".join(f'"{n}"' for n in missing)
    return f"object has missing required properties ([{names}])" if missing else None


def _properties(value: Any, argument: Any, schema: Any, resolve: Resolve) -> Problem:
    if not isinstance(value, dict):
        return None
    return _first(problem_of(value[k], s, resolve) for k, s in argument.items() if k in value)


def _pattern_properties(value: Any, argument: Any, schema: Any, resolve: Resolve) -> Problem:
    if not isinstance(value, dict):
        return None
    return _first(problem_of(v, s, resolve) for p, s in argument.items() for k, v in value.items() if re.search(p, k))


def _additional_properties(value: Any, argument: Any, schema: Any, resolve: Resolve) -> Problem:
    if not isinstance(value, dict):
        return None
    patterns = schema.get("patternProperties") or {}
    others = [
        k for k in value if k not in (schema.get("properties") or {}) and not any(re.search(p, k) for p in patterns)
    ]
    if argument is False and others:
        names = ",".join(f'"{n}"' for n in others)
        return f"object instance has properties which are not allowed by the schema: [{names}]"
    return _first(problem_of(value[k], argument, resolve) for k in others)


def _items(value: Any, argument: Any, schema: Any, resolve: Resolve) -> Problem:
    if not isinstance(value, list):
        return None
    if isinstance(argument, list):
        return _first(problem_of(v, s, resolve) for v, s in zip(value, argument, strict=False))
    return _first(problem_of(v, argument, resolve) for v in value)


def _additional_items(value: Any, argument: Any, schema: Any, resolve: Resolve) -> Problem:
    items = schema.get("items")
    if not isinstance(value, list) or not isinstance(items, list):
        return None
    rest = value[len(items) :]
    if argument is False and rest:
        return f"array only allows {len(items)} elements"
    return _first(problem_of(v, argument, resolve) for v in rest)


def _unique_items(value: Any, argument: Any, schema: Any, resolve: Resolve) -> Problem:
    if not argument or not isinstance(value, list):
        return None
    twice = any(_same(a, b) for i, a in enumerate(value) for b in value[:i])
    return "array must not contain duplicate elements" if twice else None


def _minimum(value: Any, argument: Any, schema: Any, resolve: Resolve) -> Problem:
    if not TYPES["number"](value):
        return None
    strict = schema.get("exclusiveMinimum") is True
    return (
        None
        if value > argument or (value == argument and not strict)
        else "numeric instance is lower than the required minimum"
    )


def _maximum(value: Any, argument: Any, schema: Any, resolve: Resolve) -> Problem:
    if not TYPES["number"](value):
        return None
    strict = schema.get("exclusiveMaximum") is True
    return (
        None
        if value < argument or (value == argument and not strict)
        else "numeric instance is greater than the required maximum"
    )


def _multiple_of(value: Any, argument: Any, schema: Any, resolve: Resolve) -> Problem:
    if not TYPES["number"](value):
        return None
    quotient = value / argument
    return None if quotient == int(quotient) else "remainder of division is not zero"


def _size(kind: str, name: str, at_least: bool) -> Keyword:
    def check(value: Any, argument: Any, schema: Any, resolve: Resolve) -> Problem:
        if not TYPES[kind](value):
            return None
        fine = len(value) >= argument if at_least else len(value) <= argument
        return None if fine else f"{name} has too {'few' if at_least else 'many'} elements or characters"

    return check


def _pattern(value: Any, argument: Any, schema: Any, resolve: Resolve) -> Problem:
    fits = not isinstance(value, str) or re.search(argument, value)
    return None if fits else f'ECMA 262 regex "{argument}" does not match input string "{value}"'


def _all_of(value: Any, argument: Any, schema: Any, resolve: Resolve) -> Problem:
    return _first(problem_of(value, s, resolve) for s in argument)


def _any_of(value: Any, argument: Any, schema: Any, resolve: Resolve) -> Problem:
    fine = any(problem_of(value, s, resolve) is None for s in argument)
    return None if fine else "instance failed to match at least one required schema"


def _one_of(value: Any, argument: Any, schema: Any, resolve: Resolve) -> Problem:
    count = sum(problem_of(value, s, resolve) is None for s in argument)
    return (
        None if count == 1 else f"instance failed to match exactly one schema (matched {count} out of {len(argument)})"
    )


def _not(value: Any, argument: Any, schema: Any, resolve: Resolve) -> Problem:
    return (
        None
        if problem_of(value, argument, resolve) is not None
        else "instance matched a schema which it should not have"
    )


def _dependencies(value: Any, argument: Any, schema: Any, resolve: Resolve) -> Problem:
    if not isinstance(value, dict):
        return None
    for name, needs in argument.items():
        if name in value:
            whole = {"required": needs} if isinstance(needs, list) else needs
            problem = problem_of(value, whole, resolve)
            if problem is not None:
                return problem
    return None


def _first(problems: Any) -> Problem:
    return next((p for p in problems if p is not None), None)


KEYWORDS: dict[str, Keyword] = {
    "type": _type,
    "enum": _enum,
    "required": _required,
    "properties": _properties,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "items": _items,
    "additionalItems": _additional_items,
    "uniqueItems": _unique_items,
    "minimum": _minimum,
    "maximum": _maximum,
    "multipleOf": _multiple_of,
    "minLength": _size("string", "string", True),
    "maxLength": _size("string", "string", False),
    "minItems": _size("array", "array", True),
    "maxItems": _size("array", "array", False),
    "minProperties": _size("object", "object", True),
    "maxProperties": _size("object", "object", False),
    "pattern": _pattern,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
    "dependencies": _dependencies,
}
