# The verbs of this repository. Each sets up what it needs; CI runs `make test` and nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
PYTEST := $(BIN)/python -m pytest
# One worker more than cores, because tests also wait for processes and clocks; beyond four, the processes that the tests
# start get in each other's way. A file stays on one worker, so that what its tests share is made once; files go in order,
# because the long ones come first.
WORKERS := $(shell n=$$(( $$(nproc 2>/dev/null || echo 2) + 1 )); [ $$n -gt 4 ] && n=4; echo $$n)
PARALLEL := -n $(WORKERS) --dist=loadfile --no-loadscope-reorder
COMPILE := $(UV) pip compile pyproject.toml --extra postgresql --universal --python-version 3.11 --only-binary :all: \
	--generate-hashes --no-emit-index-url --no-header --quiet

# The machine's certificates, like pip and git, so that a company's proxy is trusted where they trust it.
export UV_SYSTEM_CERTS ?= true
export PIP_DISABLE_PIP_VERSION_CHECK ?= 1
# Where the environment forbids it, every process would compile thousands of modules anew; the tests start hundreds.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help install demo test test-full lint format bench chaos elasticsearch screenshots lock system-packages

help: ## List these verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

install: $(VENV)/project.stamp ## Create .venv with everything locked; the command is then .venv/bin/flywheel

demo: install ## Show a finished comparison with a decision to make, offline (ARGS=--reset starts afresh)
	$(BIN)/flywheel demo $(ARGS)

test: system-packages install lint ## Lint, types and tests; what CI runs (ARGS are pytest's)
	$(PYTEST) $(PARALLEL) $(ARGS)

test-full: system-packages install lint ## All of test, and what takes long
	$(PYTEST) $(PARALLEL) -m "" $(ARGS)

lint: install ## Check style, format, types and the import rules, changing nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports --no-cache

format: install ## Format the code and mend what can be mended without a person
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install ## Measure and print tables (on a quiet machine)
	$(PYTEST) -n 0 -m bench --benchmark-enable --capture=no --timeout=0 $(ARGS)

chaos: install ## Kill workers 200 times on each database in three modes, and judge what is left (ARGS are the harness's)
	$(BIN)/python -m tests.chaos $(ARGS)

elasticsearch: install ## Run a real Elasticsearch node on loopback for trying things out (ARGS is its port, 9200)
	$(BIN)/python -m tests.elasticsearch_node $(ARGS)

screenshots: install ## Retake the pictures of README.md from a fresh demo
	$(BIN)/python -m tests.browser.screenshots

lock: $(UV) ## Pin pyproject.toml's requirements with hashes (ARGS=--upgrade takes the newest)
	$(COMPILE) $(ARGS) --output-file requirements.lock
	$(COMPILE) $(ARGS) --group dev --constraint requirements.lock --output-file requirements-dev.lock

# Chromium and PostgreSQL: installed in CI; elsewhere the tests that need a missing one are skipped with a reason.
system-packages:
ifdef CI
	@PYTHON="$(PYTHON)" sh tests/system_packages.sh
endif

# uv itself is pinned in the lock; pip brings that one, and uv brings the rest.
$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 install" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "Python cannot make virtual environments here; on Debian: apt-get install python3-venv" >&2; exit 2; }
	sed -n '/^uv==/,/[^\\]$$/p' requirements-dev.lock > $(VENV)/uv.lock
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps --only-binary :all: --requirement $(VENV)/uv.lock

$(VENV)/lock.stamp: requirements-dev.lock | $(UV)
	$(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes --only-binary :all: requirements-dev.lock
	@touch $@

$(VENV)/project.stamp: pyproject.toml $(VENV)/lock.stamp
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@
