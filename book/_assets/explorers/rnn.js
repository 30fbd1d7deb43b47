// The arithmetic of the course's cells for one sequence, as the Python package has it: vectors are rows, gates stand
// side by side in one matrix, and a step returns its state together with the way back through that step.
"use strict";

window.rnn = (() => {
  const product = (row, matrix) =>
    matrix[0].map((_, j) => row.reduce((sum, value, i) => sum + value * matrix[i][j], 0));
  const productT = (row, matrix) => matrix.map((line) => line.reduce((sum, value, j) => sum + value * row[j], 0));
  const outer = (column, row) => column.map((a) => row.map((b) => a * b));
  const plus = (...rows) => rows[0].map((_, j) => rows.reduce((sum, row) => sum + row[j], 0));
  const times = (...rows) => rows[0].map((_, j) => rows.reduce((all, row) => all * row[j], 1));
  const scaled = (row, factor) => row.map((value) => value * factor);
  const zeros = (n) => new Array(n).fill(0);
  const norm = (values) => Math.hypot(...values.flat());
  const sigmoid = (a) => 0.5 * Math.tanh(0.5 * a) + 0.5;

  const ACTIVATIONS = {
    identity: { f: (a) => a, slope: () => 1 },
    tanh: { f: Math.tanh, slope: (h) => 1 - h * h },
    relu: { f: (a) => Math.max(a, 0), slope: (h) => (h > 0 ? 1 : 0) },
  };

  // h_t = f(x_t W_xh + h_{t-1} W_hh + b_h)
  function simple({ W_xh, W_hh, b_h }, activation = "tanh") {
    const { f, slope } = ACTIVATIONS[activation];
    return (x, hPrev) => {
      const fromX = product(x, W_xh), fromH = product(hPrev, W_hh);
      const a = plus(fromX, fromH, b_h), h = a.map(f);
      const back = (dh) => {
        const da = times(dh, h.map(slope));
        return { dh: productT(da, W_hh), grads: { W_xh: outer(x, da), W_hh: outer(hPrev, da), b_h: da } };
      };
      return { h, parts: { fromX, fromH, a }, back };
    };
  }

  // h_t = g_t * cell(x_t, h_{t-1}) + (1 - g_t) * h_{t-1},  g_t = sigmoid(x_t W_xg + h_{t-1} W_hg + b_g)
  function highway(cell, { W_xg, W_hg, b_g }) {
    return (x, hPrev) => {
      const made = cell(x, hPrev);
      const g = plus(product(x, W_xg), product(hPrev, W_hg), b_g).map(sigmoid);
      const h = hPrev.map((old, j) => g[j] * made.h[j] + (1 - g[j]) * old);
      const back = (dh) => {
        const da = dh.map((d, j) => d * (made.h[j] - hPrev[j]) * g[j] * (1 - g[j]));
        const inner = made.back(times(dh, g));
        const past = dh.map((d, j) => d * (1 - g[j]));
        const gate = { W_xg: outer(x, da), W_hg: outer(hPrev, da), b_g: da };
        return { dh: plus(inner.dh, past, productT(da, W_hg)), grads: { ...inner.grads, ...gate } };
      };
      return { h, parts: { ...made.parts, g }, back };
    };
  }

  // The loop over time; `back` takes the gradient of the last state and returns that of every state and weight.
  function scan(step, xs, h0) {
    const steps = [];
    for (const x of xs) steps.push(step(x, steps.length ? steps.at(-1).h : h0));
    const back = (dLast) => {
      const states = [dLast];
      let sums = null;
      for (const one of [...steps].reverse()) {
        const { dh, grads } = one.back(states[0]);
        states.unshift(dh);
        sums = sums ? Object.fromEntries(Object.entries(sums).map(([k, s]) => [k, summed(s, grads[k])])) : grads;
      }
      return { states, grads: sums };
    };
    return { steps, back };
  }

  const summed = (a, b) => a.map((value, i) => (Array.isArray(value) ? plus(value, b[i]) : value + b[i]));

  // One step of an LSTM or GRU; `forced` sets a gate, by its letter, to one value for all units.
  function lstm({ W_xh, W_hh, b_h }, forced = {}) {
    const H = W_hh.length;
    return (x, [hPrev, cPrev]) => {
      const a = plus(product(x, W_xh), product(hPrev, W_hh), b_h);
      const gate = (name, block, f) => hPrev.map((_, j) => forced[name] ?? f(a[block * H + j]));
      const i = gate("i", 0, sigmoid), f = gate("f", 1, sigmoid), o = gate("o", 3, sigmoid);
      const g = gate("g", 2, Math.tanh);
      const c = plus(times(f, cPrev), times(i, g));
      const h = times(o, c.map(Math.tanh));
      return { state: [h, c], gates: { i, f, g, o }, memory: c };
    };
  }

  function gru({ W_xh, W_hh, b_h, b_hn }, forced = {}) {
    const H = W_hh.length;
    return (x, [hPrev]) => {
      const a = plus(product(x, W_xh), b_h), u = product(hPrev, W_hh);
      const gate = (name, block) => hPrev.map((_, j) => forced[name] ?? sigmoid(a[block * H + j] + u[block * H + j]));
      const r = gate("r", 0), z = gate("z", 1);
      const n = hPrev.map((_, j) => Math.tanh(a[2 * H + j] + r[j] * (u[2 * H + j] + b_hn[j])));
      const h = hPrev.map((old, j) => (1 - z[j]) * n[j] + z[j] * old);
      return { state: [h], gates: { r, z, n }, memory: h };
    };
  }

  function softmax(logits) {
    const top = Math.max(...logits), powers = logits.map((value) => Math.exp(value - top));
    return scaled(powers, 1 / powers.reduce((sum, value) => sum + value, 0));
  }

  const dense = (h, { W_hy, b_y }) => plus(product(h, W_hy), b_y);

  // The largest size of an eigenvalue, as the rate at which the powers of the matrix grow: |A^k|^(1/k), k = 2^40.
  function spectralRadius(matrix) {
    let power = matrix, log = 0;
    for (let doublings = 0; doublings < 40; doublings++) {
      const size = norm(power);
      if (size === 0) return 0;
      const unit = power.map((row) => scaled(row, 1 / size));
      log += Math.log(size) / 2 ** doublings;
      power = unit.map((row) => product(row, unit));
    }
    return Math.exp(log);
  }

  // Normal numbers from a seed (mulberry32, then Box and Muller), the same in every browser.
  function normals(seed) {
    let state = seed >>> 0;
    const uniform = () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
    return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  }

  return { dense, gru, highway, lstm, norm, normals, plus, product, scaled, scan, sigmoid, simple, softmax,
           spectralRadius, zeros };
})();
