// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/clocked.hpp"

#include <cstdint>
#include <map>
#include <systemc>
#include <utility>
#include <vector>

namespace quatrain::dram::tiny {

/// A DMA burst that shows at a port in a core cycle.
struct Burst {
    std::int64_t cycle = 0;
    std::size_t port = 0;
    std::int64_t address = 0, bytes = 1;
};

/// Which clock comes late, by a delta cycle, where edges fall together: results must not tell.
enum class Late { neither, core, dram };

struct Clocks {
    std::int64_t core_ps = 1000, dram_ps = 1000;
    Late late = Late::neither;
};

/// A clock, and the same a delta cycle later.
class TwoClocks final : public sc_core::sc_module {
public:
    TwoClocks(const sc_core::sc_module_name& name, std::int64_t period_ps)
        : sc_module(name), clock_("clock", time(period_ps), 0.5, time(period_ps), true) {
        SC_HAS_PROCESS(TwoClocks);
        SC_METHOD(follow);
        sensitive << clock_;
    }
    sc_core::sc_signal<bool>& get(bool late) { return late ? late_ : clock_; }

private:
    static sc_core::sc_time time(std::int64_t picoseconds) {
        return {static_cast<double>(picoseconds), sc_core::SC_PS};
    }
    void follow() { late_.write(clock_.read()); }

    sc_core::sc_clock clock_;
    sc_core::sc_signal<bool> late_{"late"};
};

/// Asks a ClockedDram for bursts, which are in the order of their cycles and have their number in
/// the list as tag, and listens. A store writes bytes of its number + 1.
class ClockedBench final : public sc_core::sc_module {
public:
    using Key = std::pair<std::size_t, std::uint64_t>;  ///< port and tag

    ClockedBench(const sc_core::sc_module_name& name, const Clocks& clocks, ClockedDram& memory,
                 const std::vector<Burst>& bursts)
        : sc_module(name),
          requests_("requests", memory.requests.size()),
          responses_("responses", memory.responses.size()),
          core_clock_("core_clock", clocks.core_ps),
          dram_clock_("dram_clock", clocks.dram_ps),
          bursts_(bursts) {
        auto& core = core_clock_.get(clocks.late == Late::core);
        auto& dram = dram_clock_.get(clocks.late == Late::dram);
        memory.clock(core);
        memory.dram_clock(dram);
        for (std::size_t port = 0; port < requests_.size(); ++port) {
            memory.requests[port](requests_[port]);
            memory.responses[port](responses_[port]);
        }
        SC_HAS_PROCESS(ClockedBench);
        SC_METHOD(core_edge);
        sensitive << core.posedge_event();
        dont_initialize();
        SC_METHOD(dram_edge);
        sensitive << dram.posedge_event();
        dont_initialize();
    }

    std::map<Key, std::int64_t> answered;  ///< core cycle in which the response shows
    std::map<Key, std::vector<std::byte>> data;
    std::int64_t dram_cycles = 0;  ///< that have ended

private:
    /// At the end of cycle t: hears what showed in it, asks what shows in cycle t + 1.
    void core_edge() {
        for (std::size_t port = 0; port < responses_.size(); ++port)
            for (const BurstResponse& response : responses_[port].read().bursts) {
                answered[{port, response.tag}] = cycle_;
                data[{port, response.tag}] = response.data;
            }
        ++cycle_;
        std::vector<BurstRequest> now(requests_.size());
        for (; next_ < bursts_.size() && bursts_[next_].cycle == cycle_; ++next_) {
            const Burst& burst = bursts_[next_];
            now[burst.port] = {true, next_, burst.address, burst.bytes, {}};
            if (burst.port % 2 == ClockedDram::store)
                now[burst.port].data.assign(static_cast<std::size_t>(burst.bytes),
                                            static_cast<std::byte>(next_ + 1));
        }
        for (std::size_t port = 0; port < requests_.size(); ++port)
            requests_[port].write(now[port]);
    }
    void dram_edge() { ++dram_cycles; }

    sc_core::sc_vector<sc_core::sc_signal<BurstRequest>> requests_;
    sc_core::sc_vector<sc_core::sc_signal<BurstResponses>> responses_;
    TwoClocks core_clock_, dram_clock_;
    const std::vector<Burst>& bursts_;
    std::size_t next_ = 0;
    std::int64_t cycle_ = 0;
};

}  // namespace quatrain::dram::tiny
