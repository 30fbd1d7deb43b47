"""The checkers of the chapter on the toy series accept any right style and name the usual mistakes."""

from collections import deque

import numpy as np

from companion.check import toy_series


def test_other_ways_of_writing_the_answers_pass():
    def windows(series, width):
        return np.lib.stride_tricks.sliding_window_view(series, width)[:-1], list(series[width:])

    def with_a_queue(forecast, window, steps):
        queue = deque(window, maxlen=len(window))
        for _ in range(steps):
            queue.append(forecast(queue))
            yield queue[-1]

    assert toy_series.cut(windows).passed
    assert toy_series.go_on(lambda *a: list(with_a_queue(*a))).passed
    assert toy_series.middle_90(lambda v: np.percentile(v, [5, 95]).tolist()).passed
    assert toy_series.as_differences(lambda w, t: [b - a[-1] for a, b in zip(w, t, strict=True)]).passed
