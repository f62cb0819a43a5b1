// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_bursts.hpp"
#include "rtl_models/base/clocked_fifo.hpp"
#include "rtl_models/base/clocked_port.hpp"
#include "rtl_models/base/counters.hpp"
#include "rtl_models/dma/clocked_addresses.hpp"
#include "rtl_models/dma/timing.hpp"
#include "rtl_models/isa/address_map.hpp"
#include "rtl_models/isa/instruction.hpp"

#include <cstdint>
#include <deque>
#include <exception>
#include <optional>
#include <ostream>
#include <string>
#include <systemc>
#include <vector>

namespace quatrain::dma {

/// Width of `outstanding`, of `bytes_per_cycle` and of a count of open bursts: all are at most
/// 65536 (parameter_info()) [bits].
inline constexpr int setting_bits = 17;
/// Transfers with bursts that have not issued: `ready` is 0 while there is one.
inline constexpr std::int64_t most_transfers_to_issue = 1;

/// A transfer on the instruction pins. Two commands are the same when their numbers are.
struct Command {
    std::uint64_t id = 0;
    isa::DmaTransfer transfer;
    bool operator==(const Command& other) const { return id == other.id; }
};
std::ostream& operator<<(std::ostream& stream, const Command& command);
void sc_trace(sc_core::sc_trace_file* file, const Command& command, const std::string& name);

/// What the two engines have in common: pins, the transfers on their way and their counts.
///
/// Pins, cycle t: `start` with `command` only when `ready`; the first burst can issue in t + 1.
/// `ready` is 1 when nothing is left to issue, from the cycle on in which a transfer's last burst
/// issues. `done` is 1 in the cycle in which the oldest transfer's last burst is complete.
///
/// Widths: those of the addresses in clocked_addresses.hpp, of the bursts in clocked_bursts.hpp. A
/// value that does not fit stops the engine with std::overflow_error, which names the register.
class ClockedDma : public sc_core::sc_module {
public:
    sc_core::sc_in<bool> clock{"clock"};
    sc_core::sc_in<bool> start{"start"};
    sc_core::sc_in<Command> command{"command"};
    sc_core::sc_out<bool> ready{"ready"};
    sc_core::sc_out<bool> done{"done"};
    sc_core::sc_out<BurstRequest> request{"request"};
    sc_core::sc_in<BurstResponses> responses{"responses"};
    /// One per buffer, in isa::BufferId order.
    sc_core::sc_vector<ClockedPort> buffers{"buffers", isa::buffer_count};

    /// Events of the oldest transfer that is done and was not taken yet. Throws std::logic_error
    /// when there is none.
    EventCounts take_counts();
    /// The first error, after which the module stands still.
    std::exception_ptr failure() const { return failure_; }
    /// Shows the transfers and bursts on their way and what the buffer port does.
    void probe(Probes& probes, const std::string& block) const;

protected:
    /// `width`: of each of the buffer ports. Throws std::overflow_error when a parameter does not
    /// fit its register.
    ClockedDma(const sc_core::sc_module_name& name, const Params& params, PortWidth width);

    /// A transfer whose bursts still issue or are open.
    struct Transfer {
        isa::BufferId buffer{};
        BurstAddresses dram;           ///< of the bursts that have not issued
        BufferAddresses on_chip;       ///< of the bytes that have not passed the port
        std::int64_t open_bursts = 0;  ///< at most `outstanding`, as open_ holds
        bool all_issued = false;
        isa::Space space{};                     ///< where its bursts go
        std::optional<std::size_t> put_into{};  ///< of Space::next_core, the buffer
        EventCounts counts;
    };
    struct Open {
        std::uint64_t tag = 0;
        std::size_t bytes = 0;   ///< at most burst_bytes
        std::size_t passed = 0;  ///< bytes that have passed the port, at most `bytes`
        bool responded = false;
        std::vector<std::byte> data;
    };

    /// Takes a transfer that starts in the cycle that ends with this edge. Throws
    /// std::overflow_error when the engine was not ready or a field does not fit its register.
    void accept(bool load);
    Transfer* issuing();
    Burst issue();
    /// Moves up to bytes_per_cycle bytes of the burst between `data` and the buffer. True when all
    /// have passed.
    bool pass_port(Open& burst, bool load);
    /// Counts what has passed the port.
    static void count(Transfer& transfer, std::int64_t bytes, bool load);
    /// The open burst that a response is for. Throws std::logic_error when there is none.
    Open& open_burst(std::uint64_t tag);
    /// The oldest open burst is complete. True when its transfer is done.
    bool complete_oldest();
    template <class Body>
    void guarded(Body&& body) {
        if (failure_) return;
        try {
            body();
        } catch (...) {
            failure_ = std::current_exception();
        }
    }

    Params params_;
    /// Oldest first. All but the newest have issued every burst and have one open at least, so one
    /// more than the open bursts is enough.
    ClockedFifo<Transfer> transfers_;
    ClockedFifo<Open> open_;      ///< issued and not complete, `outstanding` at most, oldest first
    std::uint64_t next_tag_ = 0;  ///< modulo 2^burst_tag_bits

private:
    std::deque<EventCounts> finished_;  ///< for the report: no hardware
    std::exception_ptr failure_;
};

/// DRAM or scratchpad to buffer. A burst's request shows in its issue cycle; data pass the buffer
/// port in burst order; a burst is complete in the cycle after its last bytes have passed.
class ClockedLoad final : public ClockedDma {
public:
    ClockedLoad(const sc_core::sc_module_name& name, const Params& params);

private:
    void edge();
};

/// Buffer to DRAM, scratchpad or a buffer of the next core, by the address. A burst passes the
/// buffer port from its issue cycle on, then its request shows; it is complete in the cycle of the
/// response, or later: one burst per cycle, in order. `ready` and `done` follow the responses of
/// the same cycle.
class ClockedStore final : public ClockedDma {
public:
    ClockedStore(const sc_core::sc_module_name& name, const Params& params);

private:
    void edge();
    void outputs();
    /// The oldest open burst is complete in this cycle.
    bool completes_now() const;
    /// A burst issues in this cycle.
    bool issues_now(bool completes) const;

    bool passing_ = false;  ///< the newest open burst is still at the port
    Burst passing_burst_;   ///< that burst
    sc_core::sc_signal<bool> changed_{"changed"};
};

}  // namespace quatrain::dma
