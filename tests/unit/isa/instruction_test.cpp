// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/isa/instruction.hpp"

#include "rtl_models/isa/address_map.hpp"
#include "rtl_models/isa/fields.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace quatrain::isa {
namespace {

using Random = std::mt19937_64;

/// Sets every field to a random value of its range.
struct Randomise {
    Random& random;
    template <class T>
    void operator()(T& field) const {
        if constexpr (std::is_same_v<T, bool>)
            field = random() % 2 == 1;
        else if constexpr (std::is_same_v<T, BufferId>)
            field = static_cast<T>(random() % buffer_count);
        else if constexpr (std::is_same_v<T, Semaphore>)
            field = static_cast<T>(random() % semaphore_count);
        else if constexpr (std::is_same_v<T, VectorOperation>)
            field = static_cast<T>(random() % vector_operation_count);
        else if constexpr (std::is_same_v<T, numerics::Format>)
            field = static_cast<T>(random() % 11);
        else
            field = static_cast<T>(random());
    }
};

template <class B>
Instruction random_instruction(Random& random) {
    Instruction instruction;
    B body;
    for_each_field(body, Randomise{random});
    instruction.body = body;
    for_each_field(instruction.waits, Randomise{random});
    for_each_field(instruction.signals, Randomise{random});
    instruction.operator_index = static_cast<std::uint32_t>(random());
    return instruction;
}

template <class B>
class Encoding : public testing::Test {};
using Bodies = testing::Types<DmaTransfer, WeightStationaryPass, OutputStationaryPass, Drain,
                              VectorInstruction>;
TYPED_TEST_SUITE(Encoding, Bodies);

TYPED_TEST(Encoding, DecodeInvertsEncodeFieldByField) {
    Random random(11);
    for (int trial = 0; trial < 200; ++trial) {
        Instruction original = random_instruction<TypeParam>(random);
        Instruction copy = decode(encode(original));
        EXPECT_EQ(copy.operator_index, original.operator_index);
        EXPECT_EQ(copy.waits, original.waits);
        EXPECT_EQ(copy.signals, original.signals);
        std::vector<std::int64_t> expected, actual;
        for_each_field(std::get<TypeParam>(original.body),
                       [&](auto& f) { expected.push_back(static_cast<std::int64_t>(f)); });
        for_each_field(std::get<TypeParam>(copy.body),
                       [&](auto& f) { actual.push_back(static_cast<std::int64_t>(f)); });
        ASSERT_EQ(actual, expected);
    }
}

TYPED_TEST(Encoding, WordsOfTheWrongNumberAreRejected) {
    Random random(12);
    std::vector<std::int64_t> words = encode(random_instruction<TypeParam>(random));
    words.push_back(0);
    EXPECT_THROW(decode(words), std::invalid_argument);
    words.pop_back();
    words.pop_back();
    EXPECT_THROW(decode(words), std::invalid_argument);
}

TEST(Decode, NamesTheWordThatIsOutsideItsRange) {
    std::vector<std::int64_t> words = encode({});
    words[2] = semaphore_count;  // of the first wait
    try {
        decode(words);
        FAIL();
    } catch (const std::invalid_argument& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("word 2: 25 is outside 0..24"));
    }
    EXPECT_THROW(decode({}), std::invalid_argument);
    EXPECT_THROW(decode({5}), std::invalid_argument);
}

TEST(Describe, TellsOperationShapeAddressesAndSemaphores) {
    Instruction instruction;
    instruction.body = DmaTransfer{.buffer = BufferId::moving,
                                   .buffer_address = 64,
                                   .dram_address = 4096,
                                   .extent = {32, 2, 1, 1}};
    instruction.waits[0] = {Semaphore::moving_free, 1};
    instruction.signals[0] = {Semaphore::moving_full, 2};
    EXPECT_EQ(describe(instruction),
              "transfer 32 bytes x 2 x 1 x 1, moving[64] dram[4096] wait moving_free signal "
              "moving_full x 2");
}

TEST(Names, AreThoseOfTheEnumerators) {
    EXPECT_EQ(name(Engine::vector), "vector");
    EXPECT_EQ(name(BufferId::scalar), "scalar");
    EXPECT_EQ(name(Semaphore::scalars_done), "scalars_done");
    EXPECT_EQ(name(VectorOperation::sgd_update_scalar), "sgd_update_scalar");
}

TEST(Semaphores, FreeCountsStartWithTheSlotsAndTheRestWithZero) {
    const auto counts = initial_semaphores();
    std::uint32_t total = 0;
    for (const std::uint32_t count : counts) total += count;
    EXPECT_EQ(total, 21u);
    EXPECT_EQ(counts[static_cast<std::size_t>(Semaphore::tile_free)], 2u);
    EXPECT_EQ(counts[static_cast<std::size_t>(Semaphore::parameters_free)], 1u);
    EXPECT_EQ(counts[static_cast<std::size_t>(Semaphore::sum_free)], 4u);
    EXPECT_EQ(counts[static_cast<std::size_t>(Semaphore::total_free)], 4u);
}

TEST(Semaphores, OfMailBelongToANeighbour) {
    for (std::size_t i = 0; i < semaphore_count; ++i) {
        const auto one = static_cast<Semaphore>(i);
        const bool full = one == Semaphore::sum_full || one == Semaphore::total_full;
        const bool free = one == Semaphore::sum_free || one == Semaphore::total_free;
        const Receiver expected = full ? Receiver::next : free ? Receiver::previous : Receiver::own;
        EXPECT_EQ(receiver(one), expected) << name(one);
    }
}

TEST(AddressMap, TellsTheSpacesApartAndFindsBuffersInTheNextCore) {
    EXPECT_EQ(space_of(0), Space::dram);
    EXPECT_EQ(space_of(scratchpad_base - 1), Space::dram);
    EXPECT_EQ(space_of(scratchpad_base), Space::scratchpad);
    EXPECT_EQ(space_of(next_core_base - 1), Space::scratchpad);
    for (std::size_t i = 0; i < buffer_count; ++i)
        for (const std::int64_t offset : {std::int64_t{0}, (std::int64_t{1} << 30) - 1}) {
            const auto buffer = static_cast<BufferId>(i);
            const std::int64_t address = in_next_core(buffer, offset);
            EXPECT_EQ(space_of(address), Space::next_core);
            EXPECT_LT(address, std::int64_t{1} << 50);
            EXPECT_EQ(next_core_buffer(address), buffer);
            EXPECT_EQ(next_core_offset(address), offset);
        }
}

}  // namespace
}  // namespace quatrain::isa
