# Two commands matter: `make run` opens the app, `make test` checks everything. Both prepare what they need.
# Paths here are relative, so a checkout in a folder with spaces works.

.DEFAULT_GOAL := help
.PHONY: help run test venv system-libraries lint format bench soak tour docs-images lock wheel package package-check clean

python := .venv/bin/python

help:
	@echo "make run      open the app on the local studio (without a display: draw every view to out/tour)"
	@echo "make test     everything that CI checks"
	@echo "make venv     the app and its tools in .venv (also done by the others when needed)"
	@echo "make lint     format, lint and type checks alone;  make format  mends what can be mended"
	@echo "make bench    our figures beside their baselines, and out/bench.json"
	@echo "make soak     the longer versions of slow tests and benchmarks"
	@echo "make tour     every view as PNG in out/tour"
	@echo "make docs-images  the pictures in docs/images"
	@echo "make wheel    the package in dist/"
	@echo "make package  the installers that this system can build, in dist/packages"
	@echo "make package-check  install the built .deb, try it as an ordinary user, remove it (root)"
	@echo "make lock     requirements.lock anew (needs uv)"
	@echo "make clean    remove what was made; never touches the app's own data"

system-libraries:
	@sh scripts/install_system_libraries.sh

venv: system-libraries
	@sh scripts/make_venv.sh

run: venv
	@sh scripts/run.sh $(ARGS)

test: venv
	@bash scripts/test.sh $(ARGS)

lint: venv
	@$(python) -m ruff format --check --quiet .
	@$(python) -m ruff check --quiet .
	@$(python) -m mypy

format: venv
	@$(python) -m ruff check --fix --quiet .
	@$(python) -m ruff format --quiet .

bench: venv
	@$(python) -m benchmarks $(ARGS)

soak: venv
	@SYNCSPHERE_SOAK=1 $(python) -m pytest -q -n 2 -m slow --timeout 3600
	@SYNCSPHERE_SOAK=1 $(python) -m benchmarks --json out/soak.json

tour: venv
	@QT_QPA_PLATFORM=offscreen .venv/bin/syncsphere-desktop tour --out out/tour $(ARGS)

# The pictures in the documents; look at them before committing.
pictures := welcome welcome-connect users-selected users-conflict users-hand-over users-delete projects-selected \
	library-selected import-preview import-report integrity-findings \
	bundles-contents bundles-compare bundles-restore bundles-retention file updates-found \
	ownership-log ownership-history ownership-lanes ownership-heat
docs-images: venv
	@.venv/bin/syncsphere-desktop tour --theme dark --out out/tour
	@mkdir -p docs/images
	@for name in $(pictures); do cp out/tour/$$name-dark.png docs/images/; done

wheel: venv
	@$(python) -m hatchling build -t wheel

package: venv
	@$(python) packaging/make_packages.py

# Installs, tries and removes the package: for a machine that is there for it, as root.
package-check: package
	@SYNCSPHERE_TEST_PACKAGE=$$(ls dist/packages/*.deb) $(python) -m pytest -q tests/packaging --timeout 900

# `--universal` locks for every system, and no registry's address gets into the file.
lock:
	@command -v uv >/dev/null || { echo "make lock needs uv on the PATH." >&2; exit 1; }
	@uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--extra dev --python-version 3.11 --output-file requirements.lock pyproject.toml

clean:
	@rm -rf .venv out dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.* htmlcov
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
