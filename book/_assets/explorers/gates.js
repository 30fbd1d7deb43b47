// An LSTM or a GRU reads a line, its gates drawn as colour; a gate can be forced open or shut.
"use strict";

course.explorers.gates = (root) => {
  const { button, choice, element } = parts;
  const { alphabet, nets } = course.data["gated-nets"];
  const LINE = "shall i compare thee to a summers day";
  const GATES = { LSTM: { i: "input gate", f: "forget gate", o: "output gate" }, GRU: { r: "reset gate", z: "update gate" } };
  const start = () => ({ cell: "LSTM", line: LINE, gate: "f", value: "free" });
  let set = start();

  const picture = element("div", { class: "explorer-picture" });
  const said = element("p", { class: "explorer-said", role: "status" });
  const names = () => Object.fromEntries(Object.entries(GATES[set.cell]).map(([key, name]) => [key, `${name} (${key})`]));
  const cell = choice("cell", { LSTM: "LSTM", GRU: "GRU" }, set.cell, (value) => {
    set.cell = value;
    set.gate = Object.keys(GATES[value])[value === "LSTM" ? 1 : 0];
    fill();
    show();
  });
  const gate = choice("gate", names(), set.gate, (value) => { set.gate = value; show(); });
  const forced = choice("forced", { free: "as it is", open: "open, 1", shut: "shut, 0" }, set.value,
    (value) => { set.value = value; show(); });
  const line = element("input", { type: "text", value: set.line, maxlength: 48,
    oninput: () => { set.line = line.value; show(); } });
  const reset = button("As at first", () => {
    set = start();
    line.value = set.line;
    cell.set(set.cell);
    forced.set(set.value);
    fill();
    show();
  });
  root.append(element("div", { class: "explorer-controls" }, cell.node, gate.node, forced.node),
    element("label", {}, "the line to read", line), picture, said,
    element("div", { class: "explorer-buttons" }, reset));

  function fill() {
    gate.node.querySelector("select").replaceChildren(...Object.entries(names()).map(([key, text]) =>
      element("option", { value: key, selected: key === set.gate }, text)));
  }

  const plain = (text) => text.toLowerCase().replace(/[^a-z]+/g, " ");

  // Every step of the line: gates, memory, and what the character that came next had cost, in bits.
  function run(value = set.value) {
    const params = nets[set.cell], H = params.W_hh.length;
    const holds = value === "free" ? {} : { [set.gate]: value === "open" ? 1 : 0 };
    const step = set.cell === "LSTM" ? rnn.lstm(params, holds) : rnn.gru(params, holds);
    let state = set.cell === "LSTM" ? [rnn.zeros(H), rnn.zeros(H)] : [rnn.zeros(H)];
    const characters = [...plain(set.line)];
    return characters.map((character, t) => {
      const found = step([...alphabet].map((other) => Number(other === character)), state);
      state = found.state;
      const p = rnn.softmax(rnn.dense(state[0], params)), next = characters[t + 1];
      return { character, gates: found.gates, memory: found.memory, bits: next && -Math.log2(p[alphabet.indexOf(next)]) };
    });
  }

  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const cost = (steps) => mean(steps.map(({ bits }) => bits).filter((bits) => bits !== undefined));

  // From dark blue (0) through grey to yellow (1): told apart by lightness alone.
  const colour = (share) => {
    const mix = (a, b, s) => Math.round(a + (b - a) * s), s = Math.min(1, Math.max(0, share));
    return `rgb(${mix(0, 255, s)}, ${mix(50, 225, s)}, ${mix(110, 80, s)})`;
  };

  function draw(steps) {
    const H = nets[set.cell].W_hh.length, wide = 232 / Math.max(steps.length, 1), high = 5;
    const shown = [...Object.entries(GATES[set.cell]).map(([key, name]) => [name, (step) => step.gates[key]]),
      ["memory: dark below 0, bright above", (step) => step.memory.map((value) => Math.tanh(value) / 2 + 0.5)]];
    const panels = shown.flatMap(([name, values], k) => {
      const top = 20 + k * (H * high + 16);
      return [element("text", { x: 28, y: top - 3, class: "small" }, name),
        steps.flatMap((step, t) => values(step).map((value, unit) => element("rect", { x: 28 + t * wide,
          y: top + unit * high, width: wide + 0.2, height: high + 0.2, fill: colour(value) })))].flat();
    });
    const height = 26 + shown.length * (H * high + 16);
    const size = Math.min(10, 1.6 * wide); // as large as the place of a letter allows, of a type that is 0.6 wide
    const letters = steps.map((step, t) => element("text", { x: 28 + (t + 0.5) * wide, y: height - 7, class: "letter",
      style: `font-size: ${size}px` }, step.character));
    const key = [[172, 0, "shut"], [218, 1, "open"]].flatMap(([x, share, name]) => [
      element("rect", { x, y: 10, width: 8, height: 8, fill: colour(share), stroke: "currentColor", "stroke-width": 0.5 }),
      element("text", { x: x + 11, y: 17, class: "small" }, name)]);
    picture.replaceChildren(element("svg", { viewBox: `0 0 264 ${height}`, role: "img",
      "aria-label": "Gates and memory at every letter, one row a unit, dark for 0 and bright for 1; told in words below." },
      key, panels, letters));
  }

  function show() {
    const steps = run();
    draw(steps);
    if (steps.length < 2) {
      said.textContent = "Write at least two letters.";
      return;
    }
    const average = mean(steps.flatMap(({ gates }) => gates[set.gate]));
    const free = cost(run("free"));
    said.textContent = `On average the ${GATES[set.cell][set.gate]} stands at ${average.toFixed(2)}. Each letter of this line ` +
      `costs ${cost(steps).toFixed(2)} bits` + (set.value === "free" ? "." : `, and ${free.toFixed(2)} with all gates as they are.`);
  }

  show();
  return { values: () => ({ steps: run(), cost: cost(run()), ...set }) };
};
