// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_bursts.hpp"
#include "rtl_models/dram/function.hpp"
#include "rtl_models/dram/timing.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <exception>
#include <map>
#include <systemc>
#include <utility>
#include <vector>

namespace quatrain::dram {

/// The first DRAM, one clock edge at a time: a queue of parts of bursts for every channel, a data
/// bus that moves channel_millibytes_per_cycle in a cycle, and a delay line of latency_cycles
/// behind it. A request that shows in cycle t can use the bus in cycle t. Of two that show in the
/// same cycle, the load is first.
class ClockedDram final : public sc_core::sc_module {
public:
    static constexpr std::size_t load = 0, store = 1;  ///< index of requests and responses

    ClockedDram(const sc_core::sc_module_name& name, const Params& params, DramImage& image);

    sc_core::sc_in<bool> clock{"clock"};
    sc_core::sc_vector<sc_core::sc_in<BurstRequest>> requests{"requests", 2};
    sc_core::sc_vector<sc_core::sc_out<BurstResponses>> responses{"responses", 2};

    /// The first error, after which the module stands still: DramError.
    std::exception_ptr failure() const { return failure_; }

private:
    using BurstId = std::pair<std::size_t, std::uint64_t>;  ///< engine and tag
    struct Part {
        BurstId burst;
        std::int64_t millibytes_left;
    };
    struct OpenBurst {
        std::int64_t parts_left = 0;
        std::vector<std::byte> data;
    };
    struct Answer {
        std::int64_t cycles_left = 0;  ///< until it shows
        std::size_t engine = 0;
        BurstResponse response;
    };

    void edge();
    void accept(std::size_t engine, const BurstRequest& request);
    void move_data(std::deque<Part>& queue);
    void answer();

    Params params_;
    DramImage& image_;
    std::vector<std::deque<Part>> channels_;
    std::map<BurstId, OpenBurst> open_;
    std::deque<Answer> delay_line_;
    std::exception_ptr failure_;
};

}  // namespace quatrain::dram
