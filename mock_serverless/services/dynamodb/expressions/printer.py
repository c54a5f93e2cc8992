"""A tree back to text, with no more parentheses than it needs: parsing that text gives the same tree."""

from __future__ import annotations

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
    Update,
)


def unparse(tree: Condition | Operand | Arithmetic | Update | Projection) -> str:
    """The text of an expression or of a part of one."""
    if isinstance(tree, Update):
        return " ".join(
            f"{clause.keyword} {', '.join(_action(clause.keyword, action) for action in clause.actions)}"
            for clause in tree.clauses
        )
    if isinstance(tree, Projection):
        return ", ".join(map(unparse, tree.paths))
    if isinstance(tree, Path):
        text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in tree.parts)
        return text[1:]
    if isinstance(tree, Ref):
        return tree.name
    if isinstance(tree, Call):
        return f"{tree.name}({', '.join(map(unparse, tree.arguments))})"
    if isinstance(tree, (Comparison, Arithmetic)):
        return f"{unparse(tree.left)} {tree.operator} {unparse(tree.right)}"
    if isinstance(tree, Between):
        return f"{unparse(tree.operand)} BETWEEN {unparse(tree.low)} AND {unparse(tree.high)}"
    if isinstance(tree, In):
        return f"{unparse(tree.operand)} IN ({', '.join(map(unparse, tree.options))})"
    return _logic(tree)


def _logic(tree: Not | And | Or) -> str:
    if isinstance(tree, Not):
        return f"NOT {_within(tree.operand, (And, Or))}"
    if isinstance(tree, And):
        return " AND ".join(_within(operand, (And, Or)) for operand in tree.operands)
    return " OR ".join(_within(operand, (Or,)) for operand in tree.operands)


def _within(operand: Condition, looser: tuple[type, ...]) -> str:
    text = unparse(operand)
    return f"({text})" if isinstance(operand, looser) else text


def _action(keyword: str, action: Action) -> str:
    path = unparse(action.path)
    if action.value is None:
        return path
    return f"{path} = {unparse(action.value)}" if keyword == "SET" else f"{path} {unparse(action.value)}"
