// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/run/result.hpp"
#include "workloads/network/network.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace quatrain::report {

/// One of a layer's three GEMMs.
struct GemmSummary {
    std::uint64_t cycles = 0;
    double full_cycles = 0;  ///< that it would take at full utilisation
    std::optional<double> sqnr_db;
};

/// A line of the table for people: a layer with GEMMs, or all layers of another kind ("batch norm
/// (19)").
struct LayerGroup {
    std::string label;
    bool has_gemm = false;
    GemmSummary forward, data, weight;
    std::uint64_t other_cycles =
        0;  ///< quantisation, statistics, update, and all of layers without a GEMM
    std::int64_t energy_femtojoules = 0;

    std::uint64_t cycles() const {
        return forward.cycles + data.cycles + weight.cycles + other_cycles;
    }
    /// Of the array while it works on this layer's GEMMs, 0..1.
    double utilisation() const;
};

/// The layers with GEMMs in network order, then the other kinds. Every operator is in exactly one
/// group.
std::vector<LayerGroup> layer_groups(const network::Network& network,
                                     std::span<const run::OperatorRow> operators);

}  // namespace quatrain::report
