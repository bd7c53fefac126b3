# Every command of the project. `make help` lists them.
SHELL := /bin/bash
SWIFT ?= swift
# One configuration for everything: numeric Swift is far too slow in debug, and what is tested is what runs.
BUILD := $(SWIFT) build -c release
SOURCES := Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources Protos/generator/Package.swift Protos/generator/Sources

.DEFAULT_GOAL := build
.PHONY: help setup build test demo run lint format protos protos-check protos-breaking golden venv parity wire-costs \
  study e2e bench bench-replicas docs examples sanitize fuzz soak flood simulate durability kills misery compose-check metrics-check \
  page-check e2e-compose ci clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install the Debian packages that the build needs
	@scripts/setup.sh

build: setup ## Build everything, warnings are errors
	$(BUILD)

test: setup venv ## Build and run all tests
	$(BUILD) --build-tests
	scripts/test.sh

demo: setup ## Distil a teacher into a student over the wire and print what it learnt (under 5 minutes after the build)
	$(BUILD) --product retort
	.build/release/retort demo

run: setup ## Start teacher, coordinator and student on loopback and leave them running
	$(BUILD) --product retort
	scripts/run-services.sh

lint: ## Formatting and naming of the sources; buf on the protos; rules of our own
	@scripts/lint.sh

format: ## Format the sources in place
	$(SWIFT) format -i -r $(SOURCES)

protos: ## Regenerate the code of Protos/
	@scripts/setup.sh --protos
	scripts/generate-protos.sh

protos-check: ## Fail if the committed generated code is not that of Protos/
	@scripts/setup.sh --protos
	scripts/generate-protos.sh --check

protos-breaking: ## Fail if a peer of the last release would misread what is sent now
	@scripts/protos-breaking.sh

golden: ## Recompute the golden values of the tests from their foreign references
	@scripts/venv.sh --parity
	for script in Tests/*/Golden/generate*.py; do .venv/bin/python $$script || exit 1; done

venv: ## Make .venv with grpcio, the foreign peer of the tests
	@scripts/venv.sh

parity: build ## Compare scores, tokens, weights of one step with PyTorch and transformers
	@scripts/venv.sh --parity
	scripts/parity.sh

wire-costs: build venv ## Bytes and rounding errors of Score's answers beside vLLM-style JSON, on real teachers
	.venv/bin/python scripts/wire-costs.py Examples/puzzles/teacher \
	  $(wildcard $(or $(RETORT_DATA),../shared/data)/tinystories-656k)

study: build ## The demo's comparison over three seeds, with intervals
	scripts/study.sh

e2e: setup venv ## Three processes on loopback: seeds, kills, refusals
	$(BUILD) --build-tests
	scripts/test.sh --filter EndToEndTests

docs: setup ## The transport's documentation, from what is built; warnings are errors
	scripts/docs.sh

examples: setup ## Build and run the example of the transport alone
	Examples/echo/run.sh

bench: setup ## Our transport beside grpc-swift-nio-transport and grpcio: calls/s, bytes/s, processor time, memory
	Benchmarks/run.sh

bench-replicas: build ## One replica on one core beside two on two; what 8 to 256 would cost
	.build/release/retort bench replicas

sanitize: setup venv ## Tests of the wire and the codec under AddressSanitizer and ThreadSanitizer
	scripts/sanitize.sh address
	scripts/sanitize.sh thread

fuzz: setup ## Feed what reads foreign bytes with mutations: RETORT_FUZZ_SECONDS (60) for each of eleven targets
	scripts/fuzz.sh

soak: setup ## Watch memory and descriptors of the transport under load: RETORT_SOAK_SECONDS (600)
	$(BUILD) --build-tests
	scripts/soak.sh

flood: build venv ## Flood a teacher in every way that its limits know, beside a client that behaves; go to each of its caps
	.venv/bin/python scripts/flood/floods.py
	.venv/bin/python scripts/flood/caps.py

simulate: setup ## Live through RETORT_SIMULATION_SEEDS (10000) worlds of faults around the coordinator's core
	$(BUILD) --build-tests
	RETORT_SIMULATION_SEEDS=$${RETORT_SIMULATION_SEEDS:-10000} scripts/test.sh --filter SimulationTests

durability: build ## Kill and fail system calls under runs: RETORT_DURABILITY_CASES (0: all); cut their power: RETORT_POWER_CUTS (60); fill their disk; stop their student in a save
	@scripts/setup.sh --durability
	@scripts/venv.sh --durability
	scripts/durability/syscalls.py --count $${RETORT_DURABILITY_CASES:-0}
	.venv/bin/python scripts/durability/forgetful.py --cuts $${RETORT_POWER_CUTS:-60}
	.venv/bin/python scripts/durability/forgetful.py --cuts $${RETORT_POWER_CUTS:-60} --plants
	scripts/durability/full-disk.py
	scripts/durability/paused-writer.py --count 2

kills: build ## Kill students, coordinator, teacher, or all, at RETORT_KILLS (200) random instants; each run ends with the same bytes
	scripts/survival/kills.py --kills $${RETORT_KILLS:-200} --seed $${RETORT_SEED:-1}

misery: build ## Make runs through a proxy that is slow, thin, lame or breaks connections, and a network that falls silent: the same bytes
	scripts/survival/misery.py --profiles $${RETORT_MISERY:-all} --seed $${RETORT_SEED:-1}
	$(if $(RETORT_MISERY),,scripts/survival/blackhole.py)

compose-check: ## Validate compose/compose.yaml and the manifests of compose/kubernetes
	scripts/compose-check.sh

metrics-check: ## Validate alerts and dashboard, with promtool where it is installed
	scripts/metrics-check.sh

page-check: build ## Open the coordinator's page in a real browser (Debian's chromium), look at what it shows, take pictures
	scripts/check-page.py

e2e-compose: ## Build the image, start the services in a container engine, kill them during a run, compare its weights
	scripts/compose-e2e.sh

ci: ## What CI runs, in order, stopping at the first failure
	$(MAKE) lint protos-check protos-breaking build test sanitize
	RETORT_FUZZ_SECONDS=$${RETORT_FUZZ_SECONDS:-8} $(MAKE) fuzz
	RETORT_DURABILITY_CASES=$${RETORT_DURABILITY_CASES:-12} RETORT_POWER_CUTS=$${RETORT_POWER_CUTS:-9} $(MAKE) durability
	RETORT_KILLS=$${RETORT_KILLS:-12} RETORT_MISERY=$${RETORT_MISERY:-slices,resets} $(MAKE) kills misery
	$(MAKE) compose-check metrics-check
	scripts/docs.sh --skip-build

clean: ## Remove what was built
	rm -rf .build
