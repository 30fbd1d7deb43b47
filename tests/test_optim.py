"""The optimisers take the same steps as PyTorch's, in either precision, and change nothing in place."""

import re

import numpy as np
import pytest

from companion.optim import SGD, AdaGrad, Adam, clip_grad_norm, clip_grad_value

torch = pytest.importorskip("torch")
KINDS = {
    "SGD": (SGD(0.05), lambda p: torch.optim.SGD(p, 0.05)),
    "momentum": (SGD(0.05, momentum=0.9), lambda p: torch.optim.SGD(p, 0.05, momentum=0.9)),
    "Adam": (Adam(0.01), lambda p: torch.optim.Adam(p, 0.01)),
    "Adam, all set": (
        Adam(0.02, beta1=0.8, beta2=0.95, eps=1e-3),
        lambda p: torch.optim.Adam(p, 0.02, betas=(0.8, 0.95), eps=1e-3),
    ),
    "AdaGrad": (AdaGrad(0.1), lambda p: torch.optim.Adagrad(p, 0.1)),
    "AdaGrad, eps set": (AdaGrad(0.1, eps=1e-2), lambda p: torch.optim.Adagrad(p, 0.1, eps=1e-2)),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


def drawn(dtype=np.float64, steps=20):
    """Parameters, and gradients for every step whose sizes differ by orders of magnitude."""
    rng = np.random.default_rng(3)
    shapes = {"W": (3, 4), "b": (4,), "scale": ()}
    params = {k: np.asarray(rng.normal(size=s), dtype) for k, s in shapes.items()}
    sizes = 10.0 ** rng.uniform(-3, 2, steps)
    return params, [{k: np.asarray(n * rng.normal(size=s), dtype) for k, s in shapes.items()} for n in sizes]


@pytest.mark.frameworks
@every_kind
def test_twenty_steps_are_those_of_torch(kind):
    ours, make = KINDS[kind]
    params, all_grads = drawn()
    theirs = {k: torch.nn.Parameter(torch.tensor(p)) for k, p in params.items()}
    other, memory = make(theirs.values()), ours.start(params)
    for grads in all_grads:
        for k, g in grads.items():
            theirs[k].grad = torch.tensor(g)
        other.step()
        params, memory = ours.update(params, grads, memory)
        for k, p in params.items():
            np.testing.assert_allclose(p, theirs[k].detach().numpy(), rtol=1e-12, atol=1e-12)


@every_kind
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_names_and_shapes_stay(kind, dtype):
    optimizer, _ = KINDS[kind]
    first, all_grads = drawn(dtype, steps=3)
    params, memory = first, optimizer.start(first)
    names = set(memory)
    for grads in all_grads:
        params, memory = optimizer.update(params, grads, memory)
        assert set(memory) == names
        for k, p in params.items():
            assert (p.dtype, p.shape) == (first[k].dtype, first[k].shape)
            assert all(memory[m].shape == p.shape for m in names if m.endswith(f".{k}"))


@every_kind
def test_nothing_is_changed_in_place(kind):
    optimizer, _ = KINDS[kind]
    params, (grads, *_) = drawn()
    memory = optimizer.start(params)
    for _ in range(2):
        kept = [{k: np.copy(a) for k, a in named.items()} for named in (params, grads, memory)]
        new, new_memory = optimizer.update(params, grads, memory)
        again, _ = optimizer.update(params, grads, memory)
        for named, copies in zip((params, grads, memory), kept, strict=True):
            assert named.keys() == copies.keys()
            assert all(np.array_equal(named[k], copies[k]) for k in named)
        assert all(np.array_equal(new[k], again[k]) and not np.array_equal(new[k], params[k]) for k in new)
        params, memory = new, new_memory


@every_kind
def test_gradients_that_do_not_fit_are_refused(kind):
    optimizer, _ = KINDS[kind]
    params = {"W": np.ones((2, 3)), "b": np.ones(3)}
    memory = optimizer.start(params)
    want = "grads must be like the parameters {'W': 'float64[2, 3]', 'b': 'float64[3]'}, got "
    for grads, got in [
        ({"W": np.ones((2, 3))}, "{'W': 'float64[2, 3]'}"),
        ({"W": np.ones((3, 2)), "b": np.ones(3)}, "{'W': 'float64[3, 2]', 'b': 'float64[3]'}"),
        ({"W": np.ones((2, 3), np.float32), "b": np.ones(3)}, "{'W': 'float32[2, 3]', 'b': 'float64[3]'}"),
        ({"W": np.ones((2, 3)), "b": np.ones(1)}, "{'W': 'float64[2, 3]', 'b': 'float64[1]'}"),
    ]:
        with pytest.raises(ValueError, match=f"^{re.escape(want + got)}$"):
            optimizer.update(params, grads, memory)


def test_settings_are_the_identity_of_an_optimiser():
    assert repr(SGD(0.1, 0.9)) == "SGD(lr=0.1, momentum=0.9)"
    assert repr(Adam()) == "Adam(lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08)"
    assert repr(AdaGrad(0.1)) == "AdaGrad(lr=0.1, eps=1e-10)"
    assert SGD(0.1).start({"W": np.ones(2)}) == {}


@pytest.mark.frameworks
@pytest.mark.parametrize("max_norm", [0.1, 5.0, 1e3])
def test_clipping_is_that_of_torch(max_norm):
    _, (grads, *_) = drawn()
    tensors = [torch.nn.Parameter(torch.tensor(np.zeros_like(g))) for g in grads.values()]
    for tensor, g in zip(tensors, grads.values(), strict=True):
        tensor.grad = torch.tensor(g)
    # torch divides by norm + 1e-6, which is not the formula but a guard against zero.
    norm = torch.nn.utils.clip_grad_norm_(tensors, max_norm).item()
    clipped, ours = clip_grad_norm(grads, max_norm)
    assert ours == pytest.approx(norm, rel=1e-12)
    for tensor, g in zip(tensors, clipped.values(), strict=True):
        np.testing.assert_allclose(g, tensor.grad.numpy(), rtol=2e-6)
    together = np.sqrt(sum((g**2).sum() for g in clipped.values()))
    assert together == pytest.approx(min(norm, max_norm), rel=1e-12)


def test_clipping_keeps_the_direction_and_small_gradients():
    grads = {"W": np.array([[3.0, 0.0]]), "b": np.array([-4.0])}
    clipped, norm = clip_grad_norm(grads, 1.0)
    assert norm == 5
    np.testing.assert_allclose(clipped["W"], [[0.6, 0]])
    np.testing.assert_allclose(clipped["b"], [-0.8])
    same, _ = clip_grad_norm(grads, 5.0)
    assert all(np.array_equal(same[k], grads[k]) for k in grads)
    np.testing.assert_array_equal(grads["W"], [[3, 0]])
    zero, norm = clip_grad_norm({"W": np.zeros(3)}, 1.0)
    assert norm == 0
    assert not zero["W"].any()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("dtype", "size"), [(np.float32, 1e30), (np.float64, 1e300), (np.float64, 1e-300)])
def test_clipping_survives_what_explodes_and_what_vanishes(dtype, size):
    grads = {"W": np.full(4, size, dtype)}
    clipped, norm = clip_grad_norm(grads, 1e-310 if size < 1 else 1.0)
    assert norm == pytest.approx(2 * size, rel=1e-6)
    np.testing.assert_allclose(clipped["W"], (1e-310 if size < 1 else 1.0) / 2, rtol=1e-3)
    assert clipped["W"].dtype == dtype


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_clipping_does_not_hide_what_is_not_finite(bad):
    grads = {"a": np.ones(2), "W": np.array([1.0, bad]), "b": np.ones(1)}
    clipped, norm = clip_grad_norm(grads, 1.0)
    assert not np.isfinite(norm)
    np.testing.assert_array_equal(clipped["W"], grads["W"])


@pytest.mark.parametrize("bad", [0, -1.0, np.nan])
def test_the_greatest_norm_must_be_positive(bad):
    with pytest.raises(ValueError, match=f"^max_norm must be above 0, got {bad}$"):
        clip_grad_norm({"W": np.ones(2)}, bad)


@pytest.mark.frameworks
@pytest.mark.parametrize("max_value", [0.1, 5.0])
def test_clipping_by_value_is_that_of_torch(max_value):
    _, (grads, *_) = drawn()
    tensors = [torch.nn.Parameter(torch.tensor(np.zeros_like(g))) for g in grads.values()]
    for tensor, g in zip(tensors, grads.values(), strict=True):
        tensor.grad = torch.tensor(g)
    torch.nn.utils.clip_grad_value_(tensors, max_value)
    clipped, largest = clip_grad_value(grads, max_value)
    assert largest == max(np.abs(g).max() for g in grads.values())
    for tensor, g in zip(tensors, clipped.values(), strict=True):
        np.testing.assert_array_equal(g, tensor.grad.numpy())


def test_clipping_by_value_may_turn_the_step():
    grads = {"W": np.array([[3.0, 0.5]], np.float32), "b": np.array([-np.inf, np.nan])}
    clipped, largest = clip_grad_value(grads, 1.0)
    assert clipped["W"].tolist() == [[1.0, 0.5]]
    assert clipped["W"].dtype == np.float32
    np.testing.assert_array_equal(clipped["b"], [-1, np.nan])
    assert np.isnan(largest)
    assert grads["W"].tolist() == [[3.0, 0.5]]
    with pytest.raises(ValueError, match=r"^max_value must be above 0, got -2\.0$"):
        clip_grad_value(grads, -2.0)
