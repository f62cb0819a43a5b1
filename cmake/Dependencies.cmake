# SPDX-License-Identifier: Apache-2.0
# Every library Quatrain uses, with the reason for it. scripts/setup installs the same list.

# SystemC: the clocked and event-driven models. Debian ships pkg-config files only, compiled as C++17.
find_package(PkgConfig REQUIRED)
pkg_check_modules(systemc REQUIRED IMPORTED_TARGET systemc)
add_library(SystemC::systemc ALIAS PkgConfig::systemc)
target_compile_definitions(PkgConfig::systemc INTERFACE
    SC_CPLUSPLUS=201703L     # the standard the library was built with; it is part of a link symbol
    SC_ENABLE_ASSERTIONS)    # keep sc_assert in release builds

find_package(Boost 1.81 REQUIRED)      # Describe (parameter tables), JSON (reports, headers of safetensors), CRC (checkpoints), Multiprecision (golden), Process (quatrain-sweep), Container
find_package(fmt REQUIRED)             # formatting of tables and messages
find_package(yaml-cpp REQUIRED)        # networks, architectures, recipes and technologies are YAML files
find_package(TBB REQUIRED)             # host threads of the GEMM kernels and of the blocks' functions
find_path(CLI11_INCLUDE CLI/CLI.hpp REQUIRED)  # command line; not every release of Debian's package has a CMake file
find_package(GTest REQUIRED)           # tests
find_package(benchmark REQUIRED)       # benchmarks
find_package(dnnl CONFIG REQUIRED)     # oneDNN: the FP32 convolution that the kernels are measured against
pkg_check_modules(hwy REQUIRED IMPORTED_TARGET libhwy)  # SIMD kernels with run-time dispatch
add_library(Highway::highway ALIAS PkgConfig::hwy)
