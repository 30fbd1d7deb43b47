"""The explorers: their arithmetic is that of the package, and they answer to mouse, touch and keyboard."""

import json
from pathlib import Path

import numpy as np
import pytest

from companion import explorers
from companion.cells import GRU, IDENTITY, LSTM, RELU, RNN, TANH, Highway
from companion.experiments.variants import recorded
from companion.layers import Dense, softmax
from companion.letters import probabilities
from companion.scan import scan
from companion.statistics import mean_interval, paired_difference
from companion.taps import GradientNorms

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "book" / "_assets"
SHARED = ("rnn", "parts")
NEEDS = {
    "letters": "letter-net",
    "gates": "gated-nets",
    "variants": "variant-runs",
}  # the data of an explorer, also a script
SCRIPTS = {p.stem for p in (ASSETS / "explorers").glob("*.js")}
EXPLORERS = sorted(SCRIPTS - {*SHARED, *NEEDS.values()})
CLOSE = {"rtol": 1e-9, "atol": 1e-9}


def opened(browser, tmp_path, *names, **settings):
    """A page of its own with these explorers far below its top, and what went wrong on it."""
    boxes = "".join(
        f'<div class="explorer" data-explorer="{name}" data-needs="{NEEDS.get(name, "")}"></div>'
        for name in names
    )
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>explorers</title>'
        f'<script src="{(ASSETS / "course.js").as_uri()}"></script></head>'
        f'<body><main><div style="height: 3000px"></div>{boxes}</main></body></html>'
    )
    file = tmp_path / "page.html"
    file.write_text(html, encoding="utf-8")
    page = browser.new_context(**settings).new_page()
    page.faults, page.asked = [], []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(file.as_uri())
    return page


def ready(page, name):
    """Scroll to an explorer and wait until it stands."""
    box = page.locator(f'[data-explorer="{name}"]')
    box.scroll_into_view_if_needed()
    page.wait_for_selector(f'[data-explorer="{name}"][data-ready]')
    return box


def values(box):
    return box.evaluate("box => box.explorer.values()")


def listed(arrays):
    return {name: array.tolist() for name, array in arrays.items()}


def in_browser(page, code, **arguments):
    """The result of a JavaScript expression over the arguments, in the page where rnn.js stands."""
    names = ", ".join(arguments)
    return page.evaluate(f"({{ {names} }}) => {code}", json.loads(json.dumps(arguments)))


@pytest.fixture
def page(browser, tmp_path):
    page = opened(browser, tmp_path, "forward")
    ready(page, "forward")
    yield page
    assert page.faults == []
    page.context.close()


def drawn(cell, seed, T=6):
    rng = np.random.default_rng(seed)
    state = tuple(rng.normal(size=s.shape) for s in cell.zero_state(1))
    params = {name: rng.normal(scale=0.7, size=shape) for name, shape in cell.shapes.items()}
    return params, rng.normal(size=(1, T, cell.input_size)), state, rng.normal(size=(1, cell.hidden_size))


# The arithmetic is the package's


@pytest.mark.parametrize("highway", [False, True])
@pytest.mark.parametrize("activation", [TANH, IDENTITY, RELU], ids=lambda a: a.name)
def test_simple_cells_forward_and_back(page, activation, highway):
    for seed in range(3):
        plain = RNN(3, 4, activation)
        cell = Highway(plain) if highway else plain
        params, xs, state, dh = drawn(cell, seed)
        run = scan(cell, params, xs, state)
        states = []
        _, _, grads = run.back(None, (dh,), tap=lambda t, d, states=states: states.insert(0, d[0][0]))
        code = """(() => {
          const plain = rnn.simple(params, name);
          const run = rnn.scan(highway ? rnn.highway(plain, params) : plain, xs, h0);
          const { states, grads } = run.back(dh);
          return { hs: run.steps.map(({ h }) => h), states, grads };
        })()"""
        found = in_browser(
            page,
            code,
            params=listed(params),
            xs=xs[0].tolist(),
            h0=state[0][0].tolist(),
            dh=dh[0].tolist(),
            name=activation.name,
            highway=highway,
        )
        np.testing.assert_allclose(found["hs"], run.ys[0], **CLOSE)
        np.testing.assert_allclose(found["states"], states, **CLOSE)
        assert found["grads"].keys() == grads.keys()
        for name, grad in grads.items():
            np.testing.assert_allclose(found["grads"][name], grad, **CLOSE)


@pytest.mark.parametrize("kind", [LSTM, GRU])
def test_gated_cells(page, kind):
    cell = kind(3, 4)
    for seed in range(3):
        params, xs, state, _ = drawn(cell, seed)
        code = f"""(() => {{
          const step = rnn.{kind.__name__.lower()}(params), found = [];
          for (const x of xs) {{
            const one = step(x, state);
            state = one.state;
            found.push({{ state, gates: one.gates }});
          }}
          return found;
        }})()"""
        found = in_browser(
            page, code, params=listed(params), xs=xs[0].tolist(), state=[s[0].tolist() for s in state]
        )
        for t, there in enumerate(found):
            gates = cell.look(params, xs[:, t], state)._asdict()
            for name, values_ in there["gates"].items():
                np.testing.assert_allclose(values_, gates[name][0], **CLOSE)
            state = cell.step(params, xs[:, t], state).state
            np.testing.assert_allclose(there["state"], [s[0] for s in state], **CLOSE)


def test_a_forced_gate_is_the_value_it_is_forced_to(page):
    cell = LSTM(2, 3)
    params, xs, state, _ = drawn(cell, 0)
    forced = "rnn.lstm(params, { f: 1, i: 0 })(x, state)"
    found = in_browser(
        page, forced, params=listed(params), x=xs[0, 0].tolist(), state=[s[0].tolist() for s in state]
    )
    np.testing.assert_allclose(found["state"][1], state[1][0], **CLOSE)  # all kept, nothing written
    assert found["gates"]["f"] == [1, 1, 1]


def test_read_out_softmax_and_spectral_radius(page):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        params, h = Dense(4, 3).init(rng), rng.normal(size=4)
        logits = in_browser(page, "rnn.dense(h, params)", params=listed(params), h=h.tolist())
        np.testing.assert_allclose(logits, h @ params["W_hy"] + params["b_y"], **CLOSE)
        big = rng.normal(scale=300, size=5)
        np.testing.assert_allclose(
            in_browser(page, "rnn.softmax(big)", big=big.tolist()), softmax(big), **CLOSE
        )
        W = rng.normal(size=(6, 6))
        radius = in_browser(page, "rnn.spectralRadius(W)", W=W.tolist())
        assert radius == pytest.approx(np.abs(np.linalg.eigvals(W)).max(), rel=1e-9)
    assert in_browser(page, "rnn.spectralRadius(W)", W=[[0.0, 0.0], [0.0, 0.0]]) == 0


def test_the_random_numbers_are_normal_and_repeatable(page):
    found = page.evaluate("(() => { const f = rnn.normals(7); return Array.from({ length: 20000 }, f); })()")
    assert np.mean(found) == pytest.approx(0, abs=0.03)
    assert np.std(found) == pytest.approx(1, abs=0.03)
    assert np.mean(np.abs(found) < 1.96) == pytest.approx(0.95, abs=0.01)
    again = page.evaluate("(() => { const f = rnn.normals(7); return Array.from({ length: 20000 }, f); })()")
    assert found == again


# They load when they are seen, are small, and stand without a fault


def test_nothing_is_loaded_before_it_is_near(browser, tmp_path):
    page = opened(browser, tmp_path, *EXPLORERS)
    page.wait_for_timeout(300)
    assert not [url for url in page.asked if "/explorers/" in url]
    for name in EXPLORERS:
        ready(page, name)
    assert {Path(url).stem for url in page.asked if "/explorers/" in url} == SCRIPTS
    assert len(page.asked) == len(set(page.asked))
    assert page.faults == []
    page.context.close()


@pytest.mark.parametrize("name", EXPLORERS)
def test_an_explorer_adds_less_than_30_kilobytes(name):
    scripts = [*SHARED, name, *([NEEDS[name]] if name in NEEDS else [])]
    files = [ASSETS / "explorers" / f"{script}.js" for script in scripts]
    assert sum(file.stat().st_size for file in files) < 30_000


@pytest.mark.parametrize("name", EXPLORERS)
@pytest.mark.parametrize("width", [360, 900])
def test_an_explorer_fits_the_screen_and_can_be_reached_by_keyboard(browser, tmp_path, name, width):
    page = opened(browser, tmp_path, name, viewport={"width": width, "height": 740}, has_touch=width == 360)
    box = ready(page, name)
    page.add_style_tag(path=ASSETS / "course.css")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    unlabelled = box.evaluate(
        """box => [...box.querySelectorAll('input, select, button')].filter((control) =>
             !control.labels?.length && !control.textContent.trim()).length"""
    )
    assert unlabelled == 0
    assert box.locator("[role=status]").inner_text()
    assert page.faults == []
    page.context.close()


# The forward pass


def test_forward_shows_the_chapters_numbers(page):
    box = page.locator('[data-explorer="forward"]')
    cell = RNN(1, 2, IDENTITY)
    found = values(box)
    weights = {name: np.array(value, float) for name, value in found["weights"].items()}
    params = {name: weights[name] for name in cell.shapes}
    run = scan(cell, params, np.array([[[10.0], [20.0], [30.0]]]))
    np.testing.assert_allclose([step["h"] for step in found["steps"]], run.ys[0], **CLOSE)
    answer = run.ys.reshape(1, 6) @ weights["W_hy"] + weights["b_y"]
    assert found["answer"] == pytest.approx(answer[0, 0], abs=1e-9)
    said = box.locator("[role=status]")
    assert said.inner_text() == "Step 1 of 3: the new state is [3 \u22121]."
    for _ in range(3):
        box.get_by_role("button", name="Next").click()
    assert said.inner_text().startswith(
        f"The answer is {round(float(answer[0, 0]), 4):g}".replace("-", "\u2212")
    )
    assert box.get_by_role("button", name="Next").is_disabled()
    box.get_by_role("button", name="Back").click()
    assert said.inner_text().startswith("Step 3 of 3")


def test_forward_answers_to_keys_drag_and_the_reset(page):
    box = page.locator('[data-explorer="forward"]')
    before = values(box)["answer"]
    box.locator("summary").click()
    weight = box.get_by_label("W_xh[1,1]")
    weight.focus()
    page.keyboard.press("ArrowRight")
    assert values(box)["weights"]["W_xh"][0][0] == pytest.approx(0.3)
    after = values(box)["answer"]
    assert after != before
    place = weight.bounding_box()
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    page.mouse.down()
    page.mouse.move(place["x"] + place["width"] - 1, place["y"] + place["height"] / 2, steps=4)
    page.mouse.up()
    assert values(box)["weights"]["W_xh"][0][0] == pytest.approx(2)
    box.get_by_label("squashing function").select_option("tanh")
    assert max(abs(v) for step in values(box)["steps"] for v in step["h"]) <= 1
    box.get_by_role("button", name="The chapter's weights").click()
    assert values(box)["answer"] == before
    assert weight.input_value() == "0.2"


def test_forward_answers_to_touch(browser, tmp_path):
    page = opened(
        browser, tmp_path, "forward", viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    box = ready(page, "forward")
    box.get_by_role("button", name="Next").tap()
    assert values(box)["at"] == 2
    page.context.close()


# The gradient


@pytest.fixture
def gradient(browser, tmp_path):
    page = opened(browser, tmp_path, "gradient")
    yield ready(page, "gradient")
    assert page.faults == []
    page.context.close()


def norms_of_the_package(found):
    activation = {"tanh": TANH, "identity": IDENTITY}[found["set"]["activation"]]
    params = {name: np.array(value, float) for name, value in found["weights"].items()}
    cell = RNN(1, 16, activation)
    if found["set"]["highway"]:
        cell = Highway(cell)
        params |= {name: np.array(value, float) for name, value in found["gate"].items()}
    tap = GradientNorms()
    run = scan(cell, params, np.array(found["xs"])[None])
    _, _, grads = run.back(None, (np.array(found["dLast"])[None],), tap=tap)
    return tap.norms[:, 0], np.linalg.norm(grads["W_hh"])


def test_gradient_norms_are_those_of_a_tap(gradient):
    for activation in ("tanh", "identity"):
        for highway in (False, True):
            gradient.get_by_label("activation").select_option(activation)
            gradient.get_by_label("highway").set_checked(highway)
            gradient.get_by_role("button", name="Other random weights").click()
            found = values(gradient)
            norms, whole = norms_of_the_package(found)
            np.testing.assert_allclose(found["norms"], norms, rtol=1e-9)
            assert found["whole"] == pytest.approx(whole, rel=1e-9)
            radius = np.abs(np.linalg.eigvals(np.array(found["weights"]["W_hh"]))).max()
            assert radius == pytest.approx(found["set"]["radius"], rel=1e-9)


def test_gradient_vanishes_explodes_and_is_clipped(gradient):
    said = gradient.locator("[role=status]")
    radius = gradient.get_by_label("spectral radius")
    gradient.get_by_label("activation").select_option("identity")
    radius.fill("0.5")
    assert "Next to nothing is left." in said.inner_text()
    radius.focus()
    for _ in range(20):
        gradient.page.keyboard.press("ArrowRight")
    assert values(gradient)["set"]["radius"] == pytest.approx(1.5)
    assert "It has exploded." in said.inner_text()
    gradient.get_by_label("clip").check()
    found = values(gradient)
    assert found["whole"] > 1
    assert found["used"] == 1
    assert found["norms"][0] > 100  # clipping the sum changes no state's gradient
    gradient.get_by_role("button", name="As at first").click()
    assert values(gradient)["set"] == {
        "T": 30, "radius": 1, "activation": "tanh", "highway": False, "clip": False, "seed": 1
    }  # fmt: skip
    assert not gradient.get_by_label("clip").is_checked()


# The letters


@pytest.fixture
def letters(browser, tmp_path):
    page = opened(browser, tmp_path, "letters")
    yield ready(page, "letters")
    assert page.faults == []
    page.context.close()


def letter_net():
    return {name: np.array(value) for name, value in explorers.stored("letter-net").items()}


def test_the_letter_net_is_the_one_that_the_chapter_prints():
    chapter = json.loads((ROOT / "book/3-bptt/letters.ipynb").read_text(encoding="utf-8"))
    texts = ["".join(o.get("text", "")) for c in chapter["cells"] for o in c.get("outputs", [])]
    (printed,) = (text for text in texts if "companion letter network 1" in text)
    file = json.loads(printed[: printed.index("\n}") + 2])
    for name, value in letter_net().items():
        np.testing.assert_array_equal(value, file[name])
    for name, value in explorers.letter_net().items():
        np.testing.assert_allclose(letter_net()[name], value, atol=0.011)


def test_letters_predict_as_the_package_does(letters):
    params = letter_net()
    for letter, answer in zip("abcde", "bcdea", strict=True):
        letters.get_by_role("button", name=letter, exact=True).click()
        found = values(letters)
        np.testing.assert_allclose(found["p"], probabilities(params, letter), **CLOSE)
        said = letters.locator("[role=status]").inner_text()
        assert said.startswith(f"After {letter} it expects {answer}")
    letters.get_by_label("carry the memory on").check()
    found = values(letters)
    assert found["text"] == "abcde"
    np.testing.assert_allclose(found["p"], probabilities(params, "abcde"), **CLOSE)


def test_letters_by_keyboard_with_a_unit_held_and_begun_again(letters):
    page = letters.page
    letters.get_by_role("button", name="c", exact=True).focus()
    page.keyboard.press("Enter")
    letters.get_by_role("button", name="its own answer").press("Space")
    assert values(letters)["text"] == "cd"
    free = values(letters)["p"]
    letters.get_by_label("hold at zero").select_option("1")
    assert values(letters)["h"][1] == 0
    assert not np.allclose(values(letters)["p"], free)
    letters.get_by_role("button", name="Begin again").click()
    assert values(letters)["text"] == ""
    assert letters.get_by_role("button", name="its own answer").is_disabled()


# The gates


@pytest.fixture
def gates(browser, tmp_path):
    page = opened(browser, tmp_path, "gates")
    yield ready(page, "gates")
    assert page.faults == []
    page.context.close()


def gated_net(kind):
    listed_ = explorers.stored("gated-nets")["nets"][kind.__name__]
    return kind(len(explorers.ALPHABET), explorers.UNITS), {k: np.array(v) for k, v in listed_.items()}


@pytest.mark.parametrize("kind", [LSTM, GRU])
def test_the_gated_nets_have_learnt_something(kind):
    """Below the 4.1 bits that a character costs by the frequency of the letters alone."""
    text = explorers.held_out()[:3000]
    assert explorers.bits_per_character(*gated_net(kind), text) < 3.3


def test_a_short_training_can_be_repeated():
    one, again = explorers.gated_nets(epochs=1), explorers.gated_nets(epochs=1)
    for name, params in one.items():
        for key, value in params.items():
            np.testing.assert_array_equal(value, again[name][key])


@pytest.mark.parametrize("kind", [LSTM, GRU])
def test_gates_are_those_of_the_package(gates, kind):
    gates.get_by_label("cell").select_option(kind.__name__)
    gates.get_by_label("the line to read").fill("The Gates, of memory!")
    found = values(gates)
    cell, params = gated_net(kind)
    text = "the gates of memory "
    assert "".join(step["character"] for step in found["steps"]) == text
    xs = np.eye(len(explorers.ALPHABET))[[explorers.ALPHABET.index(character) for character in text]]
    own = {name: params[name] for name in cell.shapes}
    state = cell.zero_state(1)
    for step, x in zip(found["steps"], xs[:, None], strict=True):
        for name, gate in step["gates"].items():
            np.testing.assert_allclose(gate, cell.look(own, x, state)._asdict()[name][0], **CLOSE)
        state = cell.step(own, x, state).state
        np.testing.assert_allclose(step["memory"], state[-1][0], **CLOSE)
    assert found["cost"] == pytest.approx(explorers.bits_per_character(cell, params, text), abs=1e-9)


def test_a_gate_can_be_forced_and_set_free(gates):
    free = values(gates)["cost"]
    gates.get_by_label("forced").select_option("shut")
    shut = values(gates)
    assert {value for step in shut["steps"] for value in step["gates"]["f"]} == {0}
    assert shut["cost"] > free
    said = gates.locator("[role=status]").inner_text()
    assert f"{shut['cost']:.2f} bits, and {free:.2f} with all gates as they are" in said
    gates.get_by_label("cell").select_option("GRU")
    assert [o.strip() for o in gates.get_by_label("gate").locator("option").all_inner_texts()] == [
        "reset gate (r)",
        "update gate (z)",
    ]
    gates.get_by_label("the line to read").fill("x")
    assert gates.locator("[role=status]").inner_text() == "Write at least two letters."
    gates.get_by_role("button", name="As at first").click()
    assert values(gates)["cost"] == free


# The variants


@pytest.fixture
def variants(browser, tmp_path):
    page = opened(browser, tmp_path, "variants")
    yield ready(page, "variants")
    assert page.faults == []
    page.context.close()


def accuracies(variant, reading, epoch):
    """By seed, as recorded; without the runs whose cost overflowed before."""
    found = {r["settings"]["seed"]: r["figures"]["test_accuracy"] for r in recorded(variant, reading)}
    return {
        seed: curve[epoch - 1]
        for seed, curve in found.items()
        if curve[epoch - 1 : epoch] not in ([], [None])
    }


def test_the_stored_runs_are_those_recorded():
    assert explorers.stored("variant-runs") == json.loads(json.dumps(explorers.variant_runs()))


def test_intervals_in_the_browser_are_students(variants):
    for n in range(2, 11):
        drawn_ = np.random.default_rng(n).normal(size=n).tolist()
        variants.evaluate("(box, values) => { box.asked = box.explorer.values().interval(values); }", drawn_)
        found = variants.evaluate("box => box.asked")
        low_high = [found[name] for name in ("mean", "low", "high")]
        np.testing.assert_allclose(low_high, mean_interval(drawn_), **CLOSE)
        assert found["n"] == n


@pytest.mark.parametrize("reading", ["as published", "as meant"])
@pytest.mark.parametrize("first", ["multi-stream", "lag-2"])
def test_a_pair_is_compared_as_the_package_does(variants, reading, first):
    variants.get_by_label("reading").select_option(reading)
    variants.get_by_label("variant", exact=True).select_option(first)
    epoch = 3
    variants.get_by_label("epoch", exact=True).fill(str(epoch))
    ours, base = (accuracies(name, reading, epoch) for name in (first, "vanilla"))
    both = sorted(ours.keys() & base.keys())
    found = variants.evaluate("box => { const { interval, ...rest } = box.explorer.values(); return rest; }")
    difference = paired_difference([ours[s] for s in both], [base[s] for s in both])
    there = [found["difference"][name] for name in ("mean", "low", "high", "n")]
    np.testing.assert_allclose(there, [difference.mean, difference.low, difference.high, len(both)], **CLOSE)
    np.testing.assert_allclose(found["first"]["mean"], np.mean(list(ours.values())), **CLOSE)
    assert [point["epoch"] for point in found["curves"]["first"]][:epoch] == [1, 2, 3]
    said = variants.locator("[role=status]").inner_text()
    assert said.startswith(f"After epoch 3, {reading}: {first} names {100 * found['first']['mean']:.1f} %")
    assert f"{len(both)} pairs" in said


def test_the_constant_net_is_said_to_overflow_and_the_dead_convolution_to_be_vanilla(variants):
    second = variants.get_by_label("variant", exact=True)
    second.select_option("concatenated")
    said = variants.locator("[role=status]")
    assert "concatenated has no result any more: its cost has overflowed" in said.inner_text()
    second.select_option("internal-convolution")
    variants.get_by_label("epoch", exact=True).fill("2")
    assert "(0.0 to 0.0, 5 pairs): none at all." in said.inner_text()


def test_variants_answer_to_keys_touch_and_the_reset(browser, tmp_path):
    page = opened(
        browser, tmp_path, "variants", viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    box = ready(page, "variants")
    before = box.locator("[role=status]").inner_text()
    epoch = box.get_by_label("epoch", exact=True)
    epoch.focus()
    page.keyboard.press("ArrowLeft")
    assert epoch.input_value() == "30"
    assert box.locator("[role=status]").inner_text().startswith("After epoch 30,")
    box.get_by_label("only above").tap()
    assert "100 %" in box.locator("svg").text_content()
    assert "0 %" in box.locator("svg").text_content()
    box.get_by_role("button", name="Exchange").tap()
    assert box.get_by_label("compared with").input_value() == "multi-stream"
    box.get_by_label("reading").select_option("as meant")
    epoch.fill("31")  # these runs end sooner
    last = len(recorded("vanilla", "as meant")[0]["figures"]["test_accuracy"])
    assert epoch.input_value() == str(last)
    box.get_by_role("button", name="As at first").tap()
    assert box.locator("[role=status]").inner_text() == before
    assert page.faults == []
    page.context.close()
