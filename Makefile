# Treehouse. `make help` lists the targets.

SHELL := /bin/bash
.DEFAULT_GOAL := help

MODULES   := e2e proto services/gateway services/internal services/predict services/scoring services/standalone
PACKAGES  := $(MODULES:%=./%/...)
VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT    ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
BUILDINFO := github.com/treehouse-ml/treehouse/services/internal/buildinfo
LDFLAGS   := -s -w -X $(BUILDINFO).Version=$(VERSION) -X $(BUILDINFO).Commit=$(COMMIT)
TOOLS     := $(CURDIR)/.cache/tools
PYTHON    ?= python3
# How long each fuzz target runs with `make fuzz`.
FUZZTIME  ?= 30s
FUZZDIR   ?= services

# All that is compiled has the flags of `make build`: with others each package
# would be compiled once more.
export CGO_ENABLED ?= 0
export GOFLAGS := $(filter-out -trimpath,$(GOFLAGS)) -trimpath

# Where container images go, and their tag.
export REGISTRY ?= localhost/treehouse
export TAG      ?= $(VERSION)

export MODEL_REPOSITORY ?= services/predict/models

.PHONY: api-fuzz chaos help build run test race lint generate check-generated breaking publish-proto arm64 fuzz bench parity clients bench-serve bench-fairness bench-engine bench-load bench-cache bench-kinds models images charts-test charts-docs e2e object-store drift-test argocd-test gitops-e2e workflows-test promote set-version packages kind image-scan image-push image-sign deploy-dev release release-publish parity-newest bench-report alerts-test observe observe-test terraform-test eks-smoke redis-test tidy tools clean vulnerabilities

help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | expand -t 18

build: ## Build bin/gateway, bin/predict and bin/treehouse, static
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./services/gateway ./services/predict
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/treehouse ./services/standalone

run: build ## Serve MODEL_REPOSITORY on this machine: HTTP on 8080, gRPC on 9000
	@scripts/run.sh

test: ## Run the whole test suite that needs only Go
	go test $(PACKAGES)

race: ## Run the test suite under the race detector
	CGO_ENABLED=1 go test -race -short $(PACKAGES)

lint: tools-code ## Check format, vet, golangci-lint and the protocol files
	@test -z "$$(gofmt -l $(MODULES))" || { echo "gofmt would change:"; gofmt -l $(MODULES); exit 1; }
	cd proto && $(TOOLS)/buf lint && $(TOOLS)/buf format --diff --exit-code
	$(TOOLS)/actionlint
	@for module in $(MODULES); do (cd $$module && echo "golangci-lint $$module" && $(TOOLS)/golangci-lint run ./...) || exit 1; done
	cd terraform/schema && GOWORK=off $(TOOLS)/golangci-lint run ./...

vulnerabilities: tools-vulnerabilities ## Look for known vulnerabilities in what the code calls (govulncheck); it asks Go's database
	@for module in $(MODULES); do (cd $$module && echo "govulncheck $$module" && $(TOOLS)/govulncheck $(VULNDB:%=-db=%) ./...) || exit 1; done

generate: tools-code ## Regenerate the code of the protocols, the kernels' assembly, the dashboards and docs/formats.md
	cd proto && PATH=$(TOOLS):$$PATH buf generate
	go generate ./services/scoring/internal/engine/... ./e2e/monitoring/dashboards ./services/scoring

check-generated: generate ## Fail if generated code is not fresh, or a module not tidy
	@git diff --exit-code -- proto/gen services/scoring/internal/engine charts/monitoring/dashboards docs/formats.md
	@for module in $(MODULES); do (cd $$module && GOWORK=off go mod tidy -diff) || exit 1; done

breaking: tools-code ## Fail if a protocol breaks clients of the published one
	cd proto && $(TOOLS)/buf breaking --against published.binpb

publish-proto: breaking ## Make the protocols as they are now what `make breaking` protects
	cd proto && $(TOOLS)/buf build --exclude-source-info -o published.binpb

arm64: ## Run the models' goldens as an arm64 program, under qemu-user
	GOARCH=arm64 CGO_ENABLED=0 go test -exec qemu-aarch64 -count=1 -short ./services/scoring/...

fuzz: ## Run each fuzz target below FUZZDIR for FUZZTIME
	@scripts/fuzz.sh $(FUZZTIME) $(FUZZDIR)

bench: ## Run the Go benchmarks
	go test -run '^$$' -bench . -benchmem $(PACKAGES)

parity: build ## Compare random models with the newest Python libraries and older ones
	scripts/parity/run.sh

clients: build ## Drive the services with the real Python clients
	scripts/clients/run.sh

api-fuzz: build ## Send what schemathesis makes of the OpenAPI document to the real pair
	@scripts/api-fuzz/run.sh

chaos: build ## Break processes, network, stores, disks, clocks and clients under load; CHAOS=full at length
	@scripts/chaos/run.sh

bench-serve: build ## Compare throughput with Python servers, on one core; measure fairness
	scripts/bench-serve/run.sh
	scripts/bench-fairness/run.sh equal

bench-fairness: ## Measure how much one caller's flood slows another
	scripts/bench-fairness/run.sh

bench-engine: ## Compare the engine with other evaluators of trees, on one core
	scripts/bench-engine/run.sh $(ARGS)

bench-cache: ## Measure the response cache by kind of model, against none and a Redis, on DATA=housing.csv
	DATA=$(DATA) scripts/bench-cache/run.sh cache

bench-kinds: ## Compare neighbours, SVMs and texts with scikit-learn's own predict, on DATA=housing.csv
	DATA=$(DATA) scripts/bench-cache/run.sh kinds

bench-load: build ## Load a random forest of 500 deep trees, 200 MB, and large boosters: seconds and memory
	scripts/bench-load/run.sh

models: ## Train the housing models again from DATA=housing.csv
	@test -n "$(DATA)" || { echo "usage: make models DATA=path/to/housing.csv"; exit 2; }
	$(PYTHON) services/predict/models/housing/train.py --data $(DATA)

images: ## Build the container images REGISTRY/{gateway,predict,standalone}:TAG
	@VERSION=$(VERSION) COMMIT=$(COMMIT) scripts/images.sh

charts-test: tools-charts ## Check the charts without a cluster; with KUBECONFIG also by a server's dry run
	@PATH=$(TOOLS):$$PATH scripts/charts/test.sh

alerts-test: tools-observe ## Check the alerts' rules, and that each fires when it should and not otherwise
	@PATH=$(TOOLS):$$PATH scripts/alerts-test.sh

observe: build tools-observe ## Run the pair with Prometheus and Alertmanager on rows of DATA that drift; say where to look
	@PATH=$(TOOLS):$$PATH scripts/observe.sh

observe-test: build tools-observe ## The same unattended: fail unless drift is noticed and all dashboards answer; with KUBECONFIG also those of Kubernetes
	@PATH=$(TOOLS):$$PATH scripts/observe.sh -check

charts-docs: ## Write the charts' READMEs from their values' comments
	@scripts/charts/docs.sh

e2e: tools-charts ## Run the charts on the cluster of KUBECONFIG; E2E_LOAD_IMAGE names a command that puts images on it
	@PATH=$(TOOLS):$$PATH scripts/e2e.sh

drift-test: build tools-observe ## Compare the rules of drift with scipy, and shift housing until alerts fire
	@scripts/drift/run.sh

argocd-test: tools-charts ## Check argocd/ without a cluster; with KUBECONFIG also by a server's dry run
	@PATH=$(TOOLS):$$PATH scripts/argocd/test.sh

gitops-e2e: tools-charts ## Run argocd/ with the Argo CD of KUBECONFIG's cluster, which has E2E_LOAD_IMAGE as for e2e
	@PATH=$(TOOLS):$$PATH scripts/gitops-e2e.sh

promote: ## Copy a service's version or a model: FROM=dev TO=staging WHAT=predict
	@scripts/argocd/promote.sh "$(FROM)" "$(TO)" "$(WHAT)"

set-version: ## Write which image an environment runs: ENV=dev SERVICE=predict IMAGE_TAG=… DIGEST=sha256:…
	@scripts/argocd/version.sh "$(ENV)" "$(SERVICE)" "$(IMAGE_TAG)" "$(DIGEST)"

workflows-test: tools-code ## Check .github/, and that its checks notice mistakes
	@PATH=$(TOOLS):$$PATH scripts/ci/test.sh

packages: ## Install PACKAGES of Debian
	sudo apt-get update --quiet && sudo apt-get install --yes --no-install-recommends $(PACKAGES)

kind: ## Make a kind cluster for the tests that want one
	@scripts/kind/up.sh

image-scan: ## Build the image REGISTRY/SERVICE:TAG and look for known vulnerabilities (trivy)
	@scripts/ci/image.sh scan

image-push: ## Build it for amd64 and arm64, and push it with SBOM and provenance
	@scripts/ci/image.sh push

image-sign: ## Sign what was pushed, keyless (cosign)
	@scripts/ci/image.sh sign

deploy-dev: ## Make dev run the images REGISTRY/*:TAG: commit and push its version.yaml files
	@scripts/ci/deploy.sh

release: tools-charts ## Make the binaries, charts and notes of VERSION=v1.2.3 in dist/
	@PATH=$(TOOLS):$$PATH scripts/ci/release.sh build

release-publish: tools-charts ## Publish what is in dist/
	@PATH=$(TOOLS):$$PATH scripts/ci/release.sh publish

parity-newest: build ## As parity, with the newest libraries of today, not the pinned ones
	@mkdir -p .cache/parity && sed 's/[=~><]=.*//' scripts/parity/requirements.txt >.cache/parity/newest.txt
	PARITY_ENVIRONMENTS=newest PARITY_REQUIREMENTS=.cache/parity/newest.txt scripts/parity/run.sh

bench-report: tools-bench ## Compare the Go benchmarks with those of the last time; fails where one got slower
	@PATH=$(TOOLS):$$PATH scripts/ci/bench-report.sh

redis-test: ## Share limits by a real Redis (redis-server) on this machine, and take it away
	cd services/internal && REDIS_REQUIRED=1 go test -count=1 -run Redis ./quota

object-store: ## Read models from an S3 server (moto) on this machine
	@scripts/object-store/run.sh

terraform-test: tools-terraform tools-charts ## Check terraform/ without AWS: schemas, types, tests with mocks, scanners, mutations
	@PATH=$(TOOLS):$$PATH scripts/terraform/test.sh

eks-smoke: ## Make terraform/live/dev on AWS, predict through its load balancer, destroy it: costs money, asks EKS_SMOKE_CONFIRM
	@scripts/terraform/eks-smoke.sh

tidy: ## Tidy every module
	@for module in $(MODULES); do (cd $$module && GOWORK=off go mod tidy) || exit 1; done

tools: tools-code tools-charts tools-observe tools-cluster ## Install the pinned tools below .cache

tools-%:
	@scripts/tools.sh $(TOOLS) $*

clean: ## Remove what was built
	rm -rf bin dist
