// The forward pass of the chapter "The forward pass by hand", one number at a time.
"use strict";

course.explorers.forward = (root) => {
  const { button, choice, element, group, row, slider, written } = parts;
  const XS = [10, 20, 30];
  const START = {
    W_xh: [[0.2, -0.1]], W_hh: [[0.5, 0.1], [-0.3, 0.4]], b_h: [1, 0],
    W_hy: [[0.5], [0.1], [-0.2], [0.3], [1], [-0.4]], b_y: [2],
  };
  let weights = structuredClone(START), activation = "identity", at = 1;

  const lines = element("ol", { class: "explorer-lines" });
  const said = element("p", { class: "explorer-said", role: "status" });
  const picture = element("div", { class: "explorer-picture" });
  const sliders = [];

  const slidersOf = (name, min, max) => weights[name].map((line, i) => [line].flat().map((value, j) => {
    const place = Array.isArray(line) ? `${i + 1},${j + 1}` : `${i + 1}`;
    const made = slider(`${name}[${place}]`, { min, max, step: 0.1, value }, (number) => {
      if (Array.isArray(weights[name][i])) weights[name][i][j] = number;
      else weights[name][i] = number;
      show();
    });
    sliders.push(() => made.set([weights[name][i]].flat()[j]));
    return made.node;
  })).flat();

  const squash = choice("squashing function", { identity: "none, as the chapter begins", tanh: "tanh" }, activation,
    (value) => { activation = value; show(); });
  const back = button("Back", () => { at = Math.max(1, at - 1); show(); });
  const next = button("Next", () => { at = Math.min(4, at + 1); show(); });
  const reset = button("The chapter's weights", () => {
    weights = structuredClone(START);
    activation = "identity";
    squash.set(activation);
    sliders.forEach((set) => set());
    show();
  });

  root.append(
    element("div", { class: "explorer-buttons" }, back, next, reset), picture, lines, said,
    element("details", {}, element("summary", {}, "Weights"), squash.node,
      group("from the input, W_xh", ...slidersOf("W_xh", -2, 2)),
      group("from the state, W_hh", ...slidersOf("W_hh", -2, 2)),
      group("bias, b_h", ...slidersOf("b_h", -5, 5)),
      group("read-out, W_hy and b_y", ...slidersOf("W_hy", -2, 2), ...slidersOf("b_y", -5, 5))),
  );

  function run() {
    const { steps } = rnn.scan(rnn.simple(weights, activation), XS.map((x) => [x]), [0, 0]);
    const flat = steps.flatMap(({ h }) => h);
    return { steps, flat, answer: rnn.dense(flat, weights)[0] };
  }

  function draw({ steps, answer }) {
    const across = (t) => 40 + (t - 1) * 92;
    const box = (x, y, text, state, label) => element("g", { class: `explorer-box ${state}` },
      element("rect", { x: x - 36, y, width: 72, height: 34, rx: 5 }),
      element("text", { x, y: y + 14, class: "small" }, label), element("text", { x, y: y + 28 }, text));
    const short = (value) => (Math.abs(value) >= 1000 ? value.toExponential(1) : String(Number(value.toFixed(2))));
    const nodes = XS.flatMap((x, i) => {
      const t = i + 1, known = t < at ? "past" : t === at ? "now" : "to-come";
      const state = known === "to-come" ? "?" : steps[i].h.map(short).join(", ");
      return [
        element("line", { x1: across(t), y1: 132, x2: across(t), y2: 106, class: "W_xh" }),
        i ? element("line", { x1: across(t) - 56, y1: 89, x2: across(t) - 36, y2: 89, class: "W_hh" }) : "",
        box(across(t), 132, String(x), known, `x${t}`), box(across(t), 72, state, known, `h${t}`),
        element("line", { x1: across(t), y1: 72, x2: 132 + (t - 2) * 12, y2: 40, class: "W_hy" }),
      ];
    });
    const top = box(132, 6, at === 4 ? written(answer) : "?", at === 4 ? "now" : "to-come", "answer");
    picture.replaceChildren(element("svg", { viewBox: "0 0 264 172", role: "img",
      "aria-label": "The network unrolled over three steps: what is known so far is told below." }, ...nodes, top));
  }

  function show() {
    const found = run();
    draw(found);
    back.disabled = at === 1;
    next.disabled = at === 4;
    const line = (...text) => element("li", {}, ...text);
    if (at < 4) {
      const { parts: { fromX, fromH, a }, h } = found.steps[at - 1];
      const old = at === 1 ? [0, 0] : found.steps[at - 2].h;
      lines.replaceChildren(
        line(`x${at} W_xh = ${XS[at - 1]} times ${row(weights.W_xh[0])} = ${row(fromX)}`),
        line(`h${at - 1} W_hh = ${row(old)} times W_hh = ${row(fromH)}`),
        line(`with b_h = ${row(weights.b_h)} the sum is ${row(a)}`),
        line(activation === "tanh" ? `h${at} = tanh of it = ${row(h)}` : `h${at} = ${row(h)}`));
      said.textContent = `Step ${at} of 3: the new state is ${row(h)}.`;
    } else {
      lines.replaceChildren(
        line(`the three states in one row: ${row(found.flat)}`),
        line(`times W_hy = ${row(weights.W_hy.flat())}, and b_y = ${written(weights.b_y[0])}`),
        line(`answer = ${written(found.answer)}`));
      said.textContent = `The answer is ${written(found.answer)}; wanted is 40.`;
    }
  }

  show();
  return { values: () => ({ ...run(), weights, activation, at }) };
};
