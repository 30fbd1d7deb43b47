"""The gradients that run back through an unrolled net, and where they meet.

The forward graph is grey; what comes down from the loss has the colour of W_hy, what comes back from the step
after that of W_hh, since those are the matrices whose transposes it passes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from companion.plots import _checks
from companion.plots._checks import ReadOut
from companion.plots._sketch import Sheet
from companion.plots.style import GHOST, GREY, INK, WEIGHT_COLOURS, WIDTH

BOX = 0.46
WIDE, TALL = 0.74, 0.86  # the box of a state
PLUS = 0.135  # radius of the sign that adds
ASIDE = 0.13  # how far to the right of its column's middle a gradient descends
LEFT = 0.22  # how far to the left of it the forward arrow rises
MARGIN = 0.08


@dataclass(frozen=True)
class Rows:
    """Heights of the centres of the rows, from the bottom, in inches."""

    inputs: float = MARGIN + BOX / 2
    states: float = MARGIN + BOX + 0.36 + TALL / 2
    sums: float = MARGIN + BOX + 0.36 + TALL + 0.44
    losses: float = MARGIN + BOX + 0.36 + TALL + 0.44 + 0.84 + BOX / 2


ROWS = Rows()
ABOVE = ROWS.states + TALL / 2  # upper edge of the states


def gradient_flow(
    ax: Axes,
    steps: int = 4,
    *,
    loss: ReadOut = "every",
    cut: bool = False,
    direct_norms: Sequence[float] | None = None,
    recurrent_norms: Sequence[float] | None = None,
) -> Axes:
    """Draw the unrolled graph in grey and, in colour, the gradients that run back through it.

    Green is what a state gets from the output above it, through the transpose of W_hy; vermilion what it gets
    from the step after, a_bar_{t+1} W_hh^T, where a_bar is the gradient of what the tanh is applied to. Where
    both arrive they are added. `loss` says where the loss reads the states: at every step, at the last, or
    all of them flattened into one output. `cut=True` strikes the recurrent arrows out: what remains is what
    one matrix product without the recursion computes. With `direct_norms` (one for each state that the loss
    reads, in time order) and `recurrent_norms` (steps - 1 of them, the arrow into step 1 first), in one unit,
    the arrows are as wide as the norms are large, and the norms are printed beside them. A canvas 3.6 inches
    high suits.

    Raises ValueError for an unknown loss, fewer than two steps, only one of the two lists of norms, or norms
    of the wrong number, negative or not finite.
    """
    _checks.read_out("loss", loss)
    _checks.at_least("steps", steps, 2)
    reads = range(steps - 1 if loss == "last" else 0, steps)
    if (direct_norms is None) != (recurrent_norms is None):
        raise ValueError(
            "direct_norms and recurrent_norms must be given together, since they share one scale of widths"
        )
    direct = _norms("direct_norms", direct_norms, len(reads))
    recurrent = _norms("recurrent_norms", recurrent_norms, steps - 1)
    top = max([*direct, *recurrent]) if direct else 0.0

    gap = max(0.80, (WIDTH - 2 * MARGIN - 0.5 - steps * WIDE) / (steps - 1))
    columns = [MARGIN + WIDE / 2 + t * (WIDE + gap) for t in range(steps)]
    sheet = Sheet(ax, columns[-1] + WIDE / 2 + 0.5 + MARGIN, ROWS.losses + BOX / 2 + MARGIN)
    _forward(sheet, columns, reads, loss)
    for i, t in enumerate(reads):
        end = ROWS.sums + PLUS if t + 1 < steps else ABOVE
        _direct(sheet, columns[t], end, *_shown(direct, i, top, r"$W_{hy}^{\top}$"))
    for t in range(steps - 1):
        width, label = _shown(recurrent, t, top, rf"$\bar{{a}}_{t + 2} W_{{hh}}^{{\top}}$")
        _recurrent(sheet, columns[t], columns[t + 1] - WIDE / 2, t in reads, width, label, cut)
    return ax


def _norms(name: str, norms: Sequence[float] | None, expected: int) -> list[float]:
    if norms is None:
        return []
    result = [float(norm) for norm in _checks.array(name, norms, (expected,))]
    if min(result) < 0:
        raise ValueError(f"{name} must not be negative, got {min(result)}")
    return result


def _shown(norms: list[float], i: int, top: float, name: str) -> tuple[float, str]:
    """Return an arrow's width in points and its label: of its norm where there is one, else the same for all
    and its name."""
    if not norms:
        return 3.0, name
    return 0.8 + 6.2 * (norms[i] / top if top else 0), f"{norms[i]:#.2g}"


def _forward(sheet: Sheet, columns: list[float], reads: range, loss: str) -> None:
    for t, x in enumerate(columns):
        sheet.box(x, ROWS.inputs, 0.54, BOX, [f"$x_{t + 1}$"], GREY)
        sheet.arrow([(x, ROWS.inputs + BOX / 2), (x, ROWS.states - TALL / 2)])
        sheet.box(x, ROWS.states, WIDE, TALL, [rf"$\bar{{a}}_{t + 1}$", f"$h_{t + 1}$"])
        if t > 0:
            y = ROWS.states - TALL / 4
            sheet.arrow([(columns[t - 1] + WIDE / 2, y), (x - WIDE / 2, y)])
        if t in reads:
            sheet.arrow([(x - LEFT, ABOVE), (x - LEFT, ROWS.losses - BOX / 2)])
            if loss != "flatten":
                sheet.box(x, ROWS.losses, WIDE, BOX, [f"$L_{t + 1}$" if loss == "every" else "$L$"], GREY)
    if loss == "flatten":
        middle, span = (columns[0] + columns[-1]) / 2, columns[-1] - columns[0] + WIDE
        sheet.box(middle, ROWS.losses, span, BOX, ["all states flattened, one loss $L$"], GREY)


def _direct(sheet: Sheet, x: float, end: float, width: float, label: str) -> None:
    top, colour = ROWS.losses - BOX / 2, WEIGHT_COLOURS["W_hy"]
    sheet.arrow([(x + ASIDE, top), (x + ASIDE, end)], colour, width)
    sheet.text(x + ASIDE + 0.13, (top + ROWS.sums + PLUS) / 2 + 0.12, label, colour, ha="left")


def _recurrent(
    sheet: Sheet, x: float, source: float, meets: bool, width: float, label: str, cut: bool
) -> None:
    """Draw the arrow from the step after: into the sign that adds if it meets a direct gradient, else
    straight into the box."""
    colour, y = WEIGHT_COLOURS["W_hh"], ROWS.states + TALL / 4
    if meets:
        end = x + ASIDE + PLUS
        bend = (source - end) / 2
        path = [(source, y), (source - bend, y), (end + bend, ROWS.sums), (end, ROWS.sums)]
        centre, height = (source + end) / 2, (y + ROWS.sums) / 2
        sheet.arrow([(x + ASIDE, ROWS.sums - PLUS), (x + ASIDE, ABOVE)], INK, 2.6)
        sheet.disc(x + ASIDE, ROWS.sums, PLUS, "+", fill="#ffffff", size=15)
    else:
        end = x + WIDE / 2
        path = [(source, y), (end, y)]
        centre, height = (source + end) / 2, y
    sheet.arrow(path, GHOST if cut else colour, width)
    if cut:
        sheet.cross(centre, height, colour=colour)
    else:
        sheet.text(
            centre + (0.04 if meets else 0), (ROWS.sums if meets else y) + 0.10, label, colour, va="bottom"
        )
