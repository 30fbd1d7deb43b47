"""Speed as ratios, measured side by side: `make bench`.

Each line times one forward and one backward pass of a recurrent layer over a batch, in float32 and on one
thread, by this package, by PyTorch, by Keras, and by the bare matrix products that the mathematics needs.
The contestants take turns, and medians are compared, so that a machine that slows down slows all of them.
"""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
    os.environ.setdefault(name, "1")  # read once, when the libraries are loaded
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import time  # noqa: E402
from collections.abc import Callable  # noqa: E402

import numpy as np  # noqa: E402

from companion import interop  # noqa: E402
from companion.cells import GRU, LSTM, RNN  # noqa: E402
from companion.scan import scan  # noqa: E402

Work = Callable[[], object]

CELLS = {"RNN": RNN, "LSTM": LSTM, "GRU": GRU}
SIZES = [(7, 3, 1, 2), (64, 28, 28, 64), (64, 28, 28, 128), (256, 28, 28, 128), (64, 64, 64, 256)]


def contestants(cell: RNN | LSTM | GRU, N: int, T: int) -> dict[str, Work]:
    """One forward and one backward pass each, on the same numbers, ready to be called."""
    import tensorflow as tf
    import torch

    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    params = cell.init(rng, np.float32)
    sizes = cell.input_size, cell.hidden_size
    xs, dys = (rng.normal(size=(N, T, size)).astype(np.float32) for size in sizes)
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
        "products": products(params, xs, dys),
    }


def products(params: dict[str, np.ndarray], xs: np.ndarray, dys: np.ndarray) -> Work:
    """The matrix products of a forward and a backward pass, and nothing else."""
    W_xh, W_hh = params["W_xh"], params["W_hh"]
    by_step, h = xs.swapaxes(0, 1).copy(), dys[:, 0].copy()
    da = h @ W_hh  # as wide as the sums of all gates

    def work() -> None:
        for x in by_step:
            x @ W_xh, h @ W_hh  # forward
            x.T @ da, h.T @ da, da @ W_xh.T, da @ W_hh.T

    return work


def medians(works: dict[str, Work], repeats: int = 15) -> dict[str, float]:
    """The median seconds of each, taking turns; the first turn of each is not counted."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(repeats + 1):
        for name, work in works.items():
            started = time.perf_counter()
            work()
            if turn:
                found[name].append(time.perf_counter() - started)
    return {name: float(np.median(seconds)) for name, seconds in found.items()}


def main() -> None:
    """Print one line of ratios for each cell and size."""
    print("time of the package / time of the other, forward and backward, float32, one thread")
    print(f"{'':4} {'N, T, D, H':>16}  {'torch':>7} {'keras':>7} {'products':>9}")
    for name, cell in CELLS.items():
        for N, T, D, H in SIZES:
            times = medians(contestants(cell(D, H), N, T))
            own = times.pop("companion")
            ratios = [f"{own / t:{width}.2f}" for t, width in zip(times.values(), (7, 7, 9), strict=True)]
            print(f"{name:4} {f'{N}, {T}, {D}, {H}':>16} ", *ratios, flush=True)


if __name__ == "__main__":
    main()
