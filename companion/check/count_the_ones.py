"""Checkers for the exercises of the chapter that counts ones with two weights."""

import numpy as np

from companion._arrays import Array
from companion.check import Exercise, Inputs


def _states(w_x: float, w_rec: float, x: Array) -> Array:
    """S_0 to S_T of one sequence (T,)."""
    states = [0.0]
    for x_k in x:
        states.append(w_rec * states[-1] + w_x * x_k)
    return np.array(states)


def _draw_weights(rng: np.random.Generator) -> Inputs:
    return {"w_x": float(rng.uniform(0.3, 1.5)), "w_rec": float(rng.uniform(0.4, 1.4))}


# Counting aloud: an answer, and an error, at every step.


def _running(
    w_x: float,
    w_rec: float,
    x: Array,
    y: Array,
    *,
    last_only: bool = False,
    carry: bool = True,
    late: bool = False,
    shift: int = 0,
    scale: float | None = None,
) -> tuple[float, float]:
    """The right answer to `running_gradients`, and with other arguments its mistakes."""
    T, states = len(x), _states(w_x, w_rec, x)
    own = (2 / T if scale is None else scale) * (states[1:] - y)
    if last_only:
        own[:-1] = 0
    of_x = of_rec = later = 0.0
    for k in reversed(range(T)):
        d = own[k] + later
        of_x += d * x[k]
        of_rec += d * states[k + shift]
        later = (w_rec * later + own[k] if late else w_rec * d) if carry else 0.0
    return of_x, of_rec


def _draw_running(rng: np.random.Generator) -> Inputs:
    x = rng.integers(0, 2, 6).astype(float)
    x[0] = 1.0  # or the first states are all zero, and hide mistakes
    return {**_draw_weights(rng), "x": x, "y": x.cumsum()}


running_gradients = Exercise(
    name="running_gradients",
    right=_running,
    draw=_draw_running,
    results=("of_x", "of_rec"),
    mistakes={
        "only the last answer counts here; now every step has an error of its own, which joins in.": (
            lambda w_x, w_rec, x, y: _running(w_x, w_rec, x, y, last_only=True)
        ),
        "nothing comes back from later steps: what reaches S_k through S_(k+1) is missing.": (
            lambda w_x, w_rec, x, y: _running(w_x, w_rec, x, y, carry=False)
        ),
        "only what came from later is multiplied by w_rec; the step's own error must travel on with it.": (
            lambda w_x, w_rec, x, y: _running(w_x, w_rec, x, y, late=True)
        ),
        "w_rec met the state before the step, S_(k-1), not the one after it.": (
            lambda w_x, w_rec, x, y: _running(w_x, w_rec, x, y, shift=1)
        ),
        "the errors are added up; the loss is their mean, so divide by T.": (
            lambda w_x, w_rec, x, y: _running(w_x, w_rec, x, y, scale=2.0)
        ),
        "the 2 that comes from the square is missing.": (
            lambda w_x, w_rec, x, y: _running(w_x, w_rec, x, y, scale=1 / len(x))
        ),
    },
)


# The gradients on the way forwards.


def _forwards(
    w_x: float,
    w_rec: float,
    x: Array,
    *,
    carry: bool = True,
    factor: bool = True,
    new: bool = False,
    direct: bool = True,
) -> tuple[float, float, float]:
    """The right answer to `forward_gradients`, and with other arguments its mistakes."""
    state = by_x = by_rec = 0.0
    for x_k in x:
        kept = (w_rec if factor else 1.0) if carry else 0.0
        next_state = w_rec * state + w_x * x_k
        by_x = x_k + kept * by_x
        by_rec = (next_state if new else state) * direct + kept * by_rec
        state = next_state
    return state, by_x, by_rec


def _draw_forwards(rng: np.random.Generator) -> Inputs:
    return {**_draw_weights(rng), "x": rng.uniform(0.5, 1.5, 6)}


forward_gradients = Exercise(
    name="forward_gradients",
    right=_forwards,
    draw=_draw_forwards,
    results=("state", "by_x", "by_rec"),
    mistakes={
        "the derivatives of the old state are dropped: the new one inherits them, times w_rec.": (
            lambda w_x, w_rec, x: _forwards(w_x, w_rec, x, carry=False)
        ),
        "what is inherited from the old state must be multiplied by w_rec.": (
            lambda w_x, w_rec, x: _forwards(w_x, w_rec, x, factor=False)
        ),
        "by_rec uses the new state; w_rec multiplies the old one, so update the state last.": (
            lambda w_x, w_rec, x: _forwards(w_x, w_rec, x, new=True)
        ),
        "by_rec stays zero: w_rec itself multiplies the old state, and that is its direct part.": (
            lambda w_x, w_rec, x: _forwards(w_x, w_rec, x, direct=False)
        ),
        "w_x stands in by_x; the derivative of w_x X_k by w_x is X_k.": (
            lambda w_x, w_rec, x: (
                _forwards(w_x, w_rec, x)[0],
                w_x * _forwards(w_x, w_rec, x)[1],
                _forwards(w_x, w_rec, x)[2],
            )
        ),
    },
)


# The floor of the valley: for every w_rec the best w_x.


def _readings(w_rec: float, X: Array, *, turned: bool = False, more: int = 0) -> Array:
    """What a net with w_x = 1 answers to the rows X (N, T)."""
    T = X.shape[1]
    powers = w_rec ** (np.arange(T) + more)
    answers: Array = X @ (powers if turned else powers[::-1])
    return answers


best_w_x = Exercise(
    name="best_w_x",
    right=lambda w_rec, X, y: _readings(w_rec, X) @ y / (_readings(w_rec, X) @ _readings(w_rec, X)),
    draw=lambda rng: {
        "w_rec": float(rng.uniform(0.4, 1.4)),
        "X": np.array([[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0], [1, 0, 1, 1.0]])[rng.permutation(4)],
        "y": rng.uniform(1, 4, 4),
    },
    mistakes={
        "the quotient is upside down.": lambda w_rec, X, y: (
            _readings(w_rec, X) @ _readings(w_rec, X) / (_readings(w_rec, X) @ y)
        ),
        "this makes the mean error zero; the mean *squared* error is least where the errors, weighted by "
        "the readings, add up to zero.": (lambda w_rec, X, y: y.sum() / _readings(w_rec, X).sum()),
        "this is the mean of the quotients; rows with large readings must weigh more.": (
            lambda w_rec, X, y: (y / _readings(w_rec, X)).mean()
        ),
        "the powers run the wrong way: the last input has w_rec to the power 0, the first T - 1.": (
            lambda w_rec, X, y: (
                _readings(w_rec, X, turned=True)
                @ y
                / (_readings(w_rec, X, turned=True) @ _readings(w_rec, X, turned=True))
            )
        ),
        "every power is one too high: the last input is not multiplied by w_rec at all.": (
            lambda w_rec, X, y: (
                _readings(w_rec, X, more=1) @ y / (_readings(w_rec, X, more=1) @ _readings(w_rec, X, more=1))
            )
        ),
        "w_rec is left out: this counts the ones.": (
            lambda w_rec, X, y: X.sum(axis=1) @ y / (X.sum(axis=1) @ X.sum(axis=1))
        ),
    },
)


# How many epochs the slowest direction needs.


def _factors(H: Array, rates: Array) -> Array:
    """By how much one epoch multiplies the way that is left, in each of the two directions."""
    left: Array = np.abs(1 - np.linalg.eigvals(rates[:, None] * H).real)
    return left


def _until(factor: float, share: float) -> int:
    return int(np.ceil(np.log(share) / np.log(factor)))


def _draw_hessian(rng: np.random.Generator) -> Inputs:
    B = rng.normal(size=(2, 2))
    H = B @ B.T + 0.05 * np.eye(2)
    rates = rng.uniform([0.3, 0.02], [0.9, 0.2]) / np.trace(H)
    return {"H": H, "rates": rates, "share": float(rng.uniform(0.001, 0.1))}


epochs_needed = Exercise(
    name="epochs_needed",
    right=lambda H, rates, share: _until(_factors(H, rates).max(), share),
    draw=_draw_hessian,
    mistakes={
        "this is the fastest direction; one must wait for the slowest.": (
            lambda H, rates, share: _until(_factors(H, rates).min(), share)
        ),
        "each weight has a rate of its own: multiply row i of H by rates[i] before taking eigenvalues.": (
            lambda H, rates, share: _until(_factors(H, np.full(2, rates.mean())).max(), share)
        ),
        "the first rate serves for both weights; multiply row i of H by rates[i].": (
            lambda H, rates, share: _until(_factors(H, np.full(2, rates[0])).max(), share)
        ),
        "the rates are left out: an epoch multiplies by 1 - rate * curvature.": (
            lambda H, rates, share: np.ceil(np.log(share) / np.log(np.abs(1 - np.linalg.eigvalsh(H)).max()))
        ),
        "only the diagonal of H is used; the two weights act on each other, so take eigenvalues.": (
            lambda H, rates, share: _until(np.abs(1 - rates * np.diag(H)).max(), share)
        ),
        "the number of epochs is rounded down: there the share is still too large.": (
            lambda H, rates, share: np.floor(np.log(share) / np.log(_factors(H, rates).max()))
        ),
        "the number of epochs is not rounded; take the next whole number.": (
            lambda H, rates, share: np.log(share) / np.log(_factors(H, rates).max())
        ),
    },
)
