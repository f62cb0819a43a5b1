// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_bursts.hpp"
#include "rtl_models/base/clocked_fifo.hpp"
#include "rtl_models/dram/function.hpp"
#include "rtl_models/dram/timing.hpp"

#include <array>
#include <cstdint>
#include <exception>
#include <map>
#include <systemc>
#include <utility>
#include <vector>

namespace quatrain::dram {

/// Width of a delay: `latency_cycles` is at most 10^6 (parameter_info()) [bits].
inline constexpr int delay_bits = 20;
/// Width of what a bus moves in a cycle: `channel_millibytes_per_cycle` is at most 10^7 [bits].
inline constexpr int bandwidth_bits = 24;
/// Width of what a burst has left to move over one bus: 1000 times the 65536 bytes of the longest
/// burst [bits].
inline constexpr int millibyte_bits = 26;
static_assert(1000LL << (burst_byte_bits - 1) < 1LL << millibyte_bits);
/// Width of the number of buses that a burst waits for: there are at most 1024 channels [bits].
inline constexpr int channel_count_bits = 11;

/// The first DRAM, one clock edge at a time: a queue of parts of bursts for every channel, a data
/// bus that moves channel_millibytes_per_cycle in a cycle, and a delay line of latency_cycles
/// behind it. A request that shows in cycle t can use the bus in cycle t. Of two that show in the
/// same cycle, the load is first.
///
/// A burst is in one place of a queue at most, whose part is what the burst moves over that bus,
/// and then in one place of the delay line. So all of them need one place for every burst that the
/// two engines can have in flight.
class ClockedDram final : public sc_core::sc_module {
public:
    static constexpr std::size_t load = 0, store = 1;  ///< index of requests and responses

    /// `bursts_in_flight`: that a DMA engine has at most (its `outstanding`). Throws
    /// std::overflow_error when a parameter does not fit its register.
    ClockedDram(const sc_core::sc_module_name& name, const Params& params,
                std::int64_t bursts_in_flight, DramImage& image);

    sc_core::sc_in<bool> clock{"clock"};
    sc_core::sc_vector<sc_core::sc_in<BurstRequest>> requests{"requests", 2};
    sc_core::sc_vector<sc_core::sc_out<BurstResponses>> responses{"responses", 2};

    /// The first error, after which the module stands still: DramError, std::overflow_error for a
    /// value beyond its register or an entry beyond its queue.
    std::exception_ptr failure() const { return failure_; }
    /// Shows of every channel the burst on its bus and how many wait for it, and how many answers
    /// are in the delay line.
    void probe(Probes& probes, const std::string& block) const;

private:
    using BurstId = std::pair<std::size_t, std::uint64_t>;  ///< engine and tag
    struct Part {
        BurstId burst;
        std::int64_t millibytes_left;
    };
    struct OpenBurst {
        std::int64_t address = 0;
        std::int64_t channels_left = 0;  ///< with a part of it in their queues
        std::vector<std::byte> data;
    };
    struct Answer {
        std::int64_t cycles_left = 0;  ///< until it shows
        std::size_t engine = 0;
        BurstResponse response;
    };

    void edge();
    void accept(std::size_t engine, const BurstRequest& request);
    void queue_part(std::size_t channel, const BurstId& burst, std::int64_t bytes);
    void move_data(ClockedFifo<Part>& queue);
    void answer();

    Params params_;
    DramImage& image_;
    std::vector<ClockedFifo<Part>> channels_;
    std::map<BurstId, OpenBurst> open_;  ///< by tag: those with a part in a queue
    ClockedFifo<Answer> delay_line_;     ///< the next to show in front
    std::exception_ptr failure_;
};

}  // namespace quatrain::dram
