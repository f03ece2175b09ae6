# `make demo` shows the product on a real API server; `make test` proves it. Both set up everything they need.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
IMAGE ?= kruise-admission:$(VERSION)
LDFLAGS := -s -w -X main.version=$(VERSION)
GOLANGCI_LINT := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FUZZTIME ?= 10s
BENCHTIME ?= 1s

# The same setting everywhere, so that vet, linters, tests and binaries share what is compiled (Kubernetes alone takes
# minutes). Only the race detector needs cgo.
export CGO_ENABLED := 0

.PHONY: help
help: ## Show this list.
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build the static binary bin/kruise-admission.
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/kruise-admission ./cmd/kruise-admission

.PHONY: demo
demo: ## Show the main job on a real kube-apiserver. KEEP=1 leaves everything running.
	@echo "== Compiling the demonstration; the first time Go downloads the modules"
	@cd test && KEEP=$(KEEP) go run ./cmd/demo

.PHONY: test
test: vet lint verify test-unit test-fuzz test-e2e ## Run every check: vet, lint, generated files, unit, fuzz, conformance and end-to-end tests.

.PHONY: test-unit
test-unit: ## Run the unit and conformance tests of the root module with the race detector.
	CGO_ENABLED=1 go test -race -timeout 15m ./...
	cd hack/sbom && go test ./...

.PHONY: controlplane
controlplane: ## Build the control plane of the tests, with visible progress; vet and linters then find Kubernetes compiled.
	cd test && go run ./cmd/controlplane-build >/dev/null

.PHONY: test-e2e
# A whole control plane on a busy machine is sometimes late for a test. The first failure is shown, then what failed runs once more,
# alone; what fails twice is broken.
test-e2e: controlplane ## Run the end-to-end tests against a real etcd, kube-apiserver and kube-controller-manager.
	@cd test && if ! go test -count=1 -p 2 -timeout 25m ./... 2>&1 | tee .cache/e2e.log; then \
		failed=$$(awk -v ORS=' ' '/^FAIL\t/ {print $$2}' .cache/e2e.log); \
		test -n "$$failed" || { echo "== no test has run"; exit 1; }; \
		echo "== running again what failed, which counts: $$failed"; \
		go test -count=1 -p 1 -timeout 25m $$failed; \
	fi

.PHONY: conformance
conformance: controlplane ## Compare with the recorded decisions of OpenKruise. VECTORS=DIR takes another folder, CASE=PATTERN some cases.
	cd test && go test -v -count=1 -timeout 25m -run 'TestInject|TestValidate' ./conformance \
		-args $(if $(VECTORS),-vectors '$(abspath $(VECTORS))') $(if $(CASE),-case '$(CASE)')

.PHONY: soak
soak: controlplane ## Create pods without a pause over rolling restarts, CA rotations, killed replicas and API server restarts, and count what is lost.
	cd test && go test -v -count=1 -timeout 60m ./soak \
		-args $(if $(SOAKFLAGS),$(SOAKFLAGS),-restarts 20 -rotations 20 -kills 10 -overwrites 10 -api-server-restarts 5)

.PHONY: vet
vet: controlplane ## Run go vet on all modules.
	go vet ./...
	cd test && go vet ./...
	cd test/certmanager && go vet ./...
	cd test/promql && go vet ./...
	cd test/programs/kubectl && go vet ./...
	cd test/programs/sarif && go vet ./...
	cd hack/sbom && go vet ./...

.PHONY: lint
lint: controlplane ## Run the linters of .golangci.yml on the modules.
	$(GOLANGCI_LINT) run ./...
	cd test && $(GOLANGCI_LINT) run --config ../.golangci.yml ./...
	cd test/promql && $(GOLANGCI_LINT) run --config ../../.golangci.yml ./...
	cd test/programs/sarif && $(GOLANGCI_LINT) run --config ../../../.golangci.yml ./...
	cd hack/sbom && $(GOLANGCI_LINT) run --config ../../.golangci.yml ./...

.PHONY: generate
generate: ## Regenerate deepcopy functions, CRDs, webhook configurations, documentation tables and the plain manifests.
	hack/generate.sh
	$(MAKE) --no-print-directory manifests

.PHONY: manifests
manifests: ## Render the plain manifests in deploy/ from the chart.
	cd test && go test ./chart -count=1 -run '^TestManifests$$' -update

.PHONY: verify
verify: ## Fail when generated files differ from what `make generate` makes.
	hack/verify-generated.sh

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (default 10s; 20000x for that many executions).
	hack/fuzz.sh $(FUZZTIME)

.PHONY: test-fuzz
test-fuzz: ## Run every fuzz target for a second.
	FUZZ_AFRESH=1 hack/fuzz.sh 1s

.PHONY: bench
bench: ## Measure what a review costs, beside servers that do less; fail when a goal is missed. BENCHTIME and BENCHFLAGS change the run.
	cd test && go run ./cmd/bench -time $(BENCHTIME) -into ../docs/performance.md -plot ../docs/performance.svg $(BENCHFLAGS)

.PHONY: bench-profile
bench-profile: ## Take CPU profiles of a review into test/.cache/profiles, and say which part costs what.
	cd test && go run ./cmd/bench -rounds 10 -only '^(floor|allow), 3 KB|10000 sets, 3 KB' -profile .cache/profiles -into ../docs/performance.md

.PHONY: release
release: ## Build release VERSION into dist/: archives, their bills of materials, the krew manifest that names them, checksums.
	hack/release.sh '$(VERSION)' dist

.PHONY: reproducible
reproducible: ## Fail when the last commit does not give the same release in two folders.
	hack/reproducible.sh

.PHONY: vulnerabilities
vulnerabilities: ## Look for known vulnerabilities, where Go's database of them can be reached.
	hack/vulnerabilities.sh

.PHONY: bench-apiserver
bench-apiserver: controlplane ## Measure what the webhook adds to the creation of pods, by the histograms of a real kube-apiserver.
	cd test && go run ./cmd/bench -apiserver -time 4s -into ../docs/performance.md

.PHONY: image
image: build ## Build the container image IMAGE with docker, or with buildah where there is no docker daemon.
	@if docker info >/dev/null 2>&1; then docker build -t $(IMAGE) .; \
	elif command -v buildah >/dev/null; then buildah bud -t $(IMAGE) .; \
	else echo "neither a docker daemon nor buildah is here; on Debian: apt-get install buildah" >&2; exit 1; fi
