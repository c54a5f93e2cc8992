"""PartiQL's words: what is a keyword, which keywords stand together as one, which of them are operators and how they bind.

DynamoDB parses with PartiQL's reference implementation, so these are its tables (partiql-lang-kotlin, ``LexerConstants.kt``), as
far as recorded statements of the service agree. A keyword is no name unless it is quoted.
"""

from __future__ import annotations

import re

_SQL = """
absolute action add all allocate alter and any are as asc assertion at authorization avg begin between bit bit_length by cascade
cascaded case cast catalog char character character_length char_length check close coalesce collate collation column commit
connect connection constraint constraints continue convert corresponding count create cross current current_date current_time
current_timestamp current_user cursor date date_add date_diff deallocate dec decimal declare default deferrable deferred delete
desc describe descriptor diagnostics disconnect distinct domain double drop else end end-exec escape except exception exec execute
exists external extract false fetch first float for foreign found from full get global go goto grant group having identity
immediate in indicator initially inner input insensitive insert int integer intersect interval into is isolation join key language
last left level like local lower match max min module names national natural nchar next no not null nullif numeric octet_length of
on only open option or order outer output overlaps pad partial position precision prepare preserve primary prior privileges
procedure public read real references relative restrict revoke right rollback rows schema scroll section select session
session_user set size smallint some space sql sqlcode sqlerror sqlstate substring sum system_user table temporary then time
timestamp to transaction translate translation trim true union unique unknown update upper usage user using value values varchar
varying view when whenever where with work write zone
"""
_PARTIQL = """
can_cast can_lossless_cast missing pivot unpivot limit offset tuple remove index let integer2 int2 integer4 int4 integer8 int8
bigint conflict do nothing returning modified new old bool boolean string symbol clob blob struct list sexp bag
"""
KEYWORDS = frozenset((*_SQL.split(), *_PARTIQL.split()))

# What is said with several words is one token.
TOGETHER: dict[tuple[str, ...], str] = {
    tuple(words.split()): words.replace(" ", "_")
    for words in (
        *("not in", "is not", "not between", "not like"),
        *("union all", "intersect all", "except all", "union distinct", "intersect distinct", "except distinct"),
        *("character varying", "double precision"),
        *("cross join", "inner join", "left join", "right join", "outer join"),
        *("insert into", "on conflict", "do nothing"),
        *("modified old", "modified new", "all old", "all new"),
    )
} | {
    ("left", "outer", "join"): "left_join",
    ("right", "outer", "join"): "right_join",
    ("full", "join"): "outer_join",
    ("full", "outer", "join"): "outer_join",
}
MOST_TOGETHER = max(map(len, TOGETHER))

_SETS = ("union", "except", "intersect")
SETS = frozenset((*_SETS, *(name for name in TOGETHER.values() if name.startswith(_SETS))))
BINDING = {
    **dict.fromkeys(SETS, 5),
    "or": 10,
    "and": 20,
    "not": 30,
    **dict.fromkeys(("=", "<>", "is", "is_not", "in", "not_in"), 40),
    **dict.fromkeys(("<", "<=", ">", ">=", "between", "not_between", "like", "not_like"), 50),
    **dict.fromkeys(("+", "-", "||"), 60),
    **dict.fromkeys(("*", "/", "%"), 70),
}
"""How tightly operators bind. What is bound less tightly than SELECT ends a clause."""
SELECT_BINDING = 6
OPERATORS = frozenset((*BINDING, "@"))
PREFIXES = frozenset(("+", "-", "not"))

TYPE_NAMES = {
    "varchar": "character_varying",
    "char": "character",
    "dec": "decimal",
    "int": "integer",
    "int2": "smallint",
    "integer2": "smallint",
    "int4": "integer4",
    "int8": "integer8",
    "bigint": "integer8",
    "bool": "boolean",
}
_TYPES = """
missing null boolean smallint integer4 integer8 integer float real double_precision decimal numeric timestamp date time character
character_varying string symbol clob blob struct tuple list sexp bag any
"""
TYPES = frozenset(_TYPES.split())

_FUNCTIONS = """
exists count avg max min sum char_length character_length octet_length bit_length upper lower size sexp list bag
"""
FUNCTIONS = frozenset(_FUNCTIONS.split())
"""Keywords which are names of functions all the same."""
AGGREGATES = frozenset(("count", "avg", "max", "min", "sum"))
MANIPULATIONS = frozenset(("insert_into", "set", "remove"))
NOT_SELECTED = MANIPULATIONS | {"update", "delete", "select", "from", "where"}
"""Keywords which a select list names when it refuses them."""

_PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*", re.ASCII)


def is_plain(name: str) -> bool:
    """Whether a name can stand without quotes."""
    return _PLAIN.fullmatch(name) is not None and name.lower() not in KEYWORDS
