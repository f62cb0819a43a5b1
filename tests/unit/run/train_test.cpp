// SPDX-License-Identifier: Apache-2.0
#include "sim/run/train.hpp"

#include "sim/run/checkpoint.hpp"
#include "sim/run/safetensors.hpp"
#include "tests/support/folder.hpp"
#include "tests/unit/run/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace quatrain::run {
namespace {

using ::testing::HasSubstr;

/// The residual network and 20 images: five steps an epoch.
TrainOptions small_training(const std::string& recipe = "fp4-tpr") {
    TrainOptions options;
    options.step = testing::small_options(recipe);
    options.step.golden = Golden::off;
    options.step.batch = 4;
    options.step.dataset.images = 20;
    options.epochs = 3;
    options.schedule.learning_rate = 0.05;
    options.augmentation.enabled = true;
    options.timing = TrainTiming::off;
    return options;
}

TrainResult train_silently(const TrainOptions& options) {
    Silent silent;
    return train(options, silent, [](const TrainResult&, const EpochReport&) {});
}

/// Asks for an end after so many images of its epoch.
class StopAfter final : public Progress {
public:
    explicit StopAfter(std::uint64_t updates) : left_(updates) {}
    void begin(std::string_view, std::uint64_t, std::string_view) override {}
    void update(std::uint64_t) override {}
    void end() override {}
    bool stop_requested() const override { return left_ == 0 || --left_ == 0; }

private:
    mutable std::uint64_t left_;
};

std::string bytes_of(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

// The host's own tiles, the machine's, evaluation and reference all go by the choice.
TEST(Train, GoesByTheDataflowThatTheSearchChooses) {
    TrainOptions options = small_training();
    options.epochs = 1;
    const double usual = train_silently(options).epochs.at(0).loss();
    options.step.mapping.mapper = MapperKind::search;
    EXPECT_EQ(train_silently(options).epochs.at(0).loss(), usual);
    options.step.mapping.dataflow = compiler::DataflowChoice::any;
    options.step.golden = Golden::full;
    options.timing = TrainTiming::every;  // compares the machine's tensors with the host's
    options.steps = 2;
    const double timed = train_silently(options).epochs.at(0).loss();
    options.timing = TrainTiming::off;
    options.step.golden = Golden::off;
    EXPECT_EQ(train_silently(options).epochs.at(0).loss(), timed);
    options.step.mapping.dataflow = compiler::DataflowChoice::pass;
    EXPECT_NE(train_silently(options).epochs.at(0).loss(), timed);
}

TEST(Train, AnEpochTimedByItsFirstStepHasTheNumbersAndTheCyclesOfOneTimedThroughout) {
    TrainOptions options = small_training();
    options.epochs = 2;
    options.timing = TrainTiming::sample;
    const TrainResult sampled = train_silently(options);
    options.timing = TrainTiming::every;
    const TrainResult timed = train_silently(options);
    options.timing = TrainTiming::off;
    const TrainResult untimed = train_silently(options);
    for (std::size_t i = 0; i < 2; ++i) {
        const EpochReport &a = sampled.epochs.at(i), &b = timed.epochs.at(i),
                          &c = untimed.epochs.at(i);
        EXPECT_EQ(a.loss(), b.loss());
        EXPECT_EQ(a.loss(), c.loss());
        EXPECT_EQ(a.sums.timed.steps, 1);
        EXPECT_EQ(b.sums.timed.steps, 5);
        EXPECT_EQ(a.cycles().value(), b.cycles().value());
        EXPECT_NEAR(a.energy()->total(), b.energy()->total(), 0.02 * b.energy()->total());
        EXPECT_LT(a.energy()->low, a.energy()->total());
        EXPECT_GT(a.energy()->high, a.energy()->total());
        EXPECT_FALSE(c.cycles().has_value());
        EXPECT_FALSE(c.energy().has_value());
        const GatedMacs& gated = a.sums.timed.gated.at({"conv", "forward"});
        EXPECT_GT(gated.zero, 0U);
        EXPECT_LT(gated.zero, gated.all);
    }
}

TEST(Train, GoesOnAfterAnInterruptInTheMiddleOfAnEpochToTheSameStateAndSums) {
    const test::Folder folder;
    TrainOptions options = small_training();
    options.timing = TrainTiming::sample;
    options.evaluate = false;
    options.checkpoint_directory = folder / "whole";
    const TrainResult whole = train_silently(options);
    options.checkpoint_directory = folder / "parts";
    for (int part = 0;; ++part) {
        StopAfter stop(2);
        options.resume = part > 0;
        const TrainResult result =
            train(options, stop, [](const TrainResult&, const EpochReport&) {});
        if (!result.complete) {
            ASSERT_LT(part, 20);
            continue;
        }
        EXPECT_GE(part, 5);
        const EpochReport &last = result.epochs.back(), &expected = whole.epochs.back();
        EXPECT_EQ(to_texts(last.sums, result.layers), to_texts(expected.sums, whole.layers));
        break;
    }
    EXPECT_EQ(bytes_of(checkpoint_file(folder / "whole")),
              bytes_of(checkpoint_file(folder / "parts")));
}

TEST(Train, CanBeMadeLongerUnlessItsLearningRateHangsOnItsLength) {
    const test::Folder folder;
    TrainOptions options = small_training();
    options.checkpoint_directory = folder / "run";
    options.epochs = 1;
    train_silently(options);
    options.resume = true;
    options.epochs = 2;
    const TrainResult longer = train_silently(options);
    ASSERT_EQ(longer.epochs.size(), 1U);
    EXPECT_EQ(longer.epochs[0].epoch, 2);
    EXPECT_EQ(longer.steps, 10);
    options.checkpoint_directory = folder / "cosine";
    options.schedule.kind = training::ScheduleKind::cosine;
    options.resume = false;
    train_silently(options);
    options.resume = true;
    options.epochs = 3;
    EXPECT_THROW(train_silently(options), SafeTensorsError);
}

TEST(Train, WritesTensorsOfItsLastStep) {
    const test::Folder folder;
    TrainOptions options = small_training();
    options.steps = 3;
    options.evaluate = false;
    options.export_file = folder / "weights";
    options.tensors_file = folder / "tensors";
    options.tensor_names = {"conv.weight", "*.gradient_even", "loss"};
    const TrainResult result = train_silently(options);
    const SafeTensors tensors = read_safetensors(folder / "tensors");
    EXPECT_EQ(tensors.metadata.at("steps"), "3");
    EXPECT_TRUE(tensors.tensors.contains("conv.gradient_even"));
    EXPECT_FALSE(tensors.tensors.contains("conv.gradient_odd"));
    // The losses of three steps, of which the last one's is in the file.
    options.steps = 2;
    options.tensors_file.clear();
    const double before = train_silently(options).epochs.at(0).sums.loss;
    float loss = 0;
    std::memcpy(&loss, tensors.tensors.at("loss").data.data(), sizeof loss);
    EXPECT_NEAR(loss, result.epochs.at(0).sums.loss - before, 1e-6);
    EXPECT_EQ(tensors.tensors.at("conv.weight").data.size(),
              read_safetensors(folder / "weights").tensors.at("conv.weight").data.size());
}

TEST(Train, RefusesTensorsThatItCannotHave) {
    const test::Folder folder;
    TrainOptions options = small_training();
    options.epochs = 1;
    options.tensors_file = folder / "tensors";
    options.checkpoint_directory = folder / "run";
    options.tensor_names = {"*.gradient_fp8"};
    EXPECT_THAT([&] { train_silently(options); },
                ::testing::ThrowsMessage<std::invalid_argument>(HasSubstr("*.gradient_fp8")));
    EXPECT_FALSE(std::filesystem::exists(folder / "run")) << "before anything is done";
    options.tensor_names = {"loss"};
    train_silently(options);
    options.resume = true;
    EXPECT_THAT([&] { train_silently(options); },
                ::testing::ThrowsMessage<std::invalid_argument>(HasSubstr("no step is left")));
}

TEST(Train, DoesNotWriteOverACheckpointNorGoOnFromAnotherRuns) {
    const test::Folder folder;
    TrainOptions options = small_training();
    options.epochs = 1;
    options.checkpoint_directory = folder / "run";
    train_silently(options);
    EXPECT_THAT([&] { train_silently(options); },
                ::testing::ThrowsMessage<std::invalid_argument>(HasSubstr("is there already")));
    options.resume = true;
    options.epochs = 2;
    options.step.seed = 2;
    EXPECT_THAT([&] { train_silently(options); },
                ::testing::ThrowsMessage<SafeTensorsError>(HasSubstr("seed")));
}

TEST(Train, StartsFromWeightsThatItExported) {
    const test::Folder folder;
    TrainOptions options = small_training();
    options.epochs = 1;
    options.export_file = folder / "a.safetensors";
    const TrainResult first = train_silently(options);
    options.import_file = options.export_file;
    options.export_file = folder / "b.safetensors";
    options.schedule.learning_rate = 1e-30;
    const TrainResult second = train_silently(options);
    EXPECT_EQ(first.epochs[0].test->images, 4);
    EXPECT_NE(bytes_of(folder / "a.safetensors"), bytes_of(folder / "b.safetensors"))
        << "running statistics go on";
    EXPECT_NE(first.epochs[0].loss(), second.epochs[0].loss());
}

TEST(Train, ComparesEveryStepWithTheReferenceWhenAskedTo) {
    TrainOptions options = small_training();
    options.step.golden = Golden::full;
    options.steps = 7;
    const TrainResult result = train_silently(options);
    ASSERT_EQ(result.epochs.size(), 2U);
    EXPECT_FALSE(result.epochs[1].complete);
    EXPECT_EQ(result.steps, 7);
    EXPECT_GT(result.epochs[1].sums.golden.elements, 10000U);
    EXPECT_EQ(result.mismatches(), 0U);
}

TEST(Train, LearnsItsImages) {
    for (const char* recipe : {"fp4-tpr", "fp16"}) {
        TrainOptions options = small_training(recipe);
        options.epochs = 12;
        options.augmentation.enabled = false;
        const TrainResult result = train_silently(options);
        EXPECT_LT(result.epochs.back().loss(), 0.7 * result.epochs.front().loss()) << recipe;
        EXPECT_GT(result.epochs.back().accuracy(), result.epochs.front().accuracy()) << recipe;
    }
}

TEST(Train, FollowsItsSchedule) {
    TrainOptions options = small_training();
    options.schedule.kind = training::ScheduleKind::step;
    options.schedule.milestones = {1, 2};
    const TrainResult result = train_silently(options);
    EXPECT_DOUBLE_EQ(result.epochs[0].learning_rate, 0.05);
    EXPECT_DOUBLE_EQ(result.epochs[1].learning_rate, 0.005);
    EXPECT_DOUBLE_EQ(result.epochs[2].learning_rate, 0.0005);
}

TEST(Train, NeedsAsManyImagesAsABatchHas) {
    TrainOptions options = small_training();
    options.step.batch = 21;
    EXPECT_THAT([&] { train_silently(options); },
                ::testing::ThrowsMessage<std::invalid_argument>(HasSubstr("batch = 21")));
}

TEST(EpochSums, SurviveAsTexts) {
    EpochSums sums;
    sums.steps = 3;
    sums.images = 12;
    sums.loss = 1.0 / 3.0;
    sums.gradients = {{.log2_scale = -3,
                       .max_abs = 0.1,
                       .underflow = 7,
                       .overflow = 1,
                       .elements = 1'000'000'000'000}};
    sums.faults = {.nan = 1, .infinity = 2, .saturated = 3};
    sums.timed.steps = 1;
    sums.timed.cycles = 123;
    sums.timed.energy.value[2] = 0.7;
    sums.timed.gated[{"layer1.0.conv1", "forward"}] = {.all = 10, .zero = 4};
    const std::vector<std::string> layers{"layer1.0.conv1"};
    const EpochSums read = from_texts(to_texts(sums, layers), layers);
    EXPECT_EQ(to_texts(read, layers), to_texts(sums, layers));
    EXPECT_EQ(read.loss, sums.loss);
    EXPECT_EQ(read.gradients[0].log2_scale, -3);
    EXPECT_EQ(read.timed.gated.at({"layer1.0.conv1", "forward"}).zero, 4U);
    std::map<std::string, std::string> texts = to_texts(sums, layers);
    texts.at("loss") = "much";
    EXPECT_THROW(from_texts(texts, layers), std::invalid_argument);
    texts.erase("loss");
    EXPECT_THROW(from_texts(texts, layers), std::invalid_argument);
}

}  // namespace
}  // namespace quatrain::run
