"""Networks that look back k states instead of one, on a copy task whose lag is known: the chapter "Lags".

At every step the answer is the sign that came in `delay` steps earlier. Beside the nets with a lag stand
others that have as many weights, as much memory, or as many inputs at once, but see one earlier state only.
"""

from typing import Any, NamedTuple

import numpy as np

from companion._arrays import Array, Grads, Params
from companion.cells import RNN, Cell, Lag
from companion.experiments.memory_tasks import short
from companion.initial import orthogonal, recurrent
from companion.layers import Dense, squared_error
from companion.optim import Adam, clip_grad_norm
from companion.scan import Run, scan
from companion.taps import GradientNorms

HIDDEN, ASKED = 16, 8  # units; answers asked for in each sequence
UPDATES, RATE, BATCH, TESTED = 200, 0.01, 64, 200
LEARNT, EVERY = 0.95, 25  # so many answers right, looked at after every 25 updates, and a net has learnt

# Beside "lag" stand kinds that see one earlier state only: with k inputs side by side; with as many units as
# make the weights, or the numbers in memory, of lag k; with an orthogonal matrix to begin with.
KINDS = ("lag", "window", "weights", "memory", "orthogonal")
DELAYS = (6, 12, 18, 24)
HARD = DELAYS[1:]  # for the others
SETTINGS: list[dict[str, Any]] = [
    {"kind": kind, "k": k, "delay": delay, "seed": seed, **more}
    for seed in range(10)
    for kind, ks, delays, more in (
        ("lag", (1, 2, 3, 4), DELAYS, {}),
        ("window", (4,), HARD, {}),
        ("weights", (4,), HARD, {}),
        ("memory", (4,), HARD, {}),
        ("orthogonal", (1,), HARD, {}),
        ("lag", (1,), HARD[1:2], {"updates": 4 * UPDATES}),
    )
    for k in ks
    for delay in delays
]


class Net(NamedTuple):
    """A cell, its read-out, how many inputs it reads side by side, and the parameters it begins with."""

    cell: Cell
    dense: Dense
    window: int
    params: Grads

    def read(self, params: Params, xs: Array) -> Run:
        """Run the cell along xs (N, T, D)."""
        weights = {name: params[name] for name in self.cell.shapes}
        return scan(self.cell, weights, side_by_side(xs, self.window))


def side_by_side(xs: Array, k: int) -> Array:
    """The last k inputs of every step in one row, newest first: (N, T, D) to (N, T, k D), zeros before the
    first."""
    T = xs.shape[1]
    return np.concatenate([np.pad(xs, ((0, 0), (j, 0), (0, 0)))[:, :T] for j in range(k)], axis=2)


def network(kind: str, k: int, plain: Params, rng: np.random.Generator) -> Net:
    """A net of one of the KINDS, made from the weights `plain` of a lag-1 net with a read-out.

    What both have is the same in both, but that the k recurrent matrices of a lag are divided by the root
    of k, so that together they are no stronger than the one. The rest is drawn from `rng`.
    """
    (D, H), K, dtype = plain["W_xh"].shape, len(plain["b_y"]), plain["W_xh"].dtype
    params = dict(plain)
    if kind in ("weights", "memory"):
        wide = as_many_weights(k, D, H, K) if kind == "weights" else k * H
        cell, dense = RNN(D, wide), Dense(wide, K)
        return Net(cell, dense, 1, {**cell.init(rng, dtype), **dense.init(rng, dtype)})
    if kind == "orthogonal" and k == 1:
        return Net(RNN(D, H), Dense(H, K), 1, recurrent(params, lambda n: orthogonal(n, rng)))
    if kind not in ("lag", "window"):
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r} with k={k}")
    older = (k - 1) * (H if kind == "lag" else D)
    more = rng.uniform(-(H**-0.5), H**-0.5, (older, H)).astype(dtype)
    if kind == "window":
        params["W_xh"] = np.concatenate([plain["W_xh"], more])
        return Net(RNN(k * D, H), Dense(H, K), k, params)
    smaller = dtype.type(k**-0.5)
    params["W_xh"] = np.concatenate([plain["W_xh"], smaller * more])
    params["W_hh"] = smaller * plain["W_hh"]
    return Net(Lag(RNN(D + older, H), k), Dense(H, K), 1, params)


def as_many_weights(k: int, D: int, H: int, K: int) -> int:
    """How many units a lag-1 net needs to have at least as many weights as a net of lag k with H units."""

    def size(units: int, lag: int) -> int:
        return (D + lag * units + 1) * units + (units + 1) * K

    wide = H
    while size(wide, 1) < size(H, k):
        wide += 1
    return wide


def signs(rng: np.random.Generator, N: int, delay: int) -> Array:
    """Sequences of -1 and 1, long enough for ASKED answers: (N, delay + ASKED, 1)."""
    return rng.choice(np.array([-1, 1], np.float32), (N, delay + ASKED, 1))


def loss_and_grads(
    net: Net, params: Params, xs: Array, delay: int, tap: GradientNorms | None = None
) -> tuple[float, Grads]:
    """The mean squared error of the answers and its gradients; with a tap, of the last answer alone."""
    first = xs.shape[1] - 1 if tap else delay
    run = net.read(params, xs)
    out = net.dense(params, run.ys[:, first:].reshape(-1, net.cell.hidden_size))
    loss = squared_error(out.y, xs[:, first - delay : xs.shape[1] - delay].reshape(-1, 1))
    dh, of_dense = out.back(loss.back())
    dys = np.zeros_like(run.ys)
    dys[:, first:] = dh.reshape(dys[:, first:].shape)
    return loss.value, {**run.back(dys, tap=tap)[2], **of_dense}


def fading(net: Net, params: Params, xs: Array, delay: int) -> list[float]:
    """The norm of the gradient of one sequence's last answer with respect to the state h, 1 to `delay` steps
    earlier: a mean over the sequences."""
    tap = GradientNorms()
    loss_and_grads(net, params, xs, delay, tap)
    norms = len(xs) * tap.by_name(net.cell)["h"].mean(axis=1)
    return [short(norm) for norm in norms[-2 : -delay - 2 : -1]]


def right(net: Net, params: Params, xs: Array, delay: int) -> float:
    """The share of answers with the right sign."""
    run = net.read(params, xs)
    said = net.dense(params, run.ys[:, delay:].reshape(-1, net.cell.hidden_size)).y
    return float(np.mean((said > 0) == (xs[:, :-delay].reshape(-1, 1) > 0)))


def begin(kind: str, k: int, seed: int) -> Net:
    """The net of a run before training, in single precision."""
    rng = np.random.default_rng(seed)
    plain = {**RNN(1, HIDDEN).init(rng, np.float32), **Dense(HIDDEN, 1).init(rng, np.float32)}
    return network(kind, k, plain, np.random.default_rng([seed, k]))


def run(kind: str, k: int, delay: int, seed: int, updates: int = UPDATES) -> dict[str, Any]:
    """Train one net by Adam to copy over one delay, until it has learnt. Runs of one seed see the same
    sequences.

    weights   how many numbers the net learns
    learnt    after how many updates LEARNT of the answers were right, or None
    right     the share of answers right in the end
    before, after   the gradient by lag, from 1 step to `delay` steps
    """
    net, rng = begin(kind, k, seed), np.random.default_rng([seed, 100, delay])
    test = signs(rng, TESTED, delay)
    params, rule, learnt = net.params, Adam(RATE), None
    memory = rule.start(params)
    for update in range(1, updates + 1):
        _, grads = loss_and_grads(net, params, signs(rng, BATCH, delay), delay)
        params, memory = rule.update(params, clip_grad_norm(grads, 1.0)[0], memory)
        if update % EVERY == 0 and right(net, params, test, delay) >= LEARNT:
            learnt = update
            break
    return {
        "weights": sum(p.size for p in net.params.values()),
        "learnt": learnt,
        "right": short(right(net, params, test, delay)),
        "before": fading(net, net.params, test, delay),
        "after": fading(net, params, test, delay),
    }
