// SPDX-License-Identifier: Apache-2.0
#include "workloads/network/reader.hpp"

#include "workloads/network/builder.hpp"
#include "workloads/network/fields.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace quatrain::network {
namespace {

/// A layer type of the file: its kind and the keys that it takes besides name, type and input(s).
struct LayerType {
    NodeKind kind;
    std::vector<std::string> keys;
};

const std::vector<LayerType>& layer_types() {
    static const std::vector<LayerType> types{
        {NodeKind::convolution, {"channels", "kernel", "stride", "padding", "dilation"}},
        {NodeKind::batch_norm, {"epsilon", "momentum"}},
        {NodeKind::activation, {}},
        {NodeKind::add, {}},
        {NodeKind::max_pool, {"kernel", "stride", "padding"}},
        {NodeKind::average_pool, {}},
        {NodeKind::fully_connected, {"channels", "bias"}},
    };
    return types;
}

struct Block {
    std::vector<std::string> parameters;
    YAML::Node layers;
    std::size_t position;  ///< a block may use the blocks before it, never itself
};

/// Where the names of a list of layers live, and what they may refer to.
struct Scope {
    std::string prefix;       ///< of every name: "" or "layer1.0."
    Environment environment;  ///< parameters of the block
    std::size_t input = 0;    ///< node that "$input" means, and that the first layer reads
    std::size_t blocks_visible = 0;
};

class Reader {
public:
    explicit Reader(std::string source) : source_(std::move(source)) {}

    Network read(const YAML::Node& root) {
        const Fields fields(source_, root, no_parameters_, "network");
        fields.allow_only({"name", "description", "input", "blocks", "layers"});
        read_input(fields);
        if (fields.has("description")) network_.description = fields.text("description");
        if (fields.has("blocks")) read_blocks(fields.node("blocks"));
        read_layers(fields.node("layers"), {"", {}, 0, blocks_.size()});
        guarded(fields, "layers", [&] { check_complete(network_); });
        return std::move(network_);
    }

private:
    /// Runs `step`; a broken rule becomes a ReadError at the line of the rule's key, or of
    /// `otherwise`.
    template <class Step>
    void guarded(const Fields& fields, const char* otherwise, Step step) const {
        try {
            step();
        } catch (const RuleError& error) {
            if (fields.has(error.key)) fields.fail_at(error.key, error.value, error.rule);
            fields.fail_beside(otherwise, error.what());
        }
    }

    void read_input(const Fields& top) {
        const Fields fields(source_, top.node("input"), no_parameters_, "input");
        fields.allow_only({"height", "width", "channels", "mean", "deviation"});
        const Extent images{fields.integer("height"), fields.integer("width"),
                            fields.integer("channels")};
        guarded(fields, "height", [&] {
            network_ = start(top.text("name"), images, fields.numbers("mean"),
                             fields.numbers("deviation"));
        });
    }

    void read_blocks(const YAML::Node& map) {
        const Fields names(source_, map, no_parameters_, "blocks");
        for (const std::string& name : names.keys()) {
            const Fields fields(source_, names.node(name), no_parameters_, "block " + name);
            fields.allow_only({"parameters", "layers"});
            Block block{{}, fields.node("layers"), blocks_.size()};
            if (fields.has("parameters")) block.parameters = fields.texts("parameters");
            for (const std::string& parameter : block.parameters)
                if (parameter.empty() || std::ranges::count(block.parameters, parameter) > 1 ||
                    std::ranges::count(call_keys_, parameter) > 0)
                    fields.fail_at("parameters", parameter,
                                   fmt::format("must be a word that appears once and is none of {}",
                                               fmt::join(call_keys_, ", ")));
            blocks_.emplace(name, std::move(block));
        }
    }

    void read_layers(const YAML::Node& list, const Scope& scope) {
        if (!list.IsSequence() || list.size() == 0)
            fail(source_, list, "layers: must be a list of at least one layer");
        std::size_t previous = scope.input;
        for (const auto& item : list) {
            if (Fields(source_, item, scope.environment, "layer").has("block"))
                read_call(item, scope, previous);
            else
                read_layer(item, scope, previous);
            previous = network_.nodes.size() - 1;
        }
    }

    void read_layer(const YAML::Node& item, const Scope& scope, std::size_t previous) {
        Node node;
        const Fields unnamed(source_, item, scope.environment, "layer");
        node.name = scope.prefix + unnamed.text("name");
        const Fields fields(source_, item, scope.environment, "layer " + node.name);
        const LayerType& type = type_of(fields);
        node.kind = type.kind;
        std::vector<std::string> keys{"name", "type",
                                      type.kind == NodeKind::add ? "inputs" : "input"};
        keys.insert(keys.end(), type.keys.begin(), type.keys.end());
        fields.allow_only(keys);
        node.inputs = inputs(node.kind, fields, scope, previous);
        read_sizes(node, fields);
        guarded(fields, "type", [&] { append(network_, std::move(node)); });
    }

    const LayerType& type_of(const Fields& fields) const {
        const std::string text = fields.text("type");
        std::vector<std::string_view> names;
        for (const LayerType& type : layer_types()) {
            if (name(type.kind) == text) return type;
            names.push_back(name(type.kind));
        }
        fields.fail_at("type", text, fmt::format("must be one of {}", fmt::join(names, ", ")));
    }

    std::vector<std::size_t> inputs(NodeKind kind, const Fields& fields, const Scope& scope,
                                    std::size_t previous) const {
        if (kind != NodeKind::add) return {named_input(fields, scope, previous)};
        std::vector<std::size_t> nodes;
        for (const std::string& text : fields.texts("inputs"))
            nodes.push_back(find(text, fields, "inputs", scope));
        return nodes;
    }

    std::size_t named_input(const Fields& fields, const Scope& scope, std::size_t previous) const {
        if (!fields.has("input")) return previous;
        return find(fields.unresolved_text("input"), fields, "input", scope);
    }

    std::size_t find(const std::string& text, const Fields& fields, const char* key,
                     const Scope& scope) const {
        if (text == "$input") {
            if (scope.prefix.empty())
                fields.fail_at(key, text, "has a meaning only inside a block");
            return scope.input;
        }
        const std::string full = scope.prefix + text;
        for (std::size_t i = 0; i < network_.nodes.size(); ++i)
            if (network_.nodes[i].name == full) return i;
        fields.fail_at(key, text,
                       scope.prefix.empty()
                           ? "no earlier layer has this name"
                           : "no earlier layer of this block has this name (and it is not $input)");
    }

    void read_sizes(Node& node, const Fields& fields) const {
        switch (node.kind) {
            case NodeKind::convolution:
                node.output.channels = fields.integer("channels");
                node.kernel = fields.integer("kernel");
                node.stride = fields.integer("stride", 1);
                node.padding = fields.integer("padding", 0);
                node.dilation = fields.integer("dilation", 1);
                break;
            case NodeKind::max_pool:
                node.kernel = fields.integer("kernel");
                node.stride = fields.integer("stride");
                node.padding = fields.integer("padding", 0);
                break;
            case NodeKind::batch_norm:
                node.epsilon = fields.number("epsilon", node.epsilon);
                node.momentum = fields.number("momentum", node.momentum);
                break;
            case NodeKind::fully_connected:
                node.output.channels = fields.integer("channels");
                node.bias = fields.boolean("bias", true);
                break;
            default:
                break;
        }
    }

    void read_call(const YAML::Node& item, const Scope& scope, std::size_t previous) {
        const Fields unnamed(source_, item, scope.environment, "block");
        const std::string call_name = scope.prefix + unnamed.text("name");
        const Fields fields(source_, item, scope.environment, "block " + call_name);
        const std::string block_name = fields.text("block");
        const auto found = blocks_.find(block_name);
        if (found == blocks_.end() || found->second.position >= scope.blocks_visible)
            fields.fail_at("block", block_name, "no block of this name is defined before its use");
        const Block& block = found->second;
        std::vector<std::string> keys = call_keys_;
        keys.insert(keys.end(), block.parameters.begin(), block.parameters.end());
        fields.allow_only(keys);

        Scope inner{"", {}, named_input(fields, scope, previous), block.position};
        for (const std::string& parameter : block.parameters)
            inner.environment.emplace(parameter, fields.node(parameter));
        repeat(fields, block, call_name, inner);
    }

    /// One copy named `call_name`, or with the key `count` that many: "call_name.FROM",
    /// "call_name.FROM+1", ...
    void repeat(const Fields& fields, const Block& block, const std::string& call_name,
                Scope inner) {
        if (!fields.has("count")) {
            if (fields.has("from"))
                fields.fail_at("from", fields.text("from"), "has a meaning only beside count");
            inner.prefix = call_name + ".";
            return read_layers(block.layers, inner);
        }
        const std::int64_t count = fields.integer("count");
        const std::int64_t from = fields.integer("from", 0);
        if (count < 1 || count > 4096)
            fields.fail_at("count", std::to_string(count), "must be between 1 and 4096");
        if (from < 0 || from > 4096)
            fields.fail_at("from", std::to_string(from), "must be between 0 and 4096");
        for (std::int64_t i = 0; i < count; ++i) {
            inner.prefix = fmt::format("{}.{}.", call_name, from + i);
            read_layers(block.layers, inner);
            inner.input = network_.nodes.size() - 1;
        }
    }

    std::string source_;
    Network network_;
    std::map<std::string, Block> blocks_;
    const Environment no_parameters_;
    const std::vector<std::string> call_keys_{"block", "name", "input", "count", "from"};
};

}  // namespace

Network read(std::istream& stream, const std::string& source_name) {
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    std::vector<YAML::Node> documents;
    try {
        documents = YAML::LoadAll(text);
    } catch (const YAML::Exception& error) {
        throw ReadError(
            fmt::format("{}:{}: not YAML: {}", source_name, error.mark.line + 1, error.msg));
    }
    if (documents.size() != 1)
        throw ReadError(fmt::format("{}:1: documents = {}: a network file holds exactly one",
                                    source_name, documents.size()));
    return Reader(source_name).read(documents.front());
}

}  // namespace quatrain::network
