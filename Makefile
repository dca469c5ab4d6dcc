# Advice Line: `make demo` runs it, `make test` proves it, `make help` lists the rest.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate
SOURCES := advice_line webhooks scheduler tests benchmarks hatch_build.py

# What was compiled once is kept, whatever the machine has set: tests are found in half the time.
unexport PYTHONDONTWRITEBYTECODE

# Three at a time: one for each of two cores, and one for when they stand still, for many tests wait for a clock or another
# process; a fourth would have more to warm up than to do. A file stays with one worker, and the longest begin first
# (tests/conftest.py): otherwise files with many tests would.
TESTS := $(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: help install demo test coverage check types rules bench format lock screenshot clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED) ## make the environment .venv

$(INSTALLED): requirements/dev.txt requirements/run.in requirements/uv.txt pyproject.toml hatch_build.py frontend/package-lock.json
	@echo "Making the environment in .venv …"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Advice Line needs Python 3.11 or newer: install it, or name one with PYTHON=…" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(BIN)/uv pip install --quiet --require-hashes --compile-bytecode --python $(BIN)/python -r requirements/dev.txt
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python -e .
	@$(BIN)/python hatch_build.py
	@$(BIN)/python -m compileall -q advice_line webhooks scheduler  # each start is seconds faster, whoever may write where
	@touch $@

demo: install ## run the product with two example services on this machine
	@$(BIN)/advice-line demo

test: check ## every test, on real parts
	@$(BIN)/python -m tests.browser
	$(TESTS)

coverage: install ## every test again, counting branches: less than 90 % fails
	@$(BIN)/python -m tests.browser
	@rm -f .coverage*
	$(TESTS) --hypothesis-profile=thorough --cov --cov-report=term:skip-covered

check: install ## format, lint, types, import contracts, rules of the house
	@$(MAKE) --no-print-directory --jobs=2 types rules

types:
	$(BIN)/mypy

# All tests are found once here, where a core is free: what pytest writes of each is then there for all that run them.
rules:
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest tests/test_house_rules.py
	@$(BIN)/pytest --collect-only -qq >/dev/null || true  # what is wrong is told when they run

bench: install ## speed, as ratios against named rivals in the same run
	$(BIN)/python -m benchmarks

format: install ## put the code into its format
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

lock: install ## write the locked versions afresh
	$(LOCK) requirements/uv.in -o requirements/uv.txt
	$(LOCK) requirements/run.in -o requirements/run.txt
	$(LOCK) requirements/dev.in -o requirements/dev.txt
	cd frontend && npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved

screenshot: install ## take the picture in the README from a running demo
	$(BIN)/python -m tests.screenshot

clean: ## remove the environment and what was built
	rm -rf .venv dist advice_line/pages/static/vendor
