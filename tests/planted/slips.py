"""Mistakes in exercises: one line of the solution that the book shows, changed, and what the checker says."""

from typing import NamedTuple


class Slip(NamedTuple):
    """A solution gone wrong: "chapter/exercise", the text as it is and as it would be wrong, and words of the
    reason that the checker must give."""

    solution: str
    right: str
    wrong: str
    says: str

    @property
    def key(self) -> str:
        return f"{self.solution}: {self.says}"


SLIPS = [
    Slip("by-hand/rnn-step", "h @ W_hh", "h @ W_hh.T", "W_hh is transposed"),
    Slip(
        "by-hand/rnn-step",
        "np.tanh(x @ W_xh + h @ W_hh + b_h)",
        "x @ W_xh + h @ W_hh + b_h",
        "the tanh is missing",
    ),
    Slip("by-hand/rnn-step", " + b_h", "", "the bias b_h is missing"),
    Slip("by-hand/rnn-step", " + h @ W_hh", "", "the old state is not used"),
    Slip("by-hand/forward", "np.zeros(", "np.ones(", "the memory starts as ones"),
    Slip("by-hand/forward", "axis=1", "axis=0", "the result has time first"),
    Slip(
        "by-hand/forward",
        "        h = np.tanh(",
        "        h = 0 * h\n        h = np.tanh(",
        "the state is not carried on",
    ),
    Slip("by-hand/forward", "        hs.append(h)", "        hs.insert(0, h)", "the states are right"),
    Slip(
        "by-hand/forward",
        "range(xs.shape[1])",
        "range(xs.shape[1] - 1, -1, -1)",
        "the sequence is read backwards",
    ),
    Slip("by-hand/parameters", " + H)", ")", "the bias of the cell is missing"),
    Slip("by-hand/squares", "return W_xh, W_hh,", "return W_xh, W_hh.T,", "W_hh is transposed"),
    Slip("by-hand/softmax", "keepdims=True))", "keepdims=True) * 0)", "right for small logits"),
    Slip(
        "by-hand/softmax",
        "logits.max(axis=-1, keepdims=True)",
        "logits.max()",
        "right for one row, but one number is",
    ),
    Slip("by-hand/softmax", "powers.sum(axis=-1, keepdims=True)", "powers.sum()", "each row is shifted"),
    Slip("the-cell/columns", "sums = x @", "sums = xs[:, t] @", "every layer reads xs"),
    Slip(
        "the-cell/read-twice",
        "    for _ in range(2):\n",
        "    for _ in range(2):\n        h = 0 * h\n",
        "the second reading starts from zeros again",
    ),
    Slip("frameworks/from-torch", "weight_hh.T", "weight_hh", "W_hh is not transposed"),
    Slip("frameworks/from-torch", "bias_ih + bias_hh", "bias_ih", "bias_hh is dropped"),
    Slip(
        "frameworks/stacked", "layer_states(lower, second)", "layer_states(xs, second)", "both layers read xs"
    ),
    Slip(
        "frameworks/final-states",
        "output[:, 0, H:]",
        "output[np.arange(N), lengths - 1, H:]",
        "the backward half is read at its last real step",
    ),
    Slip("frameworks/final-states", "lengths - 1, :H", "-1, :H", "the forward half is read at step T - 1"),
    Slip("lengths-and-masks/lengths-mask", "np.arange(T) <", "np.arange(T) <=", "one step too many is real"),
    Slip(
        "lengths-and-masks/lengths-mask",
        "np.arange(T) <",
        "np.arange(T) >=",
        "it is inverted: true where a step is",
    ),
    Slip(
        "lengths-and-masks/lengths-unpad",
        "y[:length]",
        "y[:length - 1]",
        "each sequence misses its last real step",
    ),
    Slip(
        "lengths-and-masks/lengths-reverse",
        "result[n, :length] = xs[n, :length][::-1]",
        "result[n] = xs[n, ::-1]",
        "the padding comes first",
    ),
    Slip("lengths-and-masks/lengths-running", "axis=0", "axis=1", "these are the lengths"),
    Slip(
        "configurations/steps-that-count",
        "[:, None] - 1",
        "[:, None]",
        "the step after the last real one is true",
    ),
    Slip(
        "configurations/inputs-and-labels",
        "ids[:, :-1], ids[:, 1:]",
        "ids[:, 1:], ids[:, :-1]",
        "inputs and labels are exchanged",
    ),
    Slip(
        "configurations/generate",
        "state, symbol = step(state, symbol)",
        "_, symbol = step(state, symbol)",
        "the state is not carried on",
    ),
    Slip("sequences/shuffle-pairs", "ys[order]", "rng.permutation(ys)", "sequences and answers have parted"),
    Slip("sequences/thin", "values[::-1][::k][::-1]", "values[::k]", "the count begins at the first value"),
    Slip(
        "count-the-ones/running-gradients",
        "by_rec += delta * S[k]",
        "by_rec += delta * S[k + 1]",
        "w_rec met the state before the step",
    ),
    Slip("count-the-ones/running-gradients", " + w_rec * delta", "", "nothing comes back from later steps"),
    Slip("count-the-ones/running-gradients", "2 / T *", "2 *", "the errors are added up"),
    Slip(
        "count-the-ones/forward-gradients",
        "by_rec = S + w_rec * by_rec",
        "by_rec = S",
        "the derivatives of the old state are dropped",
    ),
    Slip(
        "derivation/backward-last",
        " - np.eye(ps.shape[-1])[labels]",
        "",
        "the right letter is not subtracted",
    ),
    Slip("derivation/backward-last", "da = dh * (1 - hs[:, t + 1] ** 2)", "da = dh", "the slope of the tanh"),
    Slip("derivation/backward-last", "hs[:, t].T @ da", "hs[:, t + 1].T @ da", "W_hh met the previous state"),
    Slip(
        "derivation/backward-last",
        'dh = da @ params["W_hh"].T',
        'dh = da @ params["W_hh"]',
        "W_hh must be transposed on the way back",
    ),
    Slip(
        "derivation/backward-last",
        'dh = da @ params["W_hh"].T',
        "dh = 0 * dh",
        "the road from the next step is missing",
    ),
    Slip(
        "derivation/backward-last",
        "[labels]\n",
        "[labels]\n    do /= len(xs)\n",
        "the loss is the sum over the sequences",
    ),
    Slip("derivation/mended", "(dy + dh)", "dy", "dh, which comes from the next step, is"),
    Slip("derivation/mended", "(dy + dh)", "dh", "dy, which comes from this step's own output"),
    Slip(
        "derivation/mended",
        'params["W_hh"].T,)',
        'params["W_hh"],)',
        "W_hh is still not transposed on the way to the state before",
    ),
    Slip("derivation/mended", "h_prev.T @ da", "h.T @ da", "the gradient of W_hh was right as it stood"),
    Slip(
        "derivation/to-states",
        "dflat.reshape(len(dflat), T, -1)",
        "dflat.reshape(len(dflat), -1, T).swapaxes(1, 2)",
        "the axes are swapped after a reshape to",
    ),
    Slip("derivation/central-difference", "f(a - epsilon)", "f(a)", "one of the two points is a itself"),
    Slip("derivation/central-difference", "(2 * epsilon)", "2 * epsilon", "the brackets are missing"),
    Slip("descent/gd-update", "p - lr", "p + lr", "the sign is turned"),
    Slip("descent/adagrad-update", "s = s + g**2", "s = g**2", "the sum is forgotten"),
    Slip("descent/adagrad-update", "(np.sqrt(s) + eps)", "np.sqrt(s + eps)", "eps stands inside the root"),
    Slip("descent/adam-update", "m / (1 - 0.9**t), v", "m, v", "m is not corrected"),
    Slip(
        "descent/adam-update", "v / (1 - 0.999**t)", "v / (1 - 0.9**t)", "v is corrected with the beta of m"
    ),
    Slip("descent/adam-update", "0.001 * g**2", "0.001 * g", "v takes in the gradient itself"),
    Slip("descent/adam-update", "(np.sqrt(v_hat) + 1e-8)", "(v_hat + 1e-8)", "the step is divided"),
    Slip(
        "descent/stream-grads", "        state = run.state\n", "", "the state is set to zero at every chunk"
    ),
    Slip("descent/stream-grads", "total[name] + grads[name]", "grads[name]", "only the last chunk counts"),
    Slip(
        "electricity/training-windows",
        "(train - train.mean()) / train.std()",
        "((power - power.mean()) / power.std())[:days]",
        "the scale is fitted on all the data",
    ),
    Slip(
        "electricity/training-windows",
        "scaled[window:]",
        "scaled[window - 1 : -1]",
        "the answer is inside its own window",
    ),
    Slip(
        "electricity/same-weekday",
        "known[-7 + ahead % 7]",
        "known[-1 - ahead % 7]",
        "the last week is read backwards",
    ),
    Slip(
        "electricity/recursive",
        "np.array(seen[-window:])",
        "series[start + len(seen) - 2 * window : start + len(seen) - window]",
        "the truth is fed back where the forecast should be",
    ),
    Slip("letters/embed", "np.add.at(dE, labels, dx)", "dE[labels] += dx", "where a letter repeats"),
    Slip("letters/shuffle", "labels[order]", "labels", "the pairs are torn apart"),
    Slip("letters/write", "scores(letter)", "scores(first)", "the network reads the first letter each time"),
    Slip("letters/keep-best", "value.copy()", "value", "these are the parameters after the last epoch"),
    Slip(
        "letters/keep-best",
        "loss < lowest",
        "loss > lowest or best is None",
        "these are the parameters with the highest loss",
    ),
    Slip(
        "next-digit/next-digits",
        "(digits[:, -1] + step) % 10",
        "digits[:, -1] + step",
        "after 9 comes 0, and before 0 comes 9: bring",
    ),
    Slip(
        "next-digit/choose",
        "rng.choice(there, (digits == k).sum())",
        "rng.choice(there)",
        "every 0 is shown by the same picture; draw a",
    ),
    Slip(
        "toy-series/cut",
        "series[width:]",
        "series[width - 1 : -1]",
        "each successor is the last value of its own window",
    ),
    Slip(
        "toy-series/go-on",
        "window = [*window[1:], found[-1]]",
        "pass",
        "the same window is used at every step",
    ),
    Slip("voices/voices-last-state", "lengths - 1]", "-1]", "it takes the last state of the padded array"),
    Slip("voices/voices-last-state", "lengths - 1]", "lengths - 2]", "it takes the state one step too early"),
    Slip(
        "voices/voices-masked-mean",
        "/ lengths[:, None]",
        "/ hs.shape[1]",
        "it divides by T; divide by the number of",
    ),
    Slip("voices/voices-masked-mean", "np.where(real[:, :, None], hs, 0)", "hs", "it sums the padding too"),
    Slip(
        "voices/voices-confusion",
        "(truth, answers)",
        "(answers, truth)",
        "it is transposed: rows are for the truth,",
    ),
    Slip("stacking/column", "below = np.tanh(below @", "below = np.tanh(x @", "every layer reads x"),
    Slip(
        "stacking/way-back",
        ' @ second["W_xh"].T + dys[:, t]',
        ' @ second["W_xh"].T',
        "the road past the upper cell is missing",
    ),
    Slip(
        "stacking/way-back",
        "(above + right_lower)",
        "above",
        "the lower layer hears nothing from the step after",
    ),
    Slip("stacking/drop", " / (1 - share)", "", "what stays must be divided"),
    Slip("stacking/drop", "u < share", "u >= share", "the wrong numbers are dropped"),
    Slip("what-depth-buys/paired-interval", "d.std(ddof=1)", "d.std()", "of ten differences one is used up"),
    Slip(
        "bugs-that-passed/mended",
        "dc = dc + dh * o * (1 - tanh_c**2)",
        "dc = dc",
        "the gates have lost what reaches c through h at this step",
    ),
    Slip("bugs-that-passed/mended", "dc * f), grads", "dc), grads", "dc_prev must pass the forget gate"),
    Slip("bugs-that-passed/mended", "dc * c_prev * f", "dc * c * f", "the forget gate met the old memory"),
    Slip(
        "gated-cells/lstm-step",
        "i, f, g, o = np.split",
        "i, f, o, g = np.split",
        "the blocks stand in the order i f g o",
    ),
    Slip(
        "gated-cells/lstm-step",
        "i, f, g, o = np.split",
        "f, i, g, o = np.split",
        "the gates i and f are exchanged",
    ),
    Slip(
        "gated-cells/lstm-step",
        "sigmoid(i) * np.tanh(g)",
        "sigmoid(i) * sigmoid(g)",
        "the candidate comes out of a tanh",
    ),
    Slip(
        "gated-cells/lstm-step",
        "sigmoid(o) * np.tanh(c)",
        "sigmoid(o) * c",
        "h shows the new memory through a tanh",
    ),
    Slip(
        "gated-cells/gru-step-back",
        "dm = da_n * r",
        "dm = da_n",
        "the old state and b_hn stand behind the reset gate",
    ),
    Slip(
        "gated-cells/gru-step-back",
        "dh * z + du",
        "dh * (1 - z) + du",
        "the direct road to the old state goes through z",
    ),
    Slip("gated-cells/gru-step-back", "dh * z + du", "du", "the direct road to the old state"),
    Slip(
        "gated-cells/gru-step-back", "(h_prev - n)", "(n - h_prev)", "the sign of the gradient of z is turned"
    ),
    Slip(
        "gated-cells/gru-step-back",
        "h_prev.T @ du",
        "h_prev.T @ da",
        "W_hh got the gradient of what x brings",
    ),
    Slip(
        "gated-cells/gru-of-2014",
        "(r * h) @ U_n",
        "r * (h @ U_n)",
        "the reset gate is applied after the product",
    ),
    Slip(
        "gated-cells/gru-of-2014",
        "z * h + (1 - z) * n",
        "(1 - z) * h + z * n",
        "here z keeps the old state and 1 - z takes the candidate",
    ),
    Slip(
        "remedies/clip-together",
        "min(1.0, max_norm / norm)",
        "max_norm / norm",
        "gradients that are short enough already are made longer",
    ),
    Slip(
        "remedies/clip-together",
        "np.sqrt(sum((g**2).sum() for g in grads.values()))",
        "sum(np.sqrt((g**2).sum()) for g in grads.values())",
        "norms are added; the squares of all numbers",
    ),
    Slip("remedies/highway-back", "past + through_cell", "through_cell", "the direct road is missing"),
    Slip(
        "remedies/highway-back", "(made - h)", "(h - made)", "the sign of the road through the gate is turned"
    ),
    Slip("remedies/begin-remembering", "new[H : 2 * H]", "new[:H]", "this is the block of the input gate"),
    Slip(
        "sonnets/min-max",
        "series - train.min()",
        "series - series.min()",
        "the smallest value is that of all the series",
    ),
    Slip(
        "sonnets/with-temperature",
        "logits / temperature",
        "logits * temperature",
        "the scores are multiplied",
    ),
    Slip(
        "sonnets/write-best",
        "scores, state = step(state, label)",
        "scores, _ = step(state, label)",
        "the state is not handed on",
    ),
    Slip(
        "three-cells-on-mnist/three-cells-choose",
        "validation.argmax(axis=1)",
        "test.argmax(axis=1)",
        "the honest figure chooses",
    ),
    Slip("vanishing-exploding/leaky-jacobian", "@ W_hh.T", "@ W_hh", "W_hh is not transposed"),
    Slip(
        "as-published/as-published-late",
        "memory[:, 1:] = left[:, :-1]",
        "memory[:] = left",
        "step t must read the state of step t - 1 of the minibatch before",
    ),
    Slip(
        "base/base-halve", "mean(axis=(2, 4))", "max(axis=(2, 4))", "this is the largest of the four numbers"
    ),
    Slip("five-variants/five-lags", "past[-j]", "past[j - 1]", "the states are counted from the oldest"),
    Slip(
        "lags/roads-back",
        "(whole[t + j] * slopes[t + j])",
        "(direct[t + j] * slopes[t + j])",
        "only ways of one edge are followed",
    ),
    Slip(
        "verdict/verdict-holm",
        "np.maximum.accumulate(factors * p[order])",
        "factors * p[order]",
        "an adjusted p may not be smaller than that of a smaller p",
    ),
]
