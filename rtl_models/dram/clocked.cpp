// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/clocked.hpp"

#include "rtl_models/base/clocked_register.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <stdexcept>

namespace quatrain::dram {
namespace {

constexpr std::int64_t longest_burst = (std::int64_t{1} << burst_byte_bits) - 1;  ///< [bytes]

class Nobody final : public CommandObserver {
public:
    void issued(const Command&) override {}
};

std::uint64_t now() {
    return sc_core::sc_time_stamp().value();
}

}  // namespace

ClockedDram::ClockedDram(const sc_core::sc_module_name& name, const Standard& standard,
                         const Params& params, const ControllerParams& controller,
                         std::int64_t ports, std::int64_t bursts_in_flight, DramImage& image,
                         const std::vector<CommandObserver*>& observers)
    : sc_module(name),
      requests("requests", static_cast<std::size_t>(ports)),
      responses("responses", static_cast<std::size_t>(ports)),
      burst_bytes_(standard.organisation.burst_bytes()),
      bursts_in_flight_(bursts_in_flight),
      mapping_(standard, params.channels, params.ranks, mapping_order(standard, params),
               params.bank_hash),
      image_(image),
      nobody_(std::make_unique<Nobody>()),
      open_(static_cast<std::size_t>(ports)) {
    in_unsigned("dram highest address", mapping_.capacity_bytes() - 1, dram_address_bits);
    in_range("dram image bytes", image.capacity_bytes(), 0, mapping_.capacity_bytes());
    // A burst that starts within a DRAM burst touches one more.
    const std::int64_t parts =
        ports * bursts_in_flight * (ceil_div(longest_burst, burst_bytes_) + 1);
    for (std::size_t i = 0; i < static_cast<std::size_t>(params.channels); ++i) {
        CommandObserver* const observer = i < observers.size() ? observers[i] : nullptr;
        // NOLINTNEXTLINE(modernize-make-unique): an aggregate, which clang 14 does not let it make
        channels_.push_back(std::unique_ptr<Channel>(
            new Channel{{standard, params.ranks, controller, static_cast<std::int32_t>(i),
                         observer ? *observer : *nobody_, parts},
                        {"dram request crossing", parts, params.request_stages},
                        {},
                        {"dram response crossing", parts, params.response_stages}}));
    }
    SC_HAS_PROCESS(ClockedDram);
    SC_METHOD(core_edge);
    sensitive << clock.pos();
    dont_initialize();
    SC_METHOD(dram_edge);
    sensitive << dram_clock.pos();
    dont_initialize();
}

std::uint64_t ClockedDram::request_id(const BurstId& burst) {
    return (static_cast<std::uint64_t>(burst.port) << burst_tag_bits) | burst.tag;
}

ClockedDram::BurstId ClockedDram::burst_of(std::uint64_t request_id) {
    return {static_cast<std::size_t>(request_id >> burst_tag_bits),
            request_id & ((std::uint64_t{1} << burst_tag_bits) - 1)};
}

void ClockedDram::core_edge() {
    if (failure_) return;
    try {
        for (std::size_t port = 0; port < requests.size(); ++port)
            accept(port, requests[port].read());
        respond();
    } catch (...) {
        failure_ = std::current_exception();
    }
}

/// Takes a DMA burst. Its contents move here: what orders bursts to the same bytes, a semaphore,
/// waits for the response of the first.
void ClockedDram::accept(std::size_t port, const BurstRequest& request) {
    if (!request.valid) return;
    in_unsigned("dram address", request.address, dram_address_bits);
    in_range("dram burst bytes", request.bytes, 1, longest_burst);
    in_unsigned("dram tag", static_cast<std::int64_t>(request.tag), burst_tag_bits);
    const auto [place, is_new] = open_[port].try_emplace(request.tag);
    if (!is_new)
        throw std::logic_error(
            fmt::format("dram: a request with tag {}, which is in flight", request.tag));
    in_range("dram open bursts", static_cast<std::int64_t>(open_[port].size()), 0,
             bursts_in_flight_);
    OpenBurst& burst = place->second;
    if (is_store(port)) {
        image_.write(request.address, request.data);
    } else {
        burst.data.resize(static_cast<std::size_t>(request.bytes));
        image_.read(request.address, burst.data);
    }
    cut({port, request.tag}, burst, request);
}

void ClockedDram::cut(const BurstId& id, OpenBurst& burst, const BurstRequest& request) {
    const std::int64_t first = request.address / burst_bytes_ * burst_bytes_;
    for (std::int64_t address = first; address < request.address + request.bytes;
         address += burst_bytes_) {
        const auto [channel, location] = mapping_.locate(address);
        channels_[static_cast<std::size_t>(channel)]->requests.write(
            now(), {is_store(id.port), {request_id(id), location}});
        ++burst.parts_left;
    }
}

void ClockedDram::respond() {
    std::vector<BurstResponses> shown(responses.size());
    for (const auto& channel : channels_) {
        for (const std::uint64_t part : channel->answers.edge(now())) {
            const BurstId id = burst_of(part);
            const auto burst = open_[id.port].find(id.tag);
            if (--burst->second.parts_left > 0) continue;
            shown[id.port].bursts.push_back({id.tag, std::move(burst->second.data)});
            ++shown[id.port].count;
            open_[id.port].erase(burst);
        }
    }
    for (std::size_t port = 0; port < responses.size(); ++port) responses[port].write(shown[port]);
}

bool ClockedDram::idle() const {
    return std::all_of(channels_.begin(), channels_.end(), [](const auto& channel) {
        return channel->controller.idle() && channel->arrived.empty() &&
               channel->requests.size() == 0;
    });
}

void ClockedDram::dram_edge() {
    if (failure_) return;
    stopped_ = stop_after_ && cycles() >= *stop_after_ && idle();
    if (stopped_) {
        sc_core::sc_pause();
        return;
    }
    try {
        for (const auto& channel : channels_) {
            for (const Part& part : channel->arrived) {
                if (part.is_write)
                    channel->controller.push_write(part.request);
                else
                    channel->controller.push_read(part.request);
            }
            for (const ClockedController::Answer& answer : channel->controller.edge())
                channel->answers.write(now(), answer.id);
            channel->arrived = channel->requests.edge(now());
        }
    } catch (...) {
        failure_ = std::current_exception();
    }
}

}  // namespace quatrain::dram
