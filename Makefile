# `make lab` opens the course, `make test` proves it. PYTHON may name another Python, 3.11 or newer.
PYTHON ?= python3
# make PIP=1 lab: installed by pip alone, without uv.
export PIP ?=
VENV := .venv
BIN := $(VENV)/bin
# Written last, when everything is installed: without it the environment is made anew. So it is when its
# Python is gone, or finds nothing any more, as after an upgrade of the system.
READY := $(VENV)/ready
$(shell $(BIN)/python -c 'import filelock' 2>/dev/null || rm -f $(READY))
# /dev/null for the newest versions there are, build/oldest.txt for the oldest that are allowed.
CONSTRAINTS ?= constraints.txt
# --nbval-lax where stored outputs are not compared, and a lesson only has to run and keep its assertions.
NBVAL ?= --nbval

.PHONY: lab test slow-test chromium browser-test bench refresh translate lint book publish wheel
.DEFAULT_GOAL := lab

# As root JupyterLab must be told so; without a screen it prints its address instead of opening a browser.
SCREEN := $(DISPLAY)$(WAYLAND_DISPLAY)$(filter Darwin,$(shell uname))
# tools/jupyterlab: it asks for no news and no updates. The network is for what a learner asks for.
LAB_FLAGS := --ip=127.0.0.1 --LabApp.app_settings_dir=../tools/jupyterlab $(if $(filter 0,$(shell id -u)),--allow-root) $(if $(SCREEN),,--no-browser)

lab: $(READY)
	cd notebooks && ../$(BIN)/python -m jupyterlab $(LAB_FLAGS)

# Two at a time, each with one thread: two that take turns on the same cores would wait for each other.
test: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(NBVAL) -n 2 --dist loadfile

# What takes minutes: faults that need many tries; each notebook alone with the wheel, and in odd places.
slow-test: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m slow tests -n 2

chromium: $(READY)
	@$(BIN)/python -m tools.chromium 2>/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	  && apt-get update -qq && apt-get install -y -qq chromium >/dev/null 2>&1; } || $(BIN)/python -m tools.chromium

browser-test: chromium
	@$(BIN)/python -c 'import playwright, myst_nb' 2>/dev/null || $(BIN)/python -m pip install --quiet --constraint $(CONSTRAINTS) --editable '.[browser,book]'
	$(BIN)/python -m pytest -m browser tests/browser

# All, about 25 minutes, or some: make bench MEASURE="growth nbval"
bench: $(READY)
	$(BIN)/python benchmarks/run.py $(MEASURE)

# Through the environment, where the shell does not take a name to pieces.
refresh: export LESSON := $(LESSON)
refresh: export ANEW := $(ANEW)
refresh: $(READY)
	@$(BIN)/python -m tools.refresh

# All catalogues, or a new one besides: make translate BEGIN=zh_CN/05_mini_batches
translate: export BEGIN := $(BEGIN)
translate: $(READY)
	@$(BIN)/python -m tools.translate

# The web book from the stored outputs, in build/book/html: nothing is run.
book: $(READY)
	@$(BIN)/python -c 'import myst_nb, sphinx_book_theme' 2>/dev/null || $(BIN)/python -m pip install --quiet --constraint $(CONSTRAINTS) --editable '.[book]'
	$(BIN)/python -m book.build
	@echo "The book: build/book/html/index.html"

wheel: $(READY)
	$(BIN)/python -m hatchling build -t wheel -d dist

# Once the project has a home: make publish REPO=owner/name
publish: export REPO := $(REPO)
publish: $(READY)
	@$(BIN)/python -m tools.publish

lint: $(READY)
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check

$(READY): pyproject.toml $(CONSTRAINTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "The course needs Python 3.11 or newer, and this is " + sys.version.split()[0] + ": make PYTHON=python3.12 lab")'
	@test -e $@ || $(PYTHON) -m venv --clear $(VENV)
	@rm -f $@
	@echo "Installing PyTorch, JupyterLab and what they need."
	$(BIN)/python tools/install.py $(CONSTRAINTS)
	@touch $@

build/oldest.txt: pyproject.toml
	@mkdir -p build
	$(PYTHON) tools/oldest.py > $@
