# bpf2go-native. `make demo` and `make test` need Go only.

GO      ?= go
BIN     := bin/bpf2go-native
# Vectors of the public conformance suite, when they stand beside the checkout.
VECTORS := $(abspath ../shared/conformance/isa)
ifneq ($(wildcard $(VECTORS)),)
export BPF_CONFORMANCE_DIR ?= $(VECTORS)
endif

.PHONY: all build generate golden check test demo bench bench-maps bench-verify soundness conformance differential mutants memory soak hollow fuzz cross clean

all: build check test

build:
	$(GO) build -o $(BIN) ./cmd/bpf2go-native

# Regenerate all committed output of the tool. CI requires that nothing
# changes.
generate:
	$(GO) generate ./...
	cd test/bench && $(GO) generate ./gen/...

# Rewrite golden files; review the difference like code.
golden:
	$(GO) test $$(grep -rlE 'flag.Bool\("update"|broken\.Check' --include=*_test.go . | xargs -n1 dirname | sort -u) -update

check:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "run gofmt -w on these"; exit 1; }
	$(GO) vet ./...
	cd test/bench && $(GO) vet ./...
	$(GO) mod tidy -diff
	@if command -v golangci-lint >/dev/null; then golangci-lint run ./...; \
	elif [ "$$CI" = true ]; then echo "golangci-lint is missing"; exit 1; \
	else echo "skipped: golangci-lint is not installed (CONTRIBUTING.md)"; fi

test:
	$(GO) test -json ./... | $(GO) run ./test/report

demo:
	@cd examples/xdpfirewall && $(GO) generate && $(GO) run .

bench:
	cd test/bench && $(GO) run .

# PASS or MISS for each goal about maps and tail calls.
bench-maps:
	cd test/bench && $(GO) run . -maps -goals

# The verifier's speed and growth, next to the kernel's as root.
bench-verify:
	cd test/bench && $(GO) run ./verify

# The figures of docs/soundness.md, each line one of them. As root the kernel is
# asked, too.
FORGERIES ?= 10000
GENERATED ?= 1000000
soundness:
	$(GO) test ./verifier/value -exhaustive -v -timeout 120m
	$(GO) test ./verifier -run TestConcrete -v -timeout 60m
	$(GO) test ./verifier -run 'TestForgeries|TestPerturbed' -forgeries $(FORGERIES) -v -timeout 60m
	$(GO) test ./verifier -run TestGenerated -generated $(GENERATED) -v -timeout 240m
	$(GO) test ./verifier -run 'TestKernelGenerated|TestKernelMutants|TestWitnesses' -generated 100000 -v -timeout 60m

# N generated programs on every engine: the interpreter and machine code in full,
# the others on samples; as root the kernel, too.
N ?= 20000
SEED ?= 1
differential:
	$(GO) test ./test/differential -run 'TestDifferential$$' -programs $(N) -seed $(SEED) -v -timeout 0

# The vectors of $BPF_CONFORMANCE_DIR on the interpreter, as machine code and as
# Go bodies: one line, and a failure when any is missing from it.
conformance:
	@$(GO) run ./test/conformance/summary

# Mutants of the trusted base: a sample of MUTANTS, 0 for all of them.
MUTANTS ?= 200
MUTANTS_SEED ?= 1
mutants:
	$(GO) run ./test/mutate -n $(MUTANTS) -seed $(MUTANTS_SEED)

# The models of maps and the histories of goroutines under the race detector, and
# eight goroutines on maps of all types for SOAK.
SOAK ?= 10m
soak:
	$(GO) test -race -count=1 ./test/maps/model ./test/maps/linear
	SOAK=$(SOAK) $(GO) test -race -count=1 -v -timeout 0 ./test/maps/soak

# Resident memory over UPDATES updates of each type of map whose values are
# reclaimed: flat within 5 %. Best on a machine that does nothing else.
UPDATES ?= 100000000
memory:
	RTLIB_UPDATES=$(UPDATES) $(GO) test -count=1 -v -timeout 0 -run TestMemoryIsFlat ./rtlib

# Empty the body of each operation on maps, one at a time: a test has to fail.
# HOLLOW of them, 0 for all.
HOLLOW ?= 0
hollow:
	$(GO) run ./test/maps/hollow -n $(HOLLOW)

# Each fuzz target of the module for FUZZTIME.
FUZZTIME ?= 10s
fuzz:
	@for pkg in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$pkg 2>/dev/null | grep '^Fuzz'); do \
	    echo "$$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$pkg || exit 1; \
	  done; done

# Everything that users link, and the tests and generated code of the engines, on
# every system that is served: vet, and test binaries that are thrown away. The
# first run compiles the standard library for each of them; later ones take a
# minute on two cores. Plan 9 is built, not tested.
CROSS  := $(foreach os,linux darwin windows freebsd,$(os)/amd64 $(os)/arm64) linux/riscv64 linux/386 linux/arm
LINKED := ./bpf/... ./rtlib/... ./examples/... ./test/engines/... ./test/inside/... ./test/tailcalls/...
CROSSED := $(CROSS:%=cross/%)
cross:
	@$(MAKE) --no-print-directory -j2 $(CROSSED)
	@GOOS=plan9 GOARCH=amd64 CGO_ENABLED=0 $(GO) build ./bpf/... ./rtlib/... ./examples/... && echo "ok plan9/amd64, built only"
.PHONY: $(CROSSED)
$(CROSSED): export GOOS = $(word 2,$(subst /, ,$@))
$(CROSSED): export GOARCH = $(word 3,$(subst /, ,$@))
$(CROSSED): export CGO_ENABLED = 0
$(CROSSED):
	@$(GO) vet $(LINKED)
	@$(GO) test -c -o /dev/null $(LINKED) >/dev/null
	@echo "ok $(GOOS)/$(GOARCH)"

clean:
	rm -rf bin
