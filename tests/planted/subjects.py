"""What the nets are thrown at: a network, a loss, an optimiser, a loader of data, a whole training.

All of it is made of the package that holds the bug. Each subject offers the nets that have something to say
about it, as methods that return what they complain of, and nothing where they are content.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from companion import data, initial, layers, letters, optim, train
from companion.cells import GRU, LSTM, RNN, Concatenated, Highway, Lag, Residual, Stacked
from companion.gradcheck import gradcheck
from companion.published_bugs import Blocks, Detour, NotCarried, Overwritten, Slots
from companion.whole import Bidirectional, Deep, Whole, run

RIGHT, WRONG = (
    1e-7,
    1e-3,
)  # a relative error below the first is a right gradient, above the second a wrong one
NETWORKS = (GRU, LSTM, RNN, Concatenated, Highway, Lag, Residual, Stacked, Bidirectional, Deep)
PUBLISHED = (Blocks, Detour, NotCarried, Overwritten, Slots)


def spoilt(errors: Mapping[str, float]) -> str:
    """The names of the arrays whose gradients are wrong."""
    between = {name: error for name, error in errors.items() if RIGHT < error < WRONG}
    assert not between, f"neither right nor wrong: {between}"
    return " ".join(sorted(name for name, error in errors.items() if error > WRONG))


def misshapen(found: Mapping[str, Any], promised: Mapping[str, tuple[int, ...]]) -> str:
    """The names of what has another shape than promised, or is no finite float."""
    assert found.keys() == promised.keys()
    wrong = [k for k, a in found.items() if np.shape(a) != promised[k] or not np.isfinite(a).all()]
    return " ".join(wrong)


class Dropping(Whole):
    """A network with dropout that drops the same numbers in every run, so that differences can be taken."""

    def __init__(self, deep: Deep) -> None:
        self.deep = deep
        self.input_size, self.hidden_size = deep.input_size, deep.hidden_size
        self.state_names = deep.state_names

    @property
    def shapes(self) -> Any:
        return self.deep.shapes

    def init(self, *given: Any) -> Any:
        return self.deep.init(*given)

    def zero_state(self, *given: Any) -> Any:
        return self.deep.zero_state(*given)

    def run(self, params: Any, xs: Any, state: Any = None, lengths: Any = None) -> Any:
        return self.deep.run(params, xs, state, lengths, np.random.default_rng(0))


class Network:
    """A cell or a network of cells, run over five steps, where `lengths` does not say otherwise."""

    def __init__(self, network: Any, lengths: list[int] | None = None, N: int = 4) -> None:
        self.network, self.lengths, self.N = network, lengths, len(lengths) if lengths else N

    def shapes(self) -> str:
        rng, network = np.random.default_rng(0), self.network
        xs, params = rng.normal(size=(self.N, 5, network.input_size)), network.init(rng)
        done = run(network, params, xs, None, self.lengths)
        dys, dstate = rng.normal(size=done.ys.shape), tuple(rng.normal(size=s.shape) for s in done.state)
        dxs, dstate0, grads = done.back(dys, dstate)
        state = {k: s.shape for k, s in zip(network.state_names, network.zero_state(self.N), strict=True)}
        back = {f"d{k}": d for k, d in zip(network.state_names, dstate0, strict=True)}
        found = {"ys": done.ys, **dict(zip(state, done.state, strict=True)), "dxs": dxs, **back, **grads}
        promised = {f"d{k}": shape for k, shape in state.items()} | network.shapes | state
        return misshapen(found, {"ys": (self.N, 5, network.hidden_size), "dxs": xs.shape, **promised})

    def trains(self) -> str:
        return falls(self.network, lengths=self.lengths)

    def one_step(self) -> str:
        """Differences at one step, of the parameters and the inputs alone, as many tests have it."""
        errors = gradcheck(self.network, N=4, T=1)
        return spoilt({name: e for name, e in errors.items() if not name.endswith("_0")})

    def gradients(self) -> str:
        return spoilt(gradcheck(self.network, N=self.N, T=5, lengths=self.lengths))


def falls(
    network: Any,
    *,
    lengths: Any = None,
    loss: str = "squared_error",
    optimiser: Any = None,
    clip: Callable[[Any], Any] = lambda grads: grads,
) -> str:
    """Train sixty steps to tell the mean of six numbers, or its sign; the loss must fall below a half of what
    it was at first. Says what it was before and after."""
    rng = np.random.default_rng(1)
    N, T, D = 32, 6, network.input_size
    dense, xs = layers.Dense(network.hidden_size, 2), rng.normal(size=(N, T, D))
    mean = xs[:, :, 0].mean(axis=1)
    ends = np.full(N, T) if lengths is None else rng.integers(3, T + 1, N)
    params, optimiser = {**network.init(rng), **dense.init(rng)}, optimiser or optim.Adam(0.02)
    memory, values = optimiser.start(params), []
    for _ in range(61):
        done = run(network, {k: params[k] for k in network.shapes}, xs, None, ends if lengths else None)
        out = dense(params, done.ys[np.arange(N), ends - 1])
        if loss == "squared_error":
            found = layers.squared_error(out.y, np.stack([mean, -mean], axis=1))
        else:
            found = layers.softmax_cross_entropy(out.y, (mean > 0).astype(int))
        dh, read_out = out.back(found.back())
        dys = np.zeros_like(done.ys)
        dys[np.arange(N), ends - 1] = dh
        grads = {**done.back(dys)[2], **read_out}
        params, memory = optimiser.update(params, clip(grads), memory)
        values.append(found.value)
    return "" if values[-1] < values[0] / 2 else f"{values[0]:.3g} to {values[-1]:.3g}"


class Loss:
    """A read-out of four numbers to four, and a loss over two sequences of three steps."""

    def __init__(self, name: str, masked: bool = False) -> None:
        self.name, rng = name, np.random.default_rng(7)
        self.dense = layers.Dense(4, 4)
        self.arrays = {**self.dense.init(rng), "h": rng.normal(size=(2, 3, 4))}
        wide = name == "squared_error"
        self.target = rng.normal(size=(2, 3, 4)) if wide else rng.integers(0, 4, (2, 3))
        self.mask = rng.random(self.target.shape) < 0.6 if masked else None

    def __call__(self, arrays: Any) -> tuple[float, Any]:
        out = self.dense(arrays, arrays["h"])
        loss = getattr(layers, self.name)(out.y, self.target, self.mask)
        dh, grads = out.back(loss.back())
        return loss.value, {**grads, "h": dh}

    def shapes(self) -> str:
        loss, grads = self(self.arrays)
        promised = {k: a.shape for k, a in self.arrays.items()}
        return misshapen({"loss": loss, **grads}, {"loss": (), **promised})

    def trains(self) -> str:
        return falls(RNN(2, 8), loss=self.name)

    def one_step(self) -> str:
        return self.gradients()

    def gradients(self) -> str:
        return spoilt(gradcheck(self, self.arrays))


class Optimiser:
    """An optimiser, which is no function of the parameters whose gradient could be checked."""

    def __init__(self, made: str) -> None:
        self.optimiser = eval(made, vars(optim))

    def shapes(self) -> str:
        params = RNN(2, 4).init(np.random.default_rng(0))
        start = self.optimiser.start(params)
        new, memory = self.optimiser.update(params, params, start)
        promised = {k: a.shape for k, a in {**params, **start}.items()}
        return misshapen({**new, **memory}, promised)

    def trains(self) -> str:
        return falls(RNN(2, 8), optimiser=self.optimiser)


class Clipping:
    """A function that clips gradients."""

    def __init__(self, name: str) -> None:
        self.clip = getattr(optim, name)

    def shapes(self) -> str:
        grads = RNN(2, 4).init(np.random.default_rng(0))
        clipped, size = self.clip(grads, 0.1)
        return misshapen({"size": size, **clipped}, {"size": (), **{k: g.shape for k, g in grads.items()}})

    def trains(self) -> str:
        return falls(RNN(2, 8), clip=lambda grads: self.clip(grads, 1.0)[0])


class Beginning:
    """A network with the first weights of `companion.initial`."""

    def __init__(self, what: str) -> None:
        rng = np.random.default_rng(0)
        self.network = LSTM(2, 8) if what == "forget" else RNN(2, 8)
        self.params = self.network.init(rng)
        if what == "forget":
            self.begun = initial.forget_bias(self.params)
        else:
            self.begun = initial.recurrent(self.params, lambda n: initial.orthogonal(n, rng))

    def shapes(self) -> str:
        return misshapen(self.begun, self.network.shapes)

    def trains(self) -> str:
        self.network.init = lambda rng: self.begun
        return falls(self.network)


class Data:
    """Series cut into windows, parted, scaled; and letters."""

    def __init__(self, what: str) -> None:
        self.what = what

    def shapes(self) -> str:
        rng = np.random.default_rng(0)
        if self.what == "letters":
            xs, labels = data.letters(window=2)
            return misshapen({"xs": xs, "labels": labels}, {"xs": (5, 2, 5), "labels": (5,)})
        if self.what == "scale":
            series = rng.normal(size=(9, 2))
            scales = {"min_max": data.Scale.min_max(series), "standard": data.Scale.standard(series)}
            found = {k: scale.undo(scale.apply(series)) for k, scale in scales.items()}
            return misshapen(found, dict.fromkeys(found, (9, 2)))
        xs, ys = data.windows(rng.normal(size=(12, 2)), 3, target=1)
        train_rows, test_rows = data.split(xs, ys, 2)
        names = ("xs", "ys", "train xs", "train ys", "test xs", "test ys")
        shapes = ((9, 3, 2), (9, 1), (7, 3, 2), (7, 1), (2, 3, 2), (2, 1))
        found = dict(zip(names, (xs, ys, *train_rows, *test_rows), strict=True))
        return misshapen(found, dict(zip(names, shapes, strict=True)))

    def trains(self) -> str:
        if self.what == "letters":
            return Letters().trains()
        return Training().trains()


class Training:
    """The whole way from a series to a trained network, by `fit`."""

    def shapes(self) -> str:
        params, fitted = self.fitted(2)
        return misshapen(fitted.params, {k: p.shape for k, p in params.items()})

    def trains(self) -> str:
        losses = self.fitted(60)[1].history["loss"]
        return "" if losses[-1] < losses[0] / 2 else f"{losses[0]:.3g} to {losses[-1]:.3g}"

    def fitted(self, epochs: int) -> Any:
        series = np.sin(np.arange(40) / 3)
        (xs, ys), _ = data.split(*data.windows(data.Scale.min_max(series).apply(series), 4), 5)
        cell, dense, rng = RNN(1, 8), layers.Dense(8, 1), np.random.default_rng(0)
        params = {**cell.init(rng), **dense.init(rng)}

        def loss_and_grads(params: Any, batch: Any) -> Any:
            done = run(cell, {k: params[k] for k in cell.shapes}, batch[0])
            out = dense(params, done.state[0])
            loss = layers.squared_error(out.y, batch[1])
            dh, grads = out.back(loss.back())
            return loss.value, {**grads, **done.back(None, (dh,))[2]}

        batches = train.shuffled(8, xs, ys[: len(xs)])
        settings = {"epochs": epochs, "rng": rng, "progress": False}
        return params, train.fit(loss_and_grads, params, batches, optim.Adam(0.01), **settings)


class Letters:
    """The network of letters, with its embedding."""

    def __init__(self) -> None:
        self.batch = data.letters(window=2)
        rng = np.random.default_rng(0)
        self.params = {"E": rng.normal(size=(5, 3)), **RNN(3, 4).init(rng), **layers.Dense(4, 5).init(rng)}

    def shapes(self) -> str:
        loss, grads = letters.loss_and_grads(self.params, self.batch)
        shapes = {k: p.shape for k, p in self.params.items()}
        return misshapen({"loss": loss, **grads}, {"loss": (), **shapes})

    def trains(self) -> str:
        params, optimiser, values = self.params, optim.Adam(0.05), []
        memory = optimiser.start(params)
        for _ in range(61):
            value, grads = letters.loss_and_grads(params, self.batch)
            params, memory = optimiser.update(params, grads, memory)
            values.append(value)
        return "" if values[-1] < values[0] / 2 else f"{values[0]:.3g} to {values[-1]:.3g}"

    def one_step(self) -> str:
        batch = data.letters(window=1)
        return spoilt(gradcheck(lambda arrays: letters.loss_and_grads(arrays, batch), self.params))

    def gradients(self) -> str:
        return spoilt(gradcheck(lambda arrays: letters.loss_and_grads(arrays, self.batch), self.params))


def subject(expression: str) -> Any:
    """The subject that an area or a bug names."""
    return eval(expression, globals())
