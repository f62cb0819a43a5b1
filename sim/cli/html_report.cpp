// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/html_report.hpp"

#include "sim/cli/exit_status.hpp"
#include "sim/report/output.hpp"
#include "sim/run/run.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/io.hpp>
#include <boost/process/search_path.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

namespace quatrain::cli {
namespace {

namespace process = boost::process;

constexpr std::string_view install_command = "pip install scripts/quatrain_sweep";

/// Empty where there is none that may be run.
std::filesystem::path program_of(const std::filesystem::path& name) {
    return name.has_parent_path() ? process::search_path(name.filename(), {name.parent_path()})
                                  : process::search_path(name);
}

std::filesystem::path find_sweep(const std::string& file) {
    const char* const named = std::getenv("QUATRAIN_SWEEP");
    const bool is_named = named != nullptr && *named != '\0';
    std::filesystem::path program = program_of(is_named ? named : "quatrain-sweep");
    if (!program.empty()) return program;
    if (is_named)
        throw UsageError(
            fmt::format("--html {}: QUATRAIN_SWEEP = {}: must be the program quatrain-sweep ({})",
                        file, named, install_command));
    throw UsageError(fmt::format(
        "--html {}: quatrain-sweep, which makes the page, is not in PATH: install it ({}) or set "
        "QUATRAIN_SWEEP to its file",
        file, install_command));
}

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

[[noreturn]] void fail_temporary() {
    throw std::runtime_error(fmt::format("temporary file: cannot be written: {}",
                                         std::generic_category().message(errno)));
}

/// It has no name, so that not even a program that is killed leaves it behind.
File temporary_file() {
    File file(std::tmpfile(), &std::fclose);
    if (!file) fail_temporary();
    return file;
}

File file_with(const std::string& text) {
    File file = temporary_file();
    if (std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() ||
        std::fflush(file.get()) != 0)
        fail_temporary();
    std::rewind(file.get());
    return file;
}

/// Without the program's own name in front; empty where there is none.
std::string last_line(std::FILE* messages) {
    std::rewind(messages);
    std::string line, last;
    const auto finish = [&] {
        if (line.find_first_not_of(" \t\r") != std::string::npos) last = line;
        line.clear();
    };
    for (int c = std::fgetc(messages); c != EOF; c = std::fgetc(messages)) {
        if (c == '\n') {
            finish();
        } else {
            line += static_cast<char>(c);
        }
    }
    finish();
    constexpr std::string_view name = "quatrain-sweep: ";
    return last.starts_with(name) ? last.substr(name.size()) : last;
}

/// As shells tell it.
int status_of(int wait_result) {
    return WIFEXITED(wait_result) ? WEXITSTATUS(wait_result) : 128 + WTERMSIG(wait_result);
}

}  // namespace

void add_html_option(CLI::App& command, std::string& file) {
    command
        .add_option("--html", file,
                    "write the report as a page to open in a browser; needs quatrain-sweep (pip "
                    "install scripts/quatrain_sweep)")
        ->type_name("FILE");
}

HtmlReport::HtmlReport(std::string file) : file_(std::move(file)) {
    if (!is_asked_for()) return;
    if (file_ == "-")
        throw UsageError("--html -: a page is written to a file, not to standard output");
    try {
        report::check_output(file_);
    } catch (const std::runtime_error& error) {
        throw UsageError(fmt::format("--html {}", error.what()));
    }
    program_ = find_sweep(file_);
}

void HtmlReport::write(const std::string& json, run::Progress& progress) const {
    const File input = file_with(json);
    const File messages = temporary_file();
    progress.begin("page", 1, "pages");
    std::error_code error;
    process::child sweep(process::exe = program_.string(),
                         process::args = {"html", "-", "--output", file_},
                         (process::std_in < input.get()), (process::std_out > process::null),
                         (process::std_err > messages.get()), error);
    if (!error) sweep.wait(error);
    progress.end();
    if (error)
        throw UsageError(fmt::format("--html {}: {}: cannot be run: {}", file_, program_.string(),
                                     error.message()));
    const int status = status_of(sweep.native_exit_code());
    if (status == exit_done) return;
    if (status == exit_interrupted)
        throw Interrupted(fmt::format("interrupted; {} was not written", file_));
    const std::string said = last_line(messages.get());
    const std::string message =
        fmt::format("--html {}: quatrain-sweep: {}", file_,
                    said.empty() ? fmt::format("exit status {} without a word", status) : said);
    if (status == exit_bad_input) throw UsageError(message);
    throw run::InternalError(message);
}

}  // namespace quatrain::cli
