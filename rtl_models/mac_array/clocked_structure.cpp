// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/mac_array/clocked_structure.hpp"

#include <functional>
#include <stdexcept>

namespace quatrain::mac_array {
namespace structure {

using sc_core::sc_in;
using sc_core::sc_module;
using sc_core::sc_module_name;
using sc_core::sc_out;
using sc_core::sc_signal;

/// Runs a process's body unless the array has failed.
using Guard = std::function<void(const std::function<void()>&)>;

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

/// A PE and its pins. `sum` and `next_result` are combinational, the other outputs registers.
class PeModule : public sc_module {
public:
    /// Reads the accumulator buffer for a resuming row; counts what the PE did.
    struct Services {
        Guard guard;
        std::function<std::uint32_t(const ResumeRow&)> resume;
        std::function<void(const ProcessingElement::Work&, std::uint64_t, std::uint64_t)> charge;
    };

    sc_in<bool> clock{"clock"};
    sc_in<MovingStep> moving{"moving"};
    sc_in<std::uint32_t> partial_sum{"partial_sum"};
    sc_in<StationaryStep> stationary{"stationary"};
    sc_in<StationaryStep> load{"load"};
    sc_in<ResumeRow> resume{"resume"};
    sc_out<MovingStep> moving_out{"moving_out"};
    sc_out<std::uint32_t> partial_sum_out{"partial_sum_out"};
    sc_out<StationaryStep> stationary_out{"stationary_out"};
    sc_out<std::uint32_t> result{"result"};
    sc_out<std::uint32_t> sum{"sum"};
    sc_out<std::uint32_t> next_result{"next_result"};

    PeModule(const sc_module_name& name, const Params& params, std::int64_t row,
             std::int64_t column, Services services)
        : sc_module(name),
          element_(params, row, column),
          row_(row),
          column_(column),
          services_(std::move(services)) {
        SC_HAS_PROCESS(PeModule);
        SC_METHOD(combine);
        sensitive << moving << partial_sum << stationary << load << state_;
        SC_METHOD(edge);
        sensitive << clock.pos();
        dont_initialize();
    }

private:
    ProcessingElement::Inputs inputs() const {
        return {.moving = moving.read(),
                .partial_sum = partial_sum.read(),
                .stationary = stationary.read().codes,
                .load = load.read(),
                .resumed = std::nullopt};
    }
    void combine() {
        // Pins that have not settled may carry a pair of control and codes that never is. What is
        // still wrong at the clock edge is thrown there.
        try {
            const ProcessingElement::Outputs outputs = element_.evaluate(inputs());
            sum.write(outputs.sum);
            next_result.write(outputs.accumulator);
        } catch (const std::logic_error&) {
        } catch (const std::runtime_error&) {
        }
    }
    void edge() {
        services_.guard([this] {
            ProcessingElement::Inputs in = inputs();
            const ResumeRow& row = resume.read();
            if (row.valid && row.row == row_ && column_ < row.columns)
                in.resumed = services_.resume(row);
            services_.charge(element_.edge(in), in.moving.control.pass, in.load.pass);
            moving_out.write(element_.moving());
            partial_sum_out.write(element_.partial_sum());
            StationaryStep down;
            down.codes = element_.stationary();
            stationary_out.write(down);
            result.write(element_.result());
            state_.write(state_.read() + 1);
        });
    }

    ProcessingElement element_;
    std::int64_t row_, column_;
    Services services_;
    sc_signal<std::uint64_t> state_{"state"};  ///< changes with the PE's registers
};

/// The rounder below a column.
class Rounder : public sc_module {
public:
    using Round = std::function<void(const StepControl&, std::uint32_t)>;
    sc_in<bool> clock{"clock"};
    sc_in<MovingStep> step{"step"};  ///< at the inputs of the bottom PE
    sc_in<std::uint32_t> sum{"sum"};

    Rounder(const sc_module_name& name, Guard guard, Round round)
        : sc_module(name), guard_(std::move(guard)), round_(std::move(round)) {
        SC_HAS_PROCESS(Rounder);
        SC_METHOD(edge);
        sensitive << clock.pos();
        dont_initialize();
    }

private:
    void edge() {
        guard_([this] { round_(step.read().control, sum.read()); });
    }
    Guard guard_;
    Round round_;
};

/// The drain path of a row: all columns, the last of them bypassed.
class RowDrain : public sc_module {
public:
    using Drain = std::function<void(const StepControl&, std::int64_t column, std::uint32_t)>;
    sc_in<bool> clock{"clock"};
    sc_in<MovingStep> step{"step"};                    ///< at the inputs of the row's last PE
    sc_core::sc_vector<sc_in<std::uint32_t>> results;  ///< one per column

    RowDrain(const sc_module_name& name, std::size_t columns, Guard guard, Drain drain)
        : sc_module(name),
          results("results", columns),
          guard_(std::move(guard)),
          drain_(std::move(drain)) {
        SC_HAS_PROCESS(RowDrain);
        SC_METHOD(edge);
        sensitive << clock.pos();
        dont_initialize();
    }

private:
    void edge() {
        guard_([this] {
            const StepControl& control = step.read().control;
            if (!control.valid || !control.last || control.dataflow != Dataflow::output_stationary)
                return;
            for (std::size_t column = 0; column < results.size(); ++column)
                drain_(control, static_cast<std::int64_t>(column), results[column].read());
        });
    }
    Guard guard_;
    Drain drain_;
};

/// Signals and modules of one array.
struct Parts {
    template <class T>
    using Signals = sc_core::sc_vector<sc_signal<T>>;

    Parts(StructuralArray& array, const Params& params);

    std::size_t at(std::size_t row, std::size_t column) const { return row * cols + column; }
    /// What comes out of a skew of `stages` registers behind `entry`.
    template <class T>
    sc_signal<T>& skewed(sc_signal<T>& entry, std::size_t stages,
                         std::vector<std::unique_ptr<SkewRegister<T>>>& registers,
                         std::vector<std::unique_ptr<sc_signal<T>>>& between);
    void place_pe(std::size_t row, std::size_t column);
    void place_rounder(std::size_t column);
    void place_drain(std::size_t row);

    StructuralArray& array;
    const Params& params;
    std::size_t rows, cols;
    Guard guard;
    Signals<MovingStep> row_entries;
    Signals<StationaryStep> column_entries;
    sc_signal<ResumeRow> resume{"resume"};
    sc_signal<std::uint32_t> zero{"zero"};
    std::vector<sc_signal<MovingStep>*> row_inputs;         ///< behind the skew
    std::vector<sc_signal<StationaryStep>*> column_inputs;  ///< behind the skew
    Signals<MovingStep> moving;
    Signals<StationaryStep> stationary;
    Signals<std::uint32_t> partial_sums, sums, results, next_results;
    std::vector<std::unique_ptr<SkewRegister<MovingStep>>> row_skew;
    std::vector<std::unique_ptr<sc_signal<MovingStep>>> row_skew_signals;
    std::vector<std::unique_ptr<SkewRegister<StationaryStep>>> column_skew;
    std::vector<std::unique_ptr<sc_signal<StationaryStep>>> column_skew_signals;
    std::vector<std::unique_ptr<PeModule>> pes;
    std::vector<std::unique_ptr<Rounder>> rounders;
    std::vector<std::unique_ptr<RowDrain>> drains;
};

Parts::Parts(StructuralArray& owner, const Params& sizes)
    : array(owner),
      params(sizes),
      rows(static_cast<std::size_t>(sizes.rows)),
      cols(static_cast<std::size_t>(sizes.cols)),
      guard([this](const std::function<void()>& body) { array.guarded(body); }),
      row_entries("row_entry", rows),
      column_entries("column_entry", cols),
      moving("moving_step", rows * cols),
      stationary("stationary_step", rows * cols),
      partial_sums("partial_sum", rows * cols),
      sums("sum", rows * cols),
      results("result", rows * cols),
      next_results("next_result", rows * cols) {
    for (std::size_t row = 0; row < rows; ++row)
        row_inputs.push_back(&skewed(row_entries[row], row, row_skew, row_skew_signals));
    for (std::size_t column = 0; column < cols; ++column)
        column_inputs.push_back(
            &skewed(column_entries[column], column, column_skew, column_skew_signals));
    for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t column = 0; column < cols; ++column) place_pe(row, column);
    for (std::size_t column = 0; column < cols; ++column) place_rounder(column);
    for (std::size_t row = 0; row < rows; ++row) place_drain(row);
}

template <class T>
sc_signal<T>& Parts::skewed(sc_signal<T>& entry, std::size_t stages,
                            std::vector<std::unique_ptr<SkewRegister<T>>>& registers,
                            std::vector<std::unique_ptr<sc_signal<T>>>& between) {
    sc_signal<T>* signal = &entry;
    for (std::size_t stage = 0; stage < stages; ++stage) {
        auto& skew = *registers.emplace_back(
            std::make_unique<SkewRegister<T>>(sc_core::sc_gen_unique_name("skew")));
        skew.clock(array.clock);
        skew.in(*signal);
        signal =
            between
                .emplace_back(std::make_unique<sc_signal<T>>(sc_core::sc_gen_unique_name("skewed")))
                .get();
        skew.out(*signal);
    }
    return *signal;
}

void Parts::place_pe(std::size_t row, std::size_t column) {
    const PeModule::Services services{
        .guard = guard,
        .resume =
            [this, column](const ResumeRow& resumed) {
                return array.resume(resumed, static_cast<std::int64_t>(column));
            },
        .charge = [this](const ProcessingElement::Work& work, std::uint64_t step,
                         std::uint64_t load) { array.control_.charge(work, step, load); }};
    PeModule& pe = *pes.emplace_back(std::make_unique<PeModule>(
        sc_core::sc_gen_unique_name("pe"), params, static_cast<std::int64_t>(row),
        static_cast<std::int64_t>(column), services));
    pe.clock(array.clock);
    pe.moving(column == 0 ? *row_inputs[row] : moving[at(row, column - 1)]);
    pe.partial_sum(row == 0 ? zero : partial_sums[at(row - 1, column)]);
    pe.stationary(row == 0 ? *column_inputs[column] : stationary[at(row - 1, column)]);
    pe.load(*column_inputs[column]);
    pe.resume(resume);
    pe.moving_out(moving[at(row, column)]);
    pe.partial_sum_out(partial_sums[at(row, column)]);
    pe.stationary_out(stationary[at(row, column)]);
    pe.result(results[at(row, column)]);
    pe.sum(sums[at(row, column)]);
    pe.next_result(next_results[at(row, column)]);
}

void Parts::place_rounder(std::size_t column) {
    Rounder& rounder = *rounders.emplace_back(
        std::make_unique<Rounder>(sc_core::sc_gen_unique_name("rounder"), guard,
                                  [this, column](const StepControl& control, std::uint32_t sum) {
                                      array.round(control, static_cast<std::int64_t>(column), sum);
                                  }));
    rounder.clock(array.clock);
    rounder.step(column == 0 ? *row_inputs[rows - 1] : moving[at(rows - 1, column - 1)]);
    rounder.sum(sums[at(rows - 1, column)]);
}

void Parts::place_drain(std::size_t row) {
    RowDrain& drain = *drains.emplace_back(std::make_unique<RowDrain>(
        sc_core::sc_gen_unique_name("drain"), cols, guard,
        [this, row](const StepControl& control, std::int64_t column, std::uint32_t code) {
            array.drain(control, static_cast<std::int64_t>(row), column, code);
        }));
    drain.clock(array.clock);
    drain.step(cols == 1 ? *row_inputs[row] : moving[at(row, cols - 2)]);
    for (std::size_t column = 0; column < cols; ++column)
        drain.results[column](column + 1 == cols ? next_results[at(row, column)]
                                                 : results[at(row, column)]);
}

}  // namespace structure

StructuralArray::StructuralArray(const sc_core::sc_module_name& name, const Params& params)
    : ArrayShell(name, params), parts_(std::make_unique<structure::Parts>(*this, params_)) {}

StructuralArray::~StructuralArray() = default;

void StructuralArray::show() {
    const Entry entering = entry();
    if (!beats_fit(entering)) return;
    for (std::size_t row = 0; row < parts_->rows; ++row) {
        MovingStep step;
        enter_row(entering, static_cast<std::int64_t>(row), step);
        parts_->row_entries[row].write(step);
    }
    for (std::size_t column = 0; column < parts_->cols; ++column) {
        StationaryStep step;
        enter_column(entering, static_cast<std::int64_t>(column), step);
        parts_->column_entries[column].write(step);
    }
    parts_->resume.write(entering.resume);
}

}  // namespace quatrain::mac_array
