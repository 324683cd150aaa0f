# All a fresh machine needs is make and Python 3.11 or newer with venv. uv is used where it is, else fetched into .venv.
# Preparation speaks on stderr, so that `make demo ARGS=--json` leaves nothing but the answer on stdout.

.PHONY: setup check fix test demo up bench bench-peers torture conformance docs lock
.DEFAULT_GOAL := setup
SHELL := /bin/sh

# Say PYTHON=/some/python to choose the interpreter; otherwise the newest of these that is 3.11 or later.
PYTHON ?=
ARGS ?=
TESTS ?=
BIN := .venv/bin
CODE := $(wildcard src tests benchmarks mt5/host)
STAMP := .venv/.prepared
# Where it is set, each of the many processes of a stack compiles all its modules anew, which takes longer than its work.
unexport PYTHONDONTWRITEBYTECODE
FIND_PYTHON := for p in $(or $(PYTHON),python3.13 python3.12 python3.11 python3); do \
	"$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo "$$p"; exit 0; }; done; exit 1
# `uv --version` rather than `command -v`: a version switcher's shim is on PATH even where it cannot run.
FIND_UV := if uv --version >/dev/null 2>&1; then echo uv; else echo .venv/.uv/bin/uv; fi
COMPILE := pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-annotate --no-header --quiet

setup: $(STAMP)
	@:

$(BIN)/python:
	@python=$$($(FIND_PYTHON)) || { echo "Argos needs Python 3.11 or newer with venv (Debian: apt install python3 python3-venv);" \
		"to name one: make setup PYTHON=/path/to/python3" >&2; exit 1; }; \
	echo "making .venv with $$python" >&2; "$$python" -m venv .venv >&2

# The bootstrapped uv has a small environment of its own: syncing .venv to the lock would remove it on the way.
$(STAMP): requirements-dev.lock pyproject.toml | $(BIN)/python
	@uv=$$($(FIND_UV)); \
	if [ "$$uv" != uv ] && [ ! -x "$$uv" ]; then \
		echo "fetching uv into .venv" >&2; \
		$(BIN)/python -m venv .venv/.uv >&2 && .venv/.uv/bin/python -m pip install --quiet uv >&2 || exit 1; fi; \
	echo "installing the locked packages" >&2; \
	"$$uv" pip sync --quiet --python $(BIN)/python --require-hashes requirements-dev.lock >&2 && \
	"$$uv" pip install --quiet --python $(BIN)/python --no-deps -e . >&2 && touch $@

check: setup
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/mypy
	@$(BIN)/lint-imports

fix: setup
	@$(BIN)/ruff check --fix $(CODE)
	@$(BIN)/ruff format $(CODE)

# The pure ones on all processors; the others two files at a time, as what they start mostly waits. The torture stays
# alone: what a planted bug leads to depends on when things happen.
test: setup
ifeq ($(TESTS),)
	@$(BIN)/python -m pytest tests/unit --numprocesses=auto $(ARGS)
	@$(BIN)/python -m pytest tests/contract tests/integration tests/acceptance --ignore=tests/acceptance/torture \
		--numprocesses=2 --dist=loadfile $(ARGS)
	@$(BIN)/python -m pytest tests/acceptance/torture $(ARGS)
else
	@$(BIN)/python -m pytest $(TESTS) $(ARGS)
endif

demo: setup
	@$(BIN)/argos demo $(ARGS)

up: setup
	@$(BIN)/argos up $(ARGS)

torture: setup
	@$(BIN)/argos torture $(ARGS)

conformance: setup
	@$(BIN)/python tests/conformance.py $(ARGS)

bench: setup
	@$(BIN)/python benchmarks/run.py $(ARGS)

# The other backtesters that `make bench` measures beside ours, where this has been run.
bench-peers: .venv-peers/.prepared
	@:

.venv-peers/.prepared: benchmarks/peers/requirements.lock | $(STAMP)
	@uv=$$($(FIND_UV)); \
	"$$uv" venv --quiet --allow-existing --python $(BIN)/python .venv-peers >&2 && \
	"$$uv" pip sync --quiet --python .venv-peers/bin/python --require-hashes $< >&2 && touch $@

docs: setup
	@$(BIN)/python -m argos.cli.front docs

# Development first: what is tested and what is installed are the same versions, also where a tool wants an older one.
lock: setup
	@uv=$$($(FIND_UV)); \
	"$$uv" $(COMPILE) pyproject.toml --group dev -o requirements-dev.lock && \
	"$$uv" $(COMPILE) pyproject.toml --constraint requirements-dev.lock -o requirements.lock && \
	"$$uv" $(COMPILE) --group peers -o benchmarks/peers/requirements.lock
