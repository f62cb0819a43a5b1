// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/run/progress.hpp"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>

namespace quatrain::report {

/// How progress is shown.
enum class ProgressStyle : unsigned char {
    bar,    ///< a line redrawn in place, a few times per second
    lines,  ///< a line every few seconds
    none,
};

/// bar on a terminal, lines otherwise, none when quiet.
ProgressStyle progress_style(bool quiet, std::FILE* stream);

/// Shows progress with its rate and the time left.
class ProgressBar final : public run::Progress {
public:
    /// `stop` is what a signal handler sets to ask for an end.
    ProgressBar(ProgressStyle style, std::FILE* stream, const volatile std::sig_atomic_t& stop)
        : style_(style), stream_(stream), stop_(stop) {}

    void begin(std::string_view phase, std::uint64_t total, std::string_view unit) override;
    void start_from(std::uint64_t done) override { before_ = done_ = done; }
    void update(std::uint64_t done) override;
    void end() override;
    bool stop_requested() const override { return stop_ != 0; }

private:
    using Clock = std::chrono::steady_clock;
    void show(bool last);

    ProgressStyle style_;
    std::FILE* stream_;
    const volatile std::sig_atomic_t& stop_;
    std::string phase_, unit_;
    std::uint64_t total_ = 0, before_ = 0, done_ = 0;
    Clock::time_point start_, shown_;
};

/// "simulate  [#####-----]  50.0 %  120/240 operators  12.3 /s  9 s left": one line without its
/// end. `seconds` are those of the units behind the first `before`.
std::string progress_line(std::string_view phase, std::string_view unit, std::uint64_t done,
                          std::uint64_t total, double seconds, std::uint64_t before = 0);

}  // namespace quatrain::report
