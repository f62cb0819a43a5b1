// SPDX-License-Identifier: Apache-2.0
#include "sim/energy/area.hpp"
#include "sim/report/descriptions.hpp"
#include "sim/report/figures.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace quatrain::report {
namespace {

Cell square_micrometres(double value) {
    return {fmt::format("{:.1f}", value), value};
}

Cell square_millimetres(double value) {
    return {fmt::format("{:.4f}", value), value};
}

}  // namespace

Table area_table(const config::Technology& technology, const config::Architecture& architecture) {
    const energy::AreaReport report = energy::area(technology, architecture);
    Table table({{"unit", Align::left},
                 {"count"},
                 {"each [um2]"},
                 {"total [mm2]"},
                 {"share"},
                 {"low [mm2]"},
                 {"high [mm2]"},
                 {"evidence", Align::left}});
    const config::Band all = report.square_millimetres();
    for (const energy::AreaRow& row : report.rows) {
        const double scale = 1e-6 * static_cast<double>(row.count);
        const double share = scale * row.each.value / all.value;
        table.add({row.unit,
                   {grouped(static_cast<std::uint64_t>(row.count)), row.count},
                   square_micrometres(row.each.value),
                   square_millimetres(scale * row.each.value),
                   {percent(share), share},
                   square_millimetres(scale * row.each.low),
                   square_millimetres(scale * row.each.high),
                   std::string(config::name(row.evidence))});
    }
    table.rule();
    table.add({"total",
               "",
               "",
               square_millimetres(all.value),
               {percent(1), 1.0},
               square_millimetres(all.low),
               square_millimetres(all.high),
               ""});
    return table;
}

std::string area_notes(const config::Technology& technology,
                       const config::Architecture& architecture) {
    const energy::AreaReport report = energy::area(technology, architecture);
    return fmt::format(
        "technology {}: quatrain describe technologies {}\nleft out, for want of a figure: {}\n",
        technology.name, technology.name, fmt::join(report.left_out, "; "));
}

}  // namespace quatrain::report
