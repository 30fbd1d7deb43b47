# Every target builds the virtual environment it needs when that is missing or out of date (.ci/environment.py).
# Python is always started as .venv/NAME/bin/python: console scripts break when the folder is moved.

PYTHON ?= python3
BASE ?= origin/main
VERSIONS ?= oldest
# On Linux, https://download.pytorch.org/whl/cpu gives a torch without gigabytes of CUDA.
TORCH_INDEX ?=

export TORCH_INDEX
export PYTHONPATH := $(CURDIR)
unexport PYTHONHOME

BOOK := .venv/book/bin/python
TEST := .venv/test/bin/python
PRINT := .venv/print/bin/python
VENVS := $(addprefix .venv/,book test print test-oldest test-newest colab-oldest colab-newest)

.PHONY: help book test lint format chapter execute record lab bench zoo matrix offline sheets changed colab release versions clean address $(VENVS)
.NOTPARALLEL:

help:
	@echo 'make book      build the site into _build/html'
	@echo 'make test      run everything: lint, the site, the package, the chapters, the browser checks'
	@echo 'make lint      only ruff and mypy'
	@echo 'make format    lay out the code, and mend what lint can'
	@echo 'make chapter NAME=3-bptt/echo TITLE="An echo"   start a chapter that runs and keeps every rule'
	@echo 'make execute   run the chapters that changed and store their outputs; CHAPTER=book/intro.ipynb only this one'
	@echo 'make record NAME=voices   repeat the recorded runs of companion/experiments/voices.py that are missing;'
	@echo '                          JOBS=4 runs four at a time, CLUSTER=tcp://host:8786 all that this Dask cluster can'
	@echo 'make lab       open the chapters in JupyterLab'
	@echo 'make bench     compare the speed with PyTorch, Keras and the bare matrix products, as ratios'
	@echo 'make zoo       plant every bug of tests/planted, record which nets catch it, write its page (AGAIN=1: all anew)'
	@echo 'make matrix    compare all chapters on other processors, threads, locales; SETTING="another day" for one'
	@echo 'make offline   build the site as a zip and the book as a PDF into _build/offline (needs Chromium or Chrome)'
	@echo 'make sheets    write the exercises of each chapter, without their solutions, into _build/sheets'
	@echo 'make changed BASE=origin/main   run only the chapters that changed since this branch or commit'
	@echo 'make colab VERSIONS=oldest   run every chapter as Colab would, with the oldest libraries it had (or newest)'
	@echo 'make versions VERSIONS=newest   run the tests with the newest libraries that there are (or the oldest allowed)'
	@echo 'make release VERSION=1.2   build wheel, source, site and PDF of a clean tree, with checksums, into _build/release'
	@echo 'make address URL=https://github.com/someone/repo   set the public address everywhere'
	@echo 'make clean     remove the built site and the caches; the virtual environments stay'

$(VENVS):
	@"$(PYTHON)" .ci/environment.py $(@F)

book: .venv/book
	@$(BOOK) .ci/site.py

test: lint book
	$(TEST) -m pytest -n 2 --durations=10

lint: .venv/test
	$(TEST) -m ruff check .
	$(TEST) -m ruff format --check .
	$(TEST) -m mypy

format: .venv/test
	$(TEST) -m ruff check --fix --exit-zero --quiet .
	$(TEST) -m ruff format --quiet .

chapter: .venv/book
	@$(BOOK) -m companion.notebooks new "$(NAME)" "$(TITLE)"

execute: .venv/test
	$(TEST) -m companion.notebooks execute $(CHAPTER)

record: .venv/test
	OMP_NUM_THREADS=1 TF_CPP_MIN_LOG_LEVEL=2 TF_ENABLE_ONEDNN_OPTS=0 $(TEST) -m companion.sweep "$(NAME)" $(if $(JOBS),--jobs "$(JOBS)") $(if $(CLUSTER),--cluster "$(CLUSTER)")

lab: .venv/test
	$(TEST) -m jupyterlab book

bench: .venv/test
	$(TEST) -m companion.bench

zoo: .venv/test
	cd tests && ../$(TEST) -m planted $(if $(AGAIN),--again)

matrix: .venv/test
	OMP_NUM_THREADS=1 $(TEST) .ci/matrix.py $(if $(SETTING),--setting "$(SETTING)")

offline: book .venv/print
	@$(PRINT) .ci/offline.py

sheets: .venv/book
	@$(BOOK) -m companion.notebooks sheets _build/sheets

changed: .venv/test
	@$(TEST) .ci/changed.py "$(BASE)"

colab: .venv/test .venv/colab-$(VERSIONS)
	@OMP_NUM_THREADS=1 $(TEST) .ci/in_colab.py "$(VERSIONS)"

# Numbers may be rounded otherwise there: the chapters must run, with every verdict, and are not compared.
versions: book .venv/test-$(VERSIONS)
	.venv/test-$(VERSIONS)/bin/python -m pytest -n 2 -m "not browser and not colab" \
	    -o addopts="--nbval-lax --nbval-current-env --nbval-cell-timeout=240 --dist=loadscope -ra"

release: .venv/print
	@$(PRINT) .ci/release.py --check $(VERSION)
	@$(MAKE) --no-print-directory book
	@$(PRINT) .ci/release.py $(VERSION)

address: .venv/book
	$(BOOK) -m companion.notebooks address "$(URL)"

clean:
	rm -rf _build build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -exec rm -rf {} +
