// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/base/clocked_register.hpp"
#include "rtl_models/mac_array/clocked_shell.hpp"

namespace quatrain::mac_array {
namespace {

constexpr int in_flight_bits = 12;  ///< rows + columns at most
constexpr std::size_t phase_characters = 16;

}  // namespace

/// What enters the array in this cycle, at most two things at once; "skew": nothing any more, but
/// passes that have streamed are not complete.
std::string_view Control::phase() const {
    const bool loads = waiting_ && waiting_->preloads;
    const bool resumes = loads && waiting_->pass.resume;
    if (streaming_) return resumes ? "stream+resume" : loads ? "stream+preload" : "stream";
    if (loads) return resumes ? "resume" : "preload";
    if (waiting_) return "wait";
    return in_flight_ > 0 ? "skew" : "idle";
}

void Control::probe(Probes& probes, const std::string& block) const {
    const auto number = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
    probes.text(block + ".phase", phase_characters, [this] { return phase(); });
    probes.number(block + ".in_flight", in_flight_bits, [=, this] { return number(in_flight_); });
    probes.flag(block + ".stream.valid", [this] { return streaming_.has_value(); });
    probes.flag(block + ".stream.output_stationary", [this] {
        return streaming_ && streaming_->pass.control.dataflow == Dataflow::output_stationary;
    });
    probes.number(block + ".stream.pass", command_id_bits,
                  [this] { return streaming_ ? streaming_->pass.control.pass + 1 : 0; });
    probes.number(block + ".stream.beats", step_count_bits,
                  [=, this] { return streaming_ ? number(streaming_->beats) : 0; });
    probes.number(block + ".stream.steps", step_count_bits,
                  [=, this] { return streaming_ ? number(streaming_->pass.steps) : 0; });
    probes.flag(block + ".next.valid", [this] { return waiting_.has_value(); });
    probes.flag(block + ".next.loads", [this] { return waiting_ && waiting_->preloads; });
    probes.number(block + ".next.pass", command_id_bits,
                  [this] { return waiting_ ? waiting_->pass.control.pass + 1 : 0; });
    probes.number(block + ".next.beats", step_count_bits,
                  [=, this] { return waiting_ ? number(waiting_->beats) : 0; });
    probes.number(block + ".next.rows", step_count_bits,
                  [=, this] { return waiting_ ? number(waiting_->pass.rows) : 0; });
}

}  // namespace quatrain::mac_array
