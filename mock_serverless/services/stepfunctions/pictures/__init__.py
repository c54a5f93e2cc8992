"""Pictures of state machines: a definition, and what has become of its states, as SVG or as Mermaid's text.

::

    graph.py     definition -> nodes and edges, one graph per line of states
    layout.py    graph -> places (Sugiyama's layers)
    svg.py       places -> a self-contained SVG
    mermaid.py   graph -> Mermaid's flowchart

Data in, text out; these files know no execution and no cloud. Statuses are IN_PROGRESS, SUCCEEDED, FAILED, CANCELLED and
CAUGHT_ERROR.
"""

from .mermaid import mermaid
from .svg import svg

__all__ = ["mermaid", "svg"]
