// SPDX-License-Identifier: Apache-2.0
#include "sim/report/progress_bar.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>

namespace quatrain::report {

ProgressStyle progress_style(bool quiet, std::FILE* stream) {
    if (quiet) return ProgressStyle::none;
    return isatty(fileno(stream)) != 0 ? ProgressStyle::bar : ProgressStyle::lines;
}

std::string progress_line(std::string_view phase, std::string_view unit, std::uint64_t done,
                          std::uint64_t total, double seconds, std::uint64_t before) {
    constexpr double width = 24;
    const double fraction =
        total == 0 ? 1.0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    const auto filled = static_cast<std::size_t>(fraction * width);
    std::string line =
        fmt::format("{:<16} [{}{}] {:5.1f} %  {}/{} {}", phase, std::string(filled, '#'),
                    std::string(static_cast<std::size_t>(width) - filled, '-'), 100 * fraction,
                    done, total, unit);
    if (done > before && seconds > 0) {
        const double rate = static_cast<double>(done - before) / seconds;
        line += fmt::format("  {:.3g} /s", rate);
        if (done < total) {
            line += fmt::format("  {:.0f} s left", static_cast<double>(total - done) / rate);
        } else {
            line += fmt::format("  {:.1f} s", seconds);
        }
    }
    return line;
}

void ProgressBar::begin(std::string_view phase, std::uint64_t total, std::string_view unit) {
    phase_ = phase;
    unit_ = unit;
    total_ = total;
    before_ = done_ = 0;
    start_ = shown_ = Clock::now();
    if (style_ == ProgressStyle::bar) show(false);
}

void ProgressBar::update(std::uint64_t done) {
    using namespace std::chrono_literals;
    done_ = done;
    const Clock::duration pause =
        style_ == ProgressStyle::bar ? Clock::duration(100ms) : Clock::duration(5s);
    if (style_ != ProgressStyle::none && Clock::now() - shown_ >= pause) show(false);
}

void ProgressBar::end() {
    done_ = total_;
    if (style_ == ProgressStyle::bar) show(true);
}

void ProgressBar::show(bool last) {
    shown_ = Clock::now();
    const double seconds = std::chrono::duration<double>(shown_ - start_).count();
    const std::string line = progress_line(phase_, unit_, done_, total_, seconds, before_);
    const bool in_place = style_ == ProgressStyle::bar;
    // ESC [K clears what a longer line before left behind.
    fmt::print(stream_, "{}{}{}{}", in_place ? "\r" : "", line, in_place ? "\x1b[K" : "",
               in_place && !last ? "" : "\n");
    std::fflush(stream_);
}

}  // namespace quatrain::report
