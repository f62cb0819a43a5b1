// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/commands.hpp"
#include "sim/cli/common_options.hpp"
#include "sim/cli/exit_status.hpp"
#include "sim/config/nearest.hpp"
#include "sim/report/json.hpp"
#include "sim/report/output.hpp"
#include "sim/report/program_table.hpp"
#include "sim/run/mapping_file.hpp"
#include "sim/run/run.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <memory>

namespace quatrain::cli {
namespace {

struct CompileArguments {
    CommonOptions common;
    std::string layer;
    std::string write_mapping;
};

std::string listing(const compiler::Program& program, const std::string& layer) {
    std::string text = report::program_listing(program, layer);
    if (!text.empty()) return text;
    std::vector<std::string> names;
    for (const compiler::OperatorCode& code : program.code) {
        if (std::find(names.begin(), names.end(), code.name) == names.end())
            names.push_back(code.name);
    }
    throw UsageError(fmt::format("--layer {}: no operator has this name; near: {}", layer,
                                 config::nearest_text(layer, names)));
}

int execute(const CompileArguments& arguments) {
    const run::RunOptions options = resolve(arguments.common);
    report::check_output(arguments.write_mapping);
    compiler::SearchCount count;
    const compiler::Program program = run::compile_step(options, &count);
    if (!arguments.write_mapping.empty())
        report::write_output(arguments.write_mapping, run::mapping_yaml(program));
    const report::Table table = report::program_table(program);
    if (!arguments.common.json.empty()) {
        report::write_output(arguments.common.json,
                             report::table_json("compile", "operators", table));
    }
    if (arguments.common.json == "-") return exit_done;
    report::write_output("-", arguments.layer.empty()
                                  ? table.text() + "\n" + report::program_summary(program) +
                                        report::search_summary(count)
                                  : listing(program, arguments.layer));
    return exit_done;
}

}  // namespace

void add_compile(CLI::App& program, Action& action) {
    CLI::App* command =
        program.add_subcommand("compile", "show the program: mapping, tiles, instructions");
    auto arguments = std::make_shared<CompileArguments>();
    add_common_options(*command, arguments->common);
    add_pass_option(*command, arguments->common);
    command->add_option("--layer", arguments->layer, "list the instructions of one layer")
        ->type_name("NAME");
    command
        ->add_option("--write-mapping", arguments->write_mapping,
                     "write the mapping of every GEMM as YAML, for --mapping")
        ->type_name("FILE");
    command->footer(
        "Example: the instructions of one layer on a larger array\n"
        "  quatrain compile --network resnet18 --set core.array.rows=64 --layer layer1.0.conv1\n"
        "Example: search, and keep what was found to change a line of it by hand\n"
        "  quatrain compile --network resnet18 --mapper search --write-mapping mapping.yaml");
    command->callback(
        [&action, arguments] { action = [arguments] { return execute(*arguments); }; });
}

}  // namespace quatrain::cli
