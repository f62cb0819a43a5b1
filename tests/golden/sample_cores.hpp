// SPDX-License-Identifier: Apache-2.0
#pragma once

// Inputs of several cores, and the ring that their sums travel round.

#include "tests/golden/sample_networks.hpp"

#include <algorithm>
#include <limits>

namespace quatrain::golden {

inline Options parallel_options(Options options, std::int64_t cores, bool synchronised) {
    options.cores = cores;
    options.synchronised_batch_norm = synchronised;
    return options;
}

/// Random inputs: every core has its own images and labels, and all have the same parameters.
inline std::vector<Tensors> inputs_of_cores(const network::Network& network, const Options& options,
                                            unsigned seed) {
    std::vector<Tensors> cores;
    for (std::int64_t core = 0; core < options.cores; ++core) {
        Tensors inputs = random_inputs(network, options, seed + static_cast<unsigned>(core));
        for (auto& [name, tensor] : inputs)
            if (core > 0 && name != "images" && name != "labels") tensor = cores[0].at(name);
        cores.push_back(std::move(inputs));
    }
    return cores;
}

/// F( a + b ) on codes.
inline std::uint32_t add_codes(const std::string& format, std::uint32_t a, std::uint32_t b) {
    if (format == "int32") {
        const double sum = static_cast<double>(static_cast<std::int32_t>(a)) +
                           static_cast<double>(static_cast<std::int32_t>(b));
        using Limits = std::numeric_limits<std::int32_t>;
        return static_cast<std::uint32_t>(
            static_cast<std::int32_t>(std::clamp<double>(sum, Limits::min(), Limits::max())));
    }
    const FloatFormat layout = float_format(format);
    const float sum = static_cast<float>(decode(layout, a)) + static_cast<float>(decode(layout, b));
    return encode(layout, static_cast<double>(sum));
}

/// The ring all-reduce as messages between neighbours: in each of n - 1 rounds core c hands one
/// chunk to core c + 1, which adds its own; in n - 1 more it hands on finished chunks. Returns what
/// core 0 then holds.
inline std::vector<std::uint32_t> travel_round_the_ring(
    const std::string& format, std::vector<std::vector<std::uint32_t>> held) {
    const std::size_t n = held.size(), elements = held[0].size();
    std::size_t length = (elements + n - 1) / n;
    const std::size_t whole = length + (16 - length % 16) % 16;
    if (whole * (n - 1) < elements) length = whole;
    for (std::size_t round = 0; round < 2 * (n - 1); ++round) {
        const auto sent = held;
        for (std::size_t core = 0; core < n; ++core) {
            const std::size_t next = (core + 1) % n;
            const std::size_t chunk = (core + 2 * n - round) % n;
            const std::size_t end = std::min(elements, (chunk + 1) * length);
            for (std::size_t i = chunk * length; i < end; ++i)
                held[next][i] =
                    round < n - 1 ? add_codes(format, sent[core][i], held[next][i]) : sent[core][i];
        }
    }
    return held[0];
}

}  // namespace quatrain::golden
