// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace quatrain::run {

/// Hears how far a run is, and tells it to stop. Called from one thread. Implementations print;
/// sim/run does not.
class Progress {
public:
    virtual ~Progress() = default;
    /// A phase begins: "simulate", "golden reference", ...; `total` units of work ("operators",
    /// "elements").
    virtual void begin(std::string_view phase, std::uint64_t total, std::string_view unit) = 0;
    /// `done` units of the phase that has just begun were complete before: they tell nothing about
    /// how long the others take.
    virtual void start_from(std::uint64_t done) { update(done); }
    /// `done` units of the current phase are complete (absolute, never falling).
    virtual void update(std::uint64_t done) = 0;
    /// The current phase is complete.
    virtual void end() = 0;
    /// True once the user has interrupted: finish the current operator, then return with what is
    /// complete.
    virtual bool stop_requested() const = 0;
};

/// Hears nothing and never stops: for tests, and for callers that do not care.
class Silent final : public Progress {
public:
    void begin(std::string_view, std::uint64_t, std::string_view) override {}
    void update(std::uint64_t) override {}
    void end() override {}
    bool stop_requested() const override { return false; }
};

}  // namespace quatrain::run
