"""How fast the package is beside others, how its time grows with the number of steps, and what it keeps.

The appendix on performance is written from these records. Times are only worth recording while the machine
does nothing else: remove data/results/speed.jsonl, then `make record NAME=speed`.
"""

from typing import Any

from companion import bench
from companion.scan import scan

LENGTHS = (16, 32, 64, 128, 256)
N, D, H = 64, 28, 64
ENVIRONMENT = bench.ENVIRONMENT

SETTINGS: list[dict[str, Any]] = [
    *(
        {"cell": cell, "sizes": list(sizes), "against": "others"}
        for cell in bench.CELLS
        for sizes in bench.SIZES
    ),
    *({"cell": cell, "sizes": [N, T, D, H], "against": "steps"} for cell in bench.CELLS for T in LENGTHS),
    *({"cell": cell, "sizes": [N, 64, D, H], "against": "shapes"} for cell in bench.CELLS),
]


def run(cell: str, sizes: list[int], against: str) -> dict[str, Any]:
    """Figures of one cell at sizes [N, T, D, H], in seconds or bytes, and the name of the processor.

    against="others": the time of every contestant. "steps": the time of the package alone. "shapes": the
    bytes kept for a step of the way back, as measured between T and 2 T steps, and by the formula.
    """
    N, T, D, H = sizes
    made = bench.CELLS[cell](D, H)
    if against == "others":
        figures: dict[str, Any] = bench.medians(bench.contestants(made, N, T))
    elif against == "steps":
        params, xs, dys = bench.drawn(made, N, T)
        figures = bench.medians({"companion": lambda: scan(made, params, xs).back(dys)})
    elif against == "shapes":
        measured = (bench.kept_bytes(made, N, 2 * T) - bench.kept_bytes(made, N, T)) / T
        figures = {"measured": measured, "formula": bench.step_bytes(made, N)}
    else:
        raise ValueError(f"against must be others, steps or shapes, got {against!r}")
    return {**figures, "processor": processor()}


def processor() -> str:
    """The processor's name as the system gives it, or nothing where it gives none."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            lines = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    except OSError:
        lines = []
    return lines[0] if lines else ""
