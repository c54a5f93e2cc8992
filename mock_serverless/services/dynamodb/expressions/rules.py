"""What the text of an expression alone gets wrong, found once per text: functions, reserved words, limits.

Order and wording as the service has them: dynalite's and Alternator's public suites run against it; "Expression limits" of
the developer guide's "Constraints" for the numbers; what these leave open is as AWS's DynamoDB Local says it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .parser import REDUNDANT
from .reserved import is_reserved
from .tree import (
    Action,
    And,
    Arithmetic,
    Between,
    Call,
    Comparison,
    Condition,
    In,
    Not,
    Operand,
    Or,
    Path,
    Projection,
    Ref,
    Tree,
    Update,
)

MAXIMUM_SIZE = 4096
MAXIMUM_OPERATORS = 300
MAXIMUM_OPTIONS = 100
MAXIMUM_PATH = 32
MAXIMUM_INDEX = 2**31 - 1

# name: number of operands
CONDITION_FUNCTIONS = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
    "size": 1,
}
UPDATE_FUNCTIONS = {"if_not_exists": 2, "list_append": 2}

EMPTY = "The expression can not be empty;"
UNKNOWN_FUNCTION = "Invalid function name; function: {}"
MISUSED_FUNCTION = "The function is not allowed to be used this way in an expression; function: {}"
NOT_IN_CONDITIONS = "The function is not allowed in a condition expression; function: {}"
NOT_IN_UPDATES = "The function is not allowed in an update expression; function: {}"
RESERVED_WORD = "Attribute name is a reserved keyword; reserved keyword: {}"
SECTION_TWICE = 'The "{}" section can only be used once in an update expression;'
TOO_LONG = "Expression size has exceeded the maximum allowed size;"
TOO_MANY_OPERATORS = "The expression contains too many operators; operator count: {}"
TOO_MANY_OPTIONS = "The IN operator is provided with too many operands; number of operands: {}"
PATH_TOO_LONG = "The document path has too many nesting levels; nesting levels: {}"
INDEX_TOO_LARGE = "List index is not within the allowable range; index: [{}]"

OPERAND_COUNT = (
    "Incorrect number of operands for operator or function; operator or function: {}, number of operands: {}"
)
OPERAND_TYPE = "Incorrect operand type for operator or function; operator or function: {}, operand type: {}"
NEEDS_PATH = "Operator or function requires a document path; operator or function: {}"


def size_fault(text: str) -> str | None:
    """What is wrong with a text before it is parsed."""
    if not text.strip(" \t\r\n"):
        return EMPTY
    return TOO_LONG if size_of(text) > MAXIMUM_SIZE else None


def size_of(text: str) -> int:
    """The size of a text in bytes."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def condition_fault(tree: Condition) -> str | None:
    """The first fault of a condition which doesn't depend on names and values."""
    operators = sum(_operators(node) for node in walk(tree))
    if operators > MAXIMUM_OPERATORS:
        return TOO_MANY_OPERATORS.format(MAXIMUM_OPERATORS + 1)
    calls = [node for node in walk(tree) if isinstance(node, Call)]
    return (
        _function_fault(calls, CONDITION_FUNCTIONS, UPDATE_FUNCTIONS, NOT_IN_CONDITIONS)
        or _misuse_in_condition(tree)
        or path_fault(tree)
        or _options_fault(primitives(tree))
    )


def tree_fault(tree: Condition | Update) -> str | None:
    """The first fault of a condition or an update which doesn't depend on how its text is written: sizes only."""
    nodes = list(walk(tree))
    counted = (_operators(node) + isinstance(node, Arithmetic) for node in nodes)
    if sum(counted) > MAXIMUM_OPERATORS:
        return TOO_MANY_OPERATORS.format(MAXIMUM_OPERATORS + 1)
    return path_fault(tree, reserved=False) or _options_fault(nodes)


def update_fault(tree: Update) -> str | None:
    """The first fault of an update which doesn't depend on names and values."""
    nodes = list(walk(tree))
    calls = [node for node in nodes if isinstance(node, Call)]
    operators = len(calls) + sum(isinstance(node, Arithmetic) for node in nodes)
    if operators > MAXIMUM_OPERATORS:
        return TOO_MANY_OPERATORS.format(MAXIMUM_OPERATORS + 1)
    return (
        path_fault(tree)
        or _function_fault(calls, UPDATE_FUNCTIONS, CONDITION_FUNCTIONS, NOT_IN_UPDATES)
        or _misuse_in_update(nodes)
        or _section_fault(tree)
    )


def depth_fault(calls: list[str], operators: int, known: dict[str, int]) -> str:
    """What is wrong with what nests too deeply to be parsed: its functions, their use, or more of something than allowed."""
    for name in reversed(calls):
        if name not in known:
            return UNKNOWN_FUNCTION.format(name)
    if operators > MAXIMUM_OPERATORS or len(calls) > MAXIMUM_OPERATORS:
        nested_sizes = bool(calls) and calls[-1] == "size"
        too_many = TOO_MANY_OPERATORS.format(MAXIMUM_OPERATORS + 1)
        return OPERAND_TYPE.format("size", "N") if nested_sizes else too_many
    return REDUNDANT


def path_fault(tree: Tree, reserved: bool = True) -> str | None:
    """A path with a reserved word (unless they are allowed), too many parts, or an index out of range."""
    late = None
    for node in walk(tree):
        if not isinstance(node, Path):
            continue
        for part in node.parts:
            if isinstance(part, str):
                if reserved and is_reserved(part):
                    return RESERVED_WORD.format(part)
            elif part > MAXIMUM_INDEX:
                late = late or INDEX_TOO_LARGE.format(part)
        if len(node.parts) > MAXIMUM_PATH:
            late = late or PATH_TOO_LONG.format(len(node.parts))
    return late


def primitives(tree: Condition) -> Iterator[Comparison | Between | In | Call]:
    """The conditions between AND, OR and NOT, in the order of the text."""
    waiting: list[Condition] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (And, Or)):
            waiting.extend(reversed(node.operands))
        elif isinstance(node, Not):
            waiting.append(node.operand)
        else:
            yield node


def walk(tree: Tree | Action) -> Iterator[Tree]:
    """Every node in the order of the text, except that a function comes after its arguments."""
    waiting: list[tuple[Tree | Action, bool]] = [(tree, False)]
    while waiting:
        node, done = waiting.pop()
        if isinstance(node, Call) and not done:
            waiting.append((node, True))
            waiting.extend((child, False) for child in reversed(node.arguments))
        elif done or isinstance(node, (Path, Ref)):
            assert not isinstance(node, Action)
            yield node
        else:
            if not isinstance(node, Action):
                yield node
            waiting.extend((child, False) for child in reversed(_children(node)))


def operands_of(node: Comparison | Between | In | Call) -> tuple[Operand, ...]:
    """What stands in a primitive condition, in the order of the text."""
    if isinstance(node, Comparison):
        return (node.left, node.right)
    if isinstance(node, Between):
        return (node.operand, node.low, node.high)
    if isinstance(node, In):
        return (node.operand, *node.options)
    return node.arguments


def _children(node: Tree | Action) -> tuple[Tree | Action, ...]:
    if isinstance(node, (Comparison, Between, In, Call)):
        return operands_of(node)
    if isinstance(node, (And, Or)):
        return node.operands
    if isinstance(node, Not):
        return (node.operand,)
    if isinstance(node, Arithmetic):
        return (node.left, node.right)
    if isinstance(node, Update):
        return tuple(action for clause in node.clauses for action in clause.actions)
    if isinstance(node, Action):
        return (node.path,) if node.value is None else (node.path, node.value)
    if isinstance(node, Projection):
        return node.paths
    return ()


def _operators(node: Tree) -> int:
    if isinstance(node, (And, Or)):
        return len(node.operands) - 1
    return isinstance(node, (Comparison, Between, In, Not))


def _function_fault(calls: list[Call], known: dict[str, int], elsewhere: dict[str, int], misplaced: str) -> str | None:
    for call in calls:
        if call.name not in known:
            return (misplaced if call.name in elsewhere else UNKNOWN_FUNCTION).format(call.name)
    return None


def _misuse_in_condition(tree: Condition) -> str | None:
    """Only size gives a value, and only size is no condition."""
    for node in walk(tree):
        if isinstance(node, (Comparison, Between, In, Call)):
            for operand in operands_of(node):
                if isinstance(operand, Call) and operand.name != "size":
                    return MISUSED_FUNCTION.format(operand.name)
    for primitive in primitives(tree):
        if isinstance(primitive, Call) and primitive.name == "size":
            return MISUSED_FUNCTION.format("size")
    return None


def _misuse_in_update(nodes: list[Tree]) -> str | None:
    """A list can't be appended to within a sum or another function."""
    for node in nodes:
        operands = (node.left, node.right) if isinstance(node, Arithmetic) else ()
        for operand in node.arguments if isinstance(node, Call) else operands:
            if isinstance(operand, Call) and operand.name == "list_append":
                return MISUSED_FUNCTION.format("list_append")
    return None


def _section_fault(tree: Update) -> str | None:
    seen = set()
    for clause in tree.clauses:
        if clause.keyword in seen:
            return SECTION_TWICE.format(clause.keyword)
        seen.add(clause.keyword)
    return None


def _options_fault(nodes: Iterable[Tree]) -> str | None:
    for node in nodes:
        if isinstance(node, In) and len(node.options) > MAXIMUM_OPTIONS:
            return TOO_MANY_OPTIONS.format(len(node.options))
    return None
