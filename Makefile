# `make demo` and `make test` work on a fresh machine with Python 3.11+ and pip: they make .venv by themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Tests run in this many processes. `worksteal` leaves neighbours together, so that what they share is seldom made twice.
# (`loadfile` would start a test that hangs over and over: once for each worker that the time-out ends.)
JOBS ?= 2
PYTEST := $(BIN)/pytest -n $(JOBS) --dist worksteal
# Everything `make demo` writes stays in here; git ignores it.
DEMO_HOME := .kdance

.PHONY: demo test fuzz check lint coverage format lock upgrade clean

# Exactly the versions that the lock files name, each held against its hash. pip alone does it.
$(VENV)/ready: pyproject.toml requirements-build.lock requirements-dev.lock
	$(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes -r requirements-build.lock
	$(PIP) --require-hashes --no-build-isolation -r requirements-dev.lock
	$(PIP) --no-deps --no-build-isolation -e .
	$(BIN)/python -m pip check
	@touch $@

demo: $(VENV)/ready
	@KDANCE_HOME="$(CURDIR)/$(DEMO_HOME)" $(BIN)/kdance demo
	@echo
	@echo "  From here, type it like this:"
	@echo "  KDANCE_HOME=$(DEMO_HOME) $(BIN)/kdance report last-session"
	@echo "  KDANCE_HOME=$(DEMO_HOME) $(BIN)/kdance train demo            (with a webcam)"

# The quick tests.
test: $(VENV)/ready
	$(PYTEST) -m "not slow"

# More than 100,000 hostile inputs; says how many each surface got. FUZZ is the number for one test of the cheaper ones.
FUZZ ?= 7000
fuzz: $(VENV)/ready
	KDANCE_FUZZ=$(FUZZ) $(PYTEST) -q --timeout 3600 tests/fuzz

# Everything that has to hold before a change lands.
check: lint
	$(PYTEST)

lint: $(VENV)/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# All tests, and the lines that none of them ran; takes about a fifth longer than without.
coverage: $(VENV)/ready
	$(PYTEST) --cov=kdance --cov-report=term:skip-covered

format: $(VENV)/ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Writes the lock files after a change of dependencies in pyproject.toml; versions that still fit stay as they are.
# `make upgrade` takes the newest of everything. Both fail where the address of a package index would be written.
lock upgrade:
	@tools=$$(mktemp -d) && trap 'rm -rf "$$tools"' EXIT && \
	$(PYTHON) -m venv "$$tools" && \
	"$$tools/bin/python" -m pip install --quiet --disable-pip-version-check uv && \
	compile="$$tools/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links $(if $(filter upgrade,$@),--upgrade)" && \
	$$compile --custom-compile-command "make lock" --extra dev pyproject.toml -o requirements-dev.lock && \
	$$compile --custom-compile-command "make lock" --group build -c requirements-dev.lock -o requirements-build.lock
	@! grep -n '://' requirements-build.lock requirements-dev.lock

clean:
	rm -rf $(VENV) $(DEMO_HOME)
