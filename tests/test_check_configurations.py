"""The checkers of the chapter on configurations accept any right style and name the usual mistakes."""

import numpy as np

from companion.check import configurations


def test_other_ways_of_writing_the_answers_pass():
    def by_loop(lengths, T):
        mask = np.zeros((len(lengths), T), bool)
        for n, length in enumerate(lengths):
            mask[n, length - 1] = True
        return mask

    def by_recursion(step, state, symbol, n):
        if n == 0:
            return []
        state, symbol = step(state, symbol)
        return [symbol, *by_recursion(step, state, symbol, n - 1)]

    assert configurations.steps_that_count(by_loop).passed
    assert configurations.generate(by_recursion).passed
    assert configurations.inputs_and_labels(lambda ids: [np.delete(ids, -1, 1), np.delete(ids, 0, 1)]).passed
