# Two commands are enough to start: `make serve` and `make test`. Every `inv` task is a target here too: `make <task>`.
# Set-up needs python3 (3.11 or newer), python3-venv and git; it is done once, and again when requirements/ change.

PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
export PORT HOST

SITE_TASKS := serve build check new-blog new-group preview announce doctor clean
DEVELOPER_TASKS := test check-code bench lock

.DEFAULT_GOAL := help
.PHONY: help $(SITE_TASKS) $(DEVELOPER_TASKS)

help:
	@echo 'make serve       build the site, serve it with its comments and rebuild on every change (PORT=$(PORT) HOST=$(HOST))'
	@echo 'make test        set everything up and run all tests'
	@echo 'make <task>      one of: $(SITE_TASKS) $(DEVELOPER_TASKS)'
	@echo 'Options of a task go in ARGS: make new-blog ARGS='"'"'"My title" --group publieke-code --lang en'"'"
	@echo 'After the first run `.venv/bin/inv --list` tells what each task does.'

$(SITE_TASKS):
	@$(PYTHON) .ci/environment.py site
	@.venv/bin/python -m invoke $@ $(ARGS)

$(DEVELOPER_TASKS):
	@$(PYTHON) .ci/environment.py dev
	@if [ "$@" = test ] || [ "$@" = check-code ]; then \
		$(PYTHON) .ci/environment.py chromium && $(PYTHON) .ci/environment.py checker && $(PYTHON) .ci/environment.py inputs \
		&& $(PYTHON) .ci/environment.py fedify; fi
	@.venv/bin/python -m invoke $@ $(ARGS)
