"""In which order TensorFlow reads and writes a record of states that one graph both reads and writes.

The published programs of source 000 keep the states of their recurrent layer in a variable. Step t convolves
what stands in slot t of it and writes its state into slot t + 1, all in one run of one graph, and nothing in
the graph says whether a slot is written before it is read. Here such a graph runs with random weights: four
versions of a picture, four steps, and Adam beside them at a rate of 0. What every step made of its slot is
compared with what it makes of the state left there before the run, and of the one written in this run. The
graph is one of TensorFlow 1, which TensorFlow 2 still runs. Which order comes out is up to the machine.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from companion._arrays import Array

STEPS, CHANNELS, EDGE = 4, 5, 28
KINDS = ("late", "in order", "torn")


class Graph(NamedTuple):
    """A graph of TensorFlow 1 and its parts."""

    graph: Any
    clean: Any  # the pictures that are fed
    memories: list[Any]  # what each step makes of the slot that it reads
    states: list[Any]  # what each step writes
    rest: list[Any]  # what else is run: the writing, and Adam
    start: Any  # sets the variables
    w_hh: Array


def run(
    threads: int, batch: int = 100, minibatches: int = 100, written_first: bool = False
) -> dict[str, Any]:
    """Count for steps 2, 3 and 4 whose state was read, in so many minibatches.

    "late" is the state that the minibatch before had left, "in order" the one that the same minibatch wrote,
    and "torn" means that some numbers were the one and some the other. TensorFlow may use `threads` threads.
    With `written_first` the graph is told to write a slot before it reads it, as the programs do not.
    """
    import tensorflow as tf

    made = build(tf, batch, written_first)
    counts = {kind: [0] * (STEPS - 1) for kind in KINDS}
    rng = np.random.default_rng(1)
    before = [np.zeros((batch, EDGE, EDGE, CHANNELS), np.float32)] * STEPS
    options = {f"{where}_op_parallelism_threads": threads for where in ("inter", "intra")}
    config = tf.compat.v1.ConfigProto(**options)
    with tf.compat.v1.Session(graph=made.graph, config=config) as session:
        session.run(made.start)
        for _ in range(minibatches):
            fed = {made.clean: rng.random((batch, EDGE, EDGE, 1), np.float32)}
            memories, states, _ = session.run([made.memories, made.states, made.rest], fed)
            for t in range(1, STEPS):
                late, in_order = (state @ made.w_hh for state in (before[t - 1], states[t - 1]))
                counts[kind(memories[t], late, in_order)][t - 1] += 1
            before = states
    return counts


def kind(found: Array, late: Array, in_order: Array) -> str:
    """Which of two arrays was found, or "torn" for some numbers of each; to single precision.

    Raises ValueError where a number is neither.
    """
    near = [np.isclose(found, wanted, rtol=1e-3, atol=1e-3) for wanted in (late, in_order)]
    if not (near[0] | near[1]).all():
        raise ValueError("a step has read numbers that nobody has written")
    return "late" if near[0].all() else "in order" if near[1].all() else "torn"


def build(tf: Any, batch: int, written_first: bool = False) -> Graph:
    """The four steps as the programs have them: slots of one variable, read and assigned."""
    v1 = tf.compat.v1
    rng = np.random.default_rng(0)
    kernels = [rng.standard_normal(s).astype(np.float32) for s in ((3, 3, 1, 5), (1, 1, 5, 5))]
    graph = tf.Graph()
    with graph.as_default():
        w_xh, w_hh = (v1.Variable(w, use_resource=False) for w in kernels)  # of the old kind
        record = v1.Variable(tf.zeros((STEPS + 1, batch, EDGE, EDGE, CHANNELS)), use_resource=False)
        clean = v1.placeholder(tf.float32, (batch, EDGE, EDGE, 1))
        versions = (
            clean,
            clean + 0.1 * tf.random.normal(clean.shape),
            clean + 0.1 * tf.random.poisson(clean.shape, 1.0),
            clean + 0.6 * tf.random.uniform(clean.shape, 0.5, 1.0),
        )
        memories: list[Any] = []
        states: list[Any] = []
        written: list[Any] = []
        for t, x in enumerate(versions):
            from_picture = tf.nn.conv2d(x, w_xh, 1, "SAME")
            with tf.control_dependencies(written if written_first else []):
                slot = record[t]
            memories.append(tf.nn.conv2d(slot, w_hh, 1, "SAME"))
            states.append(from_picture + memories[t])
            written.append(v1.assign(record[t + 1], states[t]).op)
        cost = tf.reduce_mean(tf.nn.elu(states[-1]))
        train = v1.train.AdamOptimizer(0.0).minimize(cost)
        start = v1.global_variables_initializer()
    return Graph(graph, clean, memories, states, [*written, train], start, kernels[1][0, 0])


SETTINGS: list[dict[str, Any]] = [
    {"threads": threads, "batch": batch, "minibatches": minibatches}
    for batch, minibatches in ((100, 100), (8, 500))  # as published, and small enough to be overtaken
    for threads in (1, 2)
]
