"""The checkers of the chapter on PyTorch and Keras: each mistake by its name, each right style passes."""

import numpy as np
import pytest
import torch

from companion.check import frameworks as check


def refused(checker, attempt, *words):
    report = checker(attempt)
    assert not report.passed
    for word in words:
        assert word in report.text, report.text


# Out of PyTorch


def carried(W_ih, W_hh, b_ih, b_hh):
    return W_ih.T, W_hh.T, b_ih + b_hh


@pytest.mark.parametrize(
    "right",
    [
        carried,
        lambda *arrays: dict(zip(("W_xh", "W_hh", "b_h"), carried(*arrays), strict=True)),
        lambda W_ih, W_hh, *b: [np.swapaxes(W_ih, 0, 1), np.einsum("ij->ji", W_hh), np.sum(b, axis=0)],
        lambda *arrays: carried(*map(torch.tensor, arrays)),
    ],
)
def test_carried_weights_pass_in_any_style(right):
    assert check.from_torch(right).passed


@pytest.mark.parametrize(
    "wrong, words",
    [
        (lambda W_ih, W_hh, b_ih, b_hh: (W_ih, W_hh, b_ih + b_hh), ["neither matrix is transposed"]),
        (lambda W_ih, W_hh, b_ih, b_hh: (W_ih.T, W_hh, b_ih + b_hh), ["W_hh is not transposed"]),
        (lambda W_ih, W_hh, b_ih, b_hh: (W_ih, W_hh.T, b_ih + b_hh), ["W_xh is not transposed"]),
        (lambda W_ih, W_hh, b_ih, b_hh: (W_ih.T, W_hh.T, b_ih), ["bias_hh is dropped"]),
        (lambda W_ih, W_hh, b_ih, b_hh: (W_ih.T, W_hh.T, b_hh), ["bias_ih is dropped"]),
        (lambda W_ih, W_hh, b_ih, b_hh: (W_ih.T, W_hh.T, (b_ih + b_hh) / 2), ["mean of the biases"]),
        (lambda W_ih, W_hh, *b: (W_ih.T, W_hh.T, np.concatenate(b)), ["side by side"]),
        (lambda W_ih, W_hh, b_ih, b_hh: (W_ih, W_hh, b_ih), ["neither matrix", "bias_hh is dropped"]),
        (lambda W_ih, W_hh, b_ih, b_hh: (W_ih.T, W_hh, b_hh), ["W_hh is not", "bias_ih is dropped"]),
        (
            lambda W_ih, W_hh, *b: (W_ih.reshape(2, 3), W_hh.T, sum(b)),
            ["W_xh[0, 1] must be", "b_h are right"],
        ),
        (lambda W_ih, W_hh, *b: (W_ih.T, W_hh.T), ["expected 3 values (W_xh, W_hh, b_h), got 2"]),
    ],
)
def test_wrongly_carried_weights_are_called_by_their_name(wrong, words):
    refused(check.from_torch, wrong, *words)


# Two layers


def states(xs, params, h=None):
    h, hs = np.zeros(params["b_h"].shape) if h is None else h, []
    for x in xs.swapaxes(0, 1):
        h = np.tanh(x @ params["W_xh"] + h @ params["W_hh"] + params["b_h"])
        hs.append(h)
    return np.stack(hs, axis=1)


def two(xs, first, second):
    lower = states(xs, first)
    return lower, states(lower, second)


def in_one_loop(xs, first, second):
    """Both layers side by side, one loop over time."""
    lower = upper = np.zeros((len(xs), 3))
    output = []
    for x in xs.swapaxes(0, 1):
        lower = np.tanh(x @ first["W_xh"] + lower @ first["W_hh"] + first["b_h"])
        upper = np.tanh(lower @ second["W_xh"] + upper @ second["W_hh"] + second["b_h"])
        output.append(upper)
    return {"output": np.stack(output, axis=1), "h_n": [lower, upper]}


def by_torch(xs, *layers):
    stack = torch.nn.RNN(3, 3, num_layers=2, batch_first=True, dtype=torch.float64)
    for i, params in enumerate(layers):
        for name, array in {
            "weight_ih": params["W_xh"].T,
            "weight_hh": params["W_hh"].T,
            "bias_ih": params["b_h"],
            "bias_hh": 0 * params["b_h"],
        }.items():
            getattr(stack, f"{name}_l{i}").data = torch.tensor(array.copy())
    with torch.no_grad():
        return stack(torch.tensor(xs))


def ends(lower, upper):
    return np.stack([lower[:, -1], upper[:, -1]])


def plain(*given):
    lower, upper = two(*given)
    return upper, ends(lower, upper)


@pytest.mark.parametrize("right", [plain, in_one_loop, by_torch])
def test_a_right_stack_passes_in_any_style(right):
    assert check.stacked(right).passed


def loaded_with_the_last_state(xs, first, second):
    lower = states(xs, first)
    upper = states(lower, second, lower[:, -1])
    return upper, ends(lower, upper)


def reading_the_last_state_only(xs, first, second):
    lower = states(xs, first)
    upper = states(np.repeat(lower[:, -1:], xs.shape[1], axis=1), second)
    return upper, ends(lower, upper)


def side_by_side(xs, first, second):
    lower, upper = states(xs, first), states(xs, second)
    return upper, ends(lower, upper)


@pytest.mark.parametrize(
    "wrong, word",
    [
        (loaded_with_the_last_state, "starts from the last state of the first"),
        (side_by_side, "both layers read xs"),
        (reading_the_last_state_only, "at step t it reads the state of step t"),
        (lambda xs, first, _: plain(xs, first, first), "weights of the first"),
        (lambda xs, first, second: plain(xs, second, first), "the layers are in the wrong order"),
        (lambda *given: (plain(*given)[0], plain(*given)[1][1]), "second layer only; it has one"),
        (lambda *given: (plain(*given)[0], plain(*given)[1][1:]), "with an axis for the layers"),
        (lambda *given: (plain(*given)[0], plain(*given)[1].swapaxes(0, 1)), "batch first"),
        (lambda *given: (plain(*given)[0], plain(*given)[1][::-1]), "h_n has the layers in the wrong order"),
        (lambda *given: (two(*given)[0], plain(*given)[1]), "output holds the states of the first"),
        (lambda *given: (plain(*given)[0][:, -1], plain(*given)[1]), "output must have shape (2, 4, 3)"),
        (lambda *given: plain(*given)[0], "expected 2 values (output, h_n)"),
    ],
)
def test_a_wrong_stack_is_called_by_its_name(wrong, word):
    refused(check.stacked, wrong, word)


# The states that have read everything


def by_hand(output, lengths):
    H = output.shape[2] // 2
    return [[*row[n - 1][:H], *row[0][H:]] for row, n in zip(output, lengths, strict=True)]


def gathered(output, lengths):
    H = output.shape[2] // 2
    there = np.take_along_axis(output[..., :H], (lengths - 1)[:, None, None], axis=1)[:, 0]
    return np.hstack([there, output[:, 0, H:]])


def picked(there, back):
    def attempt(output, lengths):
        n, H = np.arange(len(output)), output.shape[2] // 2
        at = {"first": 0, "last": lengths - 1, "beyond": lengths, "end": output.shape[1] - 1}
        return np.hstack([output[n, at[there], :H], output[n, at[back], H:]])

    return attempt


@pytest.mark.parametrize("right", [by_hand, gathered, picked("last", "first")])
def test_the_right_states_pass_in_any_style(right):
    assert check.final_states(right).passed


def turned(output, lengths):
    right = np.array(by_hand(output, lengths))
    return np.hstack([right[:, 2:], right[:, :2]])


def every_pair(output, lengths):
    there, back = output[:, lengths - 1, :2], output[:, 0, 2:]
    return np.concatenate([there, np.repeat(back[:, None], len(lengths), axis=1)], axis=2)


@pytest.mark.parametrize(
    "wrong, word",
    [
        (lambda output, lengths: output[:, -1], "this is output[:, -1]"),
        (picked("end", "end"), "this is output[:, -1]"),
        (picked("last", "last"), "at its last real step, where it has read one input only"),
        (picked("last", "end"), "the backward half is read at step T - 1"),
        (picked("end", "first"), "the forward half is read at step T - 1"),
        (picked("beyond", "first"), "one step too far"),
        (picked("first", "first"), "the forward half is read at step 0"),
        (picked("first", "last"), "mistaken for one another"),
        (turned, "in the wrong order"),
        (every_pair, "pair np.arange(N) with lengths - 1"),
        (lambda output, lengths: output[:, 0, 2:], "must have shape (4, 4), got (4, 2)"),
    ],
)
def test_wrong_states_are_called_by_their_name(wrong, word):
    refused(check.final_states, wrong, word)


# Counting


def asked(D, H, layers, directions):
    layer = torch.nn.RNN(D, H, num_layers=layers, bidirectional=directions == 2)
    return sum(parameter.numel() for parameter in layer.parameters())


def counted(D, H, layers, directions, biases=2, above=None):
    above = directions * H if above is None else above
    return sum(directions * H * (d + H + biases) for d in [D] + [above] * (layers - 1))


def test_a_right_count_passes_and_is_what_torch_has():
    assert check.torch_parameters(asked).passed
    assert check.torch_parameters(counted).passed
    assert (counted(1, 2, 1, 1), counted(1, 2, 2, 1)) == (10, 22)


def test_the_counts_drawn_tell_all_mistakes_apart():
    rng = np.random.default_rng(0)
    drawn = [check.torch_parameters.draw(rng) for _ in range(check.torch_parameters.trials)]
    assert {inputs["directions"] for inputs in drawn} == {1, 2}
    assert any(inputs["layers"] > 1 and inputs["directions"] == 2 for inputs in drawn)


@pytest.mark.parametrize(
    "wrong, word",
    [
        (lambda *given: counted(*given, biases=1), "one bias is missing"),
        (lambda *given: counted(*given, biases=0), "the biases are missing"),
        (lambda D, H, *given: counted(D, H, *given, above=D), "as if it read D inputs"),
        (lambda D, H, *given: counted(D, H, *given, above=H), "both halves"),
        (lambda D, H, layers, directions: counted(D, H, 1, directions), "only one layer"),
        (lambda D, H, layers, directions: counted(D, H, layers, 1), "only one direction"),
        (lambda D, H, layers, directions: counted(D, H, layers, directions) // directions, "must be doubled"),
        (lambda *given: 22, "must be"),
    ],
)
def test_a_wrong_count_is_called_by_its_name(wrong, word):
    refused(check.torch_parameters, wrong, word)


# Error, silence or right?


def test_what_pytorch_does_is_what_the_checker_says():
    layer = torch.nn.RNN(2, 4)
    inputs = {1: (3, 5, 2), 2: (5, 3, 2), 3: (5, 6), 4: (15, 2)}
    for number, shape in inputs.items():
        if check.error_silent_or_right.right[number] == "error":
            with pytest.raises(RuntimeError):
                layer(torch.zeros(shape))
        else:
            assert layer(torch.zeros(shape))[0].shape == (*shape[:-1], 4)
    with pytest.raises(RuntimeError):
        layer(torch.zeros(3, 5, 2), torch.zeros(5, 1, 4))
