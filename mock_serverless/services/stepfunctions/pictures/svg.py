"""A picture of a state machine as one SVG: no font, script or style from outside, so it can be mailed, kept and shown anywhere.

The colours of the statuses are those of AWS's console as its Data Science SDK for Step Functions has them in its legend
(https://github.com/aws/aws-step-functions-data-science-sdk-python, workflow/widgets).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape

from .graph import graph_of
from .layout import CHARACTER, LABEL_HEIGHT, MARGIN, TITLE, Box, Layout, Way, lay_out, shortened

COLOURS = {
    "IN_PROGRESS": ("#53C9ED", "In Progress"),
    "SUCCEEDED": ("#2BD62E", "Succeeded"),
    "FAILED": ("#DE322F", "Failed"),
    "CANCELLED": ("#DDDDDD", "Cancelled"),
    "CAUGHT_ERROR": ("#FFA500", "Caught Error"),
}
FONT = 'font-family="Helvetica, Arial, sans-serif"'
LINE, PAPER, INK = "#5f6b7a", "#ffffff", "#16191f"
LEGEND_HEIGHT, LEGEND_STEP = 34.0, 104.0
MIDDLE = 4.5
"""From the middle of a line of text down to its base: not every reader of SVG knows other base lines."""


def svg(definition: dict[str, Any], statuses: dict[str, str] | None = None, title: str = "") -> str:
    """A definition as SVG; ``statuses`` colours states by name, and a legend then says what the colours are."""
    layout = lay_out(graph_of(definition))
    statuses = statuses or {}
    head = TITLE if title else 0.0
    legend = LEGEND_HEIGHT if statuses else 0.0
    width = max(layout.width, LEGEND_STEP * len(COLOURS) if statuses else 0.0, len(title) * 8.0) + 2 * MARGIN
    height = layout.height + 2 * MARGIN + head + legend
    left = (width - layout.width) / 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" {FONT} font-size="13" role="img">',
        f"<title>{escape(title or 'A state machine')}</title>",
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
        f'orient="auto-start-reverse"><path d="M0 0L8 4L0 8z" fill="{LINE}"/></marker></defs>',
    ]
    if title:
        parts.append(_text(width / 2, MARGIN + 8, title, "bold"))
    parts += [f'<g transform="translate({left:.1f} {MARGIN + head:.1f})">', *_drawn(layout, statuses), "</g>"]
    if statuses:
        parts += _legend(MARGIN, height - LEGEND_HEIGHT / 2)
    return "\n".join([*parts, "</svg>"])


def _drawn(layout: Layout, statuses: dict[str, str]) -> Iterator[str]:
    """Edges first, so that they end under the nodes."""
    for way in layout.ways:
        yield _edge(way)
    for box in layout.boxes:
        if box.node is not None:
            yield from _node(box, statuses)
        elif box.label:
            yield from _label(box)


def _edge(way: Way) -> str:
    points = way.points
    if way.back and len(points) == 2:  # back to itself, at its right side
        (x, y), (_, end) = points
        path = f"M{x:.1f} {y:.1f}C{x + 26:.1f} {y:.1f} {x + 26:.1f} {end:.1f} {x:.1f} {end:.1f}"
    else:
        path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
        for (x, y), (to_x, to_y) in pairwise(points):
            if x == to_x:
                path += f"L{to_x:.1f} {to_y:.1f}"
            else:
                middle = (y + to_y) / 2
                path += f"C{x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {to_y:.1f}"
    return f'<path d="{path}" fill="none" stroke="{LINE}" marker-end="url(#arrow)"/>'


def _label(box: Box) -> Iterator[str]:
    left = box.x - box.width / 2
    yield (
        f'<g><title>{escape(box.label)}</title><rect x="{left:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" '
        f'height="{LABEL_HEIGHT:.0f}" rx="3" fill="{PAPER}" fill-opacity="0.9"/>'
    )
    yield (
        f'<text x="{box.x:.1f}" y="{box.y + 12:.1f}" text-anchor="middle" font-size="11" fill="{LINE}">'
        f"{escape(shortened(box.label))}</text></g>"
    )


def _node(box: Box, statuses: dict[str, str]) -> Iterator[str]:
    assert box.node is not None
    node = box.node
    left, middle = box.x - box.width / 2, box.y + box.height / 2
    if node.type in ("Start", "End"):
        yield (
            f'<ellipse cx="{box.x:.1f}" cy="{middle:.1f}" rx="{box.width / 2:.1f}" ry="{box.height / 2:.1f}" '
            f'fill="#f2f3f3" stroke="{LINE}"/>'
        )
        yield _text(box.x, middle, node.type)
        return
    status = statuses.get(node.name)
    colour, said = COLOURS[status] if status else (PAPER, "not visited" if statuses else "")
    dashed = ' stroke-dasharray="5 3"' if node.inner else ""
    words = [node.name, node.type, node.comment, said]
    yield f"<g><title>{escape(' · '.join(filter(None, words)))}</title>"
    yield (
        f'<rect x="{left:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="5" '
        f'fill="{colour}"{" fill-opacity=" + _quoted("0.25") if node.inner else ""} stroke="{LINE}"{dashed}/>'
    )
    if node.inner and status:
        yield f'<rect x="{left:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{TITLE:.0f}" rx="5" fill="{colour}"/>'
    fits = int((box.width - 12) / CHARACTER)
    ink = PAPER if status == "FAILED" else INK
    yield _text(box.x, box.y + TITLE / 2 if node.inner else middle, shortened(node.name, fits), colour=ink)
    for layout in box.inner:
        yield f'<g transform="translate({left + layout.x:.1f} {box.y + layout.y:.1f})">'
        yield from _drawn(layout, statuses)
        yield "</g>"
    yield "</g>"


def _text(x: float, y: float, text: str, weight: str = "normal", colour: str = INK) -> str:
    bold = f' font-weight="{weight}"' if weight != "normal" else ""
    return f'<text x="{x:.1f}" y="{y + MIDDLE:.1f}" text-anchor="middle"{bold} fill="{colour}">{escape(text)}</text>'


def _legend(x: float, y: float) -> Iterator[str]:
    for colour, name in COLOURS.values():
        yield f'<rect x="{x:.1f}" y="{y - 6:.1f}" width="12" height="12" fill="{colour}" stroke="{LINE}"/>'
        yield f'<text x="{x + 17:.1f}" y="{y + 4:.1f}" font-size="11" fill="{INK}">{name}</text>'
        x += LEGEND_STEP


def _quoted(text: str) -> str:
    return f'"{text}"'
