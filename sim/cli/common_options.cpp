// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/common_options.hpp"

#include "sim/cli/exit_status.hpp"
#include "sim/config/reader.hpp"
#include "sim/run/mapping_file.hpp"
#include "workloads/network/reader.hpp"

#include <fmt/format.h>
#include <boost/describe.hpp>
#include <charconv>
#include <limits>
#include <system_error>

namespace quatrain::cli {
namespace {

network::Network load_network(const std::string& name_or_file) {
    if (name_or_file.ends_with(".onnx")) {
        throw UsageError(fmt::format(
            "--network {}: .onnx networks are not available in this version", name_or_file));
    }
    return network::load(name_or_file);
}

/// Nothing unless the whole text is a number that the type has.
template <class Number>
std::optional<Number> whole_number(const std::string& text) {
    Number number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (stop != end || error != std::errc{}) return std::nullopt;
    return number;
}

/// CLI11 alone would take -1 for 2^64 - 1, and whatever is larger too. The rule that `text` breaks;
/// empty when it breaks none.
std::string is_seed(const std::string& text) {
    if (whole_number<std::uint64_t>(text)) return "";
    return fmt::format("{}: must be an integer between 0 and {}", text,
                       std::numeric_limits<std::uint64_t>::max());
}

/// What the recipe asks of the machine, then what the user does.
std::vector<std::string> overrides(const CommonOptions& options, const training::Recipe& recipe) {
    std::vector<std::string> all;
    if (!recipe.accumulator.empty()) all.push_back("core.array.accumulator=" + recipe.accumulator);
    all.insert(all.end(), options.overrides.begin(), options.overrides.end());
    return all;
}

template <class Enumeration>
Enumeration enumerator(const std::string& text) {
    Enumeration value{};
    boost::describe::enum_from_string(text.c_str(), value);
    return value;
}

run::MappingChoice mapping_choice(const CommonOptions& options) {
    return {.mapper = enumerator<run::MapperKind>(options.mapper),
            .objective = enumerator<run::MappingObjective>(options.mapper_objective),
            .dataflow = enumerator<compiler::DataflowChoice>(options.mapper_dataflow),
            .pinned = options.mapping.empty() ? std::vector<compiler::PinnedMapping>{}
                                              : run::read_mappings(options.mapping)};
}

}  // namespace

const std::vector<std::string> mapper_names{"heuristic", "search"};

void add_common_options(CLI::App& command, CommonOptions& options) {
    command
        .add_option("--network", options.network,
                    "built-in name, a .yaml file, or a .csv topology of SCALE-Sim")
        ->type_name("NAME_OR_FILE")
        ->capture_default_str();
    command.add_option("--arch", options.architecture, "machine: preset, or a .yaml file")
        ->type_name("NAME_OR_FILE")
        ->capture_default_str();
    command
        .add_option("--set", options.overrides, "override one parameter, as in core.array.rows=64")
        ->type_name("KEY=VALUE")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    command
        .add_option("--recipe", options.recipe, "which precision where: preset, or a .yaml file")
        ->type_name("NAME_OR_FILE")
        ->capture_default_str();
    command
        .add_option(
            "--batch", options.batch,
            "images in the step, of all cores together; default 8, of a topology 1, rounded "
            "up to a multiple of the cores")
        ->check(CLI::Range(std::int64_t{1}, run::most_images))
        ->type_name("N");
    command
        .add_option("--batch-norm", options.batch_norm,
                    "several cores: mean and deviation over the images of each core (per_core) or "
                    "over the whole batch (synchronised)")
        ->check(CLI::IsMember({"per_core", "synchronised"}))
        ->type_name("SCOPE")
        ->capture_default_str();
    command
        .add_option("--mapper", options.mapper,
                    "how GEMMs are cut into tiles: heuristic, or search for the best mapping")
        ->check(CLI::IsMember(mapper_names))
        ->type_name("NAME")
        ->capture_default_str();
    add_search_options(command, options.mapper_objective, options.mapper_dataflow);
    command
        .add_option("--mapping", options.mapping,
                    "take the mappings of this file, and the mapper's for GEMMs that it leaves out")
        ->type_name("FILE");
    command.add_option("--json", options.json, "write the report as JSON; - is standard output")
        ->type_name("FILE");
    command.add_flag("--quiet", options.quiet, "no progress on standard error");
}

void add_search_options(CLI::App& command, std::string& objective, std::string& dataflow) {
    command
        .add_option("--mapper-objective", objective,
                    "what the search makes small: cycles, energy, or edp (energy x delay)")
        ->check(CLI::IsMember({"cycles", "energy", "edp"}))
        ->type_name("NAME")
        ->capture_default_str();
    command
        .add_option("--mapper-dataflow", dataflow,
                    "what the search looks at: the dataflow that is usual for the pass, or any; "
                    "another one rounds sums in other chunks")
        ->check(CLI::IsMember({"pass", "any"}))
        ->type_name("NAME")
        ->capture_default_str();
}

void add_pass_option(CLI::App& command, CommonOptions& options) {
    command.add_option("--pass", options.pass, "training (forward, backward, update) or inference")
        ->check(CLI::IsMember({"training", "inference"}))
        ->type_name("PASS")
        ->capture_default_str();
}

run::DatasetChoice parse_dataset(const std::string& text) {
    if (text == "synthetic") return {};
    const std::size_t colon = text.find(':');
    const std::string kind = text.substr(0, colon);
    const std::string argument = colon == std::string::npos ? "" : text.substr(colon + 1);
    if (const auto images = whole_number<std::int64_t>(argument); images && kind == "synthetic")
        return {.kind = run::DatasetKind::synthetic, .directory = "", .images = images};
    if ((kind != "cifar10" && kind != "mnist") || argument.empty()) {
        throw UsageError(fmt::format(
            "--dataset {}: must be synthetic, synthetic:N, cifar10:DIR or mnist:DIR", text));
    }
    return {kind == "mnist" ? run::DatasetKind::mnist : run::DatasetKind::cifar10, argument};
}

void add_host_options(CLI::App& command, std::uint64_t& seed, int& threads) {
    command.add_option("--seed", seed, "of weights, images and samples")
        ->check(is_seed)
        ->type_name("N")
        ->capture_default_str();
    command.add_option("--threads", threads, "of the host, 0: all; never changes a result")
        ->check(CLI::Range(0, 1024))
        ->type_name("N")
        ->capture_default_str();
}

run::RunOptions resolve(const CommonOptions& options) {
    run::RunOptions resolved;
    resolved.network = load_network(options.network);
    resolved.recipe = config::load_recipe(options.recipe);
    resolved.architecture =
        config::load_architecture(options.architecture, overrides(options, resolved.recipe));
    resolved.technology = config::load_technology(resolved.architecture.technology);
    const std::int64_t usual = resolved.network.topology ? 1 : 8;
    const std::int64_t cores = resolved.architecture.cores;
    resolved.batch = options.batch.value_or((usual + cores - 1) / cores * cores);
    resolved.batch_norm = options.batch_norm == "synchronised"
                              ? training::BatchNormScope::synchronised
                              : training::BatchNormScope::per_core;
    resolved.training = options.pass == "training";
    resolved.mapping = mapping_choice(options);
    return resolved;
}

}  // namespace quatrain::cli
