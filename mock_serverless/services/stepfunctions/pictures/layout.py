"""Places for a graph's nodes and ways for its edges: Sugiyama's method (layers, few crossings, short edges).

K. Sugiyama, S. Tagawa, M. Toda, "Methods for Visual Understanding of Hierarchical System Structures" (1981): edges that close a
cycle are turned round; a node's layer is the longest way to it; edges that pass a layer get a place of their own there, and so do
labels, so that nothing lies on anything; barycentres order each layer; the places in a layer are the nearest to their neighbours'
that keep the order (least squares with a least distance: pool adjacent violators).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from .graph import Graph, Node

GAP, LAYER_GAP, MARGIN, TITLE = 28.0, 26.0, 18.0, 26.0
CHARACTER, NODE_HEIGHT, LABEL_HEIGHT, DOT = 7.2, 36.0, 16.0, 34.0
NARROWEST, WIDEST, LONGEST_LABEL = 96.0, 320.0, 34
SWEEPS = 12

Point = tuple[float, float]


@dataclass(slots=True, eq=False)
class Box:
    """A place: of a node, of a label, or (without either) of a passing edge. ``x`` is the middle, ``y`` the top."""

    width: float
    height: float
    node: Node | None = None
    label: str = ""
    inner: list[Layout] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0
    layer: int = 0


@dataclass(slots=True)
class Way:
    """An edge drawn: the points it goes through; ``back`` when it leads up again."""

    points: list[Point]
    target: Box
    back: bool = False


@dataclass(slots=True)
class Layout:
    """A graph with places; everything is measured from its own upper left corner, moved by ``x`` and ``y``."""

    width: float
    height: float
    boxes: list[Box]
    ways: list[Way]
    x: float = 0.0
    y: float = 0.0


def shortened(text: str, longest: int = LONGEST_LABEL) -> str:
    """A text that fits."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def lay_out(graph: Graph) -> Layout:
    """Places for a graph and all graphs inside it."""
    boxes = {node.name: _box(node) for node in graph.nodes}
    chains = _chains(graph, boxes)
    layers = _layers(boxes, chains)
    _order(layers, chains)
    _place(layers, chains)
    everything = [box for layer in layers for box in layer]
    left = min((box.x - box.width / 2 for box in everything), default=0.0)
    for box in everything:
        box.x -= left
    width = max((box.x + box.width / 2 for box in everything), default=0.0)
    height = max((box.y + box.height for box in everything), default=0.0)
    ways = _ways(chains)
    if any(way.back and len(way.points) == 2 for way in ways):
        width += 2 * MARGIN
    return Layout(width, height, everything, ways)


def _box(node: Node) -> Box:
    if node.type in ("Start", "End"):
        return Box(DOT * 1.6, DOT, node)
    width = min(WIDEST, max(NARROWEST, len(node.name) * CHARACTER + 28))
    if not node.inner:
        return Box(width, NODE_HEIGHT, node)
    inner = [lay_out(graph) for graph in node.inner]
    x = MARGIN
    for layout in inner:
        layout.x, layout.y = x, TITLE + MARGIN
        x += layout.width + MARGIN
    spare = max(0.0, width - x)
    for layout in inner:
        layout.x += spare / 2
    return Box(max(width, x), TITLE + 2 * MARGIN + max(layout.height for layout in inner), node, inner=inner)


# ---------------------------------------------------------------------- layers


@dataclass(slots=True)
class _Chain:
    """An edge as the boxes it goes through, from the upper to the lower one; ``back`` when it is turned round."""

    boxes: list[Box]
    label: Box | None
    back: bool


def _chains(graph: Graph, boxes: dict[str, Box]) -> list[_Chain]:
    turned = _closing(graph)
    chains = []
    for edge in graph.edges:
        upper, lower = boxes[edge.source], boxes[edge.target]
        back = (edge.source, edge.target) in turned
        if back:
            upper, lower = lower, upper
        text = shortened(edge.label)
        label = Box(len(text) * 6.2 + 12, LABEL_HEIGHT, label=edge.label) if text else None
        chains.append(_Chain([upper, lower], label, back))
    return chains


def _closing(graph: Graph) -> set[tuple[str, str]]:
    """The edges which close a cycle, met by a search into the depth from the start."""
    following: dict[str, list[str]] = {node.name: [] for node in graph.nodes}
    for edge in graph.edges:
        following[edge.source].append(edge.target)
    closing: set[tuple[str, str]] = set()
    state: dict[str, bool] = {}  # True while it is on the way, False when it is done
    for root in (graph.start, *following):
        if root in state or root not in following:
            continue
        state[root] = True
        stack = [(root, iter(following[root]))]
        while stack:
            name, rest = stack[-1]
            target = next(rest, None)
            if target is None:
                state[name] = False
                stack.pop()
            elif target not in state:
                state[target] = True
                stack.append((target, iter(following[target])))
            elif state[target]:
                closing.add((name, target))
    return closing


def _layers(boxes: dict[str, Box], chains: list[_Chain]) -> list[list[Box]]:
    """Each box in its layer, edges cut into pieces of one layer each."""
    _assign(list(boxes.values()), chains)
    everything = list(boxes.values())
    for chain in chains:
        upper, lower = chain.boxes
        if upper is lower:
            continue
        passing = [Box(4.0, 0.0) for _ in range(lower.layer - upper.layer - 1)]
        if chain.label is not None:
            passing[-1 if not chain.back else 0] = chain.label
        for layer, box in enumerate(passing, upper.layer + 1):
            box.layer = layer
        chain.boxes = [upper, *passing, lower]
        everything += passing
    layers: list[list[Box]] = [[] for _ in range(max((box.layer for box in everything), default=-1) + 1)]
    for box in everything:
        layers[box.layer].append(box)
    return layers


def _assign(boxes: list[Box], chains: list[_Chain]) -> None:
    """The longest way from above; an edge with a label takes two layers. Nodes then sink to just above what follows them."""
    edges = [(c.boxes[0], c.boxes[1], 1 if c.label is None else 2) for c in chains if c.boxes[0] is not c.boxes[1]]
    for _ in boxes:  # at most as often as there are nodes: there is no cycle
        changed = False
        for upper, lower, length in edges:
            if lower.layer < upper.layer + length:
                lower.layer, changed = upper.layer + length, True
        if not changed:
            break
    for box in sorted(boxes, key=lambda b: -b.layer):
        below = [lower.layer - length for upper, lower, length in edges if upper is box]
        above = [upper for upper, lower, _ in edges if lower is box]
        if below and not above:
            box.layer = min(below)


# ---------------------------------------------------------------------- order within layers


def _neighbours(chains: list[_Chain]) -> tuple[dict[Box, list[Box]], dict[Box, list[Box]]]:
    above: dict[Box, list[Box]] = {}
    below: dict[Box, list[Box]] = {}
    for chain in chains:
        for upper, lower in pairwise(chain.boxes):
            if upper is not lower:
                above.setdefault(lower, []).append(upper)
                below.setdefault(upper, []).append(lower)
    return above, below


def _order(layers: list[list[Box]], chains: list[_Chain]) -> None:
    """Sweeps down and up; the order with the fewest crossings stays."""
    above, below = _neighbours(chains)
    best, fewest = [list(layer) for layer in layers], _crossings(layers, below)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for layer in layers if down else reversed(layers):
            _by_barycentre(layer, layers, above if down else below)
        crossings = _crossings(layers, below)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
    for layer, order in zip(layers, best, strict=True):
        layer[:] = order


def _by_barycentre(layer: list[Box], layers: list[list[Box]], near: dict[Box, list[Box]]) -> None:
    positions: dict[Box, float] = {}
    for number, box in enumerate(layer):
        others = near.get(box)
        if others:
            places = [layers[other.layer].index(other) for other in others]
            positions[box] = sum(places) / len(places) + number * 1e-6
        else:
            positions[box] = float(number)
    layer.sort(key=positions.__getitem__)


def _crossings(layers: list[list[Box]], below: dict[Box, list[Box]]) -> int:
    found = 0
    for upper, lower in pairwise(layers):
        place = {box: number for number, box in enumerate(lower)}
        ends = [sorted(place[other] for other in below.get(box, ())) for box in upper]
        line = [end for group in ends for end in group]
        found += sum(a > b for i, a in enumerate(line) for b in line[i + 1 :])
    return found


# ---------------------------------------------------------------------- places


def _place(layers: list[list[Box]], chains: list[_Chain]) -> None:
    y = 0.0
    for layer in layers:
        height = max(box.height for box in layer)
        for box in layer:
            box.y = y + (height - box.height) / 2 if box.height else y
            if not box.height:
                box.height = height  # a passing edge goes straight down
        y += height + LAYER_GAP
    for layer in layers:
        _shift(layer, [0.0] * len(layer))
    above, below = _neighbours(chains)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for layer in layers if down else reversed(layers):
            near = above if down else below
            wanted = [_middle(near.get(box), box) for box in layer]
            _shift(layer, wanted)


def _middle(others: list[Box] | None, box: Box) -> float:
    return sum(other.x for other in others) / len(others) if others else box.x


def _shift(layer: list[Box], wanted: list[float]) -> None:
    """The places nearest to the wanted ones which keep the order and the distances (pool adjacent violators)."""
    offsets = [0.0]
    for left, right in pairwise(layer):
        offsets.append(offsets[-1] + (left.width + right.width) / 2 + GAP)
    pools: list[tuple[float, int]] = []  # the mean of a pool, and how many are in it
    for place, offset in zip(wanted, offsets, strict=True):
        mean, count = place - offset, 1
        while pools and pools[-1][0] > mean:
            before, many = pools.pop()
            mean, count = (before * many + mean * count) / (many + count), many + count
        pools.append((mean, count))
    flat = [mean for mean, count in pools for _ in range(count)]
    for box, mean, offset in zip(layer, flat, offsets, strict=True):
        box.x = mean + offset


# ---------------------------------------------------------------------- edges


def _ways(chains: list[_Chain]) -> list[Way]:
    leaving: dict[Box, list[_Chain]] = {}
    arriving: dict[Box, list[_Chain]] = {}
    for chain in chains:
        leaving.setdefault(chain.boxes[0], []).append(chain)
        arriving.setdefault(chain.boxes[-1], []).append(chain)
    starts = {id(c): x for box, group in leaving.items() for c, x in _ports(box, group, 1)}
    ends = {id(c): x for box, group in arriving.items() for c, x in _ports(box, group, -2)}
    ways = []
    for chain in chains:
        first, last = chain.boxes[0], chain.boxes[-1]
        if first is last:
            side = first.x + first.width / 2
            points = [(side, first.y + first.height * 0.3), (side, first.y + first.height * 0.7)]
            ways.append(Way(points, first, back=True))
            continue
        points = [(starts[id(chain)], first.y + first.height)]
        for box in chain.boxes[1:-1]:
            points += [(box.x, box.y), (box.x, box.y + box.height)]
        points.append((ends[id(chain)], last.y))
        ways.append(Way(points[::-1], first, True) if chain.back else Way(points, last))
    return ways


def _ports(box: Box, group: list[_Chain], towards: int) -> list[tuple[_Chain, float]]:
    """Where on a node its edges begin or end: beside each other, in the order of where they lead."""
    ordered = sorted(group, key=lambda chain: chain.boxes[towards].x)
    step = min(22.0, box.width * 0.7 / len(ordered))
    first = box.x - step * (len(ordered) - 1) / 2
    return [(chain, first + step * number) for number, chain in enumerate(ordered)]
