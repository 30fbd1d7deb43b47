// The letter network of the chapter "Training the letter network": press a letter, see memory and prediction.
"use strict";

course.explorers.letters = (root) => {
  const { button, choice, element, tick, written } = parts;
  const ALPHABET = [..."abcde"];
  const net = course.data["letter-net"];
  const start = () => ({ text: "", carried: false, dead: "none" });
  let set = start();

  const picture = element("div", { class: "explorer-picture" });
  const said = element("p", { class: "explorer-said", role: "status" });
  const read = element("p", { class: "explorer-text" });
  const type = (letter) => { set.text = (set.text + letter).slice(-12); show(); };
  const keys = ALPHABET.map((letter) => button(letter, () => type(letter)));
  const own = button("its own answer", () => type(ALPHABET[likeliest(run().p)]));
  const carry = tick("carry the memory on from letter to letter", set.carried, (on) => { set.carried = on; show(); });
  const units = { none: "none", 0: "unit 1", 1: "unit 2", 2: "unit 3" };
  const still = choice("hold at zero", units, set.dead, (value) => { set.dead = value; show(); });
  const reset = button("Begin again", () => {
    set = start();
    carry.set(set.carried);
    still.set(set.dead);
    show();
  });
  root.append(element("div", { class: "explorer-buttons", role: "group", "aria-label": "letters to read" }, ...keys, own),
    read, picture, said,
    element("div", { class: "explorer-controls" }, carry.node, still.node), element("div", { class: "explorer-buttons" }, reset));

  const likeliest = (p) => p.indexOf(Math.max(...p));
  const one = (letter) => ALPHABET.map((other) => Number(other === letter));

  // The state after the text, from an empty memory: over all of it, or for its last letter alone.
  function run() {
    const seen = set.carried ? [...set.text] : [...set.text.slice(-1)];
    let h = rnn.zeros(3);
    for (const letter of seen) {
      h = rnn.simple(net)(one(letter), h).h.map((value, unit) => (String(unit) === set.dead ? 0 : value));
    }
    return { h, p: rnn.softmax(rnn.dense(h, net)) };
  }

  function bar(x, y, width, value, low, label, text, state) {
    const zero = x + (low < 0 ? width / 2 : 0), full = low < 0 ? width / 2 : width;
    const from = value < 0 ? zero + value * full : zero;
    return element("g", { class: `explorer-bar ${state}` },
      element("text", { x: x - 4, y: y + 9, class: "small end" }, label),
      element("rect", { x, y, width, height: 11, class: "frame" }),
      element("rect", { x: from, y, width: Math.abs(value) * full, height: 11 }),
      element("text", { x: x + width + 4, y: y + 9, class: "small" }, text));
  }

  function show() {
    const { h, p } = run(), best = likeliest(p);
    own.disabled = set.text === "";
    read.textContent = set.text === "" ? "Nothing read yet: press a letter." :
      `Read: ${set.text}${set.carried ? ", with its memory" : ", of which only the last letter counts"}`;
    const bars = [
      element("text", { x: 72, y: 10, class: "middle" }, "memory"),
      ...h.map((value, unit) => bar(42, 18 + unit * 18, 60, value, -1, `unit ${unit + 1}`, value.toFixed(2), "W_hh")),
      element("text", { x: 192, y: 10, class: "middle" }, "next letter"),
      ...p.map((value, i) => bar(162, 18 + i * 18, 60, value, 0, ALPHABET[i], `${(100 * value).toFixed(0)} %`,
        i === best ? "W_hy best" : "W_hy"))];
    picture.replaceChildren(element("svg", { viewBox: "0 0 264 110", role: "img",
      "aria-label": "Bars for the three units of memory and for the probability of each letter; told in words below." }, bars));
    said.textContent = set.text === "" ? "Before any letter the memory is empty." :
      `After ${set.text.slice(-1)} it expects ${ALPHABET[best]}, with ${(100 * p[best]).toFixed(0)} percent. ` +
      `Memory: ${h.map(written).join(", ")}.`;
  }

  show();
  return { values: () => ({ ...run(), ...set }) };
};
