// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_buses.hpp"
#include "rtl_models/mac_array/clocked_structure_pe.hpp"

#include <cstdint>
#include <optional>
#include <systemc>
#include <vector>

namespace quatrain::mac_array::structure {

/// The edge of the structure at which passes and operands enter. It decodes a pass as ClockedArray
/// does; what happens then it learns from shift registers of its own, from down-counters, and from
/// the control words that it meets again at pins inside the array.
class FrontEnd : public sc_core::sc_module {
public:
    sc_core::sc_in<bool> clock{"clock"};
    sc_core::sc_in<bool> start{"start"};
    sc_core::sc_in<Command> pass{"pass"};
    sc_core::sc_in<OperandBeat> stationary{"stationary"};
    sc_core::sc_in<OperandBeat> moving{"moving"};
    /// At the inputs of the bottom PE of the last column: a last step here completes its pass.
    sc_core::sc_in<MovingStep> bottom_right{"bottom_right"};
    /// Behind the registers of the bottom row's skew.
    sc_core::sc_vector<sc_core::sc_in<MovingStep>> bottom_skew;
    /// At the inputs of the PEs of row 0 but the last.
    sc_core::sc_vector<sc_core::sc_in<MovingStep>> top_row;

    sc_core::sc_out<bool> ready{"ready"};
    sc_core::sc_out<bool> stationary_ready{"stationary_ready"};
    sc_core::sc_out<bool> moving_ready{"moving_ready"};
    sc_core::sc_out<bool> preload_go{"preload_go"};
    sc_core::sc_out<bool> stream_go{"stream_go"};
    sc_core::sc_out<bool> done{"done"};
    sc_core::sc_vector<sc_core::sc_out<MovingStep>> rows;         ///< before the skew
    sc_core::sc_vector<sc_core::sc_out<StationaryStep>> columns;  ///< before the skew
    sc_core::sc_out<ResumeRow> resume{"resume"};

    FrontEnd(const sc_core::sc_module_name& name, const Params& params, Guard guard,
             PassEvents& events);

private:
    /// The pass behind the one that streams. Bit i of a token register, the only one that is set:
    /// i cycles of the preload, or i of its rows, are over.
    struct Behind {
        Pass pass;
        bool follows_alike = false;  ///< the pass before has the same dataflow
        bool preloads = false;
        std::vector<bool> cycles, rows;
        std::int64_t elements_left = 0;
        std::int64_t accumulators = 0;  ///< of the row that resumes next [bits]
    };
    struct Stream {
        Pass pass;
        bool first_cycle = true, first_step = true;
        std::int64_t steps_left = 0, pixels_left = 0;
        std::int64_t chunk_left = 0;    ///< OS: products until the next rounding
        std::int64_t accumulators = 0;  ///< WS: of the next vector [bits]
    };
    /// What the pins decide about this cycle.
    struct Happens {
        bool loads = false, steps = false, last = false;
        bool leaves = false;    ///< a pass's last step is at the last PE
        bool moves_on = false;  ///< the pass behind streams from the next cycle on
    };

    void combine();
    void edge();
    Happens happens() const;
    bool wants_rows() const;
    bool takes_steps() const;
    static bool may_begin(const Behind& behind, std::int64_t earlier_passes);
    bool is_loaded_after(bool loads, bool leaves) const;
    bool drain_path_is_taken() const;
    bool top_row_drains() const;
    void show_rows(const Happens& happens);
    void show_columns(const Happens& happens);
    void show_resume();
    StepControl control(const Happens& happens) const;
    void require_beats(const Happens& happens) const;
    void shift_preload(const Happens& happens);
    void count_step(const Happens& happens);
    void accept(const Command& command);
    void begin_stream();
    void begin_preload(bool top_row_drains);

    Params params_;
    Guard guard_;
    PassEvents& events_;
    std::optional<Behind> behind_;
    std::optional<Stream> stream_;
    std::optional<Pass> newest_;
    std::uint64_t issued_ = 0;
    std::int64_t inside_ = 0;                           ///< passes issued and not done
    sc_core::sc_signal<std::uint64_t> state_{"state"};  ///< changes with the registers
};

}  // namespace quatrain::mac_array::structure
