// What explorers are made of: elements, sliders, switches, and numbers as text. Everything works by mouse, touch and
// keyboard because it is made of the browser's own controls.
"use strict";

window.parts = (() => {
  const SVG = new Set(["svg", "g", "rect", "circle", "line", "path", "text", "title"]);
  let count = 0;

  function element(tag, attributes = {}, ...children) {
    const made = SVG.has(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (value !== false && value != null) made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...children.flat());
    return made;
  }

  // 6.8 and -1.6 rather than 6.800000000000001: at most four digits after the point.
  const written = (value) => {
    if (Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3)) return value.toExponential(2);
    return String(Number(value.toFixed(4))).replace("-", "\u2212");
  };
  const row = (values) => `[${values.map(written).join("  ")}]`;

  // A labelled slider with its value beside it; `change` is called with the number.
  function slider(label, { min, max, step, value }, change) {
    const id = `explorer-control-${++count}`;
    const shown = element("output", { for: id }, written(value));
    const input = element("input", { id, type: "range", min, max, step, value, oninput: () => {
      shown.textContent = written(Number(input.value));
      change(Number(input.value));
    } });
    const set = (number) => {
      input.value = number;
      shown.textContent = written(number);
    };
    return { node: element("div", { class: "explorer-slider" }, element("label", { for: id }, label), input, shown), set };
  }

  function choice(label, options, value, change) {
    const id = `explorer-control-${++count}`;
    const select = element("select", { id, onchange: () => change(select.value) },
      Object.entries(options).map(([key, text]) => element("option", { value: key, selected: key === value }, text)));
    const set = (key) => { select.value = key; };
    return { node: element("div", { class: "explorer-choice" }, element("label", { for: id }, label), select), set };
  }

  function tick(label, checked, change) {
    const id = `explorer-control-${++count}`;
    const box = element("input", { id, type: "checkbox", checked, onchange: () => change(box.checked) });
    const set = (value) => { box.checked = value; };
    return { node: element("div", { class: "explorer-tick" }, box, element("label", { for: id }, label)), set };
  }

  const button = (text, click) => element("button", { type: "button", onclick: click }, text);
  const group = (title, ...nodes) => element("fieldset", {}, element("legend", {}, title), ...nodes);

  return { button, choice, element, group, row, slider, tick, written };
})();
