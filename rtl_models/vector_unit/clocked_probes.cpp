// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/vector_unit/clocked.hpp"

namespace quatrain::vector_unit {
namespace {

constexpr int micro_step_bits = 8;  ///< sweeps of a program, steps of a sweep
constexpr int held_bits = 10;       ///< special_cycles is 1024 at most
constexpr int depth_bits = 11;      ///< depth likewise
constexpr int write_bits = 24;      ///< writes of all lanes in one cycle

}  // namespace

void ClockedVectorUnit::probe(Probes& probes, const std::string& block) const {
    const auto of_job = [&](const char* name, int bits, auto value) {
        probes.number(block + name, bits, [this, value] {
            return job_ ? static_cast<std::uint64_t>(value(*job_)) : 0;
        });
    };
    probes.flag(block + ".busy", [this] { return job_ != nullptr; });
    of_job(".group", counter_bits, [](const Job& job) { return job.sequence.group(); });
    of_job(".sweep", micro_step_bits, [](const Job& job) { return job.sequence.sweep(); });
    of_job(".repeat", counter_bits, [](const Job& job) { return job.sequence.repeat(); });
    of_job(".step", micro_step_bits, [](const Job& job) { return job.step; });
    of_job(".held", held_bits, [](const Job& job) { return job.held; });
    of_job(".drained", depth_bits, [](const Job& job) { return job.drained; });
    probes.number(block + ".pipeline.entering", write_bits,
                  [this] { return pipeline_.empty() ? 0 : pipeline_.back().size(); });
    probes.number(block + ".pipeline.leaving", write_bits,
                  [this] { return pipeline_.empty() ? 0 : pipeline_.front().size(); });
}

}  // namespace quatrain::vector_unit
