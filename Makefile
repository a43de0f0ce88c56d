# Percuta from a fresh checkout. `make help` lists the targets.
#   PYTHON=python3.12 make test     choose the interpreter (default: 3.11, else 3.12, 3.13, a newer python3)
#   VENV=folder make demo           choose the environment (default: .venv)

VENV ?= .venv
VERSIONS := 3.11 3.12 3.13
DEMO := examples/cheek_pen.toml
DEMO_OUT := out/cheek_pen

RUN := $(VENV)/bin/python -m
EXTRAS := web report records exchange optimise uncertainty cluster docs bench test
INSTALLED_BY := pyproject.toml constraints.txt tools/environment.sh src/percuta/__init__.py

# what WeasyPrint draws letters with
PRINTING = $(VENV)/bin/python -c 'import weasyprint' >/dev/null 2>&1 || \
	tools/debian_packages.sh libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0

export PYTHON
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo serve test setup docs pictures test-all bench lint format constraints clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

# One stamp per set of extras lies inside the environment, so that removing the environment removes it too.
$(VENV)/.base: $(INSTALLED_BY)
	@tools/environment.sh $(VENV)
	@touch $@

$(VENV)/.test: $(INSTALLED_BY)
	@tools/environment.sh $(VENV) test
	@$(PRINTING)
	@command -v chromium >/dev/null || tools/debian_packages.sh chromium
	@touch $@ $(VENV)/.base

$(VENV)/.every: $(INSTALLED_BY)
	@tools/environment.sh $(VENV) $(EXTRAS)
	@$(PRINTING)
	@touch $@ $(VENV)/.base $(VENV)/.test $(VENV)/.docs

$(VENV)/.web: $(INSTALLED_BY)
	@tools/environment.sh $(VENV) web report optimise
	@$(PRINTING)
	@touch $@ $(VENV)/.base

$(VENV)/.docs: $(INSTALLED_BY)
	@tools/environment.sh $(VENV) docs
	@touch $@ $(VENV)/.base

demo: $(VENV)/.base ## plan a treatment of the cheeks and say where its report lies
	@$(RUN) percuta plan $(DEMO) --out $(DEMO_OUT)
	@echo "The report: $(CURDIR)/$(DEMO_OUT)/report.html"
	@echo "To plan in the browser: make serve"

serve: $(VENV)/.web ## the planner in the browser, on this machine alone
	@$(RUN) percuta serve

test: lint ## everything that has to pass: style, types, layers, tests, and the wheel from outside the tree
	$(RUN) pytest -n auto --dist worksteal
	tools/test_wheel.sh $(VENV)

lint: $(VENV)/.test ## style, types and layers
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) mypy
	$(VENV)/bin/lint-imports --no-logo

format: $(VENV)/.test ## put the code into its form, and mend what can be mended by itself
	$(RUN) ruff check --fix
	$(RUN) ruff format

docs: $(VENV)/.docs ## the book, in out/book; its tables, charts and commands are computed while it is built
	@echo "Building the book; after a change of the package its commands run anew, which takes some minutes"
	@$(RUN) sphinx -b html -W --keep-going -q -d out/book_work/doctrees docs out/book
	@echo "The book: $(CURDIR)/out/book/index.html"

setup: $(VENV)/.every ## an environment with every extra
	@echo "Ready: . $(VENV)/bin/activate"

test-all: ## the tests on every supported interpreter that is found
	@found=""; for version in $(VERSIONS); do \
	    python=$$(tools/find_python.sh $$version); \
	    if [ -n "$$python" ]; then \
	        found="$$found $$version"; echo "== Python $$version"; \
	        $(MAKE) --no-print-directory test VENV=.venv-$$version PYTHON="$$python" || exit 2; \
	    else echo "== Python $$version: not found, left out"; fi; \
	done; echo "== passed on$${found:- no interpreter}"; [ -n "$$found" ]

pictures: $(VENV)/.test ## the pictures of the planner in the README and the book
	@$(VENV)/bin/python tools/pictures.py

bench: $(VENV)/.test ## how fast it is
	$(RUN) pytest benchmarks --benchmark-only

constraints: ## resolve constraints.txt afresh, on the oldest supported Python
	$$(tools/find_python.sh $(firstword $(VERSIONS))) tools/resolve_constraints.py

clean: ## remove what was made here: environments, caches, results, packages
	rm -rf .venv .venv-* out dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
