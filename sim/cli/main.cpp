// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/params.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/exit_status.hpp"
#include "sim/report/version.hpp"
#include "sim/run/run.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <new>
#include <string>
#include <systemc>

namespace quatrain::cli {
namespace {

int report_error(const char* what, int status) {
    std::fflush(stdout);
    fmt::print(stderr, "quatrain: {}\n", what);
    return status;
}

int parse_and_execute(int argc, char** argv) {
    CLI::App program{
        "Quatrain: cycle-accurate simulator of accelerators that train neural networks in 4 bits"};
    program.name("quatrain");
    program.set_version_flag("--version", std::string(report::version()));
    program.require_subcommand(0,
                               1);  // none is reported below: first comes what was not understood
    program.footer("Example: quatrain run --network resnet20-cifar --batch 8 --golden full");
    Action action;
    add_run(program, action);
    add_train(program, action);
    add_compare(program, action);
    add_compile(program, action);
    add_describe(program, action);
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return program.exit(error);  // --help, --version
        return report_error(error.what(), exit_bad_input);
    }
    if (!action)
        return report_error("a subcommand is required: run, train, compare, compile or describe",
                            exit_bad_input);
    return action();
}

// Input errors are runtime_errors and invalid_arguments of one line; what remains is ours.
int guarded(int argc, char** argv) {
    try {
        return parse_and_execute(argc, argv);
    } catch (const run::InternalError& error) {
        return report_error(error.what(), exit_internal);
    } catch (const Interrupted& error) {
        return report_error(error.what(), exit_interrupted);
    } catch (const std::invalid_argument& error) {
        return report_error(error.what(), exit_bad_input);
    } catch (const std::overflow_error& error) {
        return report_error(error.what(), exit_check_failed);
    } catch (const std::runtime_error& error) {
        return report_error(error.what(), exit_bad_input);
    } catch (const std::bad_alloc&) {
        return report_error("out of memory", exit_internal);
    } catch (const std::exception& error) {
        return report_error(error.what(), exit_internal);
    }
}

}  // namespace
}  // namespace quatrain::cli

int sc_main(int argc, char** argv) {
    return quatrain::cli::guarded(argc, argv);
}

int main(int argc, char** argv) {
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    return sc_core::sc_elab_and_sim(argc, argv);
}
