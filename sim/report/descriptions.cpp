// SPDX-License-Identifier: Apache-2.0
#include "sim/report/descriptions.hpp"

#include "sim/config/parameters.hpp"
#include "sim/config/reader.hpp"
#include "sim/report/figures.hpp"
#include "workloads/network/network.hpp"
#include "workloads/network/reader.hpp"

#include <fmt/format.h>
#include <array>

namespace quatrain::report {
namespace {

Cell grouped_cell(std::int64_t value) {
    return {grouped(static_cast<std::uint64_t>(value)), value};
}

Cell parameter_cell(const config::Parameter::Value& value) {
    return std::visit([&](const auto& content) { return Cell(config::to_text(value), content); },
                      value);
}

std::string_view format_note(numerics::Format format) {
    using enum numerics::Format;
    switch (format) {
        case fp32:
            return "IEEE 754 binary32";
        case fp16:
            return "IEEE 754 binary16, subnormals kept";
        case dlfloat16:
            return "1-6-9, bias 31, no subnormals, ties away from zero";
        case bf16:
            return "1-8-7";
        case fp8_143:
            return "1-4-3, bias 7: activations and weights of HFP8";
        case fp8_152:
            return "1-5-2, bias 15: gradients, under a GradScale";
        case int4:
            return "two's complement, -7 .. 7: weights (SaWB)";
        case uint4:
            return "0 .. 15: activations (PACT)";
        case fp4_r4:
            return "1-3-0, radix 4: gradients, even and odd phase";
        case uint8:
            return "images";
        case int32:
            return "labels, scales";
    }
    return "?";
}

/// The array's modes that take the format: its own, and those of wider partners.
std::string multiplied_in(numerics::Format format) {
    using enum numerics::Format;
    if (format == uint8 || format == int32) return "-";
    if (format == fp4_r4) return "4-bit mode";
    const int bits = numerics::bits(format);
    return fmt::format("{}-bit mode{}", bits, bits == 32 ? "" : ", or its partner's");
}

}  // namespace

Table network_list() {
    Table table({{"network", Align::left},
                 {"input", Align::left},
                 {"classes"},
                 {"parameters"},
                 {"MACs forward per image"}});
    for (const std::string& name : network::built_in_names()) {
        const network::Network network = network::built_in(name);
        const network::Extent& input = network.input();
        table.add({name, fmt::format("{} x {} x {}", input.height, input.width, input.channels),
                   plain(network.classes()), grouped_cell(network::parameters(network)),
                   grouped_cell(network::macs_forward(network))});
    }
    return table;
}

Table architecture_list() {
    Table table({{"architecture", Align::left}, {"cores"}, {"description", Align::left}});
    for (const std::string& name : config::preset_names("architectures")) {
        const config::Architecture architecture = config::load_architecture(name);
        table.add({name, plain(architecture.cores), architecture.description});
    }
    return table;
}

Table recipe_list() {
    Table table({{"recipe", Align::left}, {"description", Align::left}});
    for (const std::string& name : config::preset_names("recipes")) {
        table.add({name, config::load_recipe(name).description});
    }
    return table;
}

Table technology_list() {
    Table table({{"technology", Align::left}, {"description", Align::left}});
    for (const std::string& name : config::preset_names("technologies")) {
        table.add({name, config::load_technology(name).description});
    }
    return table;
}

Table format_list() {
    using enum numerics::Format;
    Table table({{"format", Align::left},
                 {"bits"},
                 {"multiplied in", Align::left},
                 {"meaning", Align::left}});
    for (const numerics::Format format :
         {fp32, fp16, dlfloat16, bf16, fp8_143, fp8_152, int4, uint4, fp4_r4, uint8, int32}) {
        table.add({std::string(numerics::name(format)), plain(std::int64_t{numerics::bits(format)}),
                   multiplied_in(format), std::string(format_note(format))});
    }
    return table;
}

Table parameter_table(config::Architecture architecture) {
    Table table({{"parameter", Align::left},
                 {"value"},
                 {"unit", Align::left},
                 {"range", Align::left},
                 {"meaning", Align::left}});
    for (const config::Parameter& parameter : config::parameters(architecture)) {
        table.add({parameter.path, parameter_cell(parameter.get()),
                   std::string(parameter.info.unit), config::range_text(parameter),
                   std::string(parameter.info.meaning)});
    }
    return table;
}

}  // namespace quatrain::report
