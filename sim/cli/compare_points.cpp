// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/compare_points.hpp"

#include "sim/cli/common_options.hpp"
#include "sim/cli/exit_status.hpp"
#include "sim/config/nearest.hpp"
#include "sim/config/presets.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

namespace quatrain::cli {
namespace {

constexpr std::int64_t imagenet_images = 1'281'167;  ///< of the training set, 1000 classes
constexpr std::int64_t cifar_images = 50'000;        ///< of CIFAR-10's

/// One point as text.
struct PointText {
    CommonOptions common;
    std::string name;
    std::optional<std::int64_t> dataset_size;
};

std::int64_t default_dataset_size(const network::Network& network) {
    return !network.topology && network.classes() == 1000 ? imagenet_images : cifar_images;
}

std::int64_t positive(const std::string& point, const std::string& key, const std::string& text) {
    std::int64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (stop != end || error != std::errc{} || value < 1)
        throw UsageError(
            fmt::format("--point {}: {} = {}: must be a positive integer", point, key, text));
    return value;
}

void set_key(const std::string& point, const std::string& key, const std::string& value,
             PointText& text) {
    static const std::vector<std::string> keys{"arch", "batch",   "dataset-size", "mapper",
                                               "name", "network", "recipe",       "set"};
    if (key == "arch") {
        text.common.architecture = value;
    } else if (key == "batch") {
        text.common.batch = positive(point, key, value);
    } else if (key == "dataset-size") {
        text.dataset_size = positive(point, key, value);
    } else if (key == "mapper") {
        if (std::ranges::find(mapper_names, value) == mapper_names.end())
            throw UsageError(fmt::format("--point {}: {} = {}: must be one of {}", point, key,
                                         value, fmt::join(mapper_names, ", ")));
        text.common.mapper = value;
    } else if (key == "name") {
        text.name = value;
    } else if (key == "network") {
        text.common.network = value;
    } else if (key == "recipe") {
        text.common.recipe = value;
    } else if (key == "set") {
        text.common.overrides.push_back(value);
    } else {
        throw UsageError(fmt::format("--point {}: {}: no such key; near: {}; there are {}", point,
                                     key, config::nearest_text(key, keys), fmt::join(keys, ", ")));
    }
}

/// "arch=edge-4bit,recipe=fp16,set=core.array.cols=64".
PointText parse_point(const std::string& point, PointText text) {
    for (std::size_t start = 0; start <= point.size();) {
        const std::size_t end = std::min(point.find(',', start), point.size());
        const std::string part = point.substr(start, end - start);
        const std::size_t equals = part.find('=');
        if (equals == std::string::npos)
            throw UsageError(fmt::format("--point {}: {}: must be KEY=VALUE", point, part));
        set_key(point, part.substr(0, equals), part.substr(equals + 1), text);
        start = end + 1;
    }
    return text;
}

std::vector<std::string> expand_recipes(const std::vector<std::string>& recipes) {
    std::vector<std::string> expanded;
    for (const std::string& recipe : recipes) {
        if (recipe != "all") {
            expanded.push_back(recipe);
            continue;
        }
        for (const std::string_view preset : config::preset_names("recipes"))
            expanded.emplace_back(preset);
    }
    return expanded;
}

PointText defaults(const PointArguments& arguments) {
    PointText text;
    text.common.overrides = arguments.overrides;
    text.common.pass = arguments.pass;
    text.common.batch_norm = arguments.batch_norm;
    text.common.network = arguments.networks.front();
    text.common.architecture = arguments.architectures.front();
    text.common.recipe = arguments.recipes.front();
    text.common.batch = arguments.batches.front();
    text.common.mapper = arguments.mappers.front();
    text.common.mapper_objective = arguments.mapper_objective;
    text.common.mapper_dataflow = arguments.mapper_dataflow;
    text.dataset_size = arguments.dataset_size;
    return text;
}

std::vector<PointText> combinations(const PointArguments& arguments) {
    const std::vector<std::string> recipes = expand_recipes(arguments.recipes);
    std::vector<PointText> points;
    for (const std::string& network : arguments.networks)
        for (const std::int64_t batch : arguments.batches)
            for (const std::string& architecture : arguments.architectures)
                for (const std::string& recipe : recipes)
                    for (const std::string& mapper : arguments.mappers) {
                        PointText text = defaults(arguments);
                        text.common.network = network;
                        text.common.architecture = architecture;
                        text.common.recipe = recipe;
                        text.common.batch = batch;
                        text.common.mapper = mapper;
                        points.push_back(std::move(text));
                    }
    return points;
}

/// What tells the points apart.
std::string label_of(const PointText& text, const std::vector<PointText>& all) {
    if (!text.name.empty()) return text.name;
    const auto differs = [&](auto field) {
        for (const PointText& other : all)
            if (field(other) != field(text)) return true;
        return false;
    };
    std::string label;
    const auto add = [&](std::string part) { label += (label.empty() ? "" : " ") + part; };
    if (differs([](const PointText& p) { return p.common.network; })) add(text.common.network);
    if (differs([](const PointText& p) { return p.common.architecture; }))
        add(text.common.architecture);
    if (differs([](const PointText& p) { return p.common.batch; }))
        add(fmt::format("batch {}", *text.common.batch));
    add(text.common.recipe);
    if (differs([](const PointText& p) { return p.common.mapper; })) add(text.common.mapper);
    if (differs([](const PointText& p) { return p.common.overrides; }))
        for (const std::string& override : text.common.overrides) add(override);
    return label;
}

/// Points are grouped, and share what a computed step said, by the names of network and recipe.
class Names {
public:
    explicit Names(std::string what) : what_(std::move(what)) {}
    /// Throws UsageError when another source has given the same name.
    void add(const std::string& name, const std::string& source) {
        const auto [known, is_new] = sources_.try_emplace(name, source);
        if (!is_new && known->second != source)
            throw UsageError(fmt::format("{} {}: {} and {} both have this name: must differ", what_,
                                         name, known->second, source));
    }

private:
    std::string what_;
    std::map<std::string, std::string> sources_;
};

run::ComparePoint point_of(const PointText& text, const std::string& label,
                           const std::string& dataset) {
    run::ComparePoint point{.label = label, .options = resolve(text.common), .dataset_images = 0};
    point.options.dataset = parse_dataset(dataset);
    point.dataset_images = text.dataset_size.value_or(default_dataset_size(point.options.network));
    return point;
}

}  // namespace

void add_point_options(CLI::App& command, PointArguments& arguments) {
    const auto list = [&](const char* option, std::vector<std::string>& values, const char* help) {
        command.add_option(option, values, help)
            ->delimiter(',')
            ->type_name("NAME_OR_FILE,...")
            ->capture_default_str();
    };
    list("--network", arguments.networks, "built-in names, or .yaml or .csv files");
    list("--arch", arguments.architectures, "machines: presets, or .yaml files");
    list("--recipe", arguments.recipes,
         "which precision where: presets, or .yaml files; all: every preset");
    command.add_option("--batch", arguments.batches, "images in a step, of all cores together")
        ->check(CLI::Range(std::int64_t{1}, run::most_images))
        ->delimiter(',')
        ->type_name("N,...")
        ->capture_default_str();
    command
        .add_option("--mapper", arguments.mappers,
                    "how GEMMs are cut into tiles: heuristic, or search for the best mapping")
        ->check(CLI::IsMember(mapper_names))
        ->delimiter(',')
        ->type_name("NAME,...")
        ->capture_default_str();
    add_search_options(command, arguments.mapper_objective, arguments.mapper_dataflow);
    command
        .add_option("--point", arguments.points,
                    "a point, instead of all combinations: KEY=VALUE,... with arch, recipe, "
                    "network, batch, mapper, dataset-size, set (an override, repeatable), name; "
                    "repeatable")
        ->type_name("POINT")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    command
        .add_option("--dataset-size", arguments.dataset_size,
                    "images in an epoch; default 1281167 (ImageNet) for networks of 1000 classes, "
                    "else 50000 (CIFAR-10)")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40))
        ->type_name("N");
    command
        .add_option("--set", arguments.overrides,
                    "override one parameter of every machine, as in core.array.rows=64")
        ->type_name("KEY=VALUE")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    command
        .add_option("--pass", arguments.pass, "training (forward, backward, update) or inference")
        ->check(CLI::IsMember({"training", "inference"}))
        ->type_name("PASS")
        ->capture_default_str();
    command
        .add_option("--batch-norm", arguments.batch_norm,
                    "several cores: mean and deviation per_core or synchronised")
        ->check(CLI::IsMember({"per_core", "synchronised"}))
        ->type_name("SCOPE")
        ->capture_default_str();
    command
        .add_option("--dataset", arguments.dataset,
                    "images of the computed step: synthetic, synthetic:N, cifar10:DIR or mnist:DIR")
        ->type_name("DATASET")
        ->capture_default_str();
}

std::vector<run::ComparePoint> points_of(const PointArguments& arguments) {
    std::vector<PointText> texts;
    for (const std::string& point : arguments.points)
        texts.push_back(parse_point(point, defaults(arguments)));
    if (texts.empty()) texts = combinations(arguments);
    std::vector<run::ComparePoint> points;
    points.reserve(texts.size());
    Names networks("network"), recipes("recipe");
    for (const PointText& text : texts) {
        points.push_back(point_of(text, label_of(text, texts), arguments.dataset));
        networks.add(points.back().options.network.name, text.common.network);
        recipes.add(points.back().options.recipe.name, text.common.recipe);
    }
    return points;
}

}  // namespace quatrain::cli
