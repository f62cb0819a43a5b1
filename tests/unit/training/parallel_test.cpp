// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/training/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>
#include <tuple>

namespace quatrain::training {
namespace {

using testing::ElementsAre;
using testing::IsSupersetOf;
using Kind = OperatorKind;
using Names = std::vector<std::string>;

constexpr Parallel two_cores{.cores = 2};
constexpr Parallel two_synchronised{.cores = 2, .batch_norm = BatchNormScope::synchronised};

/// Everything of an operator, tensors by name.
using Row = std::tuple<std::string, Kind, Pass, std::size_t, Names, Names, Names, bool>;

Row row(const Graph& graph, const Operator& o) {
    Names roles;
    for (const auto& id : {o.step_a, o.step_b, o.gradscale, o.weight_decay, o.alpha_mask})
        roles.push_back(id ? graph.tensors.at(*id).name : "");
    return {o.name, o.kind,     o.pass, o.node, names(graph, o.inputs), names(graph, o.outputs),
            roles,  o.odd_phase};
}

/// Everything of a tensor but its place in the list.
auto row(const Graph& graph, const Tensor& t) {
    return std::tuple(t.name, t.format, t.shape, t.origin, t.scalar, t.constant, t.updated_name,
                      t.step ? graph.tensors.at(*t.step).name : "");
}

void expect_equal(const Graph& a, const Graph& b) {
    ASSERT_EQ(a.operators.size(), b.operators.size());
    for (std::size_t i = 0; i < a.operators.size(); ++i)
        EXPECT_EQ(row(a, a.operators[i]), row(b, b.operators[i])) << i;
    ASSERT_EQ(a.tensors.size(), b.tensors.size());
    for (TensorId i = 0; i < a.tensors.size(); ++i)
        EXPECT_EQ(row(a, a.tensors[i]), row(b, b.tensors[i]));
}

/// The step of one core that is left when a step of several cores, whose batch norms are each
/// core's own, exchanges nothing.
std::vector<Row> without_exchange(const Graph& graph) {
    const auto own = [](Names list) {
        for (std::string& name : list)
            if (name.ends_with(".reduced"))
                name.resize(name.size() - std::string(".reduced").size());
        return list;
    };
    std::vector<Row> rows;
    for (const Operator& o : graph.operators) {
        if (o.kind == Kind::all_reduce || o.kind == Kind::gradscale_vote) continue;
        Row one = row(graph, o);
        std::get<4>(one) = own(std::get<4>(one));
        if (o.kind == Kind::gradscale_apply) {
            std::get<1>(one) = Kind::gradscale_update;
            std::get<4>(one)[1] = o.name + ".gradient_max";
            std::get<5>(one) = {o.name + ".gradscale_vote"};
        }
        rows.push_back(one);
    }
    return rows;
}

class EveryParallelGraph : public testing::TestWithParam<std::tuple<const char*, bool, bool>> {
public:
    static std::string name(const testing::TestParamInfo<ParamType>& instance) {
        const auto [network, four_bit, training] = instance.param;
        std::string name = network;
        std::ranges::replace(name, '-', '_');
        return name + (four_bit ? "_fp4_tpr" : "_fp16") + (training ? "_training" : "_inference");
    }

protected:
    Graph make(std::int64_t batch, const Parallel& parallel) const {
        const auto [name, four_bit, training] = GetParam();
        return build(network::built_in(name), four_bit ? fp4_tpr() : fp16(), batch, training,
                     parallel);
    }
};

TEST_P(EveryParallelGraph, OfOneCoreIsTheOneWithoutCores) {
    const auto [name, four_bit, training] = GetParam();
    const Graph graph = build(network::built_in(name), four_bit ? fp4_tpr() : fp16(), 4, training);
    EXPECT_EQ(graph.cores, 1);
    EXPECT_EQ(graph.batch, 4);
    EXPECT_EQ(graph.whole_batch, 4);
    expect_equal(make(4, {.cores = 1, .batch_norm = BatchNormScope::synchronised}), graph);
}

TEST_P(EveryParallelGraph, IsThatOfOneCoreWithItsImagesAndExchangesBetween) {
    const Graph one = make(2, {}), several = make(6, {.cores = 3});
    EXPECT_EQ(several.cores, 3);
    EXPECT_EQ(several.batch, 2);
    EXPECT_EQ(several.whole_batch, 6);
    const std::vector<Row> left = without_exchange(several);
    ASSERT_EQ(left.size(), one.operators.size());
    for (std::size_t i = 0; i < left.size(); ++i)
        EXPECT_EQ(left[i], row(one, one.operators[i])) << i;
    for (const Tensor& t : one.tensors)
        EXPECT_EQ(row(several, tensor(several, t.name)), row(one, t));
}

TEST_P(EveryParallelGraph, ProducesEveryTensorOnceAndBeforeItsUse) {
    for (const Parallel& parallel : {two_cores, two_synchronised}) {
        const Graph graph = make(4, parallel);
        EXPECT_NO_THROW(check(graph));
        EXPECT_EQ(graph.by_name.size(), graph.tensors.size());
    }
}

TEST_P(EveryParallelGraph, ReducesWhatIsReadReducedRightBehindItsProducerInTheSameForm) {
    const Graph graph = make(4, two_synchronised);
    const Operator* last = nullptr;  // that is no reduction
    for (const Operator& o : graph.operators) {
        if (o.kind != Kind::all_reduce) {
            last = &o;
            continue;
        }
        const Tensor& x = graph.tensors.at(o.inputs.at(0));
        Tensor sum = graph.tensors.at(o.outputs.at(0));
        EXPECT_EQ(sum.name, x.name + ".reduced");
        sum.name = x.name;
        EXPECT_EQ(row(graph, sum), row(graph, x));
        EXPECT_EQ(o.name, producer(graph, x.name).name);
        EXPECT_EQ(o.node, producer(graph, x.name).node);
        if (x.name == "loss") continue;  // with the votes, behind the backward pass
        EXPECT_EQ(last, &producer(graph, x.name)) << x.name;
    }
}

INSTANTIATE_TEST_SUITE_P(Networks, EveryParallelGraph,
                         testing::Combine(testing::Values("resnet18-cifar", "resnet20-cifar",
                                                          "resnet50"),
                                          testing::Bool(), testing::Bool()),
                         EveryParallelGraph::name);

/// input -> conv1 -> batch norm -> PACT -> conv2 (4 bits) -> fc with a bias.
Graph small_step(const Parallel& parallel, bool training = true) {
    return build(small_network("{name: conv1, type: convolution, channels: 4, kernel: 3},"
                               "{name: bn, type: batch_norm}, {name: act, type: activation},"
                               "{name: conv2, type: convolution, channels: 4, kernel: 1},"
                               "{name: pool, type: average_pool},"
                               "{name: fc, type: fully_connected, channels: 2, bias: true}"),
                 fp4_tpr(), 4, training, parallel);
}

Names reduced(const Graph& graph, std::optional<Pass> pass = {}) {
    Names list;
    for (const Operator& o : graph.operators)
        if (o.kind == Kind::all_reduce && (!pass || o.pass == *pass))
            list.push_back(graph.tensors.at(o.inputs[0]).name);
    return list;
}

TEST(Parallel, ReducesGradientsAsTheyAreMadeThenVotesAndTheLoss) {
    EXPECT_THAT(reduced(small_step(two_cores)),
                ElementsAre("fc.weight_gradient", "fc.bias_gradient", "conv2.weight_gradient",
                            "act.alpha_gradient", "bn.beta_gradient", "bn.gamma_gradient",
                            "conv1.weight_gradient", "conv2.gradscale_vote", "loss"));
    EXPECT_EQ(reduced(small_step(two_cores), Pass::update), reduced(small_step(two_cores)));
    EXPECT_TRUE(reduced(small_step({})).empty());
}

TEST(Parallel, UpdatesFromReducedGradientsAndVotes) {
    const Graph graph = small_step(two_cores);
    Names gradients;
    for (const Operator& o : graph.operators)
        if (o.kind == Kind::sgd || o.kind == Kind::sgd_scalar)
            gradients.push_back(graph.tensors.at(o.inputs[0]).name);
    EXPECT_THAT(gradients, ElementsAre("conv1.weight_gradient.reduced", "bn.gamma_gradient.reduced",
                                       "bn.beta_gradient.reduced", "act.alpha_gradient.reduced",
                                       "conv2.weight_gradient.reduced",
                                       "fc.weight_gradient.reduced", "fc.bias_gradient.reduced"));
    const Operator& vote = producer(graph, "conv2.gradscale_vote");
    EXPECT_EQ(vote.kind, Kind::gradscale_vote);
    EXPECT_THAT(names(graph, vote.inputs), ElementsAre("conv2.gradient_max"));
    EXPECT_EQ(tensor(graph, "conv2.gradscale_vote.reduced").format, Format::int32);
    EXPECT_TRUE(tensor(graph, "conv2.gradscale_vote.reduced").scalar);
    const auto apply = std::ranges::find(graph.operators, Kind::gradscale_apply, &Operator::kind);
    ASSERT_NE(apply, graph.operators.end());
    EXPECT_THAT(names(graph, apply->inputs),
                ElementsAre("conv2.gradscale_log2", "conv2.gradscale_vote.reduced"));
    EXPECT_EQ(updated_in_place(*apply), std::vector{apply->inputs[0]});
    EXPECT_EQ(count(graph, Kind::gradscale_update), 0u);
}

TEST(Parallel, BatchNormOfACoreTakesItsOwnStatistics) {
    const Graph graph = small_step(two_cores);
    EXPECT_EQ(producer(graph, "bn.mean").kind, Kind::batch_norm_statistics);
    EXPECT_EQ(*tensor(graph, "bn.unbias").constant, 72.0 / 71) << "2 images of 6 x 6";
    EXPECT_EQ(names(graph, producer(graph, "bn.input_gradient").inputs),
              names(small_step({}), producer(small_step({}), "bn.input_gradient").inputs));
}

TEST(Parallel, SynchronisedBatchNormTakesThoseOfTheWholeBatch) {
    const Graph graph = small_step(two_synchronised);
    EXPECT_THAT(reduced(graph, Pass::forward), ElementsAre("bn.sum", "bn.sum_of_squares"));
    const Operator& sums = producer(graph, "bn.sum");
    EXPECT_EQ(sums.kind, Kind::batch_norm_sums);
    EXPECT_THAT(names(graph, sums.inputs), ElementsAre("conv1.output"));
    EXPECT_THAT(names(graph, sums.outputs), ElementsAre("bn.sum", "bn.sum_of_squares"));
    EXPECT_EQ(tensor(graph, "bn.sum.reduced").shape, (std::array<std::int64_t, 4>{1, 1, 1, 4}));
    const Operator& finish = producer(graph, "bn.mean");
    EXPECT_EQ(finish.kind, Kind::batch_norm_finish);
    EXPECT_THAT(names(graph, finish.inputs),
                ElementsAre("bn.sum.reduced", "bn.sum_of_squares.reduced", "bn.running_mean",
                            "bn.running_variance", "bn.epsilon", "bn.momentum_new",
                            "bn.momentum_old", "bn.unbias"));
    EXPECT_THAT(names(graph, finish.outputs), ElementsAre("bn.mean", "bn.inverse_deviation"));
    EXPECT_THAT(names(graph, updated_in_place(finish)),
                ElementsAre("bn.running_mean", "bn.running_variance"));
    EXPECT_EQ(*tensor(graph, "bn.unbias").constant, 144.0 / 143) << "4 images of 6 x 6";
    EXPECT_THAT(names(graph, producer(graph, "bn.input_gradient").inputs),
                IsSupersetOf({"bn.beta_gradient.reduced", "bn.gamma_gradient.reduced"}));
}

TEST(Parallel, InferenceReducesTheSumsOfASynchronisedBatchNormOnly) {
    EXPECT_TRUE(reduced(small_step(two_cores, false)).empty());
    const Graph graph = small_step(two_synchronised, false);
    EXPECT_THAT(reduced(graph), ElementsAre("bn.sum", "bn.sum_of_squares"));
    const Operator& finish = producer(graph, "bn.mean");
    EXPECT_THAT(names(graph, finish.inputs),
                ElementsAre("bn.sum.reduced", "bn.sum_of_squares.reduced", "bn.epsilon"));
    EXPECT_TRUE(updated_in_place(finish).empty());
}

TEST(Parallel, ATopologyReducesTheGradientsOfItsWeights) {
    std::istringstream text("Layer, M, N, K\na, 5, 6, 8\nb, 3, 4, 2\n");
    const network::Network network = network::read_topology(text, "net.csv", "net");
    const Graph graph = build(network, fp4_tpr(), 4, true, two_cores);
    check(graph);
    EXPECT_THAT(reduced(graph), ElementsAre("a.weight_gradient", "b.weight_gradient"));
    EXPECT_EQ(tensor(graph, "a.output").shape[0], 2);
    EXPECT_TRUE(reduced(build(network, fp4_tpr(), 4, false, two_cores)).empty());
}

TEST(Parallel, BatchAndCoresThatDoNotFitAreNamed) {
    const auto complaint = [](std::int64_t batch, std::int64_t cores) -> std::string {
        try {
            build(network::built_in("resnet20-cifar"), fp16(), batch, true, {.cores = cores});
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
        return {};
    };
    EXPECT_EQ(complaint(6, 4), "batch = 6: must be divisible by the number of cores, 4");
    EXPECT_EQ(complaint(3, 4), "batch = 3: must be divisible by the number of cores, 4");
    EXPECT_EQ(complaint(4, 0), "cores = 0: must be at least 1");
    EXPECT_EQ(complaint(0, 1), "batch = 0: must be between 1 and 65536");
    EXPECT_EQ(complaint(4, 4), "");
}

}  // namespace
}  // namespace quatrain::training
