// SPDX-License-Identifier: Apache-2.0
#include "sim/report/compare_table.hpp"

#include "sim/report/figures.hpp"
#include "sim/report/run_table.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>

namespace quatrain::report {
namespace {

using run::ComparedStep;
using run::SpeedUps;
using run::TimeClass;

constexpr std::size_t shown_figures = 3;

double joules(std::int64_t femtojoules) {
    return static_cast<double>(femtojoules) * 1e-15;
}

double epoch_joules(const ComparedStep& step, const energy::Breakdown& of_a_step) {
    return joules(of_a_step.total()) * step.steps_per_epoch();
}

double picojoules_per_mac(const ComparedStep& step) {
    return step.macs == 0
               ? 0
               : energy::picojoules(step.energy.value.total()) / static_cast<double>(step.macs);
}

std::string times(double ratio) {
    return std::isfinite(ratio) ? fmt::format("{:.2f}", ratio) : "-";
}

std::string array_text(const ComparedStep& step) {
    const config::Architecture& machine = step.point.options.architecture;
    const std::string cores = machine.cores > 1 ? fmt::format("{} x ", machine.cores) : "";
    return fmt::format("{}{} x {}", cores, machine.array.rows, machine.array.cols);
}

std::string main_table(std::span<const ComparedStep> steps) {
    Table table({{"point", Align::left},
                 {"PEs"},
                 {"lanes [bits:n]"},
                 {"array [mm2]"},
                 {"step [ms]"},
                 {"epoch [s]"},
                 {"speed-up"},
                 {"image [mJ]"},
                 {"epoch [kJ]"},
                 {"band [kJ]", Align::left},
                 {"[pJ/MAC]"},
                 {"energy ratio"}});
    for (const ComparedStep& step : steps) {
        const ComparedStep& base = steps[step.base];
        if (&step == &base && &step != &steps.front()) table.rule();
        table.add({step.point.label, array_text(step),
                   lanes_text(step.point.options.architecture.array),
                   fmt::format("{:.3f}", step.array_mm2), fmt::format("{:.3f}", step.seconds * 1e3),
                   fmt::format("{:.1f}", step.epoch_seconds()),
                   times(run::speed_ups(step, base).measured),
                   fmt::format("{:.3f}", step.joules_per_image() * 1e3),
                   fmt::format("{:.3f}", epoch_joules(step, step.energy.value) * 1e-3),
                   fmt::format("{:.3g} .. {:.3g}", epoch_joules(step, step.energy.low) * 1e-3,
                               epoch_joules(step, step.energy.high) * 1e-3),
                   fmt::format("{:.3f}", picojoules_per_mac(step)),
                   times(base.joules_per_image() / step.joules_per_image())});
    }
    return table.text();
}

std::string speed_up_table(std::span<const ComparedStep> steps) {
    Table table({{"speed-up", Align::left},
                 {"Fig. 6(c)"},
                 {"densities"},
                 {"+ ends"},
                 {"this array"},
                 {"+ mapping"},
                 {"+ memory"},
                 {"+ batch norm"},
                 {"+ other"},
                 {"+ optimiser"}});
    for (const ComparedStep& step : steps) {
        const ComparedStep& base = steps[step.base];
        if (&step == &base && &step != &steps.front()) table.rule();
        const SpeedUps s = run::speed_ups(step, base);
        const std::optional<double>& published = step.point.options.recipe.published_speed_up;
        table.add({step.point.label, published ? fmt::format("{:.1f}", *published) : "-",
                   times(s.densities), times(s.all_layers), times(s.array), times(s.mapping),
                   times(s.memory), times(s.batch_norm), times(s.other), times(s.measured)});
    }
    return table.text();
}

std::string time_table(std::span<const ComparedStep> steps) {
    std::vector<Column> columns{{"time of a step", Align::left}};
    for (std::size_t i = 0; i < run::time_class_count; ++i) {
        std::string heading(run::name(static_cast<TimeClass>(i)));
        std::replace(heading.begin(), heading.end(), '_', ' ');
        columns.push_back({std::move(heading)});
    }
    columns.push_back({"gated MACs"});
    Table table(std::move(columns));
    for (const ComparedStep& step : steps) {
        std::vector<Cell> row{step.point.label};
        for (const double cycles : step.time.cycles)
            row.emplace_back(percent(cycles / static_cast<double>(step.cycles)));
        row.emplace_back(percent(step.gated));
        table.add(std::move(row));
    }
    return table.text();
}

std::string energy_table(std::span<const ComparedStep> steps) {
    std::vector<Column> columns{{"energy of an image [mJ]", Align::left}};
    for (std::size_t i = 0; i < energy::component_count; ++i) {
        std::string heading(energy::name(static_cast<energy::Component>(i)));
        std::replace(heading.begin(), heading.end(), '_', ' ');
        columns.push_back({std::move(heading)});
    }
    columns.push_back({"total"});
    Table table(std::move(columns));
    for (const ComparedStep& step : steps) {
        const auto images = static_cast<double>(step.point.options.batch);
        const auto cell = [&](std::int64_t femtojoules) {
            return fmt::format("{:.3f}", joules(femtojoules) * 1e3 / images);
        };
        std::vector<Cell> row{step.point.label};
        for (std::size_t i = 0; i < energy::component_count; ++i)
            row.emplace_back(cell(step.energy.value[static_cast<energy::Component>(i)]));
        row.emplace_back(cell(step.energy.value.total()));
        table.add(std::move(row));
    }
    return table.text();
}

std::string sensitivity_table(std::span<const ComparedStep> steps) {
    Table table({{"what moves the energy most", Align::left},
                 {"figure", Align::left},
                 {"at its low"},
                 {"at its high"}});
    for (const ComparedStep& step : steps) {
        const auto total = static_cast<double>(step.energy.value.total());
        for (std::size_t i = 0; i < std::min(shown_figures, step.sensitivity.size()); ++i) {
            const energy::Sensitivity& one = step.sensitivity[i];
            const auto change = [&](std::int64_t at) {
                return fmt::format("{:+.1f} %", 100 * (static_cast<double>(at) / total - 1));
            };
            table.add(
                {i == 0 ? step.point.label : "", one.figure, change(one.low), change(one.high)});
        }
    }
    return table.text();
}

std::string note_text(std::span<const ComparedStep> steps, const run::CompareSettings& settings) {
    std::string text =
        "densities: each GEMM but the first and last layer's in an array of its mode alone, of "
        "equal area; + ends: with those layers; this array: all its PEs busy; each further column "
        "adds the time of its part; + optimiser: what was measured\n";
    if (settings.iso == run::Iso::area)
        text +=
            "equal area: every array has the modes that its recipe needs, and as many columns "
            "of PEs as the area of the base's array holds\n";
    if (settings.iso == run::Iso::pe)
        text += "equal PEs: every machine has the base's cores, rows and columns\n";
    if (settings.scale_from &&
        std::any_of(steps.begin(), steps.end(), [](const ComparedStep& s) { return s.on_a_line; }))
        text += fmt::format(
            "on a line: steps of {} and {} images were simulated; the batch is on the line through "
            "them\n",
            *settings.scale_from / 2, *settings.scale_from);
    text += settings.activity_batch == 0
                ? "gated MACs: not looked at\n"
                : fmt::format("gated MACs: those of a computed step of {} images\n",
                              settings.activity_batch);
    return text;
}

}  // namespace

std::string compare_text(std::span<const ComparedStep> steps,
                         const run::CompareSettings& settings) {
    if (steps.empty()) return "no point was complete\n";
    return main_table(steps) + "\n" + speed_up_table(steps) + "\n" + time_table(steps) + "\n" +
           energy_table(steps) + "\n" + sensitivity_table(steps) + "\n" +
           note_text(steps, settings);
}

Table compare_table(std::span<const ComparedStep> steps) {
    std::vector<Column> columns;
    for (const char* heading : {"point",
                                "network",
                                "architecture",
                                "recipe",
                                "batch",
                                "dataset_images",
                                "cores",
                                "rows",
                                "cols",
                                "array_mm2",
                                "area_mm2",
                                "cycles",
                                "seconds_per_step",
                                "seconds_per_epoch",
                                "joules_per_image",
                                "joules_per_epoch",
                                "joules_per_epoch_low",
                                "joules_per_epoch_high",
                                "picojoules_per_mac",
                                "speed_up",
                                "energy_ratio",
                                "speed_up_densities",
                                "speed_up_all_layers",
                                "speed_up_array",
                                "speed_up_mapping",
                                "speed_up_memory",
                                "speed_up_batch_norm",
                                "speed_up_other",
                                "gated_fraction"})
        columns.push_back({heading});
    for (std::size_t i = 0; i < energy::component_count; ++i)
        columns.push_back(
            {fmt::format("joules_per_image_{}", energy::name(static_cast<energy::Component>(i)))});
    Table table(std::move(columns));
    for (const ComparedStep& step : steps) {
        const run::RunOptions& options = step.point.options;
        const ComparedStep& base = steps[step.base];
        const SpeedUps s = run::speed_ups(step, base);
        std::vector<Cell> row{step.point.label,
                              options.network.name,
                              options.architecture.name,
                              options.recipe.name,
                              plain(options.batch),
                              plain(step.point.dataset_images),
                              plain(options.architecture.cores),
                              plain(options.architecture.array.rows),
                              plain(options.architecture.array.cols),
                              plain(step.array_mm2),
                              plain(step.area_mm2.value),
                              plain(step.cycles),
                              plain(step.seconds),
                              plain(step.epoch_seconds()),
                              plain(step.joules_per_image()),
                              plain(epoch_joules(step, step.energy.value)),
                              plain(epoch_joules(step, step.energy.low)),
                              plain(epoch_joules(step, step.energy.high)),
                              plain(picojoules_per_mac(step)),
                              plain(s.measured),
                              plain(base.joules_per_image() / step.joules_per_image())};
        for (const double one : {s.densities, s.all_layers, s.array, s.mapping, s.memory,
                                 s.batch_norm, s.other, step.gated})
            row.push_back(plain(one));
        for (std::size_t i = 0; i < energy::component_count; ++i)
            row.push_back(plain(joules(step.energy.value[static_cast<energy::Component>(i)]) /
                                static_cast<double>(options.batch)));
        table.add(std::move(row));
    }
    return table;
}

}  // namespace quatrain::report
