// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/mac_array/clocked_structure.hpp"

#include "rtl_models/mac_array/clocked_structure_front.hpp"

#include <vector>

namespace quatrain::mac_array {
namespace structure {

using sc_core::sc_in;
using sc_core::sc_module;
using sc_core::sc_module_name;
using sc_core::sc_out;
using sc_core::sc_signal;

/// One register of a skew.
template <class T>
class SkewRegister : public sc_module {
public:
    sc_in<bool> clock{"clock"};
    sc_in<T> in{"in"};
    sc_out<T> out{"out"};

    explicit SkewRegister(const sc_module_name& name) : sc_module(name) {
        SC_HAS_PROCESS(SkewRegister);
        SC_METHOD(edge);
        sensitive << clock.pos();
        dont_initialize();
    }

private:
    void edge() { out.write(in.read()); }
};

/// The rounder below a column: works when a valid sum comes out of the bottom PE.
class Rounder : public sc_module {
public:
    sc_in<bool> clock{"clock"};
    sc_in<MovingStep> step{"step"};  ///< at the inputs of the bottom PE
    sc_in<ValidWord> sum{"sum"};
    sc_core::sc_port<MemoryPort> accumulators{"accumulators"};

    Rounder(const sc_module_name& name, const Params& params, std::int64_t column, Guard guard,
            PassEvents& events)
        : sc_module(name),
          accumulator_(params.accumulator),
          column_(column),
          guard_(std::move(guard)),
          events_(events) {
        SC_HAS_PROCESS(Rounder);
        SC_METHOD(edge);
        sensitive << clock.pos();
        dont_initialize();
    }

private:
    void edge() {
        guard_([this] {
            const StepControl& control = step.read().control;
            if (sum.read().valid && control.dataflow == Dataflow::weight_stationary) round(control);
        });
    }
    void round(const StepControl& control) {
        const int bits = accumulator_bits(accumulator_);
        const std::int64_t address = port_address(control.accumulators + column_ * bits);
        EventCounts& counts = events_.of(control.pass);
        std::uint32_t code = 0;
        if (control.accumulate) {
            code = accumulators->read(address, bits);
            counts[Event::accumulator_read_bits] += static_cast<std::uint64_t>(bits);
        }
        accumulators->write(address, bits,
                            round_into_accumulator(accumulator_, control, code, sum.read().word));
        counts[Event::accumulator_write_bits] += static_cast<std::uint64_t>(bits);
        ++counts[Event::accumulator_adds];
    }

    Accumulator accumulator_;
    std::int64_t column_;
    Guard guard_;
    PassEvents& events_;
};

/// The drain path of a row: all columns with a valid result, the last of them bypassed.
class RowDrain : public sc_module {
public:
    sc_in<bool> clock{"clock"};
    sc_in<MovingStep> step{"step"};                ///< at the inputs of the row's last PE
    sc_core::sc_vector<sc_in<ValidWord>> results;  ///< one per column
    sc_core::sc_port<MemoryPort> accumulators{"accumulators"};

    RowDrain(const sc_module_name& name, const Params& params, Guard guard, PassEvents& events)
        : sc_module(name),
          results("results", static_cast<std::size_t>(params.cols)),
          bits_(accumulator_bits(params.accumulator)),
          guard_(std::move(guard)),
          events_(events) {
        SC_HAS_PROCESS(RowDrain);
        SC_METHOD(edge);
        sensitive << clock.pos();
        dont_initialize();
    }

private:
    void edge() {
        guard_([this] {
            const StepControl& control = step.read().control;
            if (control.valid && control.last && control.dataflow == Dataflow::output_stationary)
                drain(control);
        });
    }
    void drain(const StepControl& control) {
        EventCounts& counts = events_.of(control.pass);
        std::int64_t address = control.accumulators;
        for (std::size_t column = 0; column < results.size(); ++column) {
            const ValidWord& result = results[column].read();
            if (result.valid) {
                accumulators->write(port_address(address), bits_, result.word);
                counts[Event::accumulator_write_bits] += static_cast<std::uint64_t>(bits_);
                counts[Event::result_register_bits] += static_cast<std::uint64_t>(bits_);
            }
            address += bits_;
        }
    }

    int bits_;
    Guard guard_;
    PassEvents& events_;
};

/// Signals and modules of one array.
struct Parts {
    template <class T>
    using Signals = sc_core::sc_vector<sc_signal<T>>;
    /// A skew: registers in a row and the signals behind them.
    template <class T>
    struct Skew {
        std::vector<std::unique_ptr<SkewRegister<T>>> registers;
        std::vector<std::unique_ptr<sc_signal<T>>> signals;
        sc_signal<T>& out(sc_signal<T>& entry) { return signals.empty() ? entry : *signals.back(); }
    };

    Parts(StructuralArray& array, const Params& params, Guard guard);

    std::size_t at(std::size_t row, std::size_t column) const { return row * cols + column; }
    /// What PE(row, column) has at its input from the left.
    sc_signal<MovingStep>& moving_at(std::size_t row, std::size_t column) {
        return column == 0 ? row_skews[row].out(row_entries[row]) : moving[at(row, column - 1)];
    }
    sc_signal<StationaryStep>& column_input(std::size_t column) {
        return column_skews[column].out(column_entries[column]);
    }
    /// A skew of `stages` registers behind `entry`.
    template <class T>
    void place_skew(Skew<T>& skew, sc_signal<T>& entry, std::size_t stages);
    void place_front_end();
    void place_pe(std::size_t row, std::size_t column);
    void place_rounder(std::size_t column);
    void place_drain(std::size_t row);

    StructuralArray& array;
    const Params& params;
    Guard guard;
    PassEvents events;
    std::size_t rows, cols;
    FrontEnd front_end;
    Signals<MovingStep> row_entries;
    Signals<StationaryStep> column_entries;
    sc_signal<ResumeRow> resume{"resume_row"};
    sc_signal<ValidWord> nothing{"nothing"};
    std::vector<Skew<MovingStep>> row_skews;
    std::vector<Skew<StationaryStep>> column_skews;
    Signals<MovingStep> moving;
    Signals<StationaryStep> stationary;
    Signals<ValidWord> partial_sums, sums, results, next_results;
    std::vector<std::unique_ptr<PeModule>> pes;
    std::vector<std::unique_ptr<Rounder>> rounders;
    std::vector<std::unique_ptr<RowDrain>> drains;
};

Parts::Parts(StructuralArray& owner, const Params& sizes, Guard guarded)
    : array(owner),
      params(sizes),
      guard(std::move(guarded)),
      rows(static_cast<std::size_t>(sizes.rows)),
      cols(static_cast<std::size_t>(sizes.cols)),
      front_end("front_end", sizes, guard, events),
      row_entries("row_entry", rows),
      column_entries("column_entry", cols),
      row_skews(rows),
      column_skews(cols),
      moving("moving_step", rows * cols),
      stationary("stationary_step", rows * cols),
      partial_sums("partial_sum", rows * cols),
      sums("sum", rows * cols),
      results("result", rows * cols),
      next_results("next_result", rows * cols) {
    for (std::size_t row = 0; row < rows; ++row) place_skew(row_skews[row], row_entries[row], row);
    for (std::size_t column = 0; column < cols; ++column)
        place_skew(column_skews[column], column_entries[column], column);
    place_front_end();
    for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t column = 0; column < cols; ++column) place_pe(row, column);
    for (std::size_t column = 0; column < cols; ++column) place_rounder(column);
    for (std::size_t row = 0; row < rows; ++row) place_drain(row);
}

template <class T>
void Parts::place_skew(Skew<T>& skew, sc_signal<T>& entry, std::size_t stages) {
    for (std::size_t stage = 0; stage < stages; ++stage) {
        auto& one = *skew.registers.emplace_back(
            std::make_unique<SkewRegister<T>>(sc_core::sc_gen_unique_name("skew")));
        one.clock(array.clock);
        one.in(skew.out(entry));
        skew.signals.emplace_back(
            std::make_unique<sc_signal<T>>(sc_core::sc_gen_unique_name("skewed")));
        one.out(*skew.signals.back());
    }
}

void Parts::place_front_end() {
    front_end.clock(array.clock);
    front_end.start(array.start);
    front_end.pass(array.pass);
    front_end.stationary(array.stationary);
    front_end.moving(array.moving);
    front_end.ready(array.ready);
    front_end.stationary_ready(array.stationary_ready);
    front_end.moving_ready(array.moving_ready);
    front_end.preload_go(array.preload_go);
    front_end.stream_go(array.stream_go);
    front_end.done(array.done);
    front_end.resume(resume);
    front_end.bottom_right(moving_at(rows - 1, cols - 1));
    for (std::size_t stage = 0; stage + 1 < rows; ++stage)
        front_end.bottom_skew[stage](*row_skews[rows - 1].signals[stage]);
    for (std::size_t column = 0; column + 1 < cols; ++column)
        front_end.top_row[column](moving_at(0, column));
    for (std::size_t row = 0; row < rows; ++row) front_end.rows[row](row_entries[row]);
    for (std::size_t column = 0; column < cols; ++column)
        front_end.columns[column](column_entries[column]);
}

void Parts::place_pe(std::size_t row, std::size_t column) {
    PeModule& pe = *pes.emplace_back(std::make_unique<PeModule>(
        sc_core::sc_gen_unique_name("pe"), params, static_cast<std::int64_t>(row),
        static_cast<std::int64_t>(column), guard, events));
    pe.clock(array.clock);
    pe.moving(moving_at(row, column));
    pe.partial_sum(row == 0 ? nothing : partial_sums[at(row - 1, column)]);
    pe.stationary(row == 0 ? column_input(column) : stationary[at(row - 1, column)]);
    pe.load(column_input(column));
    pe.resume(resume);
    pe.moving_out(moving[at(row, column)]);
    pe.partial_sum_out(partial_sums[at(row, column)]);
    pe.stationary_out(stationary[at(row, column)]);
    pe.result(results[at(row, column)]);
    pe.sum(sums[at(row, column)]);
    pe.next_result(next_results[at(row, column)]);
    pe.accumulators(array.accumulators);
}

void Parts::place_rounder(std::size_t column) {
    Rounder& rounder = *rounders.emplace_back(
        std::make_unique<Rounder>(sc_core::sc_gen_unique_name("rounder"), params,
                                  static_cast<std::int64_t>(column), guard, events));
    rounder.clock(array.clock);
    rounder.step(moving_at(rows - 1, column));
    rounder.sum(sums[at(rows - 1, column)]);
    rounder.accumulators(array.accumulators);
}

void Parts::place_drain(std::size_t row) {
    RowDrain& drain = *drains.emplace_back(
        std::make_unique<RowDrain>(sc_core::sc_gen_unique_name("drain"), params, guard, events));
    drain.clock(array.clock);
    drain.step(moving_at(row, cols - 1));
    for (std::size_t column = 0; column < cols; ++column)
        drain.results[column](column + 1 == cols ? next_results[at(row, column)]
                                                 : results[at(row, column)]);
    drain.accumulators(array.accumulators);
}

}  // namespace structure

StructuralArray::StructuralArray(const sc_core::sc_module_name& name, const Params& params)
    : ArrayPins(name, params),
      params_(params),
      parts_(std::make_unique<structure::Parts>(
          *this, params_, [this](const std::function<void()>& body) { guarded(body); })) {}

StructuralArray::~StructuralArray() = default;

EventCounts StructuralArray::take_counts() {
    return parts_->events.take();
}

}  // namespace quatrain::mac_array
