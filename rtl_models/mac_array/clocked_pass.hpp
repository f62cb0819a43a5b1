// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/counters.hpp"
#include "rtl_models/isa/instruction.hpp"
#include "rtl_models/mac_array/clocked_pe.hpp"

#include <cstdint>
#include <deque>
#include <ostream>
#include <string>
#include <variant>

namespace quatrain::mac_array {

/// Width of the counters of vectors and pixels (steps) [bits]. A vector has accumulators of at
/// least 2 bytes in a buffer of at most 2^30 bytes; a pixel has stationary codes of at least one
/// byte.
inline constexpr int step_count_bits = 31;

/// A pass as the sequencer hands it over. Two commands are equal when their ids are.
struct Command {
    std::variant<isa::WeightStationaryPass, isa::OutputStationaryPass> body;
    std::uint64_t id = 0;
    bool operator==(const Command& other) const { return id == other.id; }
};
std::ostream& operator<<(std::ostream& stream, const Command& command);
/// Traces the id.
void sc_trace(sc_core::sc_trace_file* file, const Command& command, const std::string& name);

/// A pass, decoded at issue.
struct Pass {
    StepControl control;      ///< of its steps, as far as they are alike
    std::int64_t steps = 0;   ///< moving beats
    std::int64_t pixels = 0;  ///< OS
    std::int64_t rows = 0;    ///< WS: stationary beats
    std::int64_t lanes = 0;   ///< of the mode
    std::int64_t stride = 0;  ///< from one vector's (row's) accumulators to the next [bits]
    bool resume = false;      ///< OS
    bool overlaps = false;    ///< it has the second register that its dataflow needs for that
};

/// The front end of an array, which accepts passes; `number` counts them in the order of issue.
/// Throws std::invalid_argument when the pass does not fit the array, std::overflow_error when a
/// field does not fit its register.
Pass decode(const Params& params, const Command& command, std::uint64_t number);

/// The address of an accumulator, as the counter in the control and as the port hold it [bits].
/// Throw std::overflow_error when it does not fit.
std::int64_t accumulator_address(std::int64_t bits);
std::int64_t port_address(std::int64_t bits);

/// The events of the passes that are not taken yet: for the report, no hardware.
class PassEvents {
public:
    /// A pass is issued.
    void begin(const StepControl& control);
    /// The oldest pass that is not done is done.
    void finish();
    /// The events of a pass that is not taken yet, to be added to.
    EventCounts& of(std::uint64_t pass) { return record(pass).counts; }
    /// Adds a PE's work to its passes: `moving` is the pass of its step, `load` that of its load.
    void charge(const ProcessingElement::Work& work, std::uint64_t moving, std::uint64_t load);
    /// Returns and removes the events of the oldest done pass. Throws std::logic_error when there
    /// is none.
    EventCounts take();

private:
    struct Record {
        EventCounts counts;
        Event macs{}, zero_macs{};
        bool done = false;
    };
    Record& record(std::uint64_t pass) {
        return records_.at(static_cast<std::size_t>(pass - first_record_));
    }

    std::deque<Record> records_;  ///< of the passes not taken
    std::uint64_t first_record_ = 0;
    std::uint64_t finished_ = 0;
};

}  // namespace quatrain::mac_array
