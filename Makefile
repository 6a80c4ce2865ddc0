# Terrace. `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

BIN      := bin
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  := -s -w -X main.version=$(VERSION)
GOFLAGS_ := -trimpath -tags=nobadger
TOOLS    := go tool -modfile=tools/go.mod
# Programs that terraform itself needs nothing of; a missing configuration file only makes noise.
export TF_CLI_CONFIG_FILE := /dev/null
# Nothing here needs C. Services are built like this too, so that what was compiled serves both.
export CGO_ENABLED := 0
export CHECKPOINT_DISABLE := 1

# What the tests work with is kept outside of the tree, for the next checkout.
CACHE    := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/terrace
AZURE    := $(CACHE)/azure
export TERRACE_TEST_PEERS := $(CACHE)/peers
WITH_AZURE = mirror="$$(cat $(AZURE)/mirror.path)"; export TERRACE_AZURERM_MIRROR="$$mirror" TERRACE_AZURE_BIN=$(AZURE)/bin TFLINT_PLUGIN_DIR=$(AZURE)/plugins

.PHONY: help build demo test test-azure azure-workload azure-modules azure-tools azure-docs race lint fmt generate bench bench-gateway bench-dns fault clean services

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build terraced, terrace and the Terraform provider into bin/
	@mkdir -p $(BIN)
	go build $(GOFLAGS_) -ldflags '$(LDFLAGS)' -o $(BIN)/ ./cmd/terraced ./cmd/terrace ./cmd/terraform-provider-terrace

demo: build ## carry a sample service through all five stages (DEMO_EXIT=1: leave afterwards)
	go build $(GOFLAGS_) -o $(BIN)/demo ./test/demo
	@exec $(BIN)/demo -bin $(BIN)

# Tests and linters live shortly in much memory: garbage is collected less often than by
# default, which was a third of what they computed.
test race lint fault azure-workload azure-modules: export GOGC := $(or $(GOGC),400)

services: ## install what the tests use for real: redis, mariadb, PostgreSQL (Debian, as root), oidc-provider, OpenFeature, dynalite (npm), FerretDB (Go)
	@./.ci/services
	@./.ci/peers $(TERRACE_TEST_PEERS)

test: services build ## run the tests
	go test $(GOFLAGS_) -timeout 25m ./...

test-azure: azure-tools ## the Azure tree against the simulated Azure, with the real azurerm (the first time it builds it)
	failed=0; $(MAKE) -s azure-workload >$(AZURE)/e2e.log 2>&1 & workload=$$!; $(MAKE) azure-modules || failed=1; \
	echo "waiting for the workload that goes through five stages on azure, beside the rest since the start"; \
	wait $$workload || failed=1; cat $(AZURE)/e2e.log; exit $$failed

# The two halves of test-azure. The workload waits for the simulated cloud more than it computes.
azure-workload:
	$(WITH_AZURE); go test $(GOFLAGS_) -count 1 -v -timeout 50m -run TestAzure ./test/e2e

azure-modules:
	$(WITH_AZURE); go test $(GOFLAGS_) -count 1 -v -parallel 6 -timeout 40m ./test/azure
	$(WITH_AZURE); go test $(GOFLAGS_) -count 1 -timeout 20m ./internal/target/azuresim/...
	$(WITH_AZURE); go test $(GOFLAGS_) -count 1 -v -timeout 20m -run TestAzurermSignsInWithoutASecret ./internal/app

azure-tools: services build
	@mkdir -p $(AZURE)/bin
	cd tools/azure && go build -trimpath -ldflags '-s -w' -o $(AZURE)/bin/ $$(go list tool)
	$(BIN)/terraced tools install azurerm --dir $(AZURE)/mirror >$(AZURE)/mirror.path
	ln -sf "$$($(BIN)/terraced tools install tofu --dir $(AZURE))" $(AZURE)/bin/tofu
	@./.ci/tflint-azurerm $(AZURE)/bin/tflint $(AZURE)/plugins

azure-docs: azure-tools ## write the tables of the Azure modules' READMEs again
	for dir in iac iac/bootstrap iac/modules/*; do $(AZURE)/bin/terraform-docs --config iac/.terraform-docs.yml $$dir; done

RACE ?= ./internal/...

race: ## run the tests under the race detector (RACE: of these packages)
	CGO_ENABLED=1 go test $(GOFLAGS_) -vet=off -race -short -timeout 40m $(RACE)

lint: ## gofumpt, gci, golangci-lint, terraform fmt
	$(TOOLS) golangci-lint run ./...
	terraform fmt -check -recursive iac

fmt: ## format everything
	$(TOOLS) golangci-lint fmt ./...
	terraform fmt -recursive iac

generate: ## write the generated code again
	go generate ./...

bench: build ## speed against a peer or the bare tool, as ratios
	go test $(GOFLAGS_) -run '^$$' -bench . -benchtime 2000x ./internal/fabric/... ./internal/access/... ./internal/platform/conceal ./internal/platform/db
	go test $(GOFLAGS_) -run '^$$' -bench 'ListFiltered|Neighbour|Reads' -benchtime 100x ./internal/app
	go test $(GOFLAGS_) -run '^$$' -bench . -benchtime 1x -timeout 30m ./internal/platform/leakscan ./internal/delivery/graph ./internal/delivery/runner ./internal/delivery/vcs ./internal/governance/compliance ./internal/governance/cost ./internal/governance/focus ./internal/governance/leak ./internal/governance/leak/leaksql ./internal/governance/policy/rego ./test/bench

bench-gateway: ## the gateway beside nginx, haproxy, Caddy and a ReverseProxy, its firewall beside Coraza and ModSecurity, as far as they are on this machine
	CGO_ENABLED=0 go test $(GOFLAGS_) -run '^$$' -bench 'SideBySide|Firewalls' -benchtime 1x -timeout 30m -v ./test/bench/gateway
	CGO_ENABLED=0 go test $(GOFLAGS_) -run '^$$' -bench SubscriptionKey -benchtime 200x ./internal/fabric/gateway/product

bench-dns: ## DNS beside CoreDNS, which it builds from its module
	CGO_ENABLED=0 go test $(GOFLAGS_) -run '^$$' -bench BesideCoreDNS -benchtime 1x -timeout 15m -v ./test/bench/dns

fault: build ## kill the daemon, and a remote runner, at random instants during mixed work
	TERRACE_FAULT_KILLS=$${TERRACE_FAULT_KILLS:-50} go test $(GOFLAGS_) -count 1 -v -run 'TestKilledDaemon|TestKilledServerAndRunner' -timeout 60m ./test/fault

clean: ## remove what was built
	rm -rf $(BIN)
