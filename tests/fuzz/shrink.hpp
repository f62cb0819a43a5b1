// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/fuzz/verdict.hpp"

#include <functional>

namespace quatrain::fuzz {

/// Plans that are one step simpler.
class Simpler {
public:
    explicit Simpler(const Plan& plan) : plan_(plan) {
        blocks();
        images();
        const Plan standard;
        try_value(&Plan::images_per_core, standard.images_per_core);
        try_value(&Plan::batch_norm, standard.batch_norm);
        try_value(&Plan::training, false);
        try_value(&Plan::bias, false);
        try_value(&Plan::classes, standard.classes);
        try_value(&Plan::head, standard.head);
        if (plan_.precision != Precision::sixteen_bit)
            try_value(&Plan::precision, Precision::four_bit);
        if (plan_.precision != Precision::sixteen_bit) sixteen_bit(standard);
        if (plan_.precision != Precision::thirty_two_bit) {
            try_value(&Plan::activation_format, standard.activation_format);
            try_value(&Plan::gradient_format, standard.gradient_format);
        }
        try_value(&Plan::initial_alpha, standard.initial_alpha);
        try_value(&Plan::clip_weight_gradient, standard.clip_weight_gradient);
        try_value(&Plan::initial_gradscale_log2, standard.initial_gradscale_log2);
        try_value(&Plan::threshold_factor, standard.threshold_factor);
        parameters();
    }
    const std::vector<Plan>& plans() const { return plans_; }

private:
    void offer(const std::function<void(Plan&)>& change) {
        Plan plan = plan_;
        change(plan);
        if (has_sense(plan)) plans_.push_back(std::move(plan));
    }
    template <class T>
    void try_value(T Plan::*field, T value) {
        if (plan_.*field != value) offer([&](Plan& plan) { plan.*field = value; });
    }
    void try_value(std::size_t block, std::int64_t Block::*field, std::int64_t value) {
        if (plan_.blocks[block].*field != value)
            offer([&](Plan& plan) { plan.blocks[block].*field = value; });
    }

    void blocks() {
        for (std::size_t i = 0; i < plan_.blocks.size(); ++i) {
            if (plan_.blocks.size() > 1)
                offer([&](Plan& plan) {
                    plan.blocks.erase(plan.blocks.begin() + static_cast<std::ptrdiff_t>(i));
                });
            if (plan_.blocks[i].kind != Block::Kind::plain)
                offer([&](Plan& plan) { plan.blocks[i].kind = Block::Kind::plain; });
            if (plan_.blocks[i].batch_norm)
                offer([&](Plan& plan) { plan.blocks[i].batch_norm = false; });
            try_value(i, &Block::channels, 2);
            try_value(i, &Block::kernel, 1);
            try_value(i, &Block::stride, 1);
            try_value(i, &Block::padding, 0);
            try_value(i, &Block::dilation, 1);
        }
    }

    /// The 32-bit tensors of thirty_two_bit go with it.
    void sixteen_bit(const Plan& standard) {
        offer([&](Plan& plan) {
            plan.precision = Precision::sixteen_bit;
            if (plan.activation_format == Format::fp32)
                plan.activation_format = standard.activation_format;
            if (plan.gradient_format == Format::fp32)
                plan.gradient_format = standard.gradient_format;
        });
    }

    void images() {
        if (plan_.images != network::Extent{8, 8, plan_.images.channels})
            offer([](Plan& plan) { plan.images.height = plan.images.width = 8; });
        if (plan_.images.channels != 2) offer([](Plan& plan) { plan.images.channels = 2; });
    }

    /// Each parameter of the machine as edge-4bit has it. The streamer follows the buffers' banks.
    void parameters() {
        config::Architecture standard;
        const auto defaults = config::parameters(standard);
        for (std::size_t i = 0; i < defaults.size(); ++i) {
            config::Architecture mine = plan_.architecture;
            const auto parameter = config::parameters(mine)[i];
            if (parameter.get() == defaults[i].get()) continue;
            if (parameter.path == "core.streamer.banks") continue;
            parameter.set(config::to_text(defaults[i].get()));
            mine.streamer.banks = mine.buffers.banks;
            offer([&](Plan& plan) { plan.architecture = mine; });
        }
    }

    const Plan& plan_;
    std::vector<Plan> plans_;
};

/// Runs the case; true when something is wrong.
inline bool is_wrong(const Plan& plan) {
    try {
        return !judge(plan).failure.empty();
    } catch (const network::RuleError&) {
        return false;  // not a case at all
    }
}

/// A plan that `fails` too and has no simpler one that does, unless `attempts` runs are used up
/// before.
inline Plan shrink(Plan plan, const std::function<bool(const Plan&)>& fails, int attempts = 400) {
    for (bool simpler = true; simpler;) {
        simpler = false;
        for (std::size_t i = 0; attempts > 0; --attempts) {
            const Simpler candidates(plan);
            if (i >= candidates.plans().size()) break;
            if (fails(candidates.plans()[i])) {
                plan = Plan(candidates.plans()[i]);
                simpler = true;  // what comes next stands in the same place now
            } else {
                ++i;
            }
        }
        simpler = simpler && attempts > 0;
    }
    return plan;
}

}  // namespace quatrain::fuzz
