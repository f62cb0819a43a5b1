// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/commands.hpp"
#include "sim/cli/common_options.hpp"
#include "sim/cli/compare_points.hpp"
#include "sim/cli/exit_status.hpp"
#include "sim/cli/html_report.hpp"
#include "sim/cli/interrupt.hpp"
#include "sim/report/compare_table.hpp"
#include "sim/report/output.hpp"
#include "sim/report/progress_bar.hpp"
#include "sim/run/compare.hpp"

#include <fmt/format.h>
#include <boost/describe.hpp>
#include <memory>

namespace quatrain::cli {
namespace {

struct CompareArguments {
    PointArguments points;
    std::string iso = "none";
    std::optional<std::int64_t> scale_from;
    std::int64_t activity_batch = 8;
    std::uint64_t seed = 1;
    int threads = 0;
    std::string json, csv, html;
    bool quiet = false;
};

void add_options(CLI::App& command, CompareArguments& arguments) {
    add_point_options(command, arguments.points);
    command
        .add_option("--iso", arguments.iso,
                    "what machines have in common: none; area: each array has the modes that its "
                    "recipe needs and the area of the base's array; pe: the base's cores, rows and "
                    "columns")
        ->check(CLI::IsMember({"none", "area", "pe"}))
        ->type_name("WHAT")
        ->capture_default_str();
    command
        .add_option("--scale-from", arguments.scale_from,
                    "simulate steps of N and N/2 images only, and take the batch from the straight "
                    "line through them")
        ->check(CLI::Range(std::int64_t{2}, run::most_images))
        ->type_name("N");
    command
        .add_option("--activity-batch", arguments.activity_batch,
                    "images of the computed step that says which multipliers are gated; 0: none is")
        ->check(CLI::Range(std::int64_t{0}, run::most_images))
        ->type_name("N")
        ->capture_default_str();
    add_host_options(command, arguments.seed, arguments.threads);
    command.add_option("--json", arguments.json, "write the report as JSON; - is standard output")
        ->type_name("FILE");
    command.add_option("--csv", arguments.csv, "write one row per point; - is standard output")
        ->type_name("FILE");
    add_html_option(command, arguments.html);
    command.add_flag("--quiet", arguments.quiet, "no progress on standard error");
}

run::CompareSettings settings_of(const CompareArguments& arguments) {
    run::CompareSettings settings{.iso = run::Iso::none,
                                  .scale_from = arguments.scale_from,
                                  .activity_batch = arguments.activity_batch,
                                  .seed = arguments.seed,
                                  .threads = arguments.threads};
    boost::describe::enum_from_string(arguments.iso.c_str(), settings.iso);
    return settings;
}

int execute(const CompareArguments& arguments) {
    if (arguments.json == "-" && arguments.csv == "-")
        throw UsageError("--json - and --csv -: only one report fits standard output");
    const std::vector<run::ComparePoint> points = points_of(arguments.points);
    const run::CompareSettings settings = settings_of(arguments);
    report::check_output(arguments.json);
    report::check_output(arguments.csv);
    const HtmlReport page(arguments.html);
    report::ProgressBar progress(report::progress_style(arguments.quiet, stderr), stderr,
                                 catch_interrupt());
    const std::vector<run::ComparedStep> steps = run::compare(points, settings, progress);
    if (!arguments.json.empty())
        report::write_output(arguments.json, report::compare_json(steps, settings));
    if (!arguments.csv.empty())
        report::write_output(arguments.csv, report::compare_table(steps).csv());
    if (arguments.json != "-" && arguments.csv != "-")
        report::write_output("-", report::compare_text(steps, settings));
    const bool complete = steps.size() == points.size();
    if (!complete)
        fmt::print(stderr, "quatrain: interrupted; reported are the {} points that were complete\n",
                   steps.size());
    if (page.is_asked_for() && !steps.empty())
        page.write(report::compare_json(steps, settings), progress);
    return complete ? exit_done : exit_interrupted;
}

}  // namespace

void add_compare(CLI::App& program, Action& action) {
    CLI::App* command = program.add_subcommand(
        "compare", "machines and recipes side by side: time, energy, area, an epoch of each");
    auto arguments = std::make_shared<CompareArguments>();
    add_options(*command, *arguments);
    command->footer(
        "The points are every combination of networks, architectures, recipes, batches and "
        "mappers, or those that --point names. The first point of a network is the base of its "
        "others.\n"
        "Examples:\n"
        "  quatrain compare --network resnet18 --recipe fp16,hfp8,fp4-tpr --batch 256 --scale-from "
        "16 --iso area\n"
        "  quatrain compare --network resnet20-cifar --point recipe=fp16,arch=edge-4bit --point "
        "recipe=fp4-tpr,set=core.array.cols=64,name=wide\n"
        "  quatrain compare --network resnet20-cifar --batch 8 --mapper heuristic,search\n"
        "  quatrain compare --network resnet20-cifar --recipe all --html recipes.html");
    command->callback(
        [&action, arguments] { action = [arguments] { return execute(*arguments); }; });
}

}  // namespace quatrain::cli
