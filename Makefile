# `make lab` opens the course, `make test` proves it. PYTHON may name another Python, 3.11 or newer.
PYTHON ?= python3
# make PIP=1 lab: installed by pip alone, without uv.
export PIP ?=
VENV := .venv
BIN := $(VENV)/bin
# Written last, when everything is installed: without it the environment is made anew. So it is when its
# Python is gone or finds the course no more, or elsewhere: after an upgrade of the system, or when the
# folder was renamed or copied.
READY := $(VENV)/ready
$(shell test ! -e $(READY) || test "$$($(BIN)/python -Ic 'import course_utils as c; print(c.__file__)' 2>/dev/null)" \
  -ef course_utils/__init__.py || rm -f $(READY))
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

# From the last commit: nothing else that lies here gets into it.
wheel: $(READY)
	rm -rf build/wheel && mkdir -p build/wheel
	git archive HEAD | tar -x -C build/wheel
	cd build/wheel && "$(abspath $(BIN))/python" -m hatchling build -t wheel -d ../../dist

# Once the project has a home: make publish REPO=owner/name
publish: export REPO := $(REPO)
publish: $(READY)
	@$(BIN)/python -m tools.publish

lint: $(READY)
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check

$(READY): pyproject.toml $(CONSTRAINTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "The course needs Python 3.11 or newer, and this is " + sys.version.split()[0] + ": make PYTHON=python3.12 lab")'
	@$(PYTHON) tools/install.py $(CONSTRAINTS) $(VENV)

build/oldest.txt: pyproject.toml
	@mkdir -p build
	$(PYTHON) tools/oldest.py > $@
