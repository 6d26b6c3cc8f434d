# One Density, Many Dynamics. `make help` lists the commands; each is a short script in tools/.
#
#   make PYTHON=/path/to/python3.12 ...    another Python (3.11 to 3.13) than the one found
#   make TORCH_INDEX_URL=URL ...           another build of torch (README, "CPU or CUDA")

PYTHON ?=
TORCH_INDEX_URL ?=
export PYTHON TORCH_INDEX_URL

BIN := .venv/bin
BENCH := .venv/bench/bin

.PHONY: help env lab book test lint bench zip clean
.DEFAULT_GOAL := help

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile

env: ## make the environment .venv, or bring it up to date
	@python=$$(sh tools/find_python.sh) && "$$python" tools/environment.py

lab: env ## open JupyterLab on the chapters
	@$(BIN)/jupyter lab chapters

book: env ## run every chapter and build the book
	@$(BIN)/python tools/book.py

test: book ## run all tests: units, notebooks, TypeScript, and browser where a Chromium is found
	@# One file at a time to each of at most four processes; a notebook is a file.
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

lint: env ## check style, types, notebooks and file sizes
	@$(BIN)/python tools/lint.py

bench: env ## time the book, the tests, the figures; solver, samplers, likelihood, nets beside peers
	@$(BIN)/python tools/peers.py
	@$(BENCH)/python benchmarks/fokker_planck.py
	@$(BENCH)/python benchmarks/samplers.py
	@$(BENCH)/python benchmarks/likelihood.py
	@$(BENCH)/python benchmarks/matching.py
	@$(BENCH)/python benchmarks/nets.py
	@$(BIN)/python benchmarks/book.py
	@$(BIN)/python benchmarks/lab.py

zip: book ## pack the built book into one file to read offline
	@$(BIN)/python tools/zip_book.py

clean: ## remove what was built (the environment stays: rm -rf .venv removes it)
	rm -rf _build .pytest_cache .ruff_cache lab/node_modules
