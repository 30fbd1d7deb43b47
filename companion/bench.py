"""Speed as ratios, measured side by side: `make bench`.

Each line times one forward and one backward pass of a recurrent layer over a batch, in float32 and on one
thread, by this package, by PyTorch, by Keras, and by the bare matrix products that the mathematics needs.
The contestants take turns, and medians are compared, so that a machine that slows down slows all of them.
Time is that of the processor: it does not run while another program has the core, and a second thread would
count twice. `make record NAME=speed` records it, and `python -m companion.bench page` writes the appendix.
"""

import os

ENVIRONMENT = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_ENABLE_ONEDNN_OPTS": "1",  # as TensorFlow comes, whatever else this project asks of it
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
"""What the libraries must find when they are loaded; set by the commands that measure, not by an import."""

if __name__ == "__main__":
    os.environ.update(ENVIRONMENT)

import argparse  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
import tracemalloc  # noqa: E402
from collections.abc import Callable, Sequence  # noqa: E402

import numpy as np  # noqa: E402

from companion import interop  # noqa: E402
from companion._arrays import Params  # noqa: E402
from companion.cells import GRU, LSTM, RNN  # noqa: E402
from companion.scan import scan  # noqa: E402
from companion.sweep import RecordError  # noqa: E402

Work = Callable[[], object]
Times = dict[str, float]

CELLS: dict[str, type[RNN | LSTM | GRU]] = {"RNN": RNN, "LSTM": LSTM, "GRU": GRU}
SIZES = [(7, 3, 1, 2), (64, 28, 28, 64), (64, 28, 28, 128), (256, 28, 28, 128), (64, 64, 64, 256)]
KEPT = {"RNN": 1, "LSTM": 6, "GRU": 5}
"""Arrays (N, H) that a step of a cell keeps for its way back: h; i f g o c h; r z n m h."""


def contestants(cell: RNN | LSTM | GRU, N: int, T: int) -> dict[str, Work]:
    """One forward and one backward pass each, on the same numbers, ready to be called."""
    import tensorflow as tf
    import torch

    torch.set_num_threads(1)
    params, xs, dys = drawn(cell, N, T)
    layer = interop.to_torch(cell, params)
    torch_xs, torch_dys = torch.tensor(xs), torch.tensor(dys)
    keras_layer = interop.to_keras(cell, params)
    tf_xs, tf_dys = tf.constant(xs), tf.constant(dys)

    def by_torch() -> None:
        layer.zero_grad()
        layer(torch_xs)[0].backward(torch_dys)

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def by_keras() -> object:
        with tf.GradientTape() as tape:
            ys, *_ = keras_layer(tf_xs)
        return tape.gradient(ys, keras_layer.trainable_variables, tf_dys)

    return {
        "companion": lambda: scan(cell, params, xs).back(dys),
        "torch": by_torch,
        "keras": by_keras,
        **products(params, xs, dys),
    }


def drawn(cell: RNN | LSTM | GRU, N: int, T: int) -> tuple[Params, np.ndarray, np.ndarray]:
    """Parameters, inputs (N, T, D) and gradients of the outputs (N, T, H), in float32."""
    rng = np.random.default_rng(0)
    params = cell.init(rng, np.float32)
    xs, dys = (rng.normal(size=(N, T, k)).astype(np.float32) for k in (cell.input_size, cell.hidden_size))
    return params, xs, dys


def products(params: Params, xs: np.ndarray, dys: np.ndarray) -> dict[str, Work]:
    """The matrix products of a forward and a backward pass, and nothing else, in two forms.

    Only h_{t-1} W_hh and da_t W_hh^T must be made one step after the other. `products by step` makes all six
    of a step together, while their numbers are at hand; `products at once` makes the other four for all
    steps in one. In both every step has numbers of its own, which must come from memory, and the transposed
    weights are laid out beforehand. The quicker of the two is the least that the mathematics needs.
    """
    W_xh, W_hh = params["W_xh"], params["W_hh"]
    W_xh_T, W_hh_T = (np.ascontiguousarray(W.T) for W in (W_xh, W_hh))
    x, h = (np.ascontiguousarray(a.swapaxes(0, 1)) for a in (xs, dys))  # (T, N, ...)
    da = h @ W_hh  # as wide as the sums of all gates
    rows_x, rows_h, rows_da = (a.reshape(-1, a.shape[2]) for a in (x, h, da))

    def by_step() -> None:
        for t in range(len(x)):
            x[t] @ W_xh, h[t] @ W_hh
        for t in reversed(range(len(x))):
            x[t].T @ da[t], h[t].T @ da[t], da[t] @ W_xh_T, da[t] @ W_hh_T

    def at_once() -> None:
        rows_x @ W_xh
        for t in range(len(x)):
            h[t] @ W_hh
        for t in reversed(range(len(x))):
            da[t] @ W_hh_T
        rows_x.T @ rows_da, rows_h.T @ rows_da, rows_da @ W_xh_T

    return {"products by step": by_step, "products at once": at_once}


def medians(works: dict[str, Work], turns: int = 15, least: float = 0.01) -> Times:
    """The median processor seconds of a call of each, taking turns.

    In a turn a work is called as often as fills `least` seconds; the first turn of each is not counted.
    """
    found: dict[str, list[float]] = {name: [] for name in works}
    calls = dict.fromkeys(works, 1)
    for turn in range(turns + 1):
        for name, work in works.items():
            work()  # brings back to the cache what the others have driven out
            started = time.process_time()
            for _ in range(calls[name]):
                work()
            seconds = (time.process_time() - started) / calls[name]
            if turn:
                found[name].append(seconds)
            else:
                calls[name] = max(1, round(least / max(seconds, 1e-6)))
    return {name: float(np.median(seconds)) for name, seconds in found.items()}


def ratios(times: Times) -> Times:
    """The time of the package divided by that of each of the others, of the products by the quicker form."""
    others = {name: times[name] for name in ("torch", "keras")}
    others["products"] = min(t for name, t in times.items() if name.startswith("products"))
    return {name: times["companion"] / other for name, other in others.items()}


def kept_bytes(cell: RNN | LSTM | GRU, N: int, T: int) -> int:
    """The memory that a forward run of T steps holds for its way back, as `tracemalloc` counts it."""
    params, xs, _ = drawn(cell, N, T)
    scan(cell, params, xs[:, :1])  # what is made once, in a first run, is not counted
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        run = scan(cell, params, xs)
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert run.ys.shape == (N, T, cell.hidden_size)  # the run, with all it keeps, is still there
    return after - before


def step_bytes(cell: RNN | LSTM | GRU, N: int) -> int:
    """The same for one step, by its shapes: the arrays kept, and the output of the step in `ys`."""
    arrays = KEPT[type(cell).__name__] + 1
    return arrays * N * cell.hidden_size * np.dtype(np.float32).itemsize


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one line of ratios for each cell and size; or write the appendix page from what is recorded."""
    parser = argparse.ArgumentParser(prog="python -m companion.bench", description="Compare the speed.")
    parser.add_argument("page", nargs="?", choices=["page"], help="write the appendix page instead")
    if parser.parse_args(arguments).page:
        from companion import _performance_page

        try:
            print(_performance_page.write())
        except (RecordError, OSError) as error:
            print(f"companion.bench: {error}", file=sys.stderr)
            return 1
        return 0
    print("time of the package / time of the other, forward and backward, float32, one thread")
    print(f"{'':4} {'N, T, D, H':>16}  {'torch':>7} {'keras':>7} {'products':>9}")
    for name, kind in CELLS.items():
        for N, T, D, H in SIZES:
            found = ratios(medians(contestants(kind(D, H), N, T)))
            columns = [f"{ratio:{width}.2f}" for ratio, width in zip(found.values(), (7, 7, 9), strict=True)]
            print(f"{name:4} {f'{N}, {T}, {D}, {H}':>16} ", *columns, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
