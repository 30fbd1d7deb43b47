"""The checkers of the chapter on text and electricity name the mistakes that people make."""

import numpy as np

from companion.check import sonnets as check


def test_bits_may_be_summed_in_another_way():
    def by_loop(nats, counts):
        total = 0.0
        for mean, count in zip(nats, counts, strict=True):
            total += float(mean) * int(count)
        return total * np.log2(np.e) / sum(counts)

    assert check.bits_per_character(by_loop).passed
    assert check.bits_per_character(lambda nats, counts: np.average(nats, weights=counts) / np.log(2)).passed


def test_temperature_may_be_a_power_of_the_probabilities():
    def powers(logits, temperature):
        p = np.exp(logits - logits.max())
        p = p / p.sum()
        p = p ** (1 / temperature)
        return (p / p.sum()).tolist()

    assert check.with_temperature(powers).passed


def test_chunks_may_be_cut_by_hand():
    def by_hand(labels, N, T):
        chunks = (len(labels) - 1) // (N * T)
        length = chunks * T
        inputs, targets = np.empty((chunks, N, T), int), np.empty((chunks, N, T), int)
        for c in range(chunks):
            for n in range(N):
                at = n * length + c * T
                inputs[c, n] = labels[at : at + T]
                targets[c, n] = labels[at + 1 : at + T + 1]
        return inputs, targets

    assert check.side_by_side(by_hand).passed


def test_min_max_may_be_written_with_the_package():
    from companion.data import Scale

    def by_package(series, test):
        scale = Scale.min_max(series[:-test])
        return scale.apply(series[:-test]), scale.apply(series[-test:])

    assert check.min_max(by_package).passed


def test_writing_may_be_recursive():
    def recursive(step, state, first, count):
        if count == 0:
            return []
        scores, state = step(state, first)
        label = int(np.argmax(scores))
        return [label, *recursive(step, state, label, count - 1)]

    assert check.write_best(recursive).passed
