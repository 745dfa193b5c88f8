# `make` sets up what is missing: a JDK, .venv and the jars. The other targets do that first, then their own work.

# The first of these that is Python 3.11 or newer; PYTHON=… on the command line chooses another.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)
BIN := .venv/bin
PYTEST_ARGS ?=
# One more than there are processors: a test often waits for something.
TEST_WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
JDK_TESTS := tests/jvm tests/locate tests/examples tests/provider tests/tools
WYCHEPROOF_DIR ?= tests/vectors/wycheproof

# A run of the tests starts Python hundreds of times; each start would compile the package and the tests anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: ready demo test soak wycheproof bench lint format clean

ready: .venv/.ready
	@$(BIN)/python java/build_jar.py

demo: ready
	@$(BIN)/hsmbridge demo

# The tests that take longest begin first, as tests/conftest.py sorts them, and not those of the files with most tests.
# The provider's tests run a second time, through a daemon; pytest ends with 5 if PYTEST_ARGS choose none of them.
test: ready
	@$(BIN)/pytest -m "not soak" -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)
	@$(BIN)/pytest -m "not soak" -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder --transport socket $(PYTEST_ARGS) tests/provider \
		|| { status=$$?; test $$status -eq 5 && test -n "$$PYTEST_ARGS" || exit $$status; }

soak: ready
	@$(BIN)/pytest -m soak $(PYTEST_ARGS)
	@$(BIN)/pytest -m "not soak" -n $(TEST_WORKERS) --dist loadfile --every-jdk $(JDK_TESTS)

wycheproof: ready
	@$(BIN)/python tests/wycheproof/run.py "$(WYCHEPROOF_DIR)"

bench: ready
	@$(BIN)/hsmbridge speed --limits

lint: .venv/.ready
	@$(BIN)/ruff format --quiet --check . || { echo "not formatted: run 'make format'" >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/python java/build_jar.py --lint

format: .venv/.ready
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

clean:
	@rm -rf .venv build dist .gradle bridge/jvm/hsmbridge.jar bridge/speed/speed.jar .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find bridge java tests -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.ready: pyproject.toml
	@test -n "$(PYTHON)" || { echo "hsmbridge needs Python 3.11 or newer: install it, or say PYTHON=/path/to/python3" >&2; exit 1; }
	@sh java/ensure_jdk.sh "$(PYTHON)"
	@echo "setting up .venv (once)" >&2
	@"$(PYTHON)" -m venv .venv || { rm -rf .venv; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@
