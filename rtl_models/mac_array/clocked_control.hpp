// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_probes.hpp"
#include "rtl_models/mac_array/clocked_delay_line.hpp"
#include "rtl_models/mac_array/clocked_pass.hpp"

#include <optional>

namespace quatrain::mac_array {

/// What enters the array in one cycle, without the operands' codes.
struct Entry {
    StepControl moving;
    StationaryStep stationary;  ///< header of the load, when a preload beat passes
    ResumeRow resume;
    /// Codes per row of the moving and per column of the stationary beat that passes; 0: none does.
    std::int64_t moving_lanes = 0, stationary_lanes = 0;
};

/// The array's control: which pass preloads, which streams, when operands may pass, when a pass is
/// done. Registers and counters only, of ClockedArray; the structure of PEs knows these from the
/// tokens that travel through it. At any time one pass streams, one more
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

    PassEvents& events() { return events_; }

    /// Shows what the array does (phase), the pass that streams, the one behind it, and how many
    /// are on their way.
    void probe(Probes& probes, const std::string& block) const;

private:
    /// The pass behind the one that streams.
    struct Waiting {
        Pass pass;
        bool follows_alike = false;  ///< the pass before has the same dataflow
        bool preloads = false;       ///< in this cycle
        std::int64_t cycles = 0;     ///< of preload so far, up to the array's rows
        std::int64_t beats = 0;      ///< taken so far
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
    Progress progress(const Valid& valid) const;
    static bool may_begin(const Waiting& waiting, std::int64_t earlier_passes);
    bool is_loaded(const Waiting& waiting, std::int64_t earlier_passes) const;
    void issue(const Command& command);
    void begin_preload();
    std::string_view phase() const;
    StepControl step_control(const Progress& progress) const;

    Params params_;
    std::optional<Waiting> waiting_;
    std::optional<Streaming> streaming_;
    DelayLine<std::uint8_t> completion_;  ///< last steps on their way to the last PE
    std::int64_t since_last_step_;  ///< cycles since an output-stationary pass's last step, up to
                                    ///< rows + cols
    std::int64_t in_flight_ = 0;    ///< passes issued and not completed, up to rows + cols
    std::uint64_t issued_ = 0;
    std::optional<Pass> newest_;  ///< the pass issued last
    bool done_ = false;
    PassEvents events_;
};

}  // namespace quatrain::mac_array
