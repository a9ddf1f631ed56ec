# What people and CI do with the project. `make help` lists it.

# The toolchain: `make SWIFT=/path/to/usr/bin/swift`, or the one in PATH, or the one in /opt/swift.
override SWIFT := $(shell PATH="$$PATH:/opt/swift/usr/bin" command -v "$(or $(SWIFT),swift)")
export PATH := $(if $(SWIFT),$(dir $(SWIFT)):)$(PATH)

PREFIX ?= /usr/local
DESTDIR ?=
FUZZER ?= all
FUZZ_SECONDS ?= 60
RUN ?= demo

BINARY := .build/release/gatehouse
SOURCES := Package.swift Sources Tests Fuzz examples

.DEFAULT_GOAL := help
.PHONY: help run build test bench instructions fuzz format lint install uninstall clean toolchain

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '%-24s%s\n' "$$name" "$$text"; done

run: build ## build for release and start the demo; RUN='proxy --to http://127.0.0.1:3000' starts something else
	$(BINARY) $(RUN)

build: toolchain ## build for release; the binary needs no Swift runtime
	scripts/install-packages build
	$(SWIFT) build -c release --static-swift-stdlib --product gatehouse

test: toolchain ## all tests, with all that they need
	scripts/install-packages build test
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build

bench: build ## measure CPU, latency and memory beside nginx and HAProxy
	scripts/install-packages bench
	Benchmarks/bench

instructions: build ## count instructions and allocations per request against the recorded ones
	scripts/install-packages bench
	Benchmarks/instructions

fuzz: toolchain ## fuzz each parser for FUZZ_SECONDS (60), or only FUZZER=RequestHead
	scripts/install-packages build
	Fuzz/run $(FUZZER) $(FUZZ_SECONDS)

format: toolchain ## format the sources
	$(SWIFT) format --in-place --parallel --recursive $(SOURCES)

lint: toolchain ## check format, import directions and leftovers
	$(SWIFT) format lint --strict --parallel --recursive $(SOURCES)
	scripts/check-leftovers
	.ci/test-steps
	scripts/install-packages build
	$(SWIFT) build --explicit-target-dependency-import-check error

install: ## put the release build below PREFIX (/usr/local), with completions, examples and a systemd unit
	test -x $(BINARY) || $(MAKE) build
	scripts/install-files $(BINARY) "$(DESTDIR)" "$(PREFIX)"

uninstall: ## remove what install put below PREFIX
	scripts/install-files --remove "$(DESTDIR)" "$(PREFIX)"

clean: ## remove everything that was built
	rm -rf .build examples/embedding/.build Fuzz/.build Benchmarks/out

toolchain:
	@test -n "$(SWIFT)" || { echo "no Swift toolchain: install Swift 6.3 from https://www.swift.org/install/linux/ or name it with make SWIFT=/path/to/swift" >&2; exit 1; }
