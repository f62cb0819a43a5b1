// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/base/clocked_kernel_context.hpp"
#include "tests/unit/mac_array/clocked_plan.hpp"

#include <cstring>
#include <optional>
#include <stdexcept>
#include <tuple>

namespace quatrain::mac_array::test_bench {

/// A read or write of the accumulator buffer at the end of a cycle.
struct Access {
    std::int64_t cycle = 0, address = 0;  ///< [bits]
    bool writes = false;
    std::uint32_t value = 0;
    bool operator==(const Access&) const = default;
    bool operator<(const Access& other) const {
        return std::tie(cycle, address, writes, value) <
               std::tie(other.cycle, other.address, other.writes, other.value);
    }
};

/// The accumulator buffer: writes are there after the edge.
class BenchMemory : public sc_core::sc_prim_channel, public MemoryPort {
public:
    explicit BenchMemory(std::vector<std::byte> bytes)
        : sc_prim_channel("memory"), bytes_(std::move(bytes)) {}

    std::uint32_t read(std::int64_t bit_address, int bits) const override {
        std::uint32_t value = 0;
        std::memcpy(&value, place(bit_address, bits), static_cast<std::size_t>(bits) / 8);
        log_.push_back({cycle(), bit_address, false, value});
        return value;
    }
    void write(std::int64_t bit_address, int bits, std::uint32_t value) override {
        place(bit_address, bits);
        pending_.push_back({bit_address, bits, value});
        log_.push_back({cycle(), bit_address, true, value});
        request_update();
    }
    void read_bytes(std::int64_t, std::span<std::byte>) const override {
        throw std::logic_error("the array reads no bytes");
    }
    void write_bytes(std::int64_t, std::span<const std::byte>) override {
        throw std::logic_error("the array writes no bytes");
    }
    const std::vector<std::byte>& bytes() const { return bytes_; }
    /// In the order of cycles; within a cycle, by address.
    std::vector<Access> log() const {
        std::vector<Access> sorted = log_;
        std::sort(sorted.begin(), sorted.end());
        return sorted;
    }

private:
    struct Pending {
        std::int64_t bit_address;
        int bits;
        std::uint32_t value;
    };
    /// The edge at 1 ns ends cycle 0.
    static std::int64_t cycle() {
        return static_cast<std::int64_t>(sc_core::sc_time_stamp() /
                                         sc_core::sc_time(1, sc_core::SC_NS)) -
               1;
    }
    std::byte* place(std::int64_t bit_address, int bits) const {
        if (bit_address < 0 || bit_address % 8 != 0 ||
            bit_address / 8 + bits / 8 > static_cast<std::int64_t>(bytes_.size()))
            throw std::out_of_range(fmt::format("accumulator bit address {}", bit_address));
        return const_cast<std::byte*>(bytes_.data()) + bit_address / 8;
    }
    void update() override {
        for (const Pending& one : pending_)
            std::memcpy(place(one.bit_address, one.bits), &one.value,
                        static_cast<std::size_t>(one.bits) / 8);
        pending_.clear();
    }

    std::vector<std::byte> bytes_;
    std::vector<Pending> pending_;
    mutable std::vector<Access> log_;
};

/// What the pins showed of one pass [cycles].
struct Observed {
    std::int64_t issue = -1;
    std::int64_t ready = -1;  ///< first cycle behind the issue in which the next pass may issue
    std::int64_t preload_first = -1, preload_last = -1;  ///< first cycle of go, last beat
    std::int64_t stream_first = -1, stream_last = -1;
    std::vector<std::int64_t> steps;  ///< in which a moving beat passed
    std::int64_t last_valid = -1;     ///< the last beat is there
    std::int64_t done = -1;
    EventCounts counts;
};

/// Sequencer and operand streamer around an array: issues the passes as early as the pins and the
/// plan's delays allow, offers beats with random delays.
template <class Array>
class Bench : public sc_core::sc_module {
public:
    explicit Bench(const Scenario& scenario, std::uint64_t seed)
        : sc_module(sc_core::sc_module_name("bench")),
          scenario_(scenario),
          random_(seed),
          observed(scenario.passes.size()),
          memory(scenario.accumulators),
          array("array", scenario.params) {
        array.clock(clock_);
        array.start(start_);
        array.pass(pass_);
        array.ready(ready_);
        array.stationary(stationary_);
        array.moving(moving_);
        array.stationary_ready(stationary_ready_);
        array.moving_ready(moving_ready_);
        array.preload_go(preload_go_);
        array.stream_go(stream_go_);
        array.done(done_);
        array.accumulators(memory);
        issue_wait_ = scenario.passes.front().delay;
        SC_HAS_PROCESS(Bench);
        SC_METHOD(drive);
        sensitive << state_ << ready_ << preload_go_ << stream_go_;
        SC_METHOD(edge);
        sensitive << clock_.posedge_event();
        dont_initialize();
    }

    /// Runs until every pass is done and 20 cycles more. Returns what went wrong.
    std::string run(std::int64_t limit = 20000) {
        while (cycle_ < limit && !array.failure()) {
            sc_core::sc_start(100, sc_core::SC_NS);
            if (done_count_ == observed.size() && cycle_ > observed.back().done + 20) break;
        }
        if (array.failure()) {
            try {
                std::rethrow_exception(array.failure());
            } catch (const std::exception& error) {
                complain(fmt::format("failure: {}", error.what()));
            }
        }
        if (done_count_ < observed.size())
            complain(fmt::format("{} of {} passes are done", done_count_, observed.size()));
        return complaints_;
    }
    /// The array's output pins, one word per cycle.
    const std::vector<std::uint8_t>& pins() const { return pins_; }

private:
    const Scenario& scenario_;
    Random random_;

public:
    std::vector<Observed> observed;
    BenchMemory memory;
    Array array;

private:
    const PassData* preloading() const {
        for (std::size_t i = preload_pass_; i < issued_; ++i)
            if (scenario_.passes[i].weight_stationary) return &scenario_.passes[i];
        return nullptr;
    }
    const PassData* streaming() const {
        return stream_pass_ < issued_ ? &scenario_.passes[stream_pass_] : nullptr;
    }

    void drive() {
        const bool issues = ready_.read() && issued_ < observed.size() && issue_wait_ == 0;
        start_.write(issues);
        if (issues) pass_.write(scenario_.passes[issued_].command(issued_ + 1));
        OperandBeat stationary, moving;
        const PassData* preload = preloading();
        const PassData* stream = streaming();
        if (preload_go_.read() && preload != nullptr)
            stationary = stationary_beat(*preload, preload_beat_, preload_wait_ == 0);
        if (stream_go_.read() && stream != nullptr) {
            moving = moving_beat(*stream, stream_beat_, stream_wait_ == 0);
            if (!stream->weight_stationary)
                stationary = stationary_beat(*stream, stream_beat_, stream_wait_ == 0);
        }
        stationary_.write(stationary);
        moving_.write(moving);
    }

    OperandBeat stationary_beat(const PassData& pass, std::int64_t beat, bool valid) const {
        OperandBeat result;
        result.valid = valid;
        const std::int64_t cols = scenario_.params.cols;
        result.codes.resize(static_cast<std::size_t>(pass.lanes * cols));
        for (std::int64_t lane = 0; valid && lane < pass.lanes; ++lane)
            for (std::int64_t column = 0; column < cols; ++column)
                result.codes[static_cast<std::size_t>(lane * cols + column)] =
                    pass.stationary.at(beat * pass.lanes + lane, column);
        return result;
    }
    OperandBeat moving_beat(const PassData& pass, std::int64_t beat, bool valid) const {
        OperandBeat result;
        result.valid = valid;
        result.last = beat + 1 == pass.steps;
        const std::int64_t rows = scenario_.params.rows;
        result.codes.resize(static_cast<std::size_t>(rows * pass.lanes));
        for (std::int64_t i = 0; valid && i < rows * pass.lanes; ++i)
            result.codes[static_cast<std::size_t>(i)] =
                pass.weight_stationary
                    ? pass.moving.at(beat, i)
                    : pass.moving.at(beat * pass.lanes + i % pass.lanes, i / pass.lanes);
        return result;
    }

    std::int64_t draw_wait() {
        return below(random_, 100) < scenario_.stalls ? 1 + below(random_, 4) : 0;
    }
    void complain(const std::string& what) {
        if (complaints_.size() < 2000) complaints_ += fmt::format("cycle {}: {}\n", cycle_, what);
    }

    /// Ends cycle cycle_ and begins the next.
    void edge() {
        if (array.failure()) return;
        pins_.push_back(static_cast<std::uint8_t>(
            ready_.read() | preload_go_.read() << 1 | stream_go_.read() << 2 |
            stationary_ready_.read() << 3 | moving_ready_.read() << 4 | done_.read() << 5));
        watch_done();
        watch_issue();
        watch_preload();
        watch_stream();
        ++cycle_;
        state_.write(state_.read() + 1);
    }
    void watch_done() {
        if (!done_.read()) return;
        if (done_count_ == observed.size()) return complain("done without a pass");
        observed[done_count_].done = cycle_;
        observed[done_count_].counts = array.take_counts();
        ++done_count_;
    }
    void watch_issue() {
        if (issued_ > 0) {
            Observed& newest = observed[issued_ - 1];
            if (ready_.read() && newest.ready < 0) newest.ready = cycle_;
            if (!ready_.read() && newest.ready >= 0) complain("ready falls without an issue");
        }
        if (start_.read()) {
            observed[issued_].issue = cycle_;
            ++issued_;
            if (issued_ < observed.size()) issue_wait_ = scenario_.passes[issued_].delay;
        } else if (ready_.read() && issue_wait_ > 0) {
            --issue_wait_;
        }
    }
    void watch_preload() {
        if (!preload_go_.read()) return;
        while (preload_pass_ < issued_ && !scenario_.passes[preload_pass_].weight_stationary)
            ++preload_pass_;
        if (preload_pass_ >= issued_) return complain("preload_go without a pass");
        Observed& pass = observed[preload_pass_];
        if (pass.preload_first < 0) pass.preload_first = cycle_;
        if (!stationary_.read().valid) {
            --preload_wait_;
        } else if (!stationary_ready_.read()) {
            complain("a preload beat has to wait");
        } else {
            pass.preload_last = cycle_;
            preload_wait_ = draw_wait();
            if (++preload_beat_ == scenario_.passes[preload_pass_].stationary_rows) {
                preload_beat_ = 0;
                ++preload_pass_;
            }
        }
    }
    void watch_stream() {
        if (!stream_go_.read()) return;
        if (stream_pass_ >= issued_) return complain("stream_go without a pass");
        Observed& pass = observed[stream_pass_];
        const PassData& data = scenario_.passes[stream_pass_];
        if (pass.stream_first < 0) pass.stream_first = cycle_;
        if (!moving_.read().valid) {
            --stream_wait_;
            return;
        }
        if (stream_beat_ + 1 == data.steps && pass.last_valid < 0) pass.last_valid = cycle_;
        if (!data.weight_stationary && stationary_ready_.read() != moving_ready_.read())
            complain("the two sides of a step are not ready together");
        if (!moving_ready_.read()) return;
        pass.stream_last = cycle_;
        pass.steps.push_back(cycle_);
        stream_wait_ = draw_wait();
        if (++stream_beat_ == data.steps) {
            stream_beat_ = 0;
            ++stream_pass_;
        }
    }

    sc_core::sc_clock clock_{"clock", 1, sc_core::SC_NS, 0.5, 1, sc_core::SC_NS, true};
    sc_core::sc_signal<bool> start_{"start"}, ready_{"ready"};
    sc_core::sc_signal<Command> pass_{"pass"};
    sc_core::sc_signal<OperandBeat> stationary_{"stationary"}, moving_{"moving"};
    sc_core::sc_signal<bool> stationary_ready_{"stationary_ready"}, moving_ready_{"moving_ready"};
    sc_core::sc_signal<bool> preload_go_{"preload_go"}, stream_go_{"stream_go"}, done_{"done"};
    sc_core::sc_signal<std::uint64_t> state_{"state"};
    std::int64_t cycle_ = 0;
    std::size_t issued_ = 0, done_count_ = 0, preload_pass_ = 0, stream_pass_ = 0;
    std::int64_t issue_wait_ = 0, preload_beat_ = 0, stream_beat_ = 0;
    std::int64_t preload_wait_ = 0, stream_wait_ = 0;
    std::vector<std::uint8_t> pins_;
    std::string complaints_;
};

}  // namespace quatrain::mac_array::test_bench
