# Five short verbs run everything; each only calls python -m venv, pip and workbench.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-annotate --no-header \
	--no-emit-index-url --no-emit-find-links
TEST_WORKERS ?= 2
# What runs once more with every home on a PostgreSQL server; make soak runs everything so.
ON_POSTGRESQL := tests/storage tests/jobs tests/contracts --ignore=tests/jobs/test_chains_running.py
COMPOSE ?= docker compose
export OMP_NUM_THREADS ?= 1
# Where this is set, each of the many processes would compile our code anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test install lab up down logs lint coverage audit bench soak browser lock clean

run: $(STAMP)
	@exec $(BIN)/workbench run

test: $(DEV_STAMP) browser
	$(BIN)/python -m pytest -n $(TEST_WORKERS) -m "not soak" --nbmake --nbmake-timeout=300 tests notebooks
	TEST_DATABASE=postgresql $(BIN)/python -m pytest -n $(TEST_WORKERS) -m "not soak" $(ON_POSTGRESQL)

install: $(STAMP)

$(STAMP): requirements.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "python3.11 was not found; set PYTHON=/path/to/python3.11" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(INSTALL) -r requirements.txt
	$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $(STAMP)

# What only tests, checks and benchmarks need.
$(DEV_STAMP): $(STAMP) requirements-dev.txt
	$(INSTALL) -r requirements-dev.txt
	@touch $(DEV_STAMP)

browser: $(DEV_STAMP)
	@$(BIN)/python -m tests.browser.install

lab: $(STAMP)
	@exec $(BIN)/workbench lab

# The same in containers; ARGS="--scale api=3" reaches docker compose, COMPOSE_PROFILES=chat,gpu chooses more of them.
up:
	@sh deploy/containers/secrets.sh
	$(COMPOSE) up --detach --build $(ARGS)
	@echo "Pages  http://$$($(COMPOSE) port proxy 8501)"
	@echo "API    http://$$($(COMPOSE) port proxy 8000)/docs"
	@echo "Prometheus  http://$$($(COMPOSE) port prometheus 9090)"
	@echo "Grafana     http://$$($(COMPOSE) port grafana 3000) (admin, GRAFANA_PASSWORD of .env)"

down:
	$(COMPOSE) --profile "*" down $(ARGS)

logs:
	$(COMPOSE) logs --follow --tail 100 $(ARGS)

lint: $(DEV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

coverage: $(DEV_STAMP)
	$(BIN)/coverage run -m pytest -m "not soak and not browser"
	$(BIN)/coverage report
	$(BIN)/coverage html

audit: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --target .audit-packages pip-audit
	PYTHONPATH=.audit-packages $(BIN)/python -m pip_audit --disable-pip --no-deps -r requirements.txt

bench: $(DEV_STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --no-deps --target .bench-packages \
		-r benchmarks/requirements.txt
	PYTHONPATH=.bench-packages $(BIN)/python -m benchmarks

soak: $(DEV_STAMP)
	$(BIN)/python -m pytest -m soak --nbmake --nbmake-timeout=600 tests notebooks
	TEST_DATABASE=postgresql $(BIN)/python -m pytest -n $(TEST_WORKERS) -m "not soak and not browser" tests

lock: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(LOCK) pyproject.toml -o requirements.txt
	$(LOCK) --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt
	@# torch names its CUDA packages itself, where the build that a registry serves needs them.
	sed -i.bak -E '/^(nvidia-|cuda-|triton==)/d' requirements.txt requirements-dev.txt
	(echo "-r requirements.txt"; grep -vxF -f requirements.txt requirements-dev.txt) > requirements-dev.bak
	mv requirements-dev.bak requirements-dev.txt && rm -f requirements.txt.bak requirements-dev.txt.bak

clean:
	rm -rf $(VENV)
