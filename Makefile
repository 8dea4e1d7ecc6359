# Fifty-Four Days. `make serve` reads the book, `make test` runs every test; both set up all they need, in .venv.
# Overridable: make serve PORT=9000, make test PYTHON=/opt/python3.13/bin/python3 TESTS="tests/clustermath -x"

PORT   ?= 8000
TESTS  ?= tests
JOBS   ?= auto
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
    $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; exit; }; done; echo python3)

NU := vnu-jar@26.9.27
VENV    := .venv
BIN     := $(VENV)/bin
SITE    := _build/html

.DEFAULT_GOAL := help
.PHONY: help serve test test-fast mutants book downloads lab edit notebooks bench lighthouse validate measure clean

help:
	@echo "make serve      build the book and serve it on localhost (PORT=$(PORT))"
	@echo "make test       run every test (TESTS=$(TESTS))"
	@echo "make test-fast  run the tests that need no built book: a minute on two cores"
	@echo "make book       build the book into $(SITE)"
	@echo "make downloads  make the whole book's PDF, EPUB and zip; each page links to them then (KINDS=pdf)"
	@echo "make lab        read and run the chapters in JupyterLab, in copies of your own (notebooks/)"
	@echo "make edit       open in JupyterLab what the chapters are made from, to change the book"
	@echo "make notebooks  export the chapters as executed notebooks into _build/notebooks"
	@echo "make bench      measure page weight, start-up, ticks, searches and builds (AGAINST=24884fd beside an earlier state, RUNS=7, ONLY=models, KEEP=1 for the book)"
	@echo "make lighthouse let Lighthouse judge every built page, as on a phone (needs Node; PAGES=book/power)"
	@echo "make validate   let the Nu validator read every built page (needs Node and Java)"
	@echo "make mutants    make small mistakes in a copy of the book and see which the tests notice (COUNT=60, SEED=1, ONLY=data, WHOLE=1)"
	@echo "make measure    measure what a NumPy call costs on this machine, into book/data/dispatch.json"
	@echo "make clean      delete what was built (.venv and your notebooks/ stay; delete the folders to start anew)"

serve: book
	@$(BIN)/python tools/serve.py --port $(PORT)

book: $(VENV)/.book
	@echo "Building the book ..."
	@$(BIN)/python tools/build.py

downloads: $(VENV)/.tests book
	@BROWSER_FOR_TESTS="$$($(BIN)/python tools/find_browser.py)" && export BROWSER_FOR_TESTS && $(BIN)/python tools/downloads.py $(KINDS)

lab: book
	@$(BIN)/python tools/lab.py

edit: $(VENV)/.book
	@$(BIN)/python tools/lab.py --sources

notebooks: book
	@rm -rf _build/notebooks && cp -R $(SITE)/notebooks _build/notebooks
	@echo "Notebooks are in _build/notebooks"

test: $(VENV)/.tests
	@BROWSER_FOR_TESTS="$$($(BIN)/python tools/find_browser.py)" && export BROWSER_FOR_TESTS && $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder --durations 40 --durations-min 5 $(TESTS)

test-fast: $(VENV)/.tests
	@BROWSER_FOR_TESTS="$$($(BIN)/python tools/find_browser.py)" && export BROWSER_FOR_TESTS && $(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m "not slow" $(TESTS)

mutants: $(VENV)/.tests
	@BROWSER_FOR_TESTS="$$($(BIN)/python tools/find_browser.py)" && export BROWSER_FOR_TESTS && $(BIN)/python tests/benchmarks/mutants.py $(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only $(ONLY)) $(if $(WHOLE),--whole)

bench: $(VENV)/.tests
	@BROWSER_FOR_TESTS="$$($(BIN)/python tools/find_browser.py)" && export BROWSER_FOR_TESTS && $(BIN)/python tests/benchmarks/bench.py $(if $(AGAINST),--against $(AGAINST)) $(if $(RUNS),--runs $(RUNS)) $(if $(ONLY),--only $(ONLY)) $(if $(KEEP),--keep)

lighthouse: $(VENV)/.tests book
	@$(BIN)/python tools/lighthouse.py $(PAGES)

validate: book
	@npx --yes $(NU) --errors-only --skip-non-html $(SITE) && echo "All pages are valid HTML"

measure: $(VENV)/.book
	@$(BIN)/python tools/measure_dispatch.py

clean:
	rm -rf _build

# Each stamp is newer than the requirements it was made from, so that nothing is installed twice.
$(VENV)/.book: requirements.txt | $(BIN)/pip
	@echo "Installing the book's packages into $(VENV) (a few minutes the first time) ..."
	@$(BIN)/python -m pip install --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.tests: tests/requirements.txt $(VENV)/.book
	@echo "Installing the tests' packages into $(VENV) ..."
	@$(BIN)/python -m pip install --disable-pip-version-check -r tests/requirements.txt
	@touch $@

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    echo "Fifty-Four Days needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>/dev/null || echo missing): install one, or name it with make PYTHON=/path/to/python3."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "$(PYTHON) cannot make virtual environments: install its venv module (on Debian and Ubuntu: sudo apt-get install python3-venv)."; exit 1; }
	@echo "Making a virtual environment in $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv --clear $(VENV)
