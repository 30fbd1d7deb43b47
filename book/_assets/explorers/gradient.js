// The way back of a gradient: its norm at every step, for a spectral radius, an activation, a highway and clipping.
"use strict";

course.explorers.gradient = (root) => {
  const { button, choice, element, slider, tick, written } = parts;
  const H = 16, START = { T: 30, radius: 1, activation: "tanh", highway: false, clip: false, seed: 1 };
  let set = { ...START };

  const picture = element("div", { class: "explorer-picture" });
  const said = element("p", { class: "explorer-said", role: "status" });
  const change = (name) => (value) => { set[name] = value; show(); };
  const controls = {
    T: slider("steps T", { min: 5, max: 60, step: 1, value: set.T }, change("T")),
    radius: slider("spectral radius of W_hh", { min: 0.1, max: 2, step: 0.05, value: set.radius }, change("radius")),
    activation: choice("activation", { tanh: "tanh", identity: "none" }, set.activation, change("activation")),
    highway: tick("highway", set.highway, change("highway")),
    clip: tick("clip the gradient of W_hh to norm 1", set.clip, change("clip")),
  };
  const redraw = button("Other random weights", () => { set.seed += 1; show(); });
  const reset = button("As at first", () => {
    set = { ...START };
    for (const [name, control] of Object.entries(controls)) control.set(set[name]);
    show();
  });
  root.append(element("div", { class: "explorer-controls" }, ...Object.values(controls).map(({ node }) => node)),
    element("div", { class: "explorer-buttons" }, redraw, reset), picture, said);

  // Weights, inputs and the last state's gradient, drawn from the seed; W_hh is scaled to the spectral radius.
  function drawn() {
    const normal = rnn.normals(set.seed);
    const matrix = (rows, columns, scale = 1) =>
      Array.from({ length: rows }, () => Array.from({ length: columns }, () => scale * normal()));
    const W = matrix(H, H), factor = set.radius / rnn.spectralRadius(W);
    const weights = { W_xh: matrix(1, H, 0.5), W_hh: W.map((line) => rnn.scaled(line, factor)), b_h: rnn.zeros(H) };
    const gate = { W_xg: matrix(1, H, 0.5), W_hg: matrix(H, H, 0.1), b_g: new Array(H).fill(-2) };
    const dLast = matrix(1, H)[0];
    return { weights, gate, dLast: rnn.scaled(dLast, 1 / rnn.norm(dLast)), xs: matrix(set.T, 1) };
  }

  function run() {
    const { weights, gate, dLast, xs } = drawn();
    const cell = rnn.simple(weights, set.activation);
    const { states, grads } = rnn.scan(set.highway ? rnn.highway(cell, gate) : cell, xs, rnn.zeros(H)).back(dLast);
    const whole = rnn.norm(grads.W_hh);
    return { norms: states.map(rnn.norm), whole, used: set.clip ? Math.min(whole, 1) : whole };
  }

  // Powers of ten from bottom to top, steps from left to right.
  function draw({ norms }) {
    const logs = norms.map((n) => Math.log10(Math.max(n, 1e-300)));
    const low = Math.min(-3, Math.floor(Math.min(...logs))), high = Math.max(1, Math.ceil(Math.max(...logs)));
    const x = (t) => 34 + (t / set.T) * 222, y = (log) => 12 + ((high - log) / (high - low)) * 128;
    const every = Math.ceil((high - low) / 5);
    const marks = [];
    for (let log = Math.ceil(low / every) * every; log <= high; log += every) marks.push(log);
    picture.replaceChildren(element("svg", { viewBox: "0 0 264 172", role: "img",
      "aria-label": "The norm of the gradient at every step, on a logarithmic scale; told in words below." },
      marks.flatMap((log) => [
        element("line", { x1: 34, x2: 256, y1: y(log), y2: y(log), class: log === 0 ? "axis" : "grid" }),
        element("text", { x: 30, y: y(log) + 3, class: "small end" }, log === 0 ? "1" : `1e${log}`)]),
      element("path", { class: "curve", d: logs.map((log, t) => `${t ? "L" : "M"}${x(t)} ${y(log)}`).join("") }),
      logs.map((log, t) => element("circle", { cx: x(t), cy: y(log), r: 1.8 },
        element("title", {}, `step ${t}: ${written(norms[t])}`))),
      element("text", { x: 34, y: 156, class: "small" }, "h0"),
      element("text", { x: 256, y: 156, class: "small end" }, `h${set.T}, the last step`),
      element("text", { x: 145, y: 168, class: "small middle" }, "the gradient comes from the right")));
  }

  function show() {
    const found = run(), first = found.norms[0];
    draw(found);
    const change = first < 0.01 ? "Next to nothing is left." : first > 100 ? "It has exploded." : "It is still there.";
    said.textContent = `A gradient of norm 1 at step ${set.T} arrives at the initial state with norm ${written(first)}. ` +
      `${change} The gradient of W_hh has norm ${written(found.whole)}` +
      (set.clip ? `, clipped to ${written(found.used)}.` : ".");
  }

  show();
  return { values: () => ({ ...run(), ...drawn(), set }) };
};
