// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/config/architecture.hpp"
#include "workloads/compiler/compiler.hpp"

namespace quatrain::run {

/// What the compiler makes code for: one core of the machine, with its share of the DRAM: of its
/// bytes, and of its bandwidth, which all cores ask for at once.
compiler::Target compiler_target(const config::Architecture& architecture);

/// The machine as the host executes its program fastest: the same arrays, so that every number is
/// the same to the bit, with buffers of some MiB. Its cycles mean nothing.
config::Architecture host_architecture(const config::Architecture& architecture);

/// What the compiler makes code for when the host is to execute it: tiles are few and as large as
/// the buffers of host_architecture() allow, for every tile costs a long wait.
compiler::Target host_target(const config::Architecture& host);

}  // namespace quatrain::run
