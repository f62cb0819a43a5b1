// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/commands.hpp"
#include "sim/cli/common_options.hpp"
#include "sim/cli/exit_status.hpp"
#include "sim/cli/html_report.hpp"
#include "sim/cli/interrupt.hpp"
#include "sim/report/dram_trace.hpp"
#include "sim/report/json.hpp"
#include "sim/report/output.hpp"
#include "sim/report/progress_bar.hpp"
#include "sim/report/run_table.hpp"
#include "sim/report/timeline.hpp"
#include "sim/run/run.hpp"

#include <fmt/format.h>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace quatrain::cli {
namespace {

struct RunArguments {
    CommonOptions common;
    std::string dataset = "synthetic";
    std::string numerics = "on", timing = "on", fidelity = "fast";
    std::string golden = "sample";
    bool golden_asked_for = false;  ///< --golden was given, and is not off
    std::string sqnr = "on";
    std::string faults = "fail";
    std::uint64_t seed = 1;
    int threads = 0;
    std::string csv, html, trace, dram_trace;
    std::string dram_check = "off";
    std::string vcd, vcd_scope;
};

void add_options(CLI::App& command, RunArguments& arguments) {
    add_common_options(command, arguments.common);
    add_pass_option(command, arguments.common);
    command
        .add_option(
            "--dataset", arguments.dataset,
            "images: synthetic, synthetic:N (N to train with, N/5 to test with), cifar10:DIR or "
            "mnist:DIR, where DIR holds the files as published")
        ->type_name("DATASET")
        ->capture_default_str();
    const CLI::IsMember on_off({"on", "off"});
    command.add_option("--numerics", arguments.numerics, "compute the numbers: on or off")
        ->check(on_off)
        ->type_name("SWITCH")
        ->capture_default_str();
    command.add_option("--timing", arguments.timing, "count the cycles: on or off")
        ->check(on_off)
        ->type_name("SWITCH")
        ->capture_default_str();
    command
        .add_option("--golden", arguments.golden,
                    "compare with the bit-exact reference: off, sample (of every tensor) or full")
        ->check(CLI::IsMember({"off", "sample", "full"}))
        ->type_name("HOW_MUCH")
        ->capture_default_str();
    command
        .add_option("--sqnr", arguments.sqnr,
                    "compare with the same step in FP64 too (SQNR, cosine): on or off")
        ->check(on_off)
        ->type_name("SWITCH")
        ->capture_default_str();
    command
        .add_option("--faults", arguments.faults,
                    "a NaN or infinity in a quantiser: fail (exit status 1), or only report it")
        ->check(CLI::IsMember({"fail", "report"}))
        ->type_name("WHAT")
        ->capture_default_str();
    add_host_options(command, arguments.seed, arguments.threads);
    command.add_option("--csv", arguments.csv, "write one row per operator; - is standard output")
        ->type_name("FILE");
    add_html_option(command, arguments.html);
    command
        .add_option("--fidelity", arguments.fidelity,
                    "fast, or rtl: the pin-level models, one clock edge at a time; same results")
        ->check(CLI::IsMember({"fast", "rtl"}))
        ->type_name("VIEWS")
        ->capture_default_str();
    command.add_option("--vcd", arguments.vcd, "write the waveforms of an rtl run, for GTKWave")
        ->type_name("FILE");
    command
        .add_option("--vcd-scope", arguments.vcd_scope,
                    "only the pins and registers of one block: array, load, ...")
        ->type_name("BLOCK");
    command
        .add_option("--trace", arguments.trace,
                    "write what every engine did when, for Perfetto or chrome://tracing; - is "
                    "standard output")
        ->type_name("FILE");
    command
        .add_option("--dram-check", arguments.dram_check,
                    "hold every command to the DRAM against its standard: on or off")
        ->check(CLI::IsMember({"on", "off"}))
        ->type_name("SWITCH")
        ->capture_default_str();
    command
        .add_option("--dram-trace", arguments.dram_trace,
                    "write every command to the DRAM as CSV; - is standard output")
        ->type_name("FILE");
}

/// The clocked views compute what they time, and only they have pins.
void check_fidelity(const RunArguments& arguments) {
    const bool rtl = arguments.fidelity == "rtl";
    if (rtl && arguments.numerics == "off")
        throw UsageError("--fidelity rtl and --numerics off: its units compute what they time");
    if (rtl && arguments.timing == "off")
        throw UsageError("--fidelity rtl and --timing off: it has no other way than its clock");
    if (arguments.vcd == "-")
        throw UsageError("--vcd -: waveforms are written to a file, not to standard output");
    if (!rtl && !arguments.vcd.empty())
        throw UsageError(fmt::format("--vcd {}: needs --fidelity rtl", arguments.vcd));
    if (arguments.vcd.empty() && !arguments.vcd_scope.empty())
        throw UsageError(fmt::format("--vcd-scope {}: needs --vcd", arguments.vcd_scope));
}

/// The option whose report goes to standard output instead of the table; empty: none.
std::string report_on_standard_output(const RunArguments& arguments) {
    std::string chosen;
    for (const auto& [option, file] : {std::pair("--json", &arguments.common.json),
                                       {"--csv", &arguments.csv},
                                       {"--trace", &arguments.trace},
                                       {"--dram-trace", &arguments.dram_trace}}) {
        if (*file != "-") continue;
        if (!chosen.empty())
            throw UsageError(
                fmt::format("{} - and {} -: only one report fits standard output", chosen, option));
        chosen = option;
    }
    return chosen;
}

run::RunOptions resolve(const RunArguments& arguments) {
    check_fidelity(arguments);
    report_on_standard_output(arguments);
    if (!arguments.trace.empty() && arguments.timing == "off")
        throw UsageError(fmt::format("--trace {}: needs --timing on", arguments.trace));
    if (!arguments.dram_trace.empty() && arguments.timing == "off")
        throw UsageError(fmt::format("--dram-trace {}: needs --timing on", arguments.dram_trace));
    if (arguments.dram_check == "on" && arguments.timing == "off")
        throw UsageError("--dram-check on: needs --timing on");
    const std::map<std::string, run::Golden> golden{
        {"off", run::Golden::off}, {"sample", run::Golden::sample}, {"full", run::Golden::full}};
    const run::DatasetChoice dataset = parse_dataset(arguments.dataset);
    run::RunOptions options = resolve(arguments.common);
    options.dataset = dataset;
    options.numerics = arguments.numerics == "on";
    options.timing = arguments.timing == "on";
    options.fidelity = arguments.fidelity == "rtl" ? run::Fidelity::clocked : run::Fidelity::fast;
    options.vcd_file = arguments.vcd;
    options.vcd_scope = arguments.vcd_scope;
    options.timeline = !arguments.trace.empty();
    options.check_dram = arguments.dram_check == "on";
    options.golden = golden.at(arguments.golden);
    options.sqnr = arguments.sqnr == "on";
    options.seed = arguments.seed;
    options.threads = arguments.threads;
    if (!options.numerics && !options.timing) {
        throw UsageError("--numerics off and --timing off: nothing is left to do");
    }
    if (!arguments.dram_trace.empty() && options.architecture.dram.ideal)
        throw UsageError(fmt::format("--dram-trace {}: dram.ideal = true, which has no commands",
                                     arguments.dram_trace));
    if (options.check_dram && options.architecture.dram.ideal)
        throw UsageError("--dram-check on: dram.ideal = true, which has no commands");
    if (!options.numerics && arguments.golden_asked_for) {
        throw UsageError(fmt::format("--golden {} and --numerics off: there is nothing to compare",
                                     arguments.golden));
    }
    return options;
}

int status_of(const RunArguments& arguments, const run::RunResult& result) {
    if (!result.complete) return exit_interrupted;
    const bool faulty = result.faults.nan > 0 || result.faults.infinity > 0;
    const bool failed = result.golden.mismatches > 0 || (faulty && arguments.faults == "fail");
    return failed ? exit_check_failed : exit_done;
}

/// Hands the commands of a run to the file, which a long run must not hold in memory.
void trace_dram(report::DramTrace& trace, run::RunOptions& options) {
    constexpr std::int64_t piece = 1 << 16;  // [DRAM cycles]
    options.dram_command = [&trace, next = piece](const dram::Command& command) mutable {
        if (command.cycle >= next) {
            trace.flush(command.cycle);
            next = command.cycle + piece;
        }
        trace.add(command);
    };
}

int execute(const RunArguments& arguments) {
    run::RunOptions options = resolve(arguments);
    report::check_output(arguments.common.json);
    report::check_output(arguments.csv);
    report::check_output(arguments.trace);
    report::check_output(arguments.vcd);
    report::check_output(arguments.dram_trace);
    const HtmlReport page(arguments.html);
    std::optional<report::DramTrace> dram_trace;
    if (!arguments.dram_trace.empty())
        trace_dram(dram_trace.emplace(arguments.dram_trace), options);
    report::ProgressBar progress(report::progress_style(arguments.common.quiet, stderr), stderr,
                                 catch_interrupt());
    const run::RunResult result = run::run(options, progress);
    if (dram_trace) dram_trace->finish();
    const std::string& json = arguments.common.json;
    if (!json.empty()) report::write_output(json, report::run_json(options, result));
    if (!arguments.csv.empty()) {
        report::write_output(arguments.csv, report::operator_table(options, result).csv());
    }
    if (!arguments.trace.empty()) {
        report::write_output(arguments.trace, [&](const report::Sink& sink) {
            report::write_timeline(result, sink);
        });
    }
    if (report_on_standard_output(arguments).empty()) {
        report::write_output("-", report::run_text(options, result));
    }
    const int status = status_of(arguments, result);
    if (status == exit_interrupted) {
        fmt::print(stderr,
                   "quatrain: interrupted; reported are the {} operators that were complete\n",
                   result.operators.size());
    } else if (status == exit_check_failed) {
        fmt::print(stderr, "quatrain: check failed: {} mismatches, {} NaN, {} infinity\n",
                   result.golden.mismatches, result.faults.nan, result.faults.infinity);
    }
    if (page.is_asked_for()) page.write(report::run_json(options, result), progress);
    return status;
}

}  // namespace

void add_run(CLI::App& program, Action& action) {
    CLI::App* command =
        program.add_subcommand("run", "simulate one training step of a network on a machine");
    auto arguments = std::make_shared<RunArguments>();
    add_options(*command, *arguments);
    command->footer(
        "Examples: every bit of a training step checked, on real images, with a report for "
        "programs; a page to open in a browser\n"
        "  quatrain run --network resnet20-cifar --dataset cifar10:DIR --batch 8 --golden full "
        "--json report.json\n"
        "  quatrain run --network resnet18 --numerics off --html report.html\n"
        "Exit status: 0 done, 1 a check failed, 2 bad input, 3 the machine made no progress "
        "(deadlock) or an internal check failed, 130 interrupted.");
    command->callback([&action, arguments, command] {
        arguments->golden_asked_for = command->count("--golden") > 0 && arguments->golden != "off";
        action = [arguments] { return execute(*arguments); };
    });
}

}  // namespace quatrain::cli
