"""Events of words between spaces: ``[ip, user, ..., status = 4* || status = 500, bytes > 1000]``.

What stands in brackets or double quotes is one field. The last field takes what is left of the line (which is why AWS's page
says that a blank one has to follow the last term); ``...`` stands for any number of fields. What is named is extracted by its
name, what isn't by its number.
"""

from __future__ import annotations

import re

from .conditions import COMPARISONS, Condition, Conditions, Value, comparison
from .lexer import INVALID, Matcher, PatternError, Token, check_regexes, tokens

REST = "..."
_WORD = re.compile(r'"(?P<quoted>[^"]*)"|\[(?P<bracketed>[^\]]*)\]|\S+')
Field = tuple[str, "Condition[Value] | None"]


def compile(text: str) -> Matcher:
    """The matcher of a pattern in brackets."""
    if not text.endswith("]"):  # as for braces; a guess
        raise PatternError("If a filter pattern starts with '[' it must end with ']'")
    found = tokens(text[1:-1])
    check_regexes(found)
    parts = _parts(found)
    if sum(part[0].kind == REST for part in parts) > 1:
        raise PatternError(INVALID)
    rest = next((i for i, part in enumerate(parts) if part[0].kind == REST), None)
    before = [_field(part) for part in (parts if rest is None else parts[:rest])]
    after = [] if rest is None else [_field(part) for part in parts[rest + 1 :]]
    names = [name for name, _ in (*before, *after) if name]
    if len(names) != len(set(names)):
        raise PatternError(INVALID)

    def matches(message: str) -> dict[str, str] | None:
        if not parts:
            return _extracted(_words(message, None), [], [])
        words = _words(message, len(before) if rest is None else None)
        if len(words) < len(before) + len(after):
            return None
        pairs = [*zip(before, words, strict=False), *zip(after, words[len(words) - len(after) :], strict=True)]
        if any(test is not None and not test(word) for (_, test), word in pairs):
            return None
        return _extracted(words, before, after)

    return matches


def _parts(found: list[Token]) -> list[list[Token]]:
    """The tokens of each field; a comma without a field before it stands for one without a name."""
    if len(found) == 1:
        return []
    parts: list[list[Token]] = [[]]
    for token in found:
        if token.kind == ",":
            parts.append([])
        elif token.kind != "end":
            parts[-1].append(token)
    return [part or [Token("word", "")] for part in parts]


def _field(part: list[Token]) -> Field:
    name = next((token.text for token in part if token.kind not in ("(",)), "")
    if part == [Token("word", "")]:
        return "", None
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", name):
        raise PatternError(INVALID)
    if len(part) == 1:
        return name, None

    def single(parser: Conditions[Value]) -> Condition[Value]:
        if parser.take("word").text.lower() != name.lower():  # AWS's own example has w1 and W1
            raise PatternError(INVALID)
        return comparison(parser.take(*COMPARISONS).kind, parser.take())

    parser = Conditions([*part, Token("end", "")], single)
    test = parser.read()
    parser.take("end")
    return name, test


def _words(message: str, fields: int | None) -> list[str]:
    """The fields of a line; with ``fields`` given the last one takes what is left."""
    words: list[str] = []
    for match in _WORD.finditer(message):
        if fields is not None and len(words) == fields - 1 and message[match.end() :].strip():
            return [*words, message[match.start() :].rstrip()]
        quoted = match["quoted"] if match["quoted"] is not None else match["bracketed"]
        words.append(match[0] if quoted is None else quoted)
    return words


def _extracted(words: list[str], before: list[Field], after: list[Field]) -> dict[str, str]:
    names = {i: name for i, (name, _) in enumerate(before)}
    names |= {len(words) - len(after) + i: name for i, (name, _) in enumerate(after)}
    return {f"${names.get(i) or i + 1}": word for i, word in enumerate(words)}
