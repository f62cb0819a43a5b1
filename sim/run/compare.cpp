// SPDX-License-Identifier: Apache-2.0
#include "sim/run/compare.hpp"

#include "sim/run/measured_step.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>

namespace quatrain::run {
namespace {

std::size_t base_of(const std::vector<ComparePoint>& points, std::size_t index) {
    const std::string& network = points[index].options.network.name;
    return static_cast<std::size_t>(
        std::find_if(points.begin(), points.end(),
                     [&](const ComparePoint& one) { return one.options.network.name == network; }) -
        points.begin());
}

PrecisionMix mix_of(const ComparePoint& point) {
    return precision_mix(point.options.network, point.options.recipe, point.options.training);
}

/// The machine of a point under the rule that all machines obey.
config::Architecture machine_of(const ComparePoint& point, const PrecisionMix& mix,
                                const ComparePoint& base, const PrecisionMix& base_mix, Iso iso) {
    const config::Architecture& own = point.options.architecture;
    if (iso == Iso::none) return own;
    if (iso == Iso::pe) return with_pes_of(own, base.options.architecture);
    return fit_to_area(
        point.options.technology, own, modes(mix),
        array_area(base.options.technology, base.options.architecture, modes(base_mix)));
}

void add_area(ComparedStep& step) {
    const RunOptions& options = step.point.options;
    const energy::AreaReport report = energy::area(options.technology, options.architecture);
    step.area_mm2 = report.square_millimetres();
    step.array_mm2 = 1e-6 * array_area(options.technology, options.architecture,
                                       energy::built_modes(options.architecture.array));
    step.densities = densities(options.technology, options.architecture.array);
}

class Comparer {
public:
    Comparer(const std::vector<ComparePoint>& points, const CompareSettings& settings,
             Progress& progress)
        : points_(points), settings_(settings), progress_(progress) {}

    std::optional<ComparedStep> step(std::size_t index) {
        const std::size_t base = base_of(points_, index);
        ComparedStep step;
        step.point = points_[index];
        step.base = base;
        step.mix = mix_of(points_[index]);
        step.point.options.architecture = machine_of(points_[index], step.mix, points_[base],
                                                     mix_of(points_[base]), settings_.iso);
        const std::string title =
            fmt::format("{}/{} {}", index + 1, points_.size(), step.point.label);
        const GatedFractions* gated = activity(step.point.options, title);
        if (progress_.stop_requested()) return std::nullopt;
        const std::optional<MeasuredStep> measured = measure(step.point.options, gated, title);
        if (!measured) return std::nullopt;
        step.on_a_line = is_on_a_line(step.point.options);
        step.cycles = measured->cycles;
        step.seconds = static_cast<double>(step.cycles) * 1e-12 *
                       static_cast<double>(step.point.options.architecture.clock_period_ps);
        step.macs = measured->macs;
        step.gated = measured->gated_fraction();
        step.counts = measured->counts;
        step.time = measured->time;
        add_area(step);
        step.energy = measured->energy;
        step.sensitivity = measured->sensitivity;
        return step;
    }

private:
    bool is_on_a_line(const RunOptions& options) const {
        return settings_.scale_from && *settings_.scale_from < options.batch;
    }

    std::optional<MeasuredStep> measure(const RunOptions& options, const GatedFractions* gated,
                                        const std::string& title) {
        if (!is_on_a_line(options))
            return measured_step(options, options.batch, gated, title, progress_);
        const std::int64_t most = *settings_.scale_from;
        require_line(options, most, title);
        const auto half = measured_step(options, most / 2, gated, title, progress_);
        if (!half) return std::nullopt;
        const auto whole = measured_step(options, most, gated, title, progress_);
        if (!whole) return std::nullopt;
        return on_line(*half, *whole, (options.batch - most) / (most / 2));
    }

    static void require_line(const RunOptions& options, std::int64_t most,
                             const std::string& title) {
        const std::int64_t half = most / 2, cores = options.architecture.cores;
        if (most % 2 != 0 || half == 0 || half % cores != 0 || options.batch % half != 0)
            throw std::invalid_argument(fmt::format(
                "{}: --scale-from {}: its half must be a multiple of the cores ({}) and divide the "
                "batch of {}",
                title, most, cores, options.batch));
    }

    /// Of the numbers of a small step; the same for all machines that run this network and recipe.
    const GatedFractions* activity(const RunOptions& options, const std::string& title) {
        if (settings_.activity_batch == 0 || options.network.topology) return nullptr;
        const auto key = std::pair(options.network.name, options.recipe.name);
        const auto [found, is_new] = activities_.try_emplace(key);
        if (is_new)
            found->second = gated_fractions(options, settings_.activity_batch, settings_.seed,
                                            settings_.threads, title, progress_);
        return &found->second;
    }

    const std::vector<ComparePoint>& points_;
    const CompareSettings& settings_;
    Progress& progress_;
    std::map<std::pair<std::string, std::string>, GatedFractions> activities_;
};

/// Sum of the classes up to one, per image [s].
double seconds_to(const ComparedStep& step, TimeClass last) {
    double cycles = 0;
    for (std::size_t i = 0; i <= static_cast<std::size_t>(last); ++i) cycles += step.time.cycles[i];
    return cycles * step.seconds / static_cast<double>(step.cycles) /
           static_cast<double>(step.point.options.batch);
}

}  // namespace

double ComparedStep::steps_per_epoch() const {
    return static_cast<double>(point.dataset_images) / static_cast<double>(point.options.batch);
}

double ComparedStep::epoch_seconds() const {
    return seconds * steps_per_epoch();
}

double ComparedStep::joules_per_image() const {
    return energy::picojoules(energy.value.total()) * 1e-12 /
           static_cast<double>(point.options.batch);
}

SpeedUps speed_ups(const ComparedStep& step, const ComparedStep& base) {
    const auto over_base = [&](auto time) { return time(base) / time(step); };
    const auto up_to = [&](TimeClass last) {
        return over_base([last](const ComparedStep& one) { return seconds_to(one, last); });
    };
    return {.densities = over_base(
                [](const ComparedStep& one) { return time_at(one.mix.inner, one.densities); }),
            .all_layers = over_base(
                [](const ComparedStep& one) { return time_at(one.mix.all(), one.densities); }),
            .array = up_to(TimeClass::array),
            .mapping = up_to(TimeClass::mapping),
            .memory = up_to(TimeClass::memory),
            .batch_norm = up_to(TimeClass::batch_norm),
            .other = up_to(TimeClass::other),
            .measured = up_to(TimeClass::optimiser)};
}

std::vector<ComparedStep> compare(const std::vector<ComparePoint>& points,
                                  const CompareSettings& settings, Progress& progress) {
    Comparer comparer(points, settings, progress);
    std::vector<ComparedStep> steps;
    for (std::size_t i = 0; i < points.size(); ++i) {
        std::optional<ComparedStep> step = comparer.step(i);
        if (!step) break;
        steps.push_back(std::move(*step));
    }
    return steps;
}

}  // namespace quatrain::run
