"""Bugs between the course and the frameworks, of the five variants, and those published as correct."""

from planted.bugs import Area, Bug

TORCH, UNIT = ("frameworks",), ("unit tests",)
INTEROP = ("tests/test_interop.py",)
KERAS = "interop/with_keras"

WEIGHTS = Area(
    "Weights carried over",
    "interop/with_torch",
    "",
    frameworks=INTEROP,
    bugs=[
        Bug(
            "W_hh not transposed", '"weight_hh": params["W_hh"].T', '"weight_hh": params["W_hh"]', nets=TORCH
        ),
        Bug(
            "W_hh not transposed on the way here",
            ".T.copy() for which",
            '.reshape(weights[f"weight_{which}{suffix}"].T.shape) for which',
            nets=TORCH,
        ),
        Bug(
            "the bias twice",
            'second = np.zeros_like(params["b_h"])',
            'second = params["b_h"].copy()',
            nets=TORCH,
        ),
        Bug("only the first bias", '"b_h": first + second}', '"b_h": first}', nets=TORCH),
        Bug("both biases for the candidate", 'params["b_h"][2 * H :] = first[2 * H :]', "pass", nets=TORCH),
        Bug(
            "b_hn beside the reset gate",
            'second[2 * cell.hidden_size :] = params["b_hn"]',
            'second[: cell.hidden_size] = params["b_hn"]',
            nets=TORCH,
        ),
        Bug(
            "r and z not exchanged for Keras",
            "np.concatenate([two, one, three]",
            "np.concatenate([one, two, three]",
            nets=TORCH,
            file=KERAS,
        ),
        Bug(
            "only the first of Keras's biases",
            "b_h[: 2 * H] += second[: 2 * H]",
            "pass",
            nets=TORCH,
            file=KERAS,
        ),
        Bug(
            "both directions the same for Keras",
            "go_backwards=bool(i)",
            "go_backwards=False",
            nets=TORCH,
            file=KERAS,
        ),
    ],
)

SEO = "source 000, `a_basic.py` and its four variants"
VARIANTS = Area(
    "The five variants",
    "variants/readings",
    "",
    tests=("tests/test_variants.py",),
    frameworks=("tests/test_variants.py",),
    bugs=[
        Bug("no gradient through time", "through_time=True", "through_time=False", nets=UNIT, source=SEO),
        Bug("states of the minibatch before", 'record="fresh"', 'record="stale"', nets=UNIT, source=SEO),
        Bug(
            "the state carried on without its activation",
            "activated=True",
            "activated=False",
            nets=UNIT,
            source=SEO,
        ),
        Bug("streams 1, 1, 2, 3", "all_streams=True", "all_streams=False", nets=UNIT, source=SEO),
        Bug(
            "internal convolutions that nothing reads",
            "internal=True",
            "internal=False",
            nets=UNIT,
            source=SEO,
        ),
        Bug(
            "noise on every version",
            "versions[1] += np.float32(0.1) * rng.standard_normal(images.shape",
            "versions[:2] += np.float32(0.1) * rng.standard_normal((2, *images.shape)",
            nets=UNIT,
            file="variants/pictures",
        ),
    ],
)

ARRAYS = {"W_xh", "W_hh", "b_h", "xs", "h_0", "c_0"}


def _published(name: str, made: str, spoils: set[str], source: str) -> Bug:
    """A class of companion/published_bugs.py, which restates a published program, in the place of a cell."""
    return Bug(name, "", "", spoils, on=f"Network({made})", source=source)


PUBLISHED = Area(
    "Published as correct",
    "published_bugs",
    "",
    bugs=[
        _published(
            "the gradient of h overwritten before it is used",
            "Overwritten(2, 4)",
            ARRAYS,
            "numpy-tutorials, `tutorial-nlp-from-scratch.md`",
        ),
        _published("no detour from c to h", "Detour(2, 4)", ARRAYS, "guide2dl, `LSTM_from_scratch.py`"),
        _published(
            "added, and never carried", "NotCarried(2, 4)", ARRAYS, "eleven of eighteen copies of a homework"
        ),
        _published(
            "a first step that never happens",
            "Blocks(2, 4, ('first step',))",
            ARRAYS,
            "thinc 9.1.1, `numpy_ops.pyx`",
        ),
        _published(
            "gates meet the state of their own step",
            "Blocks(2, 4, ('late state',))",
            {"W_hh"},
            "thinc 9.1.1, `numpy_ops.pyx`",
        ),
        _published(
            "gradients begin as the weights",
            "Blocks(2, 4, ('weights added',))",
            {"W_xh", "W_hh", "b_h"},
            "thinc 9.1.1, `numpy_ops.pyx`",
        ),
        _published("states kept in slots", "Slots(2, 4)", {*ARRAYS} - {"c_0"}, "source 000, `a_basic.py`"),
    ],
)

AREAS = [WEIGHTS, VARIANTS, PUBLISHED]
