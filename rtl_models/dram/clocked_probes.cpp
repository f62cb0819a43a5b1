// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/clocked.hpp"

#include <algorithm>
#include <bit>
#include <boost/describe/enum_to_string.hpp>

namespace quatrain::dram {
namespace {

constexpr int part_count_bits = 32;  ///< DRAM bursts that cross or wait
constexpr std::size_t kind_characters = 16;

/// Bits of a number of 0 to `count` - 1.
int bits_for(std::int64_t count) {
    const auto bits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(count - 1)));
    return std::max(bits, 1);
}

std::string numbered(const std::string& name, std::size_t index) {
    return name + "_" + std::to_string(index);
}

}  // namespace

void ClockedController::probe(Probes& probes, const std::string& name) const {
    probe_queues(probes, name);
    for (std::size_t bus = 0; bus < command_bus_count; ++bus)
        probe_bus(probes, numbered(name + ".bus", bus), bus);
    for (std::int32_t rank = 0; rank < ranks_; ++rank)
        probe_rank(probes, numbered(name + ".rank", static_cast<std::size_t>(rank)), rank);
}

void ClockedController::probe_queues(Probes& probes, const std::string& name) const {
    probes.number(name + ".arrived_reads", part_count_bits,
                  [this] { return arrived_reads_.size(); });
    probes.number(name + ".arrived_writes", part_count_bits,
                  [this] { return arrived_writes_.size(); });
    const auto show = [&](const std::string& queue_name, const ClockedRequestQueue& queue,
                          std::int64_t depth) {
        probes.number(name + queue_name, bits_for(depth + 1),
                      [&queue] { return static_cast<std::uint64_t>(queue.size()); });
        probes.number(name + queue_name + "_passed", bits_for(params_.bypass_limit + 1),
                      [&queue] { return static_cast<std::uint64_t>(queue.passed()); });
    };
    show(".reads", reads_, params_.read_queue);
    show(".writes", writes_, params_.write_queue);
    probes.number(name + ".reads_on_their_way",
                  bits_for(standard_.read_latency + standard_.organisation.burst_cycles + 1),
                  [this] { return on_their_way_.size(); });
    probes.flag(name + ".writing", [this] { return writing_; });
    probes.flag(name + ".blocked", [this] { return blocked_; });
}

/// The command that was issued on a bus in the last cycle; 0 and no text where none was.
void ClockedController::probe_bus(Probes& probes, const std::string& name, std::size_t bus) const {
    const std::optional<Command>& command = on_bus_[bus];
    const auto show = [&](const char* field, std::int64_t count, auto value) {
        probes.number(name + field, bits_for(count), [&command, value] {
            return command ? static_cast<std::uint64_t>(value(command->location)) : 0;
        });
    };
    probes.flag(name + ".valid", [&command] { return command.has_value(); });
    probes.text(name + ".kind", kind_characters, [&command]() -> std::string_view {
        return command ? boost::describe::enum_to_string(command->kind, "?") : "";
    });
    const Organisation& all = standard_.organisation;
    show(".rank", ranks_, [](const Location& place) { return place.rank; });
    show(".bank_group", all.bank_groups, [](const Location& place) { return place.bank_group; });
    show(".bank", all.banks, [](const Location& place) { return place.bank; });
    show(".row", all.rows, [](const Location& place) { return place.row; });
    show(".column", all.columns(), [](const Location& place) { return place.column; });
}

void ClockedController::probe_rank(Probes& probes, const std::string& name,
                                   std::int32_t rank) const {
    probes.flag(name + ".refresh_pending", [this, rank] { return refresh_.pending(rank); });
    const auto rank_banks = static_cast<std::size_t>(standard_.organisation.rank_banks());
    for (std::size_t i = 0; i < rank_banks; ++i) {
        const Bank& bank = banks_[first_bank(rank) + i];
        probes.flag(numbered(name + ".bank", i) + ".open", [&bank] { return bank.open; });
        probes.number(numbered(name + ".bank", i) + ".row", bits_for(standard_.organisation.rows),
                      [&bank] { return static_cast<std::uint64_t>(bank.row); });
    }
}

void ClockedDram::probe(Probes& probes, const std::string& block) const {
    for (std::size_t port = 0; port < open_.size(); ++port)
        probes.number(numbered(block + ".port", port) + ".bursts", burst_count_bits,
                      [this, port] { return open_[port].size(); });
    for (std::size_t i = 0; i < channels_.size(); ++i) {
        const Channel& channel = *channels_[i];
        const std::string name = numbered(block + ".channel", i);
        probes.number(name + ".requests_crossing", part_count_bits,
                      [&channel] { return channel.requests.size(); });
        probes.number(name + ".answers_crossing", part_count_bits,
                      [&channel] { return channel.answers.size(); });
        channel.controller.probe(probes, name);
    }
}

}  // namespace quatrain::dram
