// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/dram/controller.hpp"

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace quatrain::dram::testing {

/// Collects the commands of a channel.
class Recorder final : public CommandObserver {
public:
    void issued(const Command& command) override { commands.push_back(command); }
    std::vector<Command> commands;
};

/// A request and which way it goes.
struct Access {
    bool write = false;
    Request request;
};

/// Random requests for one channel, in order of arrival: phases of idleness, of streams through
/// rows, of a few rows that conflict, and of anything.
class RandomTraffic {
public:
    RandomTraffic(std::uint64_t seed, const Organisation& organisation, std::int64_t ranks)
        : random_(seed), organisation_(organisation), ranks_(ranks) {}

    std::vector<Access> draw(std::size_t count) {
        std::vector<Access> all;
        std::int64_t now = 0;
        while (all.size() < count) {
            const std::int64_t kind = between(0, 3);
            const std::int64_t pause = kind == 0 ? between(0, 40) : between(0, 2);
            const std::int64_t writes = between(0, 2);  // none, half, all
            Location at = anywhere();
            for (std::int64_t i = between(1, 60); i > 0 && all.size() < count; --i) {
                if (kind == 1) {
                    step(at);
                } else if (kind == 2) {
                    at.row = static_cast<std::int32_t>(between(0, 2) % organisation_.rows);
                } else {
                    at = anywhere();
                }
                now += between(0, pause);
                const bool write = writes == 2 || (writes == 1 && between(0, 1) == 1);
                all.push_back({write, {all.size(), now, at}});
            }
            if (between(0, 5) == 0) now += between(0, 3000);
        }
        return all;
    }

    std::int64_t between(std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
    }

private:
    std::int32_t below(std::int64_t bound) {
        return static_cast<std::int32_t>(between(0, bound - 1));
    }
    Location anywhere() {
        return {.rank = below(ranks_),
                .bank_group = below(organisation_.bank_groups),
                .bank = below(organisation_.banks),
                .row = below(std::min<std::int64_t>(organisation_.rows, 6)),
                .column = below(organisation_.columns())};
    }
    /// The next burst of a stream: bank groups first, then columns, then rows.
    void step(Location& at) const {
        if (++at.bank_group < organisation_.bank_groups) return;
        at.bank_group = 0;
        if (++at.column < organisation_.columns()) return;
        at.column = 0;
        at.row = static_cast<std::int32_t>((at.row + 1) % organisation_.rows);
    }

    std::mt19937_64 random_;
    Organisation organisation_;
    std::int64_t ranks_;
};

/// What a channel did.
struct Outcome {
    std::vector<Command> commands;
    std::vector<Answer> answers;  ///< in order of edge, then id
};

inline void sort_answers(std::vector<Answer>& answers) {
    std::sort(answers.begin(), answers.end(), [](const Answer& a, const Answer& b) {
        return a.edge != b.edge ? a.edge < b.edge : a.id < b.id;
    });
}

/// Runs the controller for `cycles`, at most `stride` of them at a time; answers after those do not
/// count.
inline Outcome run_controller(const Standard& standard, std::int64_t ranks,
                              const ControllerParams& params, const std::vector<Access>& traffic,
                              std::int64_t cycles, bool streaming = true,
                              std::int64_t stride = 1'000'000) {
    Recorder recorder;
    Controller controller(standard, ranks, params, 0, recorder);
    controller.set_streaming(streaming);
    Outcome outcome;
    std::size_t next = 0;
    while (controller.now() < cycles) {
        const std::int64_t end = std::min(controller.now() + stride, cycles);
        for (; next < traffic.size() && traffic[next].request.arrival < end; ++next) {
            traffic[next].write ? controller.write(traffic[next].request)
                                : controller.read(traffic[next].request);
        }
        controller.advance(end - 1, outcome.answers);
    }
    std::erase_if(outcome.answers, [&](const Answer& one) { return one.edge > cycles; });
    sort_answers(outcome.answers);
    outcome.commands = std::move(recorder.commands);
    return outcome;
}

}  // namespace quatrain::dram::testing
