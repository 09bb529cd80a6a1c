# Everyday tasks. `make help` lists them.

GO       ?= go
PKG      ?= ./...
FUZZTIME ?= 10s
COUNT    ?= 6
SIM      ?= churn
SEED     ?= 1
SEEDS    ?= 1
NEMESIS  ?= 10m

# The packages whose tests have golden files that -rewrite updates.
GOLDEN := ./membership ./broadcast ./natstransport ./cmd/demo

TOOL := $(GO) tool -modfile=tools/go.mod

.DEFAULT_GOAL := help
.PHONY: help check fmt format-check lint vet tidy-check test golden fuzz soak bench bench-quick microbench sim cover integration-netns nemesis browser screenshot vendor-js

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

check: format-check vet lint tidy-check test ## everything that must pass before a change is done

fmt: ## format every file
	$(TOOL) golangci-lint fmt

format-check: ## list the files that gofumpt would change, and fail if there are any
	@files=$$($(TOOL) gofumpt -extra=group_params -l .) || exit 1; \
	if [ -n "$$files" ]; then echo "not formatted, run make fmt:"; echo "$$files"; exit 1; fi

lint: ## run golangci-lint
	$(TOOL) golangci-lint run

vet: ## run go vet
	$(GO) vet ./...

tidy-check: ## fail if go mod tidy would change anything
	$(GO) mod tidy -diff

test: ## run the tests of PKG under the race detector
	$(GO) test -race -shuffle=on $(PKG)

golden: ## rewrite the golden files; read the difference before you commit it
	$(GO) test $(GOLDEN) -rewrite

fuzz: ## run every fuzz target of PKG for FUZZTIME each
	@set -e; \
	for package in $$($(GO) list $(PKG)); do \
		for target in $$($(GO) test -list '^Fuzz' "$$package" | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x "$$package"; \
		done; \
	done

soak: ## run the tests that look for leaks with their full figures, some 15 minutes
	KITH_SOAK=60s $(GO) test -p 1 -timeout 60m -v -run '^TestSoak|^TestDeafNeighbor' $(PKG)

bench: ## measure Kith beside what else one could use, into bench/RESULTS.md, three quarters of an hour; nothing else should run
	cd bench && $(GO) run ./suite

bench-quick: ## the same with small clusters, to see that it works, some minutes; RESULTS.md goes to a folder of its own
	cd bench && mkdir -p quick && $(GO) run ./suite --quick --out quick

microbench: ## run the benchmarks of PKG, COUNT times each, into bench.txt
	$(GO) test -run '^$$' -bench . -benchmem -count=$(COUNT) $(PKG) > bench.txt || { cat bench.txt; exit 1; }
	$(TOOL) benchstat bench.txt

sim: ## run the experiment SIM of the simulator, SEEDS seeds from SEED on, with all checks
	$(GO) run ./cmd/demo sim $(SIM) --seed $(SEED) --seeds $(SEEDS) --check

integration-netns: ## run the tests with a network namespace for each node; they need root
	$(GO) test -race -count=1 -v -run '^Test(Hosts|Nemesis)' ./test/integration

nemesis: ## break a mesh in namespaces at random for NEMESIS with SEED, and judge what everybody was given; needs root
	$(GO) test -race -count=1 -v -timeout 0 -run '^TestNemesis$$' ./test/integration -nemesis $(NEMESIS) -seed $(SEED)

browser: ## test the dashboard in a Chromium that is installed
	cd test/browser && $(GO) vet ./... && $(GO) test -count=1 ./...

screenshot: ## draw the dashboard's pictures in docs anew
	cd test/browser && $(GO) test -count=1 -v -run '^TestScreenshot$$' . -screenshot

vendor-js: ## bundle what the dashboard's page uses of others anew, by npm
	cd cmd/demo/dashboard/libs && npm ci && npm run build

cover: ## measure coverage over all packages into cover.out
	$(GO) test -coverpkg=./... -coverprofile=cover.out ./...
	$(GO) tool cover -func=cover.out | tail -n 1
