"""The checker for a recurrent step of your own: can it be trained as one, and does it do what you mean?

It refuses above all what the programs of source 000 do by mistake: states kept from one minibatch to the
next, gradients cut off, weights that nothing reads. Whether it is any good is for `companion.judging` to say.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from companion.check import Report, _is_missing
from companion.check.patience import patient

N, EDGE, CHANNELS = 3, 8, 5  # of the small pictures on which a step is tried
_HINT = " (make new tensors like x: x.new_zeros(shape), x.new_ones(shape))"


@patient
def recurrent_step(step: Callable[..., Any], kernels: Mapping[str, Any] | None = None) -> Report:
    """Check step(w, x, states) as `companion.judging.compare` takes it, and the shapes of its own kernels."""
    if not callable(step):
        return Report(False, f"step must be a function, got {type(step).__name__}.")
    own = {} if kernels is None else kernels
    if fault := _fault_of_shapes(own):
        return Report(False, f"step: {fault}")
    try:
        with _own_luck():
            fault = next(_Trial(step, own).faults(), None)
    except NotImplementedError:
        return Report(False, "step is not started yet: it returns nothing.")
    except _Fault as found:
        fault = str(found)
    except Exception as error:
        return Report(False, f"step raised {type(error).__name__}: {error}{_hint(error)}")
    return Report(False, f"step: {fault}") if fault else Report(True, "step: sound, and it can be trained.")


def _hint(error: Exception) -> str:
    """What mostly helps where tensors do not go together."""
    mixed = any(words in str(error) for words in ("scalar type", "dtype", "same type", "device"))
    return _HINT if mixed else ""


def _fault_of_shapes(kernels: Any) -> str | None:
    from companion.variants import shapes

    if not isinstance(kernels, Mapping):
        return f"kernels must be a dict {{name: shape}}, got {type(kernels).__name__}."
    for name, shape in kernels.items():
        counts = isinstance(shape, tuple | list) and all(isinstance(n, int) and n > 0 for n in shape)
        if not counts or len(shape) not in (1, 4):
            wanted = "(height, width, channels in, channels out) or (channels,)"
            return f"kernels[{name!r}] must be {wanted}, got {shape!r}."
        if len(shape) == 4 and (shape[0] % 2 == 0 or shape[0] != shape[1]):
            return f"kernels[{name!r}] must be a square with an odd edge, got {shape[0]} x {shape[1]}."
        if name in shapes("vanilla"):
            return f"kernels must have names of their own, and {name} is the base's."
    return None


@contextmanager
def _own_luck() -> Iterator[None]:
    """Leave the reader's generators as they are: a trial seeds those that a step might draw from."""
    import torch

    numpys, pythons = np.random.get_state(), random.getstate()  # noqa: NPY002
    try:
        with torch.random.fork_rng():
            yield
    finally:
        np.random.set_state(numpys)  # noqa: NPY002
        random.setstate(pythons)


class _Fault(Exception):
    """What is wrong with a state."""


class _Watched(dict[str, Any]):
    """Weights that know which of them were asked for."""

    def __init__(self, weights: Mapping[str, Any]) -> None:
        super().__init__(weights)
        self.used: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.used.add(name)
        if name not in self:
            raise KeyError(f"{name}; give its shape in kernels")
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self else default  # noqa: SIM401 (which would ask itself)


class _Trial:
    """A step tried on three small pictures in four versions, with random weights in float64."""

    def __init__(self, step: Callable[..., Any], kernels: Mapping[str, Any]) -> None:
        import torch

        from companion import judging

        self.step, self.kernels, self.base = step, kernels, judging.base
        self.rng = np.random.default_rng(0)
        first = judging.first(kernels, self.rng)
        for w in first.values():  # biases start at 0, which would hide what they do
            w += 0.1 * self.rng.standard_normal(w.shape)
        self.weights = _Watched({k: torch.tensor(w).double().requires_grad_() for k, w in first.items()})
        self.seen = self.draw(N, EDGE).requires_grad_()

    def draw(self, n: int, edge: int) -> Any:
        """Four versions of n pictures."""
        import torch

        seen = self.rng.random((4, n, edge, edge, 1))
        seen[:, :, :4, :4] = 0  # the paper beside a digit, where without biases a state may be exactly 0
        return torch.tensor(seen)

    def states(self, seen: Any, seed: int = 0) -> list[Any]:
        """The states of all four steps; raises _Fault for one that cannot be right."""
        import torch

        for seeded in (torch.manual_seed, np.random.seed, random.seed):
            seeded(seed)
        found: list[Any] = []
        for x in seen:
            before = [s.clone() for s in found]
            weights = {name: (w, w.detach().clone()) for name, w in self.weights.items()}
            made = self.step(self.weights, x, tuple(found))
            if changed := [name for name, (w, was) in weights.items() if not torch.equal(w, was)]:
                raise _Fault(f"it changes the weight {changed[0]} in place; only the training may.")
            if _is_missing(made):
                raise NotImplementedError
            if not isinstance(made, torch.Tensor):
                raise _Fault(f"it must return a tensor, got {type(made).__name__}.")
            shape = (*x.shape[:3], CHANNELS)
            if made.shape != shape:
                raise _Fault(f"the state must have shape {shape}, got {tuple(made.shape)}.")
            if not torch.isfinite(made).all():
                raise _Fault("the state has entries that are infinite or undefined.")
            if not all(map(torch.equal, before, found)):
                raise _Fault("it changes an earlier state in place; make a new one.")
            found.append(made)
        return found

    def faults(self) -> Iterator[str]:
        """What is wrong with the step, in the order in which to tell it."""
        import torch

        states = self.states(self.seen)
        self.states(self.draw(N, EDGE))
        if not all(map(torch.equal, states, self.states(self.seen))):
            yield (
                "the same pictures give other states the second time: something is kept from one minibatch "
                "to the next, as in the published programs."
            )
        if not all(map(torch.equal, states, self.states(self.seen, seed=1))):
            yield "it draws random numbers, which the two networks of a pair cannot share."
        self.states(self.draw(2, EDGE + 2))
        yield from self._unread_pictures(states[-1])
        yield from self._lost_gradients(states[-1])
        yield from self._bound_to_the_processor()
        theirs, self.step = self.step, self.base
        if all(map(torch.equal, states, self.states(self.seen))):
            yield "this is the base's own step; change something."
        self.step = theirs

    def _unread_pictures(self, last: Any) -> Iterator[str]:
        """Each version of the first picture is changed by itself: does the last state notice?"""
        changes = []
        for t in range(4):
            other = self.seen.detach().clone()
            other[t, 0] += 0.5
            changes.append((self.states(other)[-1] - last).detach().abs().amax(dim=(1, 2, 3)) > 1e-12)
        reach = [bool(change[0]) for change in changes]
        if not reach[3]:
            yield "the picture of the last step makes no difference to the last state."
        if not any(reach[:3]):
            yield "earlier states are not used: the last state depends on the last picture alone."
        for t in (t for t in range(3) if not reach[t]):
            yield f"picture {t + 1} never reaches the last state, neither at once nor through other states."
        if any(change[1:].any() for change in changes):
            yield "what becomes of a picture must not depend on the others of its minibatch."

    def _bound_to_the_processor(self) -> Iterator[str]:
        """In training all is in single precision, and where there is a graphics card, on that."""
        import torch

        from companion import judging
        from companion.variants.with_torch import device

        for on in (device(), "meta"):  # on "meta" nothing is computed, but devices must agree
            weights = {k: w.detach().to(on, torch.float32) for k, w in self.weights.items()}
            try:
                judging.scores(self.step, weights, self.seen.detach().to(on, torch.float32))
            except Exception as error:
                if on != "meta":
                    raise
                if "device" in str(error):  # others come from steps that look at numbers, which may be sound
                    yield f"on a graphics card it would fail{_HINT}."

    def _lost_gradients(self, last: Any) -> Iterator[str]:
        import torch

        if not last.requires_grad:
            yield "no gradient comes back from the last state: it was made outside PyTorch, or under no_grad."
            return
        used = set(self.weights.used)
        wanted = {"pictures": self.seen, **{name: self.weights[name] for name in self.kernels}}
        loss = (last * torch.tensor(np.random.default_rng(1).standard_normal(last.shape))).sum()
        found = torch.autograd.grad(loss, list(wanted.values()), allow_unused=True, materialize_grads=True)
        size = {name: g.abs() for name, g in zip(wanted, found, strict=True)}
        for name in (name for name, g in size.items() if not torch.isfinite(g).all()):
            yield f"the gradient of {name} is infinite or undefined somewhere, as that of sqrt is at 0."
        for t in (t for t in range(4) if not size["pictures"][t].max() > 0):
            yield (
                f"picture {t + 1} makes a difference, but no gradient comes back to it: a state is cut off "
                "from gradients (detach, no_grad), as in the published programs."
            )
        for name in (name for name in self.kernels if not size[name].max() > 0):
            yield (
                f"{name} gets no gradient: nothing that counts reads what it makes, as with the internal "
                "convolutions as published."
                if name in used
                else f"{name} is never used."
            )
