# Perigee: `make run` shows the house at work, `make test` proves it. `make help` lists the rest.

# Without version control stamping, so that a tree from an archive builds too; with Go's own resolver and user look-up,
# so that whatever does not link GDAL is a static binary, and one build serves programs and tests.
export GOFLAGS := -buildvcs=false -tags=netgo,osusergo
export GOTOOLCHAIN := local

GO        ?= go
FUNCTIONS := $(patsubst functions/%/main.go,%,$(wildcard functions/*/main.go))
SAMPLE    ?= 6
DATA      ?=
LISTEN    ?= 127.0.0.1:8080
STATE     ?= .perigee
N         ?= 500
SEED      ?= 0
CLIENTS   ?= 4
FLAGS     ?=
comma     := ,
NGINX     ?= nginx

.DEFAULT_GOAL := help
.PHONY: help deps deps-test build bench-api bench-csw bench-load bench-store bench-maps bench-tiles chaos check check-delivery check-draws check-geoparquet check-manifests check-openapi test test-browser test-qgis test-pystac test-clients bench run clean-state images deploy e2e lab-up kind-up minikube-up

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

deps: ## install the system packages that are missing (GDAL, PostGIS, Leaflet, a compiler)
	@.ci/deps run

deps-test:
	@.ci/deps test

build: deps ## build every function, the runner and the scene generator into bin/
	@echo "Building (the first time takes a minute or two) …"
	@mkdir -p bin
	@$(GO) build -ldflags=-s -o bin/ $(FUNCTIONS:%=./functions/%) ./local-runner ./test/scenes

run: build ## start everything on this machine and walk a sample through it (DATA=folder: your own data)
	@bin/local-runner up --listen $(LISTEN) --state $(STATE) $(if $(DATA),--data $(DATA),--sample $(SAMPLE))

test: deps-test build ## run the whole suite against a real PostGIS and a real S3 server
	@bin/local-runner with -- $(GO) test -timeout 15m ./...

CHECKS ?= 2000
check-draws: build ## what property tests draw by chance, CHECKS times each: for hours, not for each change
	@bin/local-runner with -- $(GO) test -count=1 -timeout 5h $$(grep -rl --include=*_test.go '"pgregory.net/rapid"' shared functions | xargs -n1 dirname | sort -u | sed 's|^|./|') -rapid.seed=0 -rapid.checks=$(CHECKS)

test-browser: build ## open the web client's page in a headless browser
	@.ci/deps browser
	@$(GO) test -count=1 -tags browser ./functions/viewer

test-qgis: build ## read the catalogue with QGIS, without a screen
	@.ci/deps qgis
	@bin/local-runner with -- $(GO) test -count=1 -tags netgo,osusergo,qgis -run QGIS ./functions/records ./functions/stac

test-pystac: build ## walk, search, page and transact with pystac-client (Debian 13; skipped where it is not to be had)
	@.ci/deps pystac
	@bin/local-runner with -- $(GO) test -count=1 -v -tags netgo,osusergo,pystac -run PystacClient ./functions/stac

test-clients: build ## have QGIS, headless, and OpenLayers in a browser show the maps
	@.ci/deps clients
	@$(GO) test -count=1 -tags netgo,osusergo,clients -run TestClients ./test/story

bench: build ## measure cold starts, memory, the chain from upload to answer, and the hot paths
	@bin/local-runner with -- $(GO) run ./test/bench
	@bin/local-runner with -- $(GO) test -run '^$$' -bench . -benchmem ./shared/... ./functions/...
	@$(GO) run ./test/benchcsw

bench-api: build ## measure STAC API and OGC API Records over HTTP with 10 000 items, beside the peers' figures (FLAGS='-items 100000 -only bbox', -http: the slowest answers beside the store's, and paging)
	@$(GO) build -o bin/ ./test/benchapi
	@bin/benchapi $(FLAGS)

bench-csw: build ## measure CSW with N records of ISO 19139, beside pycsw's figures and SQL by hand, with the plans (N=1000000 takes 10 GB, FLAGS='-keep -only box -explain=false')
	@$(GO) build -o bin/ ./test/benchcsw
	@bin/benchcsw -n $(if $(filter file,$(origin N)),10000,$(N)) -clients $(CLIENTS) $(FLAGS)

bench-load: build ## measure what loading N files of ISO 19139 takes, from a folder to the database: load-records, csw, register, PostgreSQL (N=10000)
	@$(GO) build -o bin/ ./test/benchcsw
	@bin/benchcsw -load-records -n $(if $(filter file,$(origin N)),10000,$(N)) -clients $(CLIENTS) $(FLAGS)

bench-maps: build ## what maps cost beside MapServer, where it is installed (SCENES=folder, see test/benchmaps)
	@$(GO) build -o bin/ ./test/benchmaps
	@bin/local-runner with -- bin/benchmaps $(if $(SCENES),-scenes $(SCENES))

bench-store: deps ## measure the catalogue with N items or several numbers of them (N=10000,1000000 CLIENTS=4 FLAGS='-small -keep -explain')
	@mkdir -p bin && $(GO) build -o bin/benchstore ./test/benchstore
	@bin/benchstore -n $(if $(filter file,$(origin N)),10000$(comma)1000000,$(N)) -clients $(CLIENTS) $(FLAGS)

bench-tiles: build ## measure what a kept tile costs, beside nginx where it is installed (NGINX=its path)
	@bin/local-runner with -- $(GO) test -count=1 -v ./test/hits -requests 40000 -rounds 5 -nginx $(NGINX)

chaos: build ## kill parts of a house at random moments while N items flow (N=500 SEED=n), and take its stores away for 30 s
	@bin/local-runner with -- $(GO) test -count=1 -v -timeout 30m ./test/chaos -items $(N) -seed $(SEED) -away 30s

check-delivery: ## hold the laptop's broker against Knative's own libraries (compiles for minutes the first time)
	@cd test/delivery && $(GO) vet . && $(GO) test -count=1 -rapid.checks=1000 .

check-geoparquet: ## hold the Parquet files against Arrow's reader and writer (compiles for minutes the first time)
	@GOFLAGS=-buildvcs=false $(GO) -C test/geoparquet vet . && GOFLAGS=-buildvcs=false $(GO) -C test/geoparquet test -count=1 .

check: deps ## format, vet, static analysis, import rules
	@unformatted=$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go')); test -z "$$unformatted" || { echo "not formatted: $$unformatted"; exit 1; }
	@$(GO) vet ./...
	@mkdir -p bin && $(GO) build -C .ci/tools -o ../../bin/staticcheck honnef.co/go/tools/cmd/staticcheck
	@bin/staticcheck ./...
	@$(GO) test ./test/structure

check-manifests: ## hold every overlay against Kubernetes' and Knative's own code (the first time it compiles for minutes)
	@GOFLAGS=-buildvcs=false $(GO) -C test/manifests test -count=1 ./...

check-openapi: ## hold the descriptions of the web interfaces against a validator of OpenAPI 3.0
	@GOFLAGS=-buildvcs=false $(GO) -C test/openapi vet . && GOFLAGS=-buildvcs=false $(GO) -C test/openapi test -count=1 .

images: build ## make the images of the functions with docker or podman; with LAB=folder in that lab
	@GO=$(GO) manifests/deploy/images.sh

lab-up: build ## the house in a lab without registry and engine (LAB=its folder)
	@GO=$(GO) manifests/deploy/lab.sh

kind-up: build ## the house in a kind cluster of its own
	@GO=$(GO) manifests/deploy/kind.sh

minikube-up: build ## the house in a minikube cluster of its own
	@GO=$(GO) manifests/deploy/minikube.sh

deploy: ## give the cluster of KUBECONFIG an overlay (OVERLAY=its name or folder) with the images last made
	@manifests/deploy/deploy.sh $(OVERLAY)

e2e: ## the stories and the cold starts on the lab of KUBECONFIG, after lab-up
	@GO=$(GO) manifests/deploy/e2e.sh

clean-state: ## forget everything that `make run` keeps
	@rm -rf $(STATE) && echo "$(STATE) is gone."
