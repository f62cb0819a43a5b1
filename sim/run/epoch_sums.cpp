// SPDX-License-Identifier: Apache-2.0
#include "sim/run/epoch_sums.hpp"

#include "rtl_models/base/counters.hpp"
#include "sim/run/checkpoint.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <numeric>
#include <stdexcept>

namespace quatrain::run {
namespace {

constexpr double femto = 1e-15;

using Texts = std::map<std::string, std::string>;

/// Writes every figure of the sums under its name, or reads it from there.
class Writer {
public:
    explicit Writer(Texts& texts) : texts_(texts) {}
    template <class Integer>
    void operator()(const std::string& name, const Integer& value) {
        texts_[name] = fmt::format("{}", value);
    }
    void operator()(const std::string& name, const double& value) {
        texts_[name] = exact_text(value);
    }

private:
    Texts& texts_;
};

class Reader {
public:
    explicit Reader(const Texts& texts) : texts_(texts) {}
    template <class Integer>
    void operator()(const std::string& name, Integer& value) {
        const std::string& text = find(name);
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, value);
        if (stop != end || error != std::errc{})
            throw std::invalid_argument(fmt::format("sum {} = {}: must be an integer", name, text));
    }
    void operator()(const std::string& name, double& value) { value = exact_value(find(name)); }

private:
    const std::string& find(const std::string& name) const {
        const auto found = texts_.find(name);
        if (found == texts_.end())
            throw std::invalid_argument(fmt::format("sum {}: is missing", name));
        return found->second;
    }
    const Texts& texts_;
};

/// Everything but the gated MACs, whose names the sums themselves hold.
template <class Sums, class Visit>
void visit_figures(Sums& sums, const std::vector<std::string>& layers, Visit& visit) {
    visit("steps", sums.steps);
    visit("images", sums.images);
    visit("correct", sums.correct);
    visit("loss", sums.loss);
    visit("faults.nan", sums.faults.nan);
    visit("faults.infinity", sums.faults.infinity);
    visit("faults.saturated", sums.faults.saturated);
    visit("odd_clipped", sums.odd_clipped);
    visit("golden.elements", sums.golden.elements);
    visit("golden.mismatches", sums.golden.mismatches);
    for (std::size_t i = 0; i < layers.size(); ++i) {
        auto& gradient = sums.gradients[i];
        visit("gradient.log2_scale." + layers[i], gradient.log2_scale);
        visit("gradient.max_abs." + layers[i], gradient.max_abs);
        visit("gradient.underflow." + layers[i], gradient.underflow);
        visit("gradient.overflow." + layers[i], gradient.overflow);
        visit("gradient.elements." + layers[i], gradient.elements);
    }
    visit("timed.steps", sums.timed.steps);
    visit("timed.cycles", sums.timed.cycles);
    for (std::size_t i = 0; i < energy::component_count; ++i)
        visit(fmt::format("timed.energy.{}", energy::name(static_cast<energy::Component>(i))),
              sums.timed.energy.value[i]);
    visit("timed.energy_low", sums.timed.energy.low);
    visit("timed.energy_high", sums.timed.energy.high);
}

constexpr std::string_view gated_prefix = "timed.gated.";

void write_gated(const TimedSums& timed, Texts& texts) {
    for (const auto& [key, macs] : timed.gated)
        texts[fmt::format("{}{}.{}", gated_prefix, key.second, key.first)] =
            fmt::format("{} {}", macs.zero, macs.all);
}

void read_gated(const Texts& texts, TimedSums& timed) {
    for (const auto& [name, text] : texts) {
        if (!name.starts_with(gated_prefix)) continue;
        const std::string key = name.substr(gated_prefix.size());
        const std::size_t dot = key.find('.');
        GatedMacs macs;
        const char* const end = text.data() + text.size();
        const auto zero = std::from_chars(text.data(), end, macs.zero);
        const bool parted = zero.ec == std::errc{} && zero.ptr != end && *zero.ptr == ' ';
        if (dot == std::string::npos || !parted ||
            std::from_chars(zero.ptr + 1, end, macs.all).ptr != end)
            throw std::invalid_argument(
                fmt::format("sum {} = {}: must be two integers", name, text));
        timed.gated[{key.substr(dot + 1), key.substr(0, dot)}] = macs;
    }
}

double joules(const energy::Breakdown& breakdown) {
    return static_cast<double>(breakdown.total()) * femto;
}

}  // namespace

double Joules::total() const {
    return std::accumulate(value.begin(), value.end(), 0.0);
}

Joules& Joules::operator+=(const energy::EnergyBand& band) {
    for (std::size_t i = 0; i < energy::component_count; ++i)
        value[i] += static_cast<double>(band.value[static_cast<energy::Component>(i)]) * femto;
    low += joules(band.low);
    high += joules(band.high);
    return *this;
}

void TimedSums::add(const RunResult& step) {
    ++steps;
    cycles += step.cycles;
    energy += step.energy;
    for (const OperatorRow& row : step.operators) {
        if (row.macs == 0) continue;
        GatedMacs& macs = gated[{row.name, row.pass}];
        for (const MacEvents& kind : mac_kinds()) {
            macs.all += row.counts[kind.macs];
            macs.zero += row.counts[kind.zero_macs];
        }
    }
}

void EpochSums::add(const StepNumbers& step, std::int64_t step_images) {
    ++steps;
    images += step_images;
    correct += step.correct;
    loss += step.loss;
    faults.nan += step.events[Event::fault_nan];
    faults.infinity += step.events[Event::fault_infinity];
    faults.saturated += step.events[Event::fault_saturated];
    odd_clipped += step.events[Event::gradient_odd_clipped];
    gradients.resize(step.gradients.size());
    for (std::size_t i = 0; i < gradients.size(); ++i) {
        gradients[i].log2_scale = step.gradients[i].log2_scale;
        gradients[i].max_abs = std::max(gradients[i].max_abs, step.gradients[i].max_abs);
        gradients[i].underflow += step.gradients[i].underflow;
        gradients[i].overflow += step.gradients[i].overflow;
        gradients[i].elements += step.gradients[i].elements;
    }
}

Texts to_texts(const EpochSums& sums, const std::vector<std::string>& layers) {
    Texts texts;
    EpochSums padded = sums;
    padded.gradients.resize(layers.size());
    Writer writer(texts);
    visit_figures(std::as_const(padded), layers, writer);
    write_gated(sums.timed, texts);
    return texts;
}

EpochSums from_texts(const Texts& texts, const std::vector<std::string>& layers) {
    EpochSums sums;
    sums.gradients.resize(layers.size());
    Reader reader(texts);
    visit_figures(sums, layers, reader);
    read_gated(texts, sums.timed);
    return sums;
}

}  // namespace quatrain::run
