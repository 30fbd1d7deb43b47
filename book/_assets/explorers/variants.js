// The recorded runs of the five variants: curves with intervals, and the difference of two, seed by seed.
"use strict";

course.explorers.variants = (root) => {
  const { button, choice, element, slider, tick } = parts;
  const { readings, student } = course.data["variant-runs"];
  const START = { reading: "as published", first: "multi-stream", second: "vanilla", epoch: 31, close: true };
  const named = Object.fromEntries(Object.keys(readings["as meant"]).map((name) => [name, name]));
  let set = { ...START };

  const picture = element("div", { class: "explorer-picture" });
  const said = element("p", { class: "explorer-said", role: "status" });
  const change = (name) => (value) => { set[name] = value; show(); };
  const controls = {
    reading: choice("reading", { "as published": "as published", "as meant": "as meant" }, set.reading,
      (value) => { set.reading = value; controls.epoch.set(set.epoch = epochs()); show(); }),
    first: choice("variant", named, set.first, change("first")),
    second: choice("compared with", named, set.second, change("second")),
    epoch: slider("epoch", { min: 1, max: 31, step: 1, value: set.epoch },
      (value) => { set.epoch = Math.min(value, epochs()); controls.epoch.set(set.epoch); show(); }),
    close: tick("only above 80 %", set.close, change("close")),
  };
  const swap = button("Exchange the two", () => {
    [set.first, set.second] = [set.second, set.first];
    update();
  });
  const reset = button("As at first", () => { set = { ...START }; update(); });
  root.append(element("div", { class: "explorer-controls" }, ...Object.values(controls).map(({ node }) => node)),
    element("div", { class: "explorer-buttons" }, swap, reset), picture, said);

  const runs = (name) => readings[set.reading][name];
  const epochs = () => Math.max(...Object.values(readings[set.reading]).flatMap((r) => r.curves.map((c) => c.length)));
  const share = (value) => (100 * value).toFixed(1);

  // The mean of at least two values, with Student's interval of 95 %; of one value, that value alone.
  function interval(values) {
    const n = values.length, mean = values.reduce((a, b) => a + b, 0) / n;
    if (n < 2) return { mean, low: mean, high: mean, n };
    const spread = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1));
    const half = student[n] * spread / Math.sqrt(n);
    return { mean, low: mean - half, high: mean + half, n };
  }

  // By seed, what a variant's runs named rightly after an epoch; runs without a value there are left out.
  function after(name, epoch) {
    const { seeds, curves } = runs(name);
    const pairs = seeds.map((seed, i) => [seed, curves[i][epoch - 1]]);
    return new Map(pairs.filter(([, value]) => value != null));
  }

  function curve(name) {
    const points = [];
    for (let epoch = 1; epoch <= epochs(); epoch++) {
      const values = [...after(name, epoch).values()];
      if (values.length) points.push({ epoch, ...interval(values) });
    }
    return points;
  }

  function found() {
    const [first, second] = [set.first, set.second].map((name) => after(name, set.epoch));
    const both = [...first.keys()].filter((seed) => second.has(seed));
    return {
      first: first.size ? interval([...first.values()]) : null,
      second: second.size ? interval([...second.values()]) : null,
      difference: both.length ? interval(both.map((seed) => first.get(seed) - second.get(seed))) : null,
    };
  }

  function draw() {
    const low = set.close ? 0.8 : 0, last = epochs();
    const x = (epoch) => 34 + ((epoch - 1) / Math.max(last - 1, 1)) * 222;
    const y = (value) => 12 + ((1 - Math.min(Math.max(value, low), 1)) / (1 - low)) * 138;
    const path = (points, key) => points.map((p, i) => `${i ? "L" : "M"}${x(p.epoch)} ${y(p[key])}`).join("");
    const shape = (name, kind) => {
      const points = curve(name).filter((point) => point.mean >= low);
      if (!points.length) return [];
      const back = [...points].reverse().map((p) => `L${x(p.epoch)} ${y(p.low)}`).join("");
      const dots = points.length === 1
        ? [element("circle", { cx: x(points[0].epoch), cy: y(points[0].mean), r: 2, class: kind })] : [];
      return [element("path", { class: `band ${kind}`, d: `${path(points, "high")}${back}Z` }),
        element("path", { class: `curve ${kind}`, d: path(points, "mean") }), ...dots];
    };
    const marks = set.close ? [0.8, 0.85, 0.9, 0.95, 1] : [0, 0.25, 0.5, 0.75, 1];
    const key = (at, kind, name) => [
      element("line", { x1: 120, x2: 140, y1: at, y2: at, class: `curve ${kind}` }),
      element("text", { x: 144, y: at + 3, class: "small" }, name)];
    picture.replaceChildren(element("svg", { viewBox: "0 0 264 182", role: "img",
      "aria-label": "Test pictures named rightly after every epoch, for both variants; told in words below." },
      marks.flatMap((value) => [
        element("line", { x1: 34, x2: 256, y1: y(value), y2: y(value), class: "grid" }),
        element("text", { x: 30, y: y(value) + 3, class: "small end" }, `${Math.round(100 * value)} %`)]),
      element("line", { x1: x(set.epoch), x2: x(set.epoch), y1: 12, y2: 150, class: "axis" }),
      shape(set.second, "other"), shape(set.first, "own"),
      key(122, "own", set.first), key(136, "other", set.second),
      element("text", { x: 34, y: 163, class: "small" }, "epoch 1"),
      element("text", { x: 256, y: 163, class: "small end" }, `epoch ${last}`),
      element("text", { x: 145, y: 177, class: "small middle" }, "mean of all seeds, and its interval of 95 %")));
  }

  function told(name, result) {
    if (!result) return `${name} has no result any more: its cost has overflowed`;
    const of = result.n > 1 ? ` (${share(result.low)} to ${share(result.high)}, ${result.n} seeds)` : " (one seed)";
    return `${name} names ${share(result.mean)} %${of}`;
  }

  function show() {
    const { first, second, difference } = found();
    draw();
    let sentence = `After epoch ${set.epoch}, ${set.reading}: ${told(set.first, first)}; ${told(set.second, second)}.`;
    if (difference && set.first !== set.second) {
      const points = (value) => share(value).replace("-", "\u2212");
      sentence += ` In pairs of one seed, the difference is ${points(difference.mean)} points`;
      sentence += difference.n < 2 ? ", from a single pair." :
        ` (${points(difference.low)} to ${points(difference.high)}, ${difference.n} pairs): ` +
        (difference.low > 0 || difference.high < 0 ? "more than the luck of the seeds." :
          difference.low === difference.high ? "none at all." : "the luck of the seeds may have made it.");
    }
    said.textContent = sentence;
  }

  function update() {
    for (const [name, control] of Object.entries(controls)) control.set(set[name]);
    show();
  }

  set.epoch = epochs();
  update();
  return { values: () => ({ set, interval, ...found(), curves: { first: curve(set.first), second: curve(set.second) } }) };
};
