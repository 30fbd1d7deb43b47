"""Bugs of the read-out, the losses, the optimisers, clipping, first weights, data and training."""

from planted.bugs import Area, Bug

OVER_ALL = {"h", "W_hy", "b_y"}
TORCH, UNIT = ("frameworks",), ("unit tests",)

LOSSES = Area(
    "Read-out and losses",
    "layers",
    "Loss('softmax_cross_entropy')",
    tests=("tests/test_layers.py",),
    frameworks=("tests/test_layers.py",),
    bugs=[
        Bug("bias of the read-out averaged", "rows_dy.sum(axis=0)", "rows_dy.mean(axis=0)", {"b_y"}),
        Bug("rows of the read-out mixed", "rows_h.T @ rows_dy", "rows_h[::-1].T @ rows_dy", {"W_hy"}),
        Bug("gradient of the states halved", "return dy @ W_hy.T", "return dy @ W_hy.T / 2", {"h"}),
        Bug("W_hy not transposed", "return dy @ W_hy.T", "return dy @ W_hy", {"h"}),
        Bug("bias of the read-out forgotten", 'h @ W_hy + params["b_y"]', "h @ W_hy", {"b_y"}),
        Bug("sum in place of the mean on the way back", ") * weights[..., None]", ")", OVER_ALL),
        Bug("label not subtracted", "- (np.arange(K)", "- 0 * (np.arange(K)", OVER_ALL),
        Bug(
            "label one too far on the way back",
            "== labels[..., None]))",
            "== labels[..., None] + 1))",
            OVER_ALL,
        ),
        Bug("logarithm to base 2", "shifted - np.log(np.exp", "shifted - np.log2(np.exp", OVER_ALL),
        Bug("sum in place of the mean, both ways", "dtype.type(counted.sum())", "dtype.type(1)", nets=TORCH),
        Bug(
            "largest score not subtracted before exp",
            "shifted = logits - logits.max(axis=-1, keepdims=True)",
            "shifted = logits",
            nets=UNIT,
        ),
        Bug(
            "probabilities overflow",
            "np.exp(logits - logits.max(axis=-1, keepdims=True))",
            "np.exp(logits)",
            nets=UNIT,
        ),
        Bug(
            "probabilities sum to 1 down the batch",
            "powers.sum(axis=-1, keepdims=True)",
            "powers.sum(axis=0, keepdims=True)",
            nets=TORCH,
        ),
        Bug(
            "factor 2 forgotten",
            "2 * weights * error",
            "weights * error",
            OVER_ALL,
            on="Loss('squared_error')",
        ),
        Bug(
            "target minus prediction",
            "error = prediction - target",
            "error = target - prediction",
            OVER_ALL,
            on="Loss('squared_error')",
        ),
        Bug(
            "absolute value in place of the square",
            "(weights * error**2).sum()",
            "(weights * abs(error)).sum()",
            OVER_ALL,
            on="Loss('squared_error')",
        ),
        Bug(
            "padded entries have a gradient",
            "2 * weights * error",
            "2 * weights.max() * error",
            OVER_ALL,
            on="Loss('squared_error', masked=True)",
        ),
        Bug(
            "mean over padded entries too",
            "dtype.type(counted.sum())",
            "dtype.type(counted.size)",
            nets=TORCH,
            on="Loss('softmax_cross_entropy', masked=True)",
        ),
        Bug(
            "mask of the loss ignored",
            "counted.astype(dtype) /",
            "np.ones(shape, dtype) /",
            nets=TORCH,
            on="Loss('softmax_cross_entropy', masked=True)",
        ),
    ],
)

SGD, MOMENTUM, ADAGRAD, ADAM = (
    f"Optimiser('{made}')" for made in ("SGD(0.1)", "SGD(0.02, 0.9)", "AdaGrad(0.1)", "Adam(0.02)")
)
OPTIMISERS = Area(
    "Optimisers",
    "optim",
    ADAM,
    tests=("tests/test_optim.py",),
    frameworks=("tests/test_optim.py",),
    bugs=[
        Bug("uphill", "p - self.lr * grads[k] for", "p + self.lr * grads[k] for", nets=TORCH, on=SGD),
        Bug(
            "velocity takes a tenth of the gradient",
            "+ grads[k] for k in params}\n        return {k: p - self.lr * v[k]",
            "+ 0.1 * grads[k] for k in params}\n        return {k: p - self.lr * v[k]",
            nets=TORCH,
            on=MOMENTUM,
        ),
        Bug(
            "velocity forgotten",
            '{f"v.{k}": a for k, a in v.items()}',
            "dict(memory)",
            nets=TORCH,
            on=MOMENTUM,
        ),
        Bug(
            "only the last gradient squared",
            'memory[f"s.{k}"] + grads[k] ** 2',
            "grads[k] ** 2",
            nets=TORCH,
            on=ADAGRAD,
        ),
        Bug(
            "sizes summed, not squares",
            'memory[f"s.{k}"] + grads[k] ** 2',
            'memory[f"s.{k}"] + np.abs(grads[k])',
            nets=TORCH,
            on=ADAGRAD,
        ),
        Bug(
            "AdaGrad's eps inside the root",
            "(np.sqrt(s[k]) + self.eps)",
            "np.sqrt(s[k] + self.eps)",
            nets=TORCH,
            on=ADAGRAD,
        ),
        Bug(
            "AdaGrad without the root",
            "(np.sqrt(s[k]) + self.eps)",
            "(s[k] + self.eps)",
            nets=TORCH,
            on=ADAGRAD,
        ),
        Bug("first mean not corrected", "m / float(1 - self.beta1**t)", "m", nets=TORCH),
        Bug("second mean not corrected", "v / float(1 - self.beta2**t)", "v", nets=TORCH),
        Bug("steps counted from 2", '"t"] + 1', '"t"] + 1 + (memory["t"] == 0)', nets=TORCH),
        Bug("steps not counted", '"t"] + 1', '"t"] * 0 + 1', nets=TORCH),
        Bug(
            "beta1 for both means",
            'self.beta2 * memory[f"v.{k}"]',
            'self.beta1 * memory[f"v.{k}"]',
            nets=TORCH,
        ),
        Bug(
            "gradient not squared",
            "(1 - self.beta2) * grads[k] ** 2",
            "(1 - self.beta2) * np.abs(grads[k])",
            nets=TORCH,
        ),
        Bug("eps inside the root", "(np.sqrt(v_hat) + self.eps)", "np.sqrt(v_hat + self.eps)", nets=TORCH),
        Bug("no root", "(np.sqrt(v_hat) + self.eps)", "(v_hat + self.eps)", nets=TORCH),
        Bug("the gradient in place of its mean", "self.lr * m_hat /", "self.lr * grads[k] /", nets=TORCH),
        Bug(
            "second mean not kept",
            'kept[f"v.{k}"] = v = self',
            'kept[f"v.{k}"] = memory[f"v.{k}"]; v = self',
            nets=TORCH,
        ),
    ],
)

CLIPPED, CUT = "Clipping('clip_grad_norm')", "Clipping('clip_grad_value')"
CLIPPING = Area(
    "Clipping",
    "optim",
    CLIPPED,
    tests=("tests/test_optim.py",),
    frameworks=("tests/test_optim.py",),
    bugs=[
        Bug(
            "small gradients blown up",
            "scale = min(1.0, max_norm / norm)",
            "scale = max_norm / norm",
            nets=TORCH,
        ),
        Bug("nothing clipped", "scale = min(1.0, max_norm / norm)", "scale = 1.0", nets=TORCH),
        Bug("upside down", "min(1.0, max_norm / norm)", "min(1.0, norm / max_norm)", nets=TORCH),
        Bug("no root in the norm", "largest * float(np.sqrt(sum(", "largest * float((sum(", nets=TORCH),
        Bug(
            "sizes in place of squares", "float((u**2).sum()) for u", "float(abs(u).sum()) for u", nets=TORCH
        ),
        Bug(
            "each array by itself",
            "norm = largest * float(np.sqrt(sum(float((u**2).sum()) for u in units)))",
            "norm = largest * float(np.sqrt(max(float((u**2).sum()) for u in units)))",
            nets=TORCH,
        ),
        Bug(
            "tells the norm it has made",
            "for k, g in grads.items()}, norm\n",
            "for k, g in grads.items()}, norm * scale\n",
            nets=TORCH,
        ),
        Bug(
            "cut from above only",
            "np.clip(g, -max_value, max_value)",
            "np.minimum(g, max_value)",
            nets=TORCH,
            on=CUT,
        ),
        Bug(
            "values scaled, not cut",
            "np.clip(g, -max_value, max_value)",
            "g * min(1.0, max_value / largest)",
            nets=TORCH,
            on=CUT,
        ),
    ],
)

BEGINNINGS = Area(
    "First weights",
    "initial",
    "Beginning('orthogonal(n, rng)')",
    tests=("tests/test_initial.py",),
    bugs=[
        Bug("signs left to the library", "gain * Q * np.sign(np.diag(R))", "gain * Q", nets=UNIT),
        Bug("the triangle in place of the rotation", "gain * Q * np.sign", "gain * R * np.sign", nets=UNIT),
        Bug("gain forgotten", "gain * Q * np.sign", "Q * np.sign", nets=UNIT),
        Bug(
            "one matrix for all blocks",
            "[np.asarray(make(H)) for _ in range(width // H)]",
            "[np.asarray(make(H))] * (width // H)",
            nets=UNIT,
        ),
        Bug(
            "bias of the input gate",
            "[H : 2 * H] = value",
            "[:H] = value",
            nets=UNIT,
            on="Beginning('forget')",
        ),
        Bug("bias of all gates", "[H : 2 * H] = value", "[:] = value", nets=UNIT, on="Beginning('forget')"),
        Bug(
            "changes what it is given",
            "begun[bias_name][H : 2 * H] = value",
            "begun[bias_name][H : 2 * H] = params[bias_name][H : 2 * H] = value",
            nets=UNIT,
            on="Beginning('forget')",
        ),
    ],
)

DATA = Area(
    "Data",
    "data",
    "Data('windows')",
    tests=("tests/test_data.py",),
    bugs=[
        Bug(
            "the target is the last value read",
            "starts + window + np.arange(horizon)",
            "starts + window - 1 + np.arange(horizon)",
            nets=UNIT,
        ),
        Bug(
            "a window ends with its target",
            "values[starts + np.arange(window)]",
            "values[starts + 1 + np.arange(window)]",
            nets=UNIT,
        ),
        Bug(
            "the target one step too far",
            "starts + window + np.arange(horizon)",
            "(starts + window + 1 + np.arange(horizon)) % steps",
            nets=UNIT,
        ),
        Bug("the last window lost", "np.arange(steps - needed + 1)", "np.arange(steps - needed)", nets=UNIT),
        Bug(
            "another column for the target",
            "np.arange(horizon), column]",
            "np.arange(horizon), 0]",
            nets=UNIT,
        ),
        Bug(
            "tested on rows of the training",
            "(xs[-test:], ys[-test:])",
            "(xs[-test - 1 : -1], ys[-test - 1 : -1])",
            nets=UNIT,
        ),
        Bug(
            "trained on the rows of the test",
            "return (xs[:-test], ys[:-test])",
            "return (xs[test:], ys[test:])",
            nets=UNIT,
        ),
        Bug("trained on everything", "return (xs[:-test], ys[:-test])", "return (xs, ys)", nets=UNIT),
        Bug(
            "inputs and targets cut apart",
            "return (xs[:-test], ys[:-test])",
            "return (xs[:-test], ys[test:])",
            nets=UNIT,
        ),
        Bug(
            "largest value for the range",
            "cls(rows.min(axis=0), np.ptp(rows, axis=0))",
            "cls(rows.min(axis=0), rows.max(axis=0))",
            nets=UNIT,
            on="Data('scale')",
        ),
        Bug(
            "one scale for all features",
            "cls(rows.mean(axis=0), rows.std(axis=0))",
            "cls(rows.mean() + 0 * rows[0], rows.std() + 0 * rows[0])",
            nets=UNIT,
            on="Data('scale')",
        ),
        Bug(
            "undone in the wrong order",
            "self._fitting(values) * self.size + self.shift",
            "(self._fitting(values) + self.shift) * self.size",
            nets=UNIT,
            on="Data('scale')",
        ),
        Bug(
            "not shifted back",
            "self._fitting(values) * self.size + self.shift",
            "self._fitting(values) * self.size",
            nets=UNIT,
            on="Data('scale')",
        ),
        Bug(
            "the label is the letter read",
            "steps[:, :-1]], steps[:, -1]",
            "steps[:, :-1]], steps[:, -2]",
            nets=UNIT,
            on="Data('letters')",
        ),
        Bug(
            "letters read backwards",
            "np.eye(K)[steps[:, :-1]]",
            "np.eye(K)[steps[:, -2::-1]]",
            nets=UNIT,
            on="Data('letters')",
        ),
    ],
)

TRAINING = Area(
    "Training",
    "train",
    "Training()",
    tests=("tests/test_train.py",),
    bugs=[
        Bug(
            "inputs shuffled, targets not",
            "tuple(a[order[start : start + size]] for a in arrays)",
            "tuple(a[order[start : start + size]] if a.ndim > 2 else a[start:][:size] for a in arrays)",
            nets=UNIT,
        ),
        Bug(
            "never shuffled",
            "order = rng.permutation(len(arrays[0]))",
            "order = np.arange(len(arrays[0]))",
            nets=UNIT,
        ),
        Bug(
            "the last, smaller batch dropped",
            "range(0, len(order), size)",
            "range(0, len(order) - size + 1, size)",
            nets=UNIT,
        ),
        Bug(
            "the best is the last",
            "is_best = np.isfinite(value) and (",
            "is_best = np.isfinite(value) and (True or ",
            nets=UNIT,
        ),
        Bug("the best is the worst", "value <= history[monitor]", "value >= history[monitor]", nets=UNIT),
        Bug("updates thrown away", "        params = updated\n", "", nets=("trains",)),
        Bug(
            "every epoch forgets the optimiser's memory",
            "params, memory = run.params, run.memory",
            "params, memory = run.params, optimizer.start(run.params)",
            nets=UNIT,
        ),
        Bug("the loss of the last batch for the mean", "float(np.mean(losses))", "losses[-1]", nets=UNIT),
        Bug("generator not restored", '_set_state(rng.bit_generator, about["rng"])\n', "pass\n", nets=UNIT),
        Bug(
            "goes on from the best, not from the last",
            'groups["params"], groups["best"], groups["memory"], history',
            'groups["best"], groups["best"], groups["memory"], history',
            nets=UNIT,
        ),
    ],
)

LETTERS = Area(
    "Letters",
    "letters",
    "Letters()",
    tests=("tests/test_letters.py",),
    bugs=[
        Bug(
            "only the first letter's row of the embedding learns",
            'np.einsum("ntk,ntd->kd", xs, dinputs)',
            'np.einsum("nk,nd->kd", xs[:, 0], dinputs[:, 0])',
            {"E"},
        ),
        Bug(
            "the read-out's gradients lost",
            "grads |= of_cell",
            "grads = {name: 0 * g for name, g in grads.items()} | of_cell",
            {"W_hy", "b_y"},
        ),
        Bug("does not read what it has written", "written[-window:]", "text[-window:]", nets=UNIT),
        Bug("reads one letter too few", "written[-window:]", "written[1 - window or None :]", nets=UNIT),
    ],
)

AREAS = [LOSSES, OPTIMISERS, CLIPPING, BEGINNINGS, DATA, TRAINING, LETTERS]
