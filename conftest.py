"""Set up before any test or chapter runs: the environment of all kernels, and figures compared like numbers.

It stands at the root because pytest applies a conftest only to what lies below it, and chapters lie in book/.
"""

import os

import pytest
from nbval.plugin import IPyNbCell

from companion.notebooks import figures
from companion.notebooks.runs import ENVIRONMENT

os.environ.update(ENVIRONMENT)  # before any test loads a framework; the kernels inherit it


def pytest_configure(config):
    config.addinivalue_line("markers", "colab: runs a chapter as Colab would, in a throwaway environment")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """After nbval has compared a cell's text, compare its PNG figures, which nbval leaves out."""
    result = yield
    if isinstance(item, IPyNbCell) and not item.options["skip"]:
        compare_figures(item)
    return result


def compare_figures(item):
    stored, drawn = figures.pictures(item.cell.outputs), figures.pictures(item.test_outputs)
    if len(stored) != len(drawn):
        item.raise_cell_error(f"Cell figures differ: {len(stored)} stored, {len(drawn)} drawn")
    for number, pair in enumerate(zip(stored, drawn, strict=True)):
        if problem := figures.difference(*pair):
            item.raise_cell_error(f"Cell figure {number} differs: {problem}")
