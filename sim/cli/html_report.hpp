// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/run/progress.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

namespace quatrain::cli {

/// --html.
void add_html_option(CLI::App& command, std::string& file);

/// The page that --html asks for. The program quatrain-sweep makes it of a JSON report.
class HtmlReport {
public:
    /// To be constructed before the work whose page it is: finds quatrain-sweep, which is
    /// $QUATRAIN_SWEEP or in PATH. Throws UsageError where it is not there, or where `file` could
    /// not be written. Empty: no page.
    explicit HtmlReport(std::string file);

    bool is_asked_for() const { return !file_.empty(); }

    /// Makes the page of a report of `run`, `compare` or `train`, or of a log of `train`. No other
    /// file is left, however it ends. Throws, with the last line that quatrain-sweep said,
    /// UsageError where that blames its input and run::InternalError where it failed otherwise;
    /// Interrupted.
    void write(const std::string& json, run::Progress& progress) const;

private:
    std::string file_;
    std::filesystem::path program_;
};

}  // namespace quatrain::cli
