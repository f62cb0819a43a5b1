// SPDX-License-Identifier: Apache-2.0
#include "sim/run/checkpoint.hpp"

#include "sim/config/reader.hpp"
#include "sim/run/tensors.hpp"
#include "tests/support/complaint.hpp"
#include "tests/support/folder.hpp"
#include "tests/unit/run/support.hpp"
#include "workloads/network/reader.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <bit>
#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <random>
#include <set>
#include <stdexcept>

namespace quatrain::run {
namespace {

using test::complaint;
using test::Folder;
using testing::append;
using testing::filter;
using testing::layer;

constexpr const char* file_name = "checkpoint.safetensors";

// One 4-bit convolution between two layers in 16 bits: every kind of state, and little of it.
training::Graph tiny_graph() {
    using enum network::NodeKind;
    network::Network net = network::start("tiny", {2, 2, 2}, {0.5, 0.5}, {0.25, 0.25});
    std::size_t last = append(net, filter(2, 1, 1), "stem", {0});
    last = append(net, layer(activation), "act", {last});
    last = append(net, filter(2, 1, 1), "conv", {last});
    last = append(net, layer(batch_norm), "norm", {last});
    last = append(net, layer(average_pool), "mean", {last});
    network::Node head = layer(fully_connected);
    head.output.channels = 2;
    head.bias = true;
    append(net, head, "head", {last});
    return training::build(net, config::load_recipe("fp4-tpr"), 2);
}

// A checkpoint of the graph with any bits in its tensors.
Checkpoint some_checkpoint(const training::Graph& graph) {
    std::mt19937 random(1);
    Checkpoint checkpoint{
        .position = {.steps = 1234, .epoch = 3, .seed = std::numeric_limits<std::uint64_t>::max()},
        .settings = {{"network", "tiny"}, {"batch", "2"}, {"learning rate", "0.1 = much"}},
        .sums = {{"loss", exact_text(1.0 / 3)}, {"right", "17"}}};
    for (const LastingTensor& state : list_lasting(graph)) {
        const training::Tensor& described = graph.tensors[state.id];
        golden::Tensor tensor{.format = std::string(numerics::name(described.format)),
                              .shape = described.shape,
                              .codes = {}};
        for (std::int64_t i = 0; i < described.elements(); ++i)
            tensor.codes.push_back(static_cast<std::uint32_t>(random()));
        checkpoint.tensors.emplace(state.name, std::move(tensor));
    }
    return checkpoint;
}

void expect_equal(const Checkpoint& a, const Checkpoint& b) {
    EXPECT_EQ(a.position, b.position);
    EXPECT_EQ(a.settings, b.settings);
    EXPECT_EQ(a.sums, b.sums);
    ASSERT_EQ(a.tensors.size(), b.tensors.size());
    for (const auto& [name, tensor] : a.tensors) {
        EXPECT_EQ(tensor.format, b.tensors.at(name).format) << name;
        EXPECT_EQ(tensor.shape, b.tensors.at(name).shape) << name;
        EXPECT_EQ(tensor.codes, b.tensors.at(name).codes) << name;
    }
}

// What load_checkpoint() says of the folder's file, without the file's name.
std::string complaint_of(const Folder& folder, const training::Graph& graph,
                         const Settings& expected) {
    const std::string said =
        complaint<SafeTensorsError>([&] { load_checkpoint(folder.path(), graph, expected); });
    const std::string file = folder / file_name;
    EXPECT_TRUE(said.empty() || said.starts_with(file + ": ")) << said;
    EXPECT_EQ(said.find('\n'), std::string::npos) << said;
    return said.empty() ? said : said.substr(file.size() + 2);
}

TEST(Checkpoint, HoldsEveryParameterMomentumStatisticAndScale) {
    const training::Graph graph = tiny_graph();
    std::set<std::string> names;
    for (const LastingTensor& state : list_lasting(graph)) {
        EXPECT_EQ(state.name, graph.tensors[state.id].name);
        EXPECT_EQ(state.core, 0);
        names.insert(state.name);
    }
    EXPECT_EQ(names, (std::set<std::string>{
                         "stem.weight", "stem.weight.momentum", "act.alpha", "act.alpha.momentum",
                         "conv.weight", "conv.weight.momentum", "conv.gradscale_log2", "norm.gamma",
                         "norm.gamma.momentum", "norm.beta", "norm.beta.momentum",
                         "norm.running_mean", "norm.running_variance", "head.weight",
                         "head.weight.momentum", "head.bias", "head.bias.momentum"}));
}

TEST(Checkpoint, HoldsTheRunningStatisticsOfEveryCoreThatHasItsOwn) {
    const RunOptions options = testing::small_options();
    const auto build = [&](training::BatchNormScope scope) {
        return training::build(options.network, options.recipe, 6, true,
                               {.cores = 3, .batch_norm = scope});
    };
    std::size_t copies = 0;
    for (const LastingTensor& state : list_lasting(build(training::BatchNormScope::per_core))) {
        if (state.core == 0) continue;
        ++copies;
        EXPECT_TRUE(state.name.ends_with(fmt::format(".core{}", state.core))) << state.name;
    }
    EXPECT_EQ(copies, 2U * 2U * 4U);  // of two cores, mean and variance of four batch norms
    for (const LastingTensor& state : list_lasting(build(training::BatchNormScope::synchronised)))
        EXPECT_EQ(state.core, 0) << state.name;

    const Folder folder;
    const training::Graph graph = build(training::BatchNormScope::per_core);
    const Checkpoint saved = some_checkpoint(graph);
    EXPECT_NE(saved.tensors.at("stem_norm.running_mean").codes,
              saved.tensors.at("stem_norm.running_mean.core1").codes);
    save_checkpoint(folder.path(), graph, saved);
    expect_equal(load_checkpoint(folder.path(), graph, saved.settings), saved);
}

TEST(Checkpoint, WhatIsSavedIsLoadedBitForBit) {
    const Folder folder;
    const training::Graph graph =
        training::build(network::load("resnet20-cifar"), config::load_recipe("fp4-tpr"), 2);
    Checkpoint saved = some_checkpoint(graph);
    save_checkpoint(folder.path(), graph, saved);
    EXPECT_EQ(folder.files(), std::set<std::string>{file_name});
    expect_equal(load_checkpoint(folder.path(), graph, saved.settings), saved);
}

TEST(Checkpoint, TheFilesTensorsAreInTheMachinesLayout) {
    const Folder folder;
    const training::Graph graph = tiny_graph();
    const Checkpoint saved = some_checkpoint(graph);
    save_checkpoint(folder.path(), graph, saved);
    const SafeTensors content = read_safetensors(folder / file_name);
    ASSERT_EQ(content.tensors.size(), saved.tensors.size());
    for (const LastingTensor& state : list_lasting(graph)) {
        const training::Tensor& described = graph.tensors[state.id];
        const SafeTensor& tensor = content.tensors.at(state.name);
        EXPECT_EQ(tensor.dtype, state.name == "conv.gradscale_log2" ? DType::i32 : DType::f32);
        EXPECT_EQ(tensor.shape,
                  std::vector<std::int64_t>(described.shape.begin(), described.shape.end()));
        EXPECT_EQ(tensor.data, pack(described, saved.tensors.at(state.name)));
    }
    EXPECT_EQ(content.metadata.at("format"), "quatrain-checkpoint 1");
    EXPECT_EQ(content.metadata.at("steps"), "1234");
    EXPECT_EQ(content.metadata.at("settings"),
              "network = tiny\nbatch = 2\nlearning rate = 0.1 = much\n");
}

// CRC-32 bit by bit, from its definition.
std::uint32_t crc_by_hand(const std::string& bytes) {
    std::uint32_t crc = 0xFFFFFFFF;
    for (const char byte : bytes) {
        crc ^= static_cast<unsigned char>(byte);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
    }
    return ~crc;
}

TEST(Checkpoint, TheChecksumIsTheOneThatIsDescribed) {
    const Folder folder;
    const training::Graph graph = tiny_graph();
    save_checkpoint(folder.path(), graph, some_checkpoint(graph));
    const SafeTensors content = read_safetensors(folder / file_name);
    std::string bytes;
    const auto number = [&](std::uint64_t value) {
        for (int i = 0; i < 8; ++i) bytes += static_cast<char>(value >> (8 * i));
    };
    const auto text = [&](std::string_view value) {
        number(value.size());
        bytes += value;
    };
    for (const auto& [key, value] : content.metadata) {
        if (key == "crc32") continue;
        text(key);
        text(value);
    }
    for (const auto& [name, tensor] : content.tensors) {  // all of four bytes: in order of names
        text(name);
        text(tensor.dtype == DType::i32 ? "I32" : "F32");
        number(4);
        for (const std::int64_t size : tensor.shape) number(static_cast<std::uint64_t>(size));
        text({reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size()});
    }
    EXPECT_EQ(crc_by_hand("123456789"), 0xCBF43926);
    EXPECT_EQ(content.metadata.at("crc32"), fmt::format("{:08x}", crc_by_hand(bytes)));
}

TEST(Checkpoint, AFlippedBitAnywhereIsRefused) {
    const Folder folder;
    const training::Graph graph = tiny_graph();
    const Checkpoint saved = some_checkpoint(graph);
    save_checkpoint(folder.path(), graph, saved);
    const std::string whole = folder.read(file_name);
    std::fstream file(folder / file_name, std::ios::in | std::ios::out | std::ios::binary);
    const auto put = [&](std::size_t at, int byte) {
        file.seekp(static_cast<std::streamoff>(at)).put(static_cast<char>(byte)).flush();
    };
    int damaged = 0;
    for (std::size_t i = 0; i < whole.size(); ++i) {
        for (const int mask : {1, 2, 4, 8, 16, 32, 64, 128, 255}) {
            put(i, whole[i] ^ mask);
            const std::string said = complaint_of(folder, graph, saved.settings);
            ASSERT_NE(said, "") << "byte " << i << ", mask " << mask;
            damaged += said.starts_with("is damaged: crc32 = ") ? 1 : 0;
        }
        put(i, whole[i]);
    }
    // At least every flip in the data is told by the checksum alone.
    EXPECT_GT(damaged, 1000);
    EXPECT_EQ(folder.read(file_name), whole);
    expect_equal(load_checkpoint(folder.path(), graph, saved.settings), saved);
}

TEST(Checkpoint, ATruncatedFileIsRefusedWhereverItEnds) {
    const Folder folder;
    const training::Graph graph = tiny_graph();
    const Checkpoint saved = some_checkpoint(graph);
    save_checkpoint(folder.path(), graph, saved);
    for (std::size_t size = folder.read(file_name).size(); size-- > 0;) {
        std::filesystem::resize_file(folder / file_name, size);
        ASSERT_NE(complaint_of(folder, graph, saved.settings), "") << size << " bytes";
    }
}

// The complaint of a saved checkpoint whose content was changed behind its back.
std::string complaint_of_changed(const std::function<void(SafeTensors&)>& change) {
    const Folder folder;
    const training::Graph graph = tiny_graph();
    const Checkpoint saved = some_checkpoint(graph);
    save_checkpoint(folder.path(), graph, saved);
    SafeTensors content = read_safetensors(folder / file_name);
    change(content);
    write_safetensors(folder / file_name, content);
    return complaint_of(folder, graph, saved.settings);
}

TEST(Checkpoint, TensorsThatHaveChangedPlacesAreRefused) {
    EXPECT_EQ(complaint_of_changed([](SafeTensors&) {}), "");
    const std::string said = complaint_of_changed([](SafeTensors& content) {
        std::swap(content.tensors.at("norm.gamma"), content.tensors.at("norm.beta"));
    });
    EXPECT_TRUE(said.starts_with("is damaged: crc32 = ")) << said;
}

TEST(Checkpoint, WhatIsNoneAndAnotherVersionsAreRefused) {
    const std::string none = "is no checkpoint: metadata format must be \"quatrain-checkpoint 1\"";
    EXPECT_EQ(complaint_of_changed([](SafeTensors& content) { content.metadata.clear(); }), none);
    EXPECT_EQ(complaint_of_changed([](SafeTensors& content) { content.metadata["format"] = "pt"; }),
              none);
    EXPECT_EQ(complaint_of_changed([](SafeTensors& content) {
                  content.metadata["format"] = "quatrain-checkpoint 2";
              }),
              "metadata format = quatrain-checkpoint 2: this program reads "
              "\"quatrain-checkpoint 1\"");
    EXPECT_EQ(complaint_of_changed([](SafeTensors& content) { content.metadata.erase("crc32"); }),
              "metadata crc32: is missing");
    const Folder folder;
    EXPECT_EQ(complaint_of(folder, tiny_graph(), {}), "cannot be read: there is no such file");
}

TEST(Checkpoint, TheFirstSettingThatDiffersIsNamed) {
    const Folder folder;
    const training::Graph graph = tiny_graph();
    const Checkpoint saved = some_checkpoint(graph);
    save_checkpoint(folder.path(), graph, saved);
    const std::string rule = ": a run goes on only under the settings that it began with";
    EXPECT_EQ(complaint_of(folder, graph, saved.settings), "");
    EXPECT_EQ(complaint_of(folder, graph,
                           {{"network", "tiny"}, {"batch", "4"}, {"learning rate", "0.2"}}),
              "batch = 2, this run has 4" + rule);
    EXPECT_EQ(complaint_of(folder, graph,
                           {{"network", "tiny"},
                            {"batch", "2"},
                            {"learning rate", "0.1 = much"},
                            {"recipe", "fp16"}}),
              "recipe is not set, this run has fp16" + rule);
    EXPECT_EQ(complaint_of(folder, graph, {{"network", "tiny"}, {"batch", "2"}}),
              "learning rate = 0.1 = much, this run does not have it" + rule);
}

TEST(Checkpoint, TensorsOfAnotherNetworkAreRefusedEvenUnderTheSameSettings) {
    const Folder folder;
    const training::Graph tiny = tiny_graph();
    const Checkpoint saved = some_checkpoint(tiny);
    save_checkpoint(folder.path(), tiny, saved);
    const RunOptions options = testing::small_options();
    const auto other = training::build(options.network, options.recipe, 2);
    EXPECT_EQ(complaint_of(folder, other, saved.settings),
              "tensor stem.weight = F32 [1, 1, 2, 2]: must be F32 [3, 3, 3, 8]");
    // The recipe fp16 has no alpha and no scale.
    const auto plain = training::build(tiny.network, config::load_recipe("fp16"), 2);
    EXPECT_EQ(complaint_of(folder, plain, saved.settings),
              "tensor act.alpha: this run has none of that name");
    save_checkpoint(folder.path(), plain, some_checkpoint(plain));
    EXPECT_EQ(complaint_of(folder, tiny, saved.settings), "tensor act.alpha: is missing");
}

TEST(Checkpoint, WhatCouldNotBeLoadedIsNotSaved) {
    const Folder folder;
    const training::Graph graph = tiny_graph();
    const auto refuses = [&](const std::function<void(Checkpoint&)>& change) {
        Checkpoint checkpoint = some_checkpoint(graph);
        change(checkpoint);
        EXPECT_THROW(save_checkpoint(folder.path(), graph, checkpoint), std::invalid_argument);
        EXPECT_TRUE(folder.files().empty());
    };
    refuses([](Checkpoint& c) { c.tensors.erase("stem.weight"); });
    refuses([](Checkpoint& c) { c.tensors["extra"] = c.tensors.at("act.alpha"); });
    refuses([](Checkpoint& c) { c.tensors.at("act.alpha").format = "int32"; });
    refuses([](Checkpoint& c) { c.tensors.at("stem.weight").shape = {2, 2, 1, 1}; });
    refuses([](Checkpoint& c) { c.tensors.at("stem.weight").codes.pop_back(); });
    refuses([](Checkpoint& c) { c.settings.emplace_back("batch", "2"); });
    refuses([](Checkpoint& c) { c.settings.emplace_back("a = b", "2"); });
    refuses([](Checkpoint& c) { c.settings.emplace_back("a\nb", "2"); });
    refuses([](Checkpoint& c) { c.settings.emplace_back("a", "2\n"); });
}

TEST(Checkpoint, TheLastOneStaysWhenTheNextCannotBeWritten) {
    const Folder folder;
    const training::Graph graph = tiny_graph();
    Checkpoint saved = some_checkpoint(graph);
    save_checkpoint(folder.path(), graph, saved);
    folder.write(std::string(file_name) + ".tmp", "of a killed write");
    expect_equal(load_checkpoint(folder.path(), graph, saved.settings), saved);
    Checkpoint next = saved;
    next.position.steps = 1235;
    next.tensors.erase("act.alpha");
    EXPECT_THROW(save_checkpoint(folder.path(), graph, next), std::invalid_argument);
    expect_equal(load_checkpoint(folder.path(), graph, saved.settings), saved);
    next.tensors = saved.tensors;
    save_checkpoint(folder.path(), graph, next);
    EXPECT_EQ(folder.files(), std::set<std::string>{file_name});
    EXPECT_EQ(load_checkpoint(folder.path(), graph, saved.settings).position.steps, 1235);
    EXPECT_THROW(save_checkpoint(folder / "none", graph, next), std::runtime_error);
}

TEST(ExactText, GivesBackEveryBitOfADouble) {
    std::mt19937_64 random(1);
    const auto survives = [](double value) {
        return std::bit_cast<std::uint64_t>(exact_value(exact_text(value))) ==
               std::bit_cast<std::uint64_t>(value);
    };
    using limits = std::numeric_limits<double>;
    for (const double value : {0.0, -0.0, 0.1, 1e300, limits::max(), -limits::min(),
                               limits::denorm_min(), limits::infinity(), -limits::infinity()})
        EXPECT_TRUE(survives(value)) << value << " " << exact_text(value);
    for (int i = 0; i < 100'000; ++i) {
        const auto value = std::bit_cast<double>(random());
        ASSERT_TRUE(std::isnan(value) || survives(value)) << exact_text(value);
        const auto subnormal = std::bit_cast<double>(random() >> 12);
        ASSERT_TRUE(survives(subnormal)) << exact_text(subnormal);
    }
    EXPECT_TRUE(std::isnan(exact_value(exact_text(limits::quiet_NaN()))));
    for (const char* text : {"", "x", "1.8p+1 ", " 1", "0x1p3", "1.0p+1,"})
        EXPECT_THROW(exact_value(text), std::invalid_argument) << text;
}

}  // namespace
}  // namespace quatrain::run
