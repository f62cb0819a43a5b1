// SPDX-License-Identifier: Apache-2.0
// DMA engines, ring, stops and DRAM of clocked views against the bursts of MemorySystem.
#include "sim/machine/clocked_ring_path.hpp"
#include "rtl_models/base/clocked_kernel_context.hpp"
#include "rtl_models/dma/clocked.hpp"
#include "rtl_models/dma/function.hpp"
#include "rtl_models/isa/address_map.hpp"
#include "sim/config/reader.hpp"
#include "sim/machine/memory_system.hpp"
#include "sim/machine/ring_traffic.hpp"
#include "tests/support/failure_text.hpp"
#include "tests/support/port_memory.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <deque>
#include <random>
#include <tuple>

namespace quatrain::machine {
namespace {

using dma::Direction;
using Notice = MemorySystem::Notice;
using Kind = Notice::Kind;

constexpr std::int64_t slot_bytes = 4096, slots = 12;
constexpr std::int64_t scratchpad_share = 2 * slot_bytes * slots;

struct Start {
    std::int64_t cycle = 0;
    Direction direction = Direction::load;
    std::int64_t core = 0;
    isa::DmaTransfer transfer;
};
bool earlier(const Notice& a, const Notice& b) {
    return std::tuple(a.cycle, a.core, a.direction, a.kind) <
           std::tuple(b.cycle, b.core, b.direction, b.kind);
}

/// Transfers of every engine, each as soon as the one before lets it, or some cycles later.
class Traffic {
public:
    explicit Traffic(std::uint64_t seed) : random_(seed) {
        const auto memory =
            one_of<std::string>({"ddr4-3200", "lpddr4-3200", "lpddr5-6400", "hbm2"});
        params = config::load_architecture("edge-4bit",
                                           std::vector<std::string>{"dram.memory=" + memory});
        params.cores = draw(1, 6);
        params.clock_period_ps = one_of<std::int64_t>({400, 625, 1000, 1250, 3000});
        params.dma = {.burst_bytes = 64 << draw(0, 3),
                      .outstanding = draw(1, 20),
                      .bytes_per_cycle = draw(8, 128)};
        params.dram.channels = std::int64_t{1} << draw(0, 3);
        params.dram.request_stages = draw(1, 4);
        params.dram.response_stages = draw(1, 4);
        params.ring = {.bytes_per_cycle = one_of<std::int64_t>({8, 32, 128, 512}),
                       .hop_cycles = draw(1, 5)};
        if (draw(0, 1) == 1) {
            params.scratchpad = {.bytes = params.cores * scratchpad_share,
                                 .bytes_per_cycle = one_of<std::int64_t>({4, 32, 128}),
                                 .latency_cycles = draw(0, 12)};
        }
        play();
        std::ranges::sort(notices, earlier);
    }

    MachineParams params;
    std::vector<Start> starts;    ///< in order of cycles
    std::vector<Notice> notices;  ///< sorted

private:
    struct Engine {
        std::int64_t count = 0;                ///< of transfers so far
        std::optional<std::int64_t> next = 0;  ///< when one starts
    };

    void play() {
        MemorySystem memory(params, {});
        std::vector<Engine> engines(static_cast<std::size_t>(2 * params.cores));
        for (Engine& one : engines) one.next = draw(0, 100);
        for (std::int64_t now = 0;;) {
            std::optional<std::int64_t> limit;
            for (const Engine& one : engines)
                if (one.next && (!limit || *one.next < *limit)) limit = one.next;
            if (!limit && memory.quiet()) return;
            now = memory.advance(limit.value_or(now + 100'000)).value_or(limit.value_or(now));
            for (const Notice& notice : memory.take(now)) hear(notice, engines);
            for (std::size_t i = 0; i < engines.size(); ++i)
                if (engines[i].next == now) start(memory, engines[i], i, now);
        }
    }
    void hear(const Notice& notice, std::vector<Engine>& engines) {
        notices.push_back(notice);
        Engine& engine = engines[static_cast<std::size_t>(2 * notice.core) +
                                 static_cast<std::size_t>(notice.direction)];
        if (notice.kind == Kind::last_burst_issued && engine.count < slots)
            engine.next = notice.cycle + (draw(0, 2) == 0 ? draw(0, 200) : 0);
    }
    void start(MemorySystem& memory, Engine& engine, std::size_t index, std::int64_t now) {
        const auto direction = static_cast<Direction>(index % 2);
        const auto core = static_cast<std::int64_t>(index / 2);
        starts.push_back({now, direction, core, transfer(direction, engine.count++)});
        engine.next.reset();
        memory.start(direction, starts.back().transfer, now, core);
    }
    /// From and to places of its own: loads below stores in DRAM and in the scratchpad.
    isa::DmaTransfer transfer(Direction direction, std::int64_t number) {
        const bool load = direction == Direction::load;
        const bool put = !load && params.cores > 1 && draw(0, 1) == 0;
        const std::int64_t at = number * slot_bytes + draw(0, 500);
        const std::int64_t base =
            params.scratchpad.bytes > 0 && draw(0, 1) == 0 ? isa::scratchpad_base : 0;
        isa::DmaTransfer one{.buffer = load ? isa::BufferId::moving : isa::BufferId::stationary,
                             .buffer_address = number * slot_bytes + draw(0, 500),
                             .dram_address = put    ? isa::in_next_core(isa::BufferId::vector, at)
                                             : load ? base + at
                                                    : base + slots * slot_bytes + at,
                             .extent = {draw(1, 1000), draw(1, 3), 1, 1}};
        one.buffer_stride[0] = one.extent[0] + draw(0, 100);
        one.dram_stride[0] = one.extent[0] + draw(0, 1) * draw(0, 100);
        return one;
    }
    std::int64_t draw(std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
    }
    template <class T>
    T one_of(const std::vector<T>& values) {
        return values[static_cast<std::size_t>(
            draw(0, static_cast<std::int64_t>(values.size()) - 1))];
    }

    std::mt19937_64 random_;
};

std::vector<std::byte> noise(std::uint64_t seed, std::int64_t bytes) {
    std::mt19937_64 random(seed);
    std::vector<std::byte> all(static_cast<std::size_t>(bytes));
    for (std::byte& byte : all) byte = static_cast<std::byte>(random());
    return all;
}

/// The bytes of all memories.
struct Contents {
    using Buffers = std::array<std::vector<std::byte>, isa::buffer_count>;

    explicit Contents(const MachineParams& params)
        : dram(dram::capacity_bytes(params.memory, params.dram)),
          scratchpad(params.scratchpad.bytes),
          buffers(static_cast<std::size_t>(params.cores)) {
        for (std::size_t core = 0; core < buffers.size(); ++core) {
            dram.write(static_cast<std::int64_t>(core) * config::dram_share_bytes(params),
                       noise(core, 2 * slots * slot_bytes));
            if (scratchpad.capacity_bytes() > 0)
                scratchpad.write(static_cast<std::int64_t>(core) * scratchpad_share,
                                 noise(1000 + core, scratchpad_share));
            for (std::size_t i = 0; i < isa::buffer_count; ++i)
                buffers[core][i] = noise(100 + 10 * core + i, slots * slot_bytes);
        }
    }
    std::vector<std::byte> share(const MachineParams& params, std::size_t core) const {
        std::vector<std::byte> bytes(2 * slots * slot_bytes);
        dram.read(static_cast<std::int64_t>(core) * config::dram_share_bytes(params), bytes);
        return bytes;
    }

    std::vector<std::byte> whole_scratchpad() const {
        std::vector<std::byte> bytes(static_cast<std::size_t>(scratchpad.capacity_bytes()));
        scratchpad.read(0, bytes);
        return bytes;
    }

    dram::DramImage dram;
    scratchpad::ScratchpadImage scratchpad;
    std::vector<Buffers> buffers;  ///< by core
};

/// What the transfers leave, by the function view, run by run.
Contents moved(const MachineParams& params, const std::vector<Start>& starts) {
    Contents all(params);
    for (const Start& start : starts) {
        const isa::DmaTransfer& transfer = start.transfer;
        const std::int64_t core = start.core;
        auto& own = all.buffers[static_cast<std::size_t>(core)];
        std::vector<std::byte>& buffer = own[static_cast<std::size_t>(transfer.buffer)];
        std::vector<std::byte>& next_vector =
            all.buffers[static_cast<std::size_t>(next_core(params, core))]
                       [static_cast<std::size_t>(isa::BufferId::vector)];
        dma::for_each_run(transfer, [&](std::int64_t address, std::int64_t buffer_address) {
            const auto here =
                std::span(buffer).subspan(static_cast<std::size_t>(buffer_address),
                                          static_cast<std::size_t>(transfer.extent[0]));
            const std::int64_t at = core * config::dram_share_bytes(params) + address;
            const std::int64_t aside = core * scratchpad_share + address - isa::scratchpad_base;
            const isa::Space space = isa::space_of(address);
            const bool load = start.direction == Direction::load;
            if (space == isa::Space::next_core)
                std::ranges::copy(here, next_vector.begin() + isa::next_core_offset(address));
            else if (space == isa::Space::scratchpad)
                load ? all.scratchpad.read(aside, here) : all.scratchpad.write(aside, here);
            else
                load ? all.dram.read(at, here) : all.dram.write(at, here);
        });
    }
    return all;
}

sc_core::sc_time picoseconds(std::int64_t count) {
    return {static_cast<double>(count), sc_core::SC_PS};
}

/// Engines, memories and what is between them; plays the sequencers from a list.
class Bench final : public sc_core::sc_module {
public:
    Bench(const sc_core::sc_module_name& name, const MachineParams& params,
          const std::vector<Start>& starts, Contents& contents)
        : sc_module(name),
          clock_("clock", picoseconds(params.clock_period_ps), 0.5,
                 picoseconds(params.clock_period_ps), true),
          dram_clock_("dram_clock", picoseconds(params.memory.clock_period_ps), 0.5,
                      picoseconds(params.memory.clock_period_ps), true),
          start_("start", static_cast<std::size_t>(2 * params.cores)),
          command_("command", start_.size()),
          ready_("ready", start_.size()),
          done_("done", start_.size()),
          starts_(starts),
          issuing_(start_.size(), false),
          memories_(params, clock_, dram_clock_, wires_, contents.dram, &contents.scratchpad) {
        for (std::size_t core = 0; core < contents.buffers.size(); ++core) {
            for (std::vector<std::byte>& bytes : contents.buffers[core])
                buffers_.emplace_back(sc_core::sc_gen_unique_name("buffer"), bytes);
            engines_.push_back(std::make_unique<dma::ClockedLoad>(
                sc_core::sc_gen_unique_name("load"), params.dma));
            engines_.push_back(std::make_unique<dma::ClockedStore>(
                sc_core::sc_gen_unique_name("store"), params.dma));
        }
        for (std::size_t i = 0; i < engines_.size(); ++i) wire(i);
        if (params.cores == 1)
            wire_directly();
        else
            path_ = std::make_unique<ClockedRingPath>(params, clock_, wires_, pins(),
                                                      memories_.ports());
        show();
        SC_HAS_PROCESS(Bench);
        SC_METHOD(edge);
        sensitive << clock_.posedge_event();
        dont_initialize();
    }

    std::exception_ptr failure() const {
        for (const auto& engine : engines_)
            if (engine->failure()) return engine->failure();
        if (path_ && path_->failure()) return path_->failure();
        return memories_.failure();
    }
    std::vector<Notice> notices;
    int starts_without_ready = 0;

private:
    void wire(std::size_t i) {
        dma::ClockedDma& engine = *engines_[i];
        engine.clock(clock_);
        engine.start(start_[i]);
        engine.command(command_[i]);
        engine.ready(ready_[i]);
        engine.done(done_[i]);
        for (std::size_t k = 0; k < isa::buffer_count; ++k)
            engine.buffers[k](buffers_[i / 2 * isa::buffer_count + k]);
    }
    std::vector<ClockedRingPath::CorePins> pins() {
        std::vector<ClockedRingPath::CorePins> all(engines_.size() / 2);
        for (std::size_t i = 0; i < engines_.size(); ++i) {
            all[i / 2].requests[i % 2] = &engines_[i]->request;
            all[i / 2].responses[i % 2] = &engines_[i]->responses;
        }
        for (std::size_t i = 0; i < buffers_.size(); ++i)
            all[i / isa::buffer_count].buffers[i % isa::buffer_count] = &buffers_[i];
        return all;
    }
    void wire_directly() {
        for (std::size_t i = 0; i < engines_.size(); ++i) {
            auto& request = wires_.wire<BurstRequest>("engine", "request");
            engines_[i]->request(request);
            memories_.ports().requests[i](request);
            auto& responses = wires_.wire<BurstResponses>("dram", "responses");
            memories_.ports().responses[i](responses);
            engines_[i]->responses(responses);
        }
    }
    /// What starts in the cycle that begins.
    void show() {
        for (std::size_t i = 0; i < engines_.size(); ++i) start_[i].write(false);
        for (; next_ < starts_.size() && starts_[next_].cycle == cycle_; ++next_) {
            const Start& one = starts_[next_];
            const auto i =
                static_cast<std::size_t>(2 * one.core) + static_cast<std::size_t>(one.direction);
            start_[i].write(true);
            command_[i].write({next_ + 1, one.transfer});
        }
    }
    void edge() {
        for (std::size_t i = 0; i < engines_.size(); ++i) {
            const auto direction = static_cast<Direction>(i % 2);
            const auto core = static_cast<std::int64_t>(i / 2);
            if (issuing_[i] && ready_[i].read()) {
                issuing_[i] = false;
                notices.push_back({cycle_, direction, Kind::last_burst_issued, core});
            }
            if (done_[i].read()) notices.push_back({cycle_, direction, Kind::complete, core});
            if (start_[i].read()) {
                if (!ready_[i].read()) ++starts_without_ready;
                issuing_[i] = true;
            }
        }
        ++cycle_;
        show();
    }

    sc_core::sc_clock clock_, dram_clock_;
    Wires wires_;
    sc_core::sc_vector<sc_core::sc_signal<bool>> start_;
    sc_core::sc_vector<sc_core::sc_signal<dma::Command>> command_;
    sc_core::sc_vector<sc_core::sc_signal<bool>> ready_, done_;
    const std::vector<Start>& starts_;
    std::size_t next_ = 0;
    std::int64_t cycle_ = 0;
    std::vector<bool> issuing_;
    std::deque<test::PortMemory> buffers_;
    std::vector<std::unique_ptr<dma::ClockedDma>> engines_;
    ClockedMemories memories_;
    std::unique_ptr<ClockedRingPath> path_;
};

/// Empty, or what differs.
std::string difference(const Traffic& traffic) {
    const MachineParams& params = traffic.params;
    Contents contents(params);
    const KernelContext kernel;
    Bench bench("bench", params, traffic.starts, contents);
    sc_core::sc_start(picoseconds((traffic.notices.back().cycle + 3) * params.clock_period_ps));
    if (bench.failure()) return test::failure_text(bench.failure());
    if (bench.starts_without_ready > 0) return "engines start when they are not ready";
    std::ranges::sort(bench.notices, earlier);
    for (std::size_t i = 0; i < traffic.notices.size(); ++i) {
        const Notice& expected = traffic.notices[i];
        if (i < bench.notices.size() && bench.notices[i] == expected) continue;
        return fmt::format(
            "notice {} of core {}, {}, cycle {}, kind {}: the clocked engine's {}", i,
            expected.core, expected.direction == Direction::load ? "load" : "store", expected.cycle,
            static_cast<int>(expected.kind),
            i < bench.notices.size()
                ? fmt::format("core {} cycle {}", bench.notices[i].core, bench.notices[i].cycle)
                : "is missing");
    }
    if (bench.notices.size() != traffic.notices.size()) return "other notices";
    const Contents expected = moved(params, traffic.starts);
    for (std::size_t core = 0; core < contents.buffers.size(); ++core) {
        if (contents.buffers[core] != expected.buffers[core])
            return fmt::format("other bytes in buffers of core {}", core);
        if (contents.share(params, core) != expected.share(params, core))
            return fmt::format("other bytes in DRAM of core {}", core);
    }
    if (contents.whole_scratchpad() != expected.whole_scratchpad())
        return "other bytes in the scratchpad";
    return "";
}

TEST(ClockedRingPath, MovesTheBurstsOfSeveralCoresInTheCyclesOfMemorySystem) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        const Traffic traffic(seed);
        ASSERT_EQ(difference(traffic), "")
            << "seed " << seed << ", " << traffic.params.cores << " cores";
    }
}

}  // namespace
}  // namespace quatrain::machine
