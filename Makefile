# The front door: every target sets up what it needs and calls CMake, ninja, ctest or a
# script.  Nothing is built by rules of its own.  `make help` lists the targets.

JOBS   ?= $(shell nproc 2>/dev/null || echo 2)
PREFIX ?= /usr/local
DEPS   := sh cmake/install_deps.sh
PYTHON := /usr/bin/python3
SECONDS ?= 30

.NOTPARALLEL:
.PHONY: all help deps demo test test-in-place test-build trust check bench bench-quick \
  bench-tools format install clean \
  check-format check-style check-threads check-lint check-asan check-tsan fuzz

all: build/build.ninja ## release build: build/btfast (the default)
	@ninja -C build -j $(JOBS) btfast

# CMake reruns by itself when its files change; this is only the first time.
build/build.ninja:
	@command -v cmake >/dev/null && command -v ninja >/dev/null || \
	  { echo "btfast needs CMake and ninja: run 'make deps' first."; exit 1; }
	@cmake --preset release >/dev/null
build-%/build.ninja:
	@cmake --preset $* >/dev/null

deps: ## install what building needs (Debian 12, apt-get)
	@$(DEPS) build

demo: ## set up, build, and download a few hundred MiB from seeds started here
	@$(DEPS) demo
	@$(MAKE) --no-print-directory all
	@$(PYTHON) tests/tools/demo.py --btfast build/btfast

test: test-build ## set up, build, and run every test, other clients included
	@$(PYTHON) tests/tools/run_ctest.py build -j $$(( $(JOBS) * 3 ))  # many of them wait

test-in-place: test-build ## the same in a container that may make no namespaces
	@BTFAST_LAB_IN_PLACE=1 $(PYTHON) tests/tools/run_ctest.py build --one-by-one 'e2e|interop' \
	  -j $(JOBS)

test-build:
	@$(DEPS) test
	@$(PYTHON) tests/interop/webtorrent.py --set-up
	@$(MAKE) --no-print-directory build/build.ninja
	@ninja -C build -j $(JOBS)

trust: test-build ## what takes hours: kills, chaos and every test again and again, under load
	@$(PYTHON) tests/tools/trust.py --btfast build/btfast

check: ## format, style, lint and thread annotations, sanitizers, fuzz corpora
	@$(DEPS) check
	@for part in format style lint asan tsan; do \
	  start=$$(date +%s); \
	  $(MAKE) --no-print-directory check-$$part || { echo "check-$$part: FAILED"; exit 1; }; \
	  echo "check-$$part: ok, $$(( $$(date +%s) - start )) s"; \
	done

check-format: ## is the whole tree as clang-format writes it
	@git ls-files '*.h' '*.cc' | xargs clang-format-14 --dry-run -Werror

check-style: build/build.ninja ## the house rules of CONTRIBUTING.md, as a test
	@ninja -C build -j $(JOBS) tests_tidy
	@build/tests/tests_tidy --gtest_brief=1

check-threads: build-clang/build.ninja ## clang: who may touch what, checked at compile time
	@ninja -C build-clang -j $(JOBS) btfast_base btfast_net btfast_storage btfast_engine

check-lint: build-clang/build.ninja ## clang-tidy and clang's own analysis of threads, all sources
	@run-clang-tidy-14 -p build-clang -quiet -j $(JOBS) \
	  "^$(CURDIR)/(engine|net|storage|cli)/" >build-clang/lint.log 2>&1 || \
	  { grep -E -A4 '(error|warning):' build-clang/lint.log; exit 1; }

check-asan: build-asan/build.ninja ## address and undefined: unit tests, fuzz corpora
	@ninja -C build-asan -j $(JOBS) check

check-tsan: build-tsan/build.ninja ## threads: tests of what is shared, and the canary
	@ninja -C build-tsan -j $(JOBS) check

fuzz: build-fuzz/build.ninja ## libFuzzer, SECONDS= each, for every parser of strangers' bytes
	@ninja -C build-fuzz -j $(JOBS) fuzzers
	@for fuzzer in build-fuzz/tests/fuzz/*_fuzz; do \
	  name=$$(basename $$fuzzer _fuzz); \
	  mkdir -p build-fuzz/found/$$name; echo "== $$name"; \
	  $$fuzzer -max_total_time=$(SECONDS) -timeout=10 -rss_limit_mb=2048 -verbosity=0 \
	    -artifact_prefix=build-fuzz/found/$$name- \
	    build-fuzz/found/$$name tests/fuzz/corpus/$$name || exit 1; \
	done

bench: bench-tools ## measure against other clients, the whole grid: perf/README.md
	@$(PYTHON) perf/bench.py --btfast build/btfast
	@ninja -C build -j $(JOBS) perf_micro
	@build/perf/perf_micro

bench-quick: bench-tools ## one cell of each workload
	@$(PYTHON) perf/bench.py --btfast build/btfast --quick

bench-tools:
	@$(DEPS) test bench
	@$(MAKE) --no-print-directory build/build.ninja
	@cmake -B build -DBTFAST_BENCHES=ON >/dev/null
	@ninja -C build -j $(JOBS) btfast perf_tools

format: ## rewrite the tree with clang-format
	@git ls-files '*.h' '*.cc' | xargs clang-format-14 -i

install: all ## install build/btfast under PREFIX (and DESTDIR)
	@DESTDIR=$(DESTDIR) cmake --install build --prefix $(PREFIX)

clean: ## remove every build folder
	@rm -rf build build-asan build-tsan build-clang build-fuzz

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile
