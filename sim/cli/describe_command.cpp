// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/commands.hpp"
#include "sim/cli/exit_status.hpp"
#include "sim/config/memory.hpp"
#include "sim/config/presets.hpp"
#include "sim/config/reader.hpp"
#include "sim/report/descriptions.hpp"
#include "sim/report/json.hpp"
#include "sim/report/output.hpp"
#include "workloads/network/reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>
#include <memory>
#include <string>

namespace quatrain::cli {
namespace {

constexpr std::array subjects{"networks", "architectures", "recipes", "technologies",
                              "memories", "parameters",    "formats"};

struct DescribeArguments {
    std::string subject;
    std::string name;
    std::string json;
    bool area = false;
    std::string technology;  ///< empty: the architecture's
};

report::Table table_of(const DescribeArguments& arguments) {
    const std::string& subject = arguments.subject;
    if (subject == "networks") return report::network_list();
    if (subject == "architectures") return report::architecture_list();
    if (subject == "recipes") return report::recipe_list();
    if (subject == "technologies") {
        return arguments.name.empty()
                   ? report::technology_list()
                   : report::technology_table(config::load_technology(arguments.name));
    }
    if (subject == "memories") {
        return arguments.name.empty()
                   ? report::memory_list()
                   : report::memory_table(config::load_memory_file(arguments.name));
    }
    if (subject == "formats") return report::format_list();
    return report::parameter_table(
        config::load_architecture(arguments.name.empty() ? "edge-4bit" : arguments.name));
}

// The text that a file of one's own can start from; empty where there is a table instead.
std::string source_of(const DescribeArguments& arguments) {
    if (arguments.name.empty()) return "";
    if (arguments.subject == "networks") return std::string(network::built_in_text(arguments.name));
    if (arguments.subject == "architectures") {
        return config::find_source("architectures", "architecture", arguments.name).text;
    }
    if (arguments.subject == "recipes") {
        return config::find_source("recipes", "recipe", arguments.name).text;
    }
    return "";
}

// `describe --area NAME` has its name where the subject stands elsewhere.
int execute_area(const DescribeArguments& arguments) {
    const bool has_subject = arguments.subject == "architectures";
    if (!has_subject && !arguments.name.empty())
        throw UsageError("describe --area: takes the name of an architecture alone");
    const std::string& name = has_subject ? arguments.name : arguments.subject;
    const config::Architecture architecture =
        config::load_architecture(name.empty() ? "edge-4bit" : name);
    const config::Technology technology = config::load_technology(
        arguments.technology.empty() ? architecture.technology : arguments.technology);
    const report::Table table = report::area_table(technology, architecture);
    if (!arguments.json.empty())
        report::write_output(arguments.json, report::table_json("describe", "area", table));
    if (arguments.json != "-")
        report::write_output("-", table.text() + report::area_notes(technology, architecture));
    return exit_done;
}

int execute(const DescribeArguments& arguments) {
    if (arguments.area) return execute_area(arguments);
    if (!arguments.technology.empty()) throw UsageError("describe --technology: needs --area");
    if (std::ranges::find(subjects, arguments.subject) == subjects.end())
        throw UsageError(
            fmt::format("describe {}: must be one of {}",
                        arguments.subject.empty() ? "without a subject" : arguments.subject,
                        fmt::join(subjects, ", ")));
    if (arguments.subject == "formats" && !arguments.name.empty()) {
        throw UsageError("describe formats: takes no name");
    }
    const std::string source = source_of(arguments);
    if (!source.empty()) {
        if (!arguments.json.empty()) {
            throw UsageError("describe NAME --json: one description in full is YAML already");
        }
        report::write_output("-", source);
        return exit_done;
    }
    const report::Table table = table_of(arguments);
    if (!arguments.json.empty()) {
        report::write_output(arguments.json,
                             report::table_json("describe", arguments.subject, table));
    }
    if (arguments.json != "-") report::write_output("-", table.text());
    return exit_done;
}

}  // namespace

void add_describe(CLI::App& program, Action& action) {
    CLI::App* command = program.add_subcommand(
        "describe",
        "list networks, architectures, recipes, technologies, memories, parameters or formats");
    auto arguments = std::make_shared<DescribeArguments>();
    command
        ->add_option("subject", arguments->subject,
                     fmt::format("what to list: {}", fmt::join(subjects, ", ")))
        ->type_name("SUBJECT");
    command
        ->add_option("name", arguments->name,
                     "one of them in full; parameters: of this architecture")
        ->type_name("NAME");
    command->add_option("--json", arguments->json, "write the list as JSON; - is standard output")
        ->type_name("FILE");
    command->add_flag(
        "--area", arguments->area,
        "silicon of an architecture, unit by unit; NAME alone, or architectures NAME");
    command
        ->add_option("--technology", arguments->technology,
                     "of --area: a technology in place of the architecture's")
        ->type_name("NAME_OR_FILE");
    command->footer(
        "Examples:\n"
        "  quatrain describe parameters                     every parameter of a machine, with "
        "unit and range\n"
        "  quatrain describe --area rapid-4bit              what a machine takes of silicon\n"
        "  quatrain describe networks resnet20-cifar > my.yaml      a network file to start from");
    command->callback(
        [&action, arguments] { action = [arguments] { return execute(*arguments); }; });
}

}  // namespace quatrain::cli
