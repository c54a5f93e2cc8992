"""What AWS's front ends, written in Java, do as Java does: regular expressions, and how values are printed.

https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/regex/Pattern.html; the printing is that of recorded
answers of DynamoDB, Lambda and Step Functions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

# Java's classes \p{...} that occur in AWS's models, as Python's re can say them inside brackets. Letters, marks, numbers are
# word characters; re has no class for symbols, punctuation and separators, so with them a class is as wide as it gets.
_JAVA_CLASSES = {
    "Alpha": "a-zA-Z",
    "Alnum": "a-zA-Z0-9",
    "Digit": "0-9",
    "XDigit": "0-9a-fA-F",
    "Lower": "a-z",
    "Upper": "A-Z",
    "Space": r"\s",
    "Punct": r"!-/:-@\[-`{-~",
    "Graph": r"\x21-\x7e",
    "Print": r"\x20-\x7e",
    "ASCII": r"\x00-\x7f",
    "Cntrl": r"\x00-\x1f\x7f",
}
_CLASS_ESCAPES = frozenset({r"\s", r"\S", r"\w", r"\W", r"\d", r"\D"})
_WORDLIKE = re.compile(r"(Is)?(L|M|N|Letter|Alphabetic|Digit|Han|Hiragana|Katakana|Latin)")
_TOKEN = re.compile(r"\\[pP](?:\{(\^?)(\w+)\}|(\w))|\\.|\[\^?\]?|\]|\(\?<(?![=!])|([*+?}])\+|.", re.DOTALL)


def python_regex(pattern: str) -> str:
    """A pattern of a model, written for Java, as Python's re takes it; re.error where it can't be said."""
    if "&&" in pattern:
        raise re.error("an intersection of classes", pattern)
    inside = negated = False
    after_class = False
    out: list[str] = []
    for token in _TOKEN.finditer(pattern):
        text = token.group(0)
        name = token.group(2) or token.group(3)
        was_class, after_class = after_class, bool(name) or text in _CLASS_ESCAPES
        if name:
            chars = _java_class(name)
            if inside and negated and name not in _JAVA_CLASSES:
                continue  # too wide a class would shut out too much
            out.append(chars if inside else f"[{chars}]")
        elif text.startswith("[") and not inside:
            inside, negated = True, text.startswith("[^")
            out.append(text)
        elif text.startswith("[") and inside:
            out.append("\\" + text)
        elif text == "-" and inside and was_class:  # Java takes it for itself after a class
            out.append("\\-")
        elif text == "\\z":
            out.append("\\Z")
        elif text == "]" and inside:
            inside = False
            out.append(text)
        elif text == "(?<" and not inside:
            out.append("(?P<")
        elif token.group(4) and not inside:  # a possessive quantifier
            out.append(token.group(4))
        else:
            out.append(text)
    return "".join(out)


def _java_class(name: str) -> str:
    if name in _JAVA_CLASSES:
        return _JAVA_CLASSES[name]
    return r"\w" if _WORDLIKE.match(name) else r"\w\W"


# ---------------------------------------------------------------------- printing


@dataclass(frozen=True, slots=True)
class Record:
    """A structure as Java's records are printed: ``Name(member=value)``."""

    name: str
    members: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.name}({', '.join(f'{k}={text_of(v)}' for k, v in self.members.items())})"


def text_of(value: Any) -> str:
    """A value as Java prints it."""
    if value is None:
        return "null"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(text_of(v) for v in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{k}={text_of(v)}' for k, v in value.items())}}}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (bytes, bytearray)):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    return str(value)
