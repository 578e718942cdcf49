# `make demo` and `make test` work on a fresh machine with Python 3.11+ and pip: they make .venv by themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Everything `make demo` writes stays in here; git ignores it.
DEMO_HOME := .kdance

.PHONY: demo test check format clean

$(VENV)/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

demo: $(VENV)/ready
	@KDANCE_HOME="$(CURDIR)/$(DEMO_HOME)" $(BIN)/kdance demo
	@echo
	@echo "  From here, type it like this:"
	@echo "  KDANCE_HOME=$(DEMO_HOME) $(BIN)/kdance report last-session"
	@echo "  KDANCE_HOME=$(DEMO_HOME) $(BIN)/kdance train demo            (with a webcam)"

test: $(VENV)/ready
	$(BIN)/pytest

check: $(VENV)/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest

format: $(VENV)/ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) $(DEMO_HOME)
