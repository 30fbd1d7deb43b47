"""What pyproject.toml cannot say: every package found under companion/, and data/ as one more of them."""

from setuptools import find_packages, setup

setup(packages=[*find_packages(include=["companion", "companion.*"]), "companion._data"])
