# Two commands: `make demo` shows the whole thing, `make test` checks it. Both set up what they need, once.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTHON ?= python3
WORKERS ?= 2
export TOKENIZERS_PARALLELISM := false

.PHONY: demo test lint setup clean

demo: $(READY)
	$(BIN)/unlearn-spec demo

test: lint
	$(BIN)/python -m pytest -q -n $(WORKERS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/mypy

setup: $(READY)

# torch first and by exact pin: without it another package would pull the newest build. wheel: some are built here.
$(READY): constraints.txt pyproject.toml setup.py
	$(PYTHON) -c "import sys; sys.exit(0 if sys.version_info >= (3, 11) else 'unlearn-spec needs Python 3.11 or newer; set PYTHON=…')"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q -c constraints.txt torch wheel
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf demo-out build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
