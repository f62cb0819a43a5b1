// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_probes.hpp"
#include "rtl_models/base/counters.hpp"
#include "rtl_models/isa/instruction.hpp"
#include "rtl_models/mac_array/clocked_delay_line.hpp"
#include "rtl_models/mac_array/clocked_pe.hpp"

#include <deque>
#include <optional>
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

/// What enters the array in one cycle, without the operands' codes.
struct Entry {
    StepControl moving;
    StationaryStep stationary;  ///< header of the load, when a preload beat passes
    ResumeRow resume;
    /// Codes per row of the moving and per column of the stationary beat that passes; 0: none does.
    std::int64_t moving_lanes = 0, stationary_lanes = 0;
};

/// The array's control: which pass preloads, which streams, when operands may pass, when a pass is
/// done. Registers and counters only; both arrays use it. At any time one pass streams, one more
/// may be issued behind it (waiting, preloading or loaded), and passes that have streamed complete
/// in the skew. So at most rows + cols passes are in flight: one waits, one streams, and one can
/// complete with each of the rows + cols - 2 steps of the skew.
class Control {
public:
    /// The operand pins in one cycle.
    struct Valid {
        bool stationary = false, moving = false;
    };

    /// Throws std::overflow_error when the array has more rows, columns or lanes than their numbers
    /// hold.
    explicit Control(const Params& params);

    /// Combinational: a pass may be issued in this cycle.
    bool ready(const Valid& valid) const;
    /// Combinational: what enters the array in this cycle. Throws std::overflow_error when an
    /// address does not fit its register.
    Entry entry(const Valid& valid) const;
    /// The clock edge that ends a cycle; `issued` is null when none is. Throws
    /// std::invalid_argument when the pass does not fit the array, std::overflow_error when a field
    /// does not fit its register, std::logic_error when it is issued although the array is not
    /// ready.
    void edge(const Valid& valid, const Command* issued);

    // Registers that the pins show.
    bool preload_go() const;
    bool stream_go() const { return streaming_.has_value(); }
    bool stationary_ready() const;
    bool moving_ready() const;
    bool done() const { return done_; }

    /// The events of a pass that is not taken yet, to be added to.
    EventCounts& counts(std::uint64_t pass);
    /// Adds a PE's work to its passes: `moving` is the pass of its step.
    void charge(const ProcessingElement::Work& work, std::uint64_t moving, std::uint64_t load);
    /// Returns and removes the events of the oldest done pass. Throws std::logic_error when there
    /// is none.
    EventCounts take_counts();

    /// Shows what the array does (phase), the pass that streams, the one behind it, and how many
    /// are on their way.
    void probe(Probes& probes, const std::string& block) const;

private:
    /// A pass, decoded at issue.
    struct Pass {
        StepControl control;  ///< of its steps, as far as they are alike
        std::uint64_t number = 0;
        std::int64_t steps = 0;   ///< moving beats
        std::int64_t pixels = 0;  ///< OS
        std::int64_t rows = 0;    ///< WS: stationary beats
        std::int64_t lanes = 0;   ///< of the mode
        std::int64_t stride = 0;  ///< from one vector's (row's) accumulators to the next [bits]
        bool resume = false;      ///< OS
        bool overlaps = false;    ///< it has the second register that its dataflow needs for that
        bool follows_alike = false;  ///< the pass before has the same dataflow
    };
    /// The pass behind the one that streams.
    struct Waiting {
        Pass pass;
        bool preloads = false;    ///< in this cycle
        std::int64_t cycles = 0;  ///< of preload so far, up to the array's rows
        std::int64_t beats = 0;   ///< taken so far
    };
    struct Streaming {
        Pass pass;
        bool starts = true;      ///< this is its first cycle
        std::int64_t beats = 0;  ///< taken so far
    };
    /// What the pins decide about this cycle.
    struct Progress {
        bool loads = false;      ///< a preload beat passes
        bool steps = false;      ///< a moving beat passes
        bool last = false;       ///< and is its pass's last
        bool completes = false;  ///< a pass's last result is written at the end of this cycle
        bool starts = false;     ///< the waiting pass streams from the next cycle on
    };
    struct Record {
        EventCounts counts;
        Event macs{}, zero_macs{};
        bool done = false;
    };

    Progress progress(const Valid& valid) const;
    bool may_begin(const Pass& pass, std::int64_t earlier_passes) const;
    bool is_loaded(const Waiting& waiting, std::int64_t earlier_passes) const;
    Pass decode(const Command& command) const;
    Pass decode(const isa::WeightStationaryPass& pass) const;
    Pass decode(const isa::OutputStationaryPass& pass) const;
    void issue(const Command& command);
    void begin_preload();
    std::string_view phase() const;
    StepControl step_control(const Progress& progress) const;
    Record& record(std::uint64_t pass) {
        return records_[static_cast<std::size_t>(pass - first_record_)];
    }

    Params params_;
    std::optional<Waiting> waiting_;
    std::optional<Streaming> streaming_;
    DelayLine<std::uint8_t> completion_;  ///< last steps on their way to the last PE
    std::int64_t since_last_step_;  ///< cycles since an output-stationary pass's last step, up to
                                    ///< rows + cols
    std::int64_t in_flight_ = 0;    ///< passes issued and not completed, up to rows + cols
    std::uint64_t completed_ = 0;
    std::uint64_t issued_ = 0;
    std::optional<Pass> newest_;  ///< the pass issued last
    bool done_ = false;
    std::deque<Record> records_;  ///< of the passes not taken: the account, no hardware
    std::uint64_t first_record_ = 0;
};

}  // namespace quatrain::mac_array
