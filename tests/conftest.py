"""Settings of the tests in this folder: examples drawn the same way each time, and no windows."""

import matplotlib
import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(autouse=True, scope="session")
def no_windows():
    matplotlib.use("agg")
