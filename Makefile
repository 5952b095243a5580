# The front door. CMake builds underneath; everything made here lands in build/.
#   make deps      install what building and testing needs (Debian 12; idempotent)
#   make           build
#   make demo      a legacy job inside a Xen VM that Slurm boots for it   (HYPERVISOR=qemu: quicker)
#   make test      everything that CI runs
#   make check     lint, unit and integration tests
#   make e2e       real jobs on both hypervisors, on Xen a sample         (E2E='xen shapes mpi': these files whole)
#   make bench     speed, as ratios of interleaved runs
#   make sweep     prolog, epilog, tasks, reconcile: killed or failed at each call  (POINTS=40 SEED=1 MINUTES=50)
#   make soak      thousands of jobs: nothing is left, memory is flat      (DRIVER_JOBS=10000 VM_JOBS=400 SEED=1)
#   make install   DESTDIR= PREFIX=
SHELL      := /bin/bash
PREFIX     ?= /usr
DESTDIR    ?=
HYPERVISOR ?= xen
JOBS       ?= $(shell nproc)
POINTS     ?= 0
MINUTES    ?= 0
DRIVER_JOBS ?= 10000
VM_JOBS    ?= 400
SEED       ?= 1

BUILD      := build/release
ASAN_BUILD := build/asan
FUZZ_BUILD := build/fuzz
CMAKE      := cmake -G Ninja -DCMAKE_INSTALL_PREFIX=$(PREFIX)
CTEST      := ctest --output-on-failure --no-tests=error --timeout 600 --parallel $(JOBS)

.PHONY: all build deps images demo test check unit asan fuzz e2e bench sweep soak install format lint clean

all: build

build: deps
	@$(CMAKE) -S . -B $(BUILD) >build/cmake.log 2>&1 || { cat build/cmake.log; exit 1; }
	@ninja -C $(BUILD) -j $(JOBS)

deps:
	@mkdir -p build
	@tools/deps

# The guest's kernel and initrd and the sample images; each is rebuilt when its recipe changes.
images: build
	@images/build --agent $(BUILD)/guest/workspace-agent

demo: images
	@tests/demo/demo $(HYPERVISOR)

# Lint, unit and integration tests: no VM, no Slurm.
check: lint unit

lint: build
	@tests/lint/run $(BUILD)

unit: build
	@ninja -C $(BUILD) -j $(JOBS) suites
	@cd $(BUILD) && $(CTEST) -L 'unit|integration'

asan: deps
	@$(CMAKE) -S . -B $(ASAN_BUILD) -DWS_SANITIZE=ON -DCMAKE_BUILD_TYPE=Debug >build/cmake-asan.log 2>&1 || { cat build/cmake-asan.log; exit 1; }
	@ninja -C $(ASAN_BUILD) -j $(JOBS) all suites
	@cd $(ASAN_BUILD) && $(CTEST) -L 'unit|integration'

fuzz: deps
	@tests/fuzz/run $(FUZZ_BUILD)

e2e: images
	@tests/e2e/run $(E2E)

test: check asan fuzz e2e

bench: images
	@images/build course-mpi
	@tests/bench/run

sweep: images
	@tests/sweep/run --points $(POINTS) --seed $(SEED) --minutes $(MINUTES)

soak: images
	@ninja -C $(BUILD) -j $(JOBS) driver-jobs
	@tests/soak/run --driver-jobs $(DRIVER_JOBS) --vm-jobs $(VM_JOBS) --seed $(SEED)

install: build
	@DESTDIR=$(DESTDIR) cmake --install $(BUILD) --prefix $(PREFIX) >build/install.log || { cat build/install.log; exit 1; }

format: deps
	@git ls-files '*.h' '*.cc' | xargs clang-format -i

clean:
	rm -rf $(BUILD) $(ASAN_BUILD) $(FUZZ_BUILD)
