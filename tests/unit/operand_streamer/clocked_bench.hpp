// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_kernel_context.hpp"
#include "rtl_models/buffer/clocked.hpp"

#include "tests/support/hand_clock.hpp"
#include "tests/unit/operand_streamer/clocked_case.hpp"
#include "tests/unit/operand_streamer/clocked_memory_side.hpp"

#include <optional>

namespace quatrain::operand_streamer {

/// In place of sequencer and array: issues the passes, drives go and ready, and compares what the
/// streamer shows in every cycle with the rule: a step is valid in the cycle with go in which
/// StepReads has read its last word, and from there on until it is taken; the next step begins a
/// cycle later. A step of which no word waited for a writer takes the cycles of timing.hpp.
class Driver : public sc_core::sc_module {
public:
    sc_core::sc_in<bool> clock{"clock"};
    sc_core::sc_out<bool> start{"start"}, preload_go{"preload_go"}, stream_go{"stream_go"},
        stationary_ready{"stationary_ready"}, moving_ready{"moving_ready"};
    sc_core::sc_out<Command> pass{"pass"};
    sc_core::sc_in<OperandBeat> stationary{"stationary"}, moving{"moving"};

    Driver(const sc_core::sc_module_name& name, const Case& one, Writer& moving_writer,
           Writer& stationary_writer)
        : sc_module(name),
          case_(one),
          moving_writer_(moving_writer),
          stationary_writer_(stationary_writer),
          random_(one.seed + 1) {
        SC_HAS_PROCESS(Driver);
        SC_METHOD(edge);
        sensitive << clock.pos();
        dont_initialize();
        moving_ready.initialize(true);
        stationary_ready.initialize(true);
    }

    bool finished() const { return streamed_ == passes(); }
    const std::string& failure() const { return failure_; }
    /// Cycles from the first with go to the one of the last beat, of every pass.
    const std::vector<std::int64_t>& stream_spans() const { return stream_spans_; }
    const std::vector<std::int64_t>& preload_spans() const { return preload_spans_; }
    /// What the cycles that were seen say of the counts of pass `index`.
    std::int64_t stalls(std::size_t index) const { return seen_.at(index).stalls; }
    std::int64_t conflicts(std::size_t index) const { return seen_.at(index).conflicts; }
    /// Cycles in which a word waited for a writer.
    std::int64_t withheld() const { return withheld_; }

private:
    /// Where one side stands in the steps of its pass.
    struct Progress {
        std::size_t step = 0;
        std::int64_t cycles = 0;  ///< with go, of this step
        bool shown = false;
        bool withheld = false;  ///< a word of this step waited for a writer
        std::optional<std::int64_t> first_go;
        std::optional<StepReads> moving, stationary;
    };
    struct Seen {
        std::int64_t stalls = 0, conflicts = 0;
    };

    std::size_t passes() const { return case_.passes.size(); }
    bool chance() { return case_.shape.stalls == 0 || below(random_, 3) > 0; }
    void fail(const std::string& what) {
        if (failure_.empty()) failure_ = fmt::format("cycle {}: {}", cycle_, what);
    }

    /// The pass that may preload, or stream: of those that the streamer has taken.
    std::optional<std::size_t> preload_pass() const {
        for (std::size_t i = streamed_; i < taken_; ++i) {
            if (!case_.passes[i].weight_stationary) return std::nullopt;
            if (i >= preloaded_) return i;
        }
        return std::nullopt;
    }
    std::optional<std::size_t> stream_pass() const {
        if (streamed_ >= taken_) return std::nullopt;
        if (case_.passes[streamed_].weight_stationary && preloaded_ <= streamed_)
            return std::nullopt;
        return streamed_;
    }

    /// A cycle of the bank reads of one side's step. True when its last word has been read.
    bool reads(std::optional<StepReads>& step, const std::set<std::int64_t>& words,
               const Writer& writer, bool go, Progress& progress, Seen& seen) {
        if (!step) step.emplace(case_.params, words);
        if (!go || step->complete()) return step->complete();
        const bool waited = step->cycle(writer);
        progress.withheld = progress.withheld || waited;
        withheld_ += waited ? 1 : 0;
        if (step->complete()) seen.conflicts += step->conflict_cycles();
        return step->complete();
    }

    /// Whether the step must show its beat in the cycle that ends, `complete` being what its reads
    /// say.
    bool expect_valid(Progress& progress, std::int64_t closed_form, bool go, bool complete) {
        if (go) {
            ++progress.cycles;
            if (!progress.first_go) progress.first_go = cycle_;
        }
        if (progress.shown || !go || !complete) return progress.shown;
        progress.shown = true;
        if (!progress.withheld && progress.cycles != closed_form)
            fail(fmt::format("a step is read in {} cycles, must be {}", progress.cycles,
                             closed_form));
        return true;
    }

    void compare(std::string_view side, const OperandBeat& beat, bool valid, bool last,
                 const std::vector<std::uint32_t>* codes) {
        if (beat.valid != valid)
            return fail(fmt::format("{} valid = {}, must be {}", side, beat.valid, valid));
        if (beat.last != (valid && last)) return fail(fmt::format("{} last is wrong", side));
        if (valid && beat.codes != *codes) return fail(fmt::format("{} codes are wrong", side));
        if (!valid && std::ranges::any_of(beat.codes, [](auto code) { return code != 0; }))
            fail(fmt::format("{} shows codes without a beat", side));
    }

    /// A step was taken. True when it was the pass's last.
    bool advance(Progress& progress, std::size_t steps, std::vector<std::int64_t>& spans) const {
        const std::optional<std::int64_t> first = progress.first_go;
        const std::size_t next = progress.step + 1;
        progress = {};
        progress.step = next;
        progress.first_go = first;
        if (progress.step < steps) return false;
        spans.push_back(cycle_ - *first + 1);
        progress = {};
        return true;
    }

    void check_stationary() {
        const std::optional<std::size_t> both = stream_pass();
        if (both && !case_.passes[*both].weight_stationary) return;  // with the moving side
        const std::optional<std::size_t> at = preload_pass();
        if (!at) return compare("stationary", stationary.read(), false, false, nullptr);
        const PassCase& one = case_.passes[*at];
        const bool go = preload_go.read();
        const bool complete = reads(preload_.stationary, one.stationary_words.at(preload_.step),
                                    stationary_writer_, go, preload_, seen_[*at]);
        const bool valid =
            expect_valid(preload_, one.preload_steps.at(preload_.step), go, complete);
        const std::size_t steps = one.preload_steps.size();
        compare("stationary", stationary.read(), valid, preload_.step + 1 == steps,
                &one.stationary_beats.at(preload_.step));
        if (valid && stationary_ready.read() && advance(preload_, steps, preload_spans_))
            preloaded_ = *at + 1;
    }

    void check_moving() {
        const std::optional<std::size_t> at = stream_pass();
        if (!at) return compare("moving", moving.read(), false, false, nullptr);
        const PassCase& one = case_.passes[*at];
        const bool go = stream_go.read();
        const bool both = !one.weight_stationary;
        bool complete = reads(stream_.moving, one.moving_words.at(stream_.step), moving_writer_, go,
                              stream_, seen_[*at]);
        if (both)
            complete = reads(stream_.stationary, one.stationary_words.at(stream_.step),
                             stationary_writer_, go, stream_, seen_[*at]) &&
                       complete;
        const bool valid = expect_valid(stream_, one.stream_steps.at(stream_.step), go, complete);
        if (go && !valid) ++seen_[*at].stalls;
        const std::size_t steps = one.stream_steps.size();
        const bool last = stream_.step + 1 == steps;
        compare("moving", moving.read(), valid, last, &one.moving_beats.at(stream_.step));
        if (both)
            compare("stationary", stationary.read(), valid, last,
                    &one.stationary_beats.at(stream_.step));
        if (valid && moving_ready.read() && (!both || stationary_ready.read()) &&
            advance(stream_, steps, stream_spans_))
            next_streamed_ = *at + 1;
    }

    void edge() {
        if (!failure_.empty()) return;
        check_stationary();
        check_moving();
        streamed_ = next_streamed_;
        preloaded_ = std::max(preloaded_, streamed_);
        taken_ = issued_;
        drive();
        ++cycle_;
    }

    void drive() {
        if (case_.shape.writes != 0)
            for (Writer* const writer : {&moving_writer_, &stationary_writer_})
                writer->edge(random_);
        const bool issue = issued_ < passes() && issued_ - streamed_ < 3 && chance();
        start.write(issue);
        if (issue) pass.write(case_.passes[issued_++].command);
        preload_go.write(preload_pass() && chance());
        stream_go.write(stream_pass() && chance());
        moving_ready.write(chance());
        stationary_ready.write(chance());
    }

    const Case& case_;
    Writer& moving_writer_;
    Writer& stationary_writer_;
    Random random_;
    std::int64_t cycle_ = 0;
    std::size_t issued_ = 0, taken_ = 0, preloaded_ = 0, streamed_ = 0, next_streamed_ = 0;
    Progress preload_, stream_;
    std::vector<Seen> seen_ = std::vector<Seen>(case_.passes.size());
    std::int64_t withheld_ = 0;
    std::vector<std::int64_t> stream_spans_, preload_spans_;
    std::string failure_;
};

/// The streamer between its buffers and the driver.
struct Bench {
    explicit Bench(const Case& one)
        : streamer("streamer", one.params, one.array),
          moving_buffer("moving_buffer", banked(one, one.moving)),
          stationary_buffer("stationary_buffer", banked(one, one.stationary)),
          moving_writer(moving_buffer, one.moving, one.params),
          stationary_writer(stationary_buffer, one.stationary, one.params),
          driver("driver", one, moving_writer, stationary_writer) {
        std::ranges::copy(one.moving, moving_buffer.bytes().begin());
        std::ranges::copy(one.stationary, stationary_buffer.bytes().begin());
        streamer.clock(clock.signal());
        moving_buffer.clock(clock.signal());
        stationary_buffer.clock(clock.signal());
        driver.clock(clock.signal());
        connect(streamer.start, driver.start, start);
        connect(streamer.pass, driver.pass, pass);
        connect(streamer.preload_go, driver.preload_go, preload_go);
        connect(streamer.stream_go, driver.stream_go, stream_go);
        connect(streamer.moving_ready, driver.moving_ready, moving_ready);
        connect(streamer.stationary_ready, driver.stationary_ready, stationary_ready);
        connect(streamer.moving, driver.moving, moving);
        connect(streamer.stationary, driver.stationary, stationary);
        connect(streamer.moving_requests, moving_buffer.requests[0], moving_requests);
        connect(streamer.stationary_requests, stationary_buffer.requests[0], stationary_requests);
        connect(streamer.moving_grants, moving_buffer.grants[0], moving_grants);
        connect(streamer.stationary_grants, stationary_buffer.grants[0], stationary_grants);
    }

    static buffer::BankedParams banked(const Case& one, const std::vector<std::byte>& bytes) {
        return {.bytes = std::ssize(bytes),
                .banks = one.params.banks,
                .word_bytes = one.params.word_bytes,
                .read_ports = one.params.read_ports};
    }
    template <class A, class B, class Signal>
    static void connect(A& one, B& other, Signal& signal) {
        one(signal);
        other(signal);
    }

    test::HandClock clock;
    sc_core::sc_signal<bool> start{"start"}, preload_go{"preload_go"}, stream_go{"stream_go"},
        moving_ready{"moving_ready"}, stationary_ready{"stationary_ready"};
    sc_core::sc_signal<Command> pass{"pass"};
    sc_core::sc_signal<OperandBeat> moving{"moving"}, stationary{"stationary"};
    sc_core::sc_signal<WordRequests> moving_requests{"moving_requests"},
        stationary_requests{"stationary_requests"};
    sc_core::sc_signal<WordGrants> moving_grants{"moving_grants"},
        stationary_grants{"stationary_grants"};
    ClockedStreamer streamer;
    buffer::ClockedBuffer moving_buffer, stationary_buffer;
    Writer moving_writer, stationary_writer;
    Driver driver;
};

}  // namespace quatrain::operand_streamer
