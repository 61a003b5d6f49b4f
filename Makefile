# The two commands of the README are `make demo` and `make test`; plain `make` prints the rest.
# Python 3.11 or newer is all that has to be there.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
VENV := .venv
BIN := $(VENV)/bin
# What is set up beside the package; CI adds spark.
EXTRAS ?= lab,dev
STAMP := $(VENV)/.set-up-$(EXTRAS)

.DEFAULT_GOAL := help
.PHONY: help demo test lint format types check bench definitions lab clean

help: ## print this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 20

$(STAMP): pyproject.toml constraints.txt
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; fi
	@echo "Setting up $(VENV) with $$($(PYTHON) --version): a minute or two, once."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --constraint constraints.txt --editable '.[$(EXTRAS)]'
	@touch $@

demo: $(STAMP) ## try it without a key: sandbox, orders over HTTP, numbers, charts, workbooks and a notebook in demo/
	@$(BIN)/tegro demo --out demo

test: $(STAMP) ## run the tests (TEGRO_TEST_ALL=1 runs those that need a browser, LibreOffice or minutes, too)
	@$(BIN)/python -m pytest -n auto --dist loadgroup

lint: $(STAMP) ## check format and style
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

format: $(STAMP) ## put the code into the project's format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

types: $(STAMP) ## check the types, strictly
	@$(BIN)/mypy

check: lint types test ## all of it: format, style, types, tests, documents

bench: $(STAMP) ## time it beside its peers, an hour on a machine that is idle (BENCH=small: some minutes)
	@$(BIN)/python benchmarks/run.py $(BENCH)

definitions: $(STAMP) ## write the page of definitions anew, in both languages
	@$(BIN)/python -m tegro_analytics.metrics.definitions docs

lab: $(STAMP) ## open the notebooks in JupyterLab
	@$(BIN)/tegro lab

clean: ## remove what was made here: the environment, caches, the demo
	rm -rf $(VENV) demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
