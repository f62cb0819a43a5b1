// SPDX-License-Identifier: Apache-2.0
#include "sim/report/run_table.hpp"

#include "sim/report/dram_table.hpp"
#include "sim/report/figures.hpp"
#include "sim/report/json_text.hpp"
#include "sim/report/layer_groups.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/describe.hpp>
#include <cmath>

namespace quatrain::report {
namespace {

std::string cycles_text(std::uint64_t cycles) {
    return cycles == 0 ? "-" : grouped(cycles);
}

double microjoules(std::int64_t femtojoules) {
    return static_cast<double>(femtojoules) * 1e-9;
}

std::string layers_text(const run::RunOptions& options, const run::RunResult& result) {
    Table table({{"layer", Align::left},
                 {"forward [cycles]"},
                 {"dX [cycles]"},
                 {"dW [cycles]"},
                 {"other [cycles]"},
                 {"share"},
                 {"utilisation"},
                 {"energy [uJ]"},
                 {"SQNR forward [dB]"},
                 {"dX [dB]"},
                 {"dW [dB]"}});
    bool gemms = true;
    for (const LayerGroup& group : layer_groups(options.network, result.operators)) {
        if (gemms && !group.has_gemm) table.rule();
        gemms = group.has_gemm;
        const double share = result.cycles == 0 ? 0
                                                : static_cast<double>(group.cycles()) /
                                                      static_cast<double>(result.cycles);
        table.add({group.label, cycles_text(group.forward.cycles), cycles_text(group.data.cycles),
                   cycles_text(group.weight.cycles), cycles_text(group.other_cycles),
                   percent(share), group.has_gemm ? percent(group.utilisation()) : "-",
                   fmt::format("{:.2f}", microjoules(group.energy_femtojoules)),
                   decibels(group.forward.sqnr_db), decibels(group.data.sqnr_db),
                   decibels(group.weight.sqnr_db)});
    }
    return table.text();
}

/// The energies of the DRAM are those of another memory.
bool has_stand_in(const run::RunOptions& options) {
    return !options.architecture.memory.energies.stand_in.empty();
}

/// The figures that move the total most, each alone.
std::string sensitivity_text(const run::RunResult& result) {
    constexpr std::size_t most = 3;
    std::string text;
    for (std::size_t i = 0; i < std::min(most, result.sensitivity.size()); ++i) {
        const energy::Sensitivity& one = result.sensitivity[i];
        if (one.span() == 0) break;
        text += fmt::format("{} {} [{:.2f} .. {:.2f}]",
                            text.empty() ? "one figure alone, the widest:" : ",", one.figure,
                            microjoules(one.low), microjoules(one.high));
    }
    return text.empty() ? text : text + "\n";
}

/// How sure the energies are, and what decides that.
std::string energy_notes(const run::RunOptions& options, const run::RunResult& result) {
    const auto count = [&](config::Evidence evidence) {
        return std::ranges::count_if(options.technology.events, [&](const auto& entry) {
            return entry.figure.evidence == evidence;
        });
    };
    std::string text = fmt::format(
        "energy: {:.2f} uJ [{:.2f} .. {:.2f}]; of the {} event energies of {}, {} are derived and "
        "{} "
        "assumed: quatrain describe technologies {}\n",
        microjoules(result.energy.value.total()), microjoules(result.energy.low.total()),
        microjoules(result.energy.high.total()), options.technology.events.size(),
        options.technology.name, count(config::Evidence::derived), count(config::Evidence::assumed),
        options.technology.name);
    text += sensitivity_text(result);
    if (result.area_mm2)
        text += fmt::format("area: {:.3g} mm2 [{:.3g} .. {:.3g}]: quatrain describe --area\n",
                            result.area_mm2->value, result.area_mm2->low, result.area_mm2->high);
    return text;
}

std::string energy_text(const run::RunOptions& options, const run::RunResult& result) {
    Table table({{"energy", Align::left}, {"[uJ]"}, {"low"}, {"high"}, {"share"}, {"[pJ/MAC]"}});
    const auto total = static_cast<double>(result.energy.value.total());
    const auto add = [&](std::string name, std::int64_t low, std::int64_t value,
                         std::int64_t high) {
        const auto figure = static_cast<double>(value);
        table.add({std::move(name), fmt::format("{:.2f}", microjoules(value)),
                   fmt::format("{:.2f}", microjoules(low)),
                   fmt::format("{:.2f}", microjoules(high)),
                   percent(total > 0 ? figure / total : 0),
                   result.macs == 0
                       ? "-"
                       : fmt::format("{:.4f}", figure / 1000 / static_cast<double>(result.macs))});
    };
    const energy::EnergyBand& energy = result.energy;
    for (std::size_t i = 0; i < energy::component_count; ++i) {
        const auto component = static_cast<energy::Component>(i);
        const bool stands_in = component == energy::Component::dram && has_stand_in(options);
        add(std::string(energy::name(component)) + (stands_in ? " (stand-in)" : ""),
            energy.low[component], energy.value[component], energy.high[component]);
    }
    table.rule();
    add("total", energy.low.total(), energy.value.total(), energy.high.total());
    return table.text() + energy_notes(options, result);
}

std::string gradscale_text(const run::RunOptions& options, const run::RunResult& result) {
    const bool several = options.architecture.cores > 1;
    Table table({{"GradScale", Align::left},
                 {"log2 scale"},
                 {"max |scaled|"},
                 {several ? "vote (sum)" : "vote"},
                 {"underflow"},
                 {"overflow"}});
    for (const run::GradScaleRow& row : result.gradscale) {
        std::string vote = fmt::format("{:+d}", row.vote);
        if (several) vote += fmt::format(" ({:+d})", row.vote_sum);
        table.add({row.layer, std::to_string(row.log2_scale), fmt::format("{:.4g}", row.max_abs),
                   std::move(vote), percent(row.underflow_fraction),
                   percent(row.overflow_fraction)});
    }
    return table.text();
}

/// Whose tensor: empty where there is one core.
std::string core_text(const run::RunOptions& options, std::int64_t core) {
    return options.architecture.cores > 1 ? fmt::format("core {} ", core) : "";
}

std::string golden_text(const run::RunOptions& options, const run::RunResult& result) {
    if (!options.numerics) return "golden reference: not compared (numerics are off)\n";
    if (options.golden == run::Golden::off)
        return "golden reference: not compared (--golden off)\n";
    if (result.golden.elements == 0) return "golden reference: nothing was compared\n";
    std::string text =
        fmt::format("golden reference ({}): {} elements, {} mismatches: {}\n",
                    options.golden == run::Golden::full ? "every element" : "a sample",
                    grouped(result.golden.elements), grouped(result.golden.mismatches),
                    result.golden.mismatches == 0 ? "bit-exact" : "BITS DIFFER");
    for (const run::Mismatch& mismatch : result.first_mismatches) {
        text += fmt::format("  {}{}[{}]: expected {:#x}, machine has {:#x}\n",
                            core_text(options, mismatch.core), mismatch.tensor, mismatch.index,
                            mismatch.expected, mismatch.actual);
    }
    return text;
}

std::string machine_text(const config::Architecture& machine) {
    const mac_array::Params& array = machine.array;
    const bool several = machine.cores > 1;
    std::string text =
        fmt::format("{}: {}{} x {} PEs, lanes [bits:n] {}, clock {} ps; overlap: {}", machine.name,
                    several ? fmt::format("{} cores of ", machine.cores) : "", array.rows,
                    array.cols, lanes_text(array), machine.clock_period_ps, overlap_model(array));
    if (several)
        text += fmt::format("; ring: {} bytes per cycle each way, {} cycles per hop",
                            machine.ring.bytes_per_cycle, machine.ring.hop_cycles);
    return text + "\n";
}

/// How a batch is shared; empty where there is one core.
std::string sharing_text(const run::RunOptions& options) {
    const std::int64_t cores = options.architecture.cores;
    if (cores == 1) return "";
    return fmt::format(" ({} on each core, batch norm {})", options.batch / cores,
                       boost::describe::enum_to_string(options.batch_norm, "?"));
}

std::string heading_text(const run::RunOptions& options, const run::RunResult& result) {
    std::string text =
        fmt::format("{}: {} parameters, {}MACs forward per image; {} of batch {}{}, recipe {}\n",
                    options.network.name, grouped(static_cast<std::uint64_t>(result.parameters)),
                    si(static_cast<double>(result.macs_forward), ""),
                    options.training ? "one training step" : "inference", options.batch,
                    sharing_text(options), options.recipe.name);
    text += machine_text(options.architecture);
    if (!result.complete)
        text += "INTERRUPTED: only the operators that were complete are reported\n";
    return text + "\n";
}

std::string totals_text(const run::RunOptions& options, const run::RunResult& result) {
    std::string text;
    if (options.timing) {
        const bool several = options.architecture.cores > 1;
        text += fmt::format("time: {} cycles = {}; utilisation of the {} {}\n",
                            grouped(result.cycles), si(result.seconds, "s"),
                            several ? "arrays" : "array", percent(result.utilisation));
        if (result.predicted_cycles && result.cycles != 0)
            text += fmt::format("the mapper's prediction: {} cycles ({:+.1f} %)\n",
                                grouped(*result.predicted_cycles),
                                100 * (static_cast<double>(*result.predicted_cycles) /
                                           static_cast<double>(result.cycles) -
                                       1));
    }
    const auto bytes = [&](Event bits) {
        return si(static_cast<double>(result.counts[bits]) / 8, "B");
    };
    text += fmt::format("work: {}MACs; DRAM read {}, written {}",
                        si(static_cast<double>(result.macs), ""), bytes(Event::dram_read_bits),
                        bytes(Event::dram_write_bits));
    if (options.architecture.scratchpad.bytes > 0)
        text += fmt::format("; scratchpad read {}, written {}", bytes(Event::scratchpad_read_bits),
                            bytes(Event::scratchpad_write_bits));
    text += "\n";
    if (result.loss) text += fmt::format("loss: {:.6f}\n", *result.loss);
    const run::NumericFaults& faults = result.faults;
    text += fmt::format("numeric faults: {} NaN, {} infinity, {} saturated\n", faults.nan,
                        faults.infinity, faults.saturated);
    return text;
}

std::string simulator_text(const run::RunResult& result) {
    const run::SimulatorFigures& figures = result.simulator;
    std::string text =
        fmt::format("simulator: {:.2f} s on {} threads, {} memory", figures.wall_seconds,
                    figures.threads, si(static_cast<double>(figures.peak_rss_bytes), "B"));
    if (figures.simulation_seconds > 0 && result.cycles > 0) {
        const auto rate = [&](std::uint64_t count) {
            return static_cast<double>(count) / figures.simulation_seconds;
        };
        text += fmt::format("; {}, {}", si(rate(result.cycles), "cycles/s"),
                            si(rate(result.macs), "MACs/s"));
    }
    return text + "\n";
}

}  // namespace

std::string lanes_text(const mac_array::Params& array) {
    std::string text;
    for (const auto precision :
         {numerics::Precision::four_bit, numerics::Precision::eight_bit,
          numerics::Precision::sixteen_bit, numerics::Precision::thirty_two_bit}) {
        const std::int64_t lanes = mac_array::lanes(array, precision);
        if (lanes > 0)
            text += fmt::format("{}{}:{}", text.empty() ? "" : " ",
                                4 << static_cast<int>(precision), lanes);
    }
    return text;
}

std::string overlap_model(const mac_array::Params& array) {
    if (array.double_stationary && array.double_result) {
        return "preload and drain hidden (double registers)";
    }
    if (array.double_stationary) return "preload hidden, drain not (single result register)";
    if (array.double_result) return "drain hidden, preload not (single stationary register)";
    return "none (single registers)";
}

std::string run_text(const run::RunOptions& options, const run::RunResult& result) {
    std::string text = heading_text(options, result);
    text += layers_text(options, result) + "\n" + energy_text(options, result) + "\n";
    if (const std::string dram = dram_text(options, result); !dram.empty()) text += dram + "\n";
    if (!result.gradscale.empty()) text += gradscale_text(options, result) + "\n";
    return text + totals_text(options, result) + golden_text(options, result) +
           simulator_text(result);
}

Table operator_table(const run::RunOptions& options, const run::RunResult& result) {
    std::vector<Column> columns;
    for (const char* heading : {"name",
                                "operator",
                                "pass",
                                "format",
                                "m",
                                "n",
                                "k",
                                "dataflow",
                                "tile",
                                "macs",
                                "start_cycle",
                                "cycles",
                                "utilisation",
                                "sqnr_db",
                                "cosine",
                                "bias",
                                "golden_elements",
                                "golden_mismatches",
                                "dram_energy_stand_in",
                                "energy_low_pj_total",
                                "energy_high_pj_total",
                                "energy_pj_total"}) {
        columns.push_back({heading});
    }
    for (std::size_t i = 0; i < energy::component_count; ++i) {
        columns.push_back(
            {fmt::format("energy_pj_{}", energy::name(static_cast<energy::Component>(i)))});
    }
    for (std::size_t i = 0; i < event_count; ++i) {
        columns.push_back({std::string(event_info(static_cast<Event>(i)).name)});
    }
    Table table(std::move(columns));
    const auto number = [](const auto& value) { return fmt::format("{}", value); };
    const auto optional = [&](const std::optional<double>& value) {
        return value && std::isfinite(*value) ? number(*value) : std::string();
    };
    for (const run::OperatorRow& row : result.operators) {
        std::vector<Cell> cells{row.name,
                                row.kind,
                                row.pass,
                                row.format,
                                number(row.m),
                                number(row.n),
                                number(row.k),
                                row.dataflow,
                                row.tile,
                                number(row.macs),
                                number(row.start_cycle),
                                number(row.cycles),
                                number(row.utilisation),
                                optional(row.sqnr_db),
                                optional(row.cosine),
                                optional(row.bias),
                                number(row.golden.elements),
                                number(row.golden.mismatches),
                                has_stand_in(options) ? "yes" : "no",
                                thousandths_text(row.energy.low.total()),
                                thousandths_text(row.energy.high.total()),
                                thousandths_text(row.energy.value.total())};
        for (std::size_t i = 0; i < energy::component_count; ++i) {
            cells.emplace_back(
                thousandths_text(row.energy.value[static_cast<energy::Component>(i)]));
        }
        for (std::size_t i = 0; i < event_count; ++i) {
            cells.emplace_back(number(row.counts[static_cast<Event>(i)]));
        }
        table.add(std::move(cells));
    }
    return table;
}

}  // namespace quatrain::report
