"""Paths and documents for the comparison with JsonPath: drawn from a grammar, so that most of them lead somewhere."""

from __future__ import annotations

import json
from random import Random
from typing import Any

NAMES = ["a", "b", "c", "d e", "é", "0", "x-y", "null", "length()", "$t", "@u"]
SCALARS: list[Any] = [
    None, True, False, 0, 1, 2, -1, 7, 1.5, 1.0, 1e10, 2**31, 2**40, "", "x", "X", "1", "1.0", "true", "null", "it's", "a b",
]  # fmt: skip
LITERALS = [
    "1",
    "2",
    "1.0",
    "-1",
    "'1'",
    "'x'",
    "'X'",
    "''",
    "true",
    "false",
    "null",
    "'null'",
    "'it\\'s'",
    "'a b'",
    "1.5",
    "x",
]
PATTERNS = ["/x/", "/x/i", "/.*/", "/[0-9]+/", "/tr.e/", "/a b/"]
OPERATORS = ["==", "!=", "<", "<=", ">", ">=", "===", "<>", "in", "nin", "size", "contains"]
BROKEN = r"""
$.
$..
$.a..
$[
$.a[
$.a]
$['a
$[a]
$["a"]
$.a b
$ .a
$.a[?()]
$.a[?(@)]
$.a[?(@.b]
$.a[?(@.b &&)]
$.a[?(!@.b == 1)]
$.a[?(1)]
$.a[?(1 == 1)]
$.a[?(@.b == !@.c)]
$.a[?(@[*] == 1)]
$.a[?(@..b)]
$[?@.a]
$[-]
$[1:2:3]
$[::2]
$[1,]
$[,1]
$[ 1 ]
$[ 'a' ]
$['a' ,'b']
$[a1]
$[''],
$.'a'
$.*.*
$.*a
$[**]
$[ * ]
$.a.[0]
$.a.['b']
$.['a','b'].c
$['a']b
$['a']'b'
$['a]b']
$['a\'b']
$.sum($.a)
$.a.min()
$.concat('a')
$[(@.length-1)]
$[(@.size() - 2)]
$[(@.count-1)]
$[99999999999]
$$
$$.a
$.a$
$.$.a
$.a[?(@.b == '(')]
$.a[?(@.b == ')')]
$.a[?(@.b == ']')]
$.a[?(@.b == '&&')]
$.a[?(@.b == '>=')]
$.a[?(@.b=~/x/)]
$.a[?(/x/ =~ @.b)]
$.a[?('x' =~ @.b)]
$.a[?(@.b =~ /(/)]
$.a[?(@.b =~ /)]
$.a[?( @.b==1 )]
$.a[ ?(@.b) ]
$.a[?(@.b) ][0]
$[?(@)]
$[?(@ == 1)]
$[?(@['b'] == 1)]
$[?(@.b[0] == 1)]
$[?($.a)]
$.a[?((@.b == 1) && (@.c == 2))]
$.a[?(@.b == 1 || @.c == 1 && @.b == 2)]
$.a[?((@.b == 1 || @.c == 1) && @.b == 2)]
""".strip().splitlines()
"""What the library takes, or doesn't, by its own lights."""


def document(random: Random, depth: int = 0) -> Any:
    """A JSON value; the outermost one is an object or an array."""
    kind = random.random()
    if depth < 4 and (kind < 0.45 or depth == 0):
        if random.random() < 0.6:
            names = random.sample(NAMES[:5] if random.random() < 0.8 else NAMES, random.randint(0, 4))
            return {name: document(random, depth + 1) for name in names}
        return [document(random, depth + 1) for _ in range(random.randint(0, 4))]
    return random.choice(SCALARS)


def path(random: Random) -> str:
    """A path."""
    if random.random() < 0.1:
        return random.choice(BROKEN)
    return "$" + "".join(step(random) for _ in range(random.randint(0, 4)))


def step(random: Random, definite: bool = False) -> str:
    """One step of a path."""
    kind = random.random()
    if kind < 0.35:
        return "." + random.choice(NAMES[:3])
    if kind < 0.45:
        return f"['{random.choice(NAMES)}']"
    if kind < 0.6 or definite:
        return f"[{random.choice([0, 0, 1, 2, 5, -1])}]"
    return random.choice([wildcard, wildcard, names, several, slice_, scan, select, select])(random)


def wildcard(random: Random) -> str:
    return random.choice([".*", "[*]"])


def names(random: Random) -> str:
    return "[" + random.choice([",", ", "]).join(f"'{n}'" for n in random.sample(NAMES[:5], 2)) + "]"


def several(random: Random) -> str:
    return "[" + ",".join(str(random.randint(-1, 4)) for _ in range(random.randint(2, 3))) + "]"


def slice_(random: Random) -> str:
    number = lambda: random.choice(["", *map(str, range(-3, 4))])  # noqa: E731
    return f"[{number()}:{number()}]"


def scan(random: Random) -> str:
    plain = ["a", "b", "*", "['c']", "[0]", "[*]", "[0:1]", "a.b", "[0].a", "['a','b']"]
    return ".." + random.choice([*plain, select(random)])


def select(random: Random) -> str:
    criteria = [criterion(random) for _ in range(random.choice([1, 1, 1, 2, 3]))]
    text = criteria[0]
    for other in criteria[1:]:
        text += random.choice([" && ", " || ", "&&"]) + other
    return f"[?({text})]"


def criterion(random: Random) -> str:
    left = operand(random)
    kind = random.random()
    if kind < 0.2:
        return random.choice(["", "!"]) + left
    if kind < 0.3:
        return f"{left} =~ {random.choice(PATTERNS)}"
    operator = random.choice(OPERATORS if kind > 0.95 else OPERATORS[:6])
    right = random.choice(LITERALS) if random.random() < 0.8 else operand(random)
    gap = random.choice(["", " "]) if not operator.isalpha() else " "
    return f"{left}{gap}{operator}{gap}{right}"


def operand(random: Random) -> str:
    root = random.choice("@@@@$")
    return root + "".join(step(random, definite=True) for _ in range(random.choice([0, 1, 1, 1, 2])))


def pairs(seed: int, count: int) -> list[tuple[str, Any]]:
    """So many (path, document), the same for a seed; the oddities among the paths are all there."""
    random = Random(seed)
    odd = [(text, document(random)) for text in BROKEN for _ in range(3)]
    return odd + [(path(random), json.loads(json.dumps(document(random)))) for _ in range(count)]
