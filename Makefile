# `make lab` opens the course, `make test` proves it. PYTHON may name another Python, 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Written last, when everything is installed: without it the environment is made anew.
READY := $(VENV)/ready

.PHONY: lab test browser-test refresh lint
.DEFAULT_GOAL := lab

# As root JupyterLab must be told so; without a screen it prints its address instead of opening a browser.
SCREEN := $(DISPLAY)$(WAYLAND_DISPLAY)$(filter Darwin,$(shell uname))
LAB_FLAGS := --ip=127.0.0.1 $(if $(filter 0,$(shell id -u)),--allow-root) $(if $(SCREEN),,--no-browser)

lab: $(READY)
	cd notebooks && ../$(BIN)/python -m jupyterlab $(LAB_FLAGS)

test: $(READY)
	$(BIN)/python -m pytest --nbval

browser-test: $(READY)
	@command -v chromium chromium-browser google-chrome >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	  && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } \
	  || { echo "There is no Chromium: install the system's package chromium." >&2; exit 1; }
	@$(BIN)/python -c 'import playwright' 2>/dev/null || $(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[browser]'
	$(BIN)/python -m pytest -m browser tests/browser

refresh: $(READY)
	$(BIN)/python tools/refresh.py $(LESSON)

lint: $(READY)
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "The course needs Python 3.11 or newer, and this is " + sys.version.split()[0] + ": make PYTHON=python3.12 lab")'
	@test -e $@ || $(PYTHON) -m venv --clear $(VENV)
	@rm -f $@
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[lab,test]'
	@touch $@
