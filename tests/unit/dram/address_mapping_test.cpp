// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/dram/address_mapping.hpp"

#include "rtl_models/base/params.hpp"

#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>
#include <string>
#include <tuple>

namespace quatrain::dram {
namespace {

/// 32-byte bursts; rows of 8 of them; 16 rows, 2 banks in each of 4 groups: 32 KiB a rank.
Standard tiny() {
    Standard standard;
    standard.organisation = {.bus_bits = 16,
                             .bank_groups = 4,
                             .banks = 2,
                             .rows = 16,
                             .row_bytes = 256,
                             .burst_beats = 16,
                             .burst_cycles = 2};
    return standard;
}

const std::string plain = "row:rank:bank:bank_group:column:channel";

AddressMapping mapping(const std::string& order, bool hash = false) {
    return {tiny(), 4, 2, order, hash};
}

using Key = std::tuple<int, int, int, int, int, int>;
Key key(const std::pair<std::int32_t, Location>& place) {
    const Location& at = place.second;
    return {place.first, at.rank, at.bank_group, at.bank, at.row, at.column};
}

TEST(AddressMapping, FieldsAreNamedFromTheHighestBitDown) {
    const AddressMapping map = mapping(plain);
    EXPECT_EQ(map.capacity_bytes(), 4 * 2 * 32 * 1024);
    EXPECT_EQ(key(map.locate(0)), (Key{0, 0, 0, 0, 0, 0}));
    EXPECT_EQ(key(map.locate(31)), (Key{0, 0, 0, 0, 0, 0}));
    EXPECT_EQ(key(map.locate(32)), (Key{1, 0, 0, 0, 0, 0}));
    EXPECT_EQ(key(map.locate(32 * 4)), (Key{0, 0, 0, 0, 0, 1}));
    EXPECT_EQ(key(map.locate(32 * 4 * 8)), (Key{0, 0, 1, 0, 0, 0}));
    EXPECT_EQ(key(map.locate(32 * 4 * 8 * 4)), (Key{0, 0, 0, 1, 0, 0}));
    EXPECT_EQ(key(map.locate(32 * 4 * 8 * 4 * 2)), (Key{0, 1, 0, 0, 0, 0}));
    EXPECT_EQ(key(map.locate(32 * 4 * 8 * 4 * 2 * 2)), (Key{0, 0, 0, 0, 1, 0}));
}

TEST(AddressMapping, AFieldInTwoPlacesHasItsLowBitsInTheLowOne) {
    const AddressMapping map = mapping("row:rank:bank:column:channel:column/1:bank_group");
    EXPECT_EQ(key(map.locate(32)), (Key{0, 0, 1, 0, 0, 0}));
    EXPECT_EQ(key(map.locate(32 * 4)), (Key{0, 0, 0, 0, 0, 1}));
    EXPECT_EQ(key(map.locate(32 * 8)), (Key{1, 0, 0, 0, 0, 0}));
    EXPECT_EQ(key(map.locate(32 * 32)), (Key{0, 0, 0, 0, 0, 2}));
}

TEST(AddressMapping, ABankStandsForItsGroupToo) {
    const AddressMapping map = mapping("row:rank:bank:column:channel");
    const AddressMapping same = mapping("row:rank:bank:bank_group:column:channel");
    const AddressMapping cut = mapping("row:rank:bank:column:channel:bank/1");
    for (std::int64_t burst = 0; burst < map.capacity_bytes() / 32; ++burst)
        ASSERT_EQ(map.locate(32 * burst), same.locate(32 * burst));
    EXPECT_EQ(key(cut.locate(32)), (Key{0, 0, 1, 0, 0, 0}));        // the group's low bit
    EXPECT_EQ(key(cut.locate(32 * 64)), (Key{0, 0, 2, 0, 0, 0}));   // its high bit
    EXPECT_EQ(key(cut.locate(32 * 128)), (Key{0, 0, 0, 1, 0, 0}));  // the bank
}

TEST(AddressMapping, EveryBurstHasAPlaceOfItsOwnAndBack) {
    for (const bool hash : {false, true}) {
        for (const std::string& order :
             {plain, std::string("row:rank:bank:column:channel:column/1:bank_group"),
              std::string("bank:row/2:rank:column:row:channel"),
              std::string("channel:rank:bank/1:row:column/2:bank:column")}) {
            const AddressMapping map = mapping(order, hash);
            std::set<Key> seen;
            for (std::int64_t address = 0; address < map.capacity_bytes(); address += 32) {
                const auto [channel, location] = map.locate(address);
                ASSERT_TRUE(seen.insert(key({channel, location})).second)
                    << order << " " << address;
                ASSERT_LT(location.row, 16);
                ASSERT_LT(location.column, 8);
                ASSERT_EQ(map.address(channel, location), address) << order;
            }
        }
    }
}

TEST(AddressMapping, TheHashSpreadsTheRowsOfABankOverAllBanks) {
    const AddressMapping map = mapping(plain, true);
    std::map<std::pair<int, int>, int> rows_in;
    for (std::int32_t row = 0; row < 16; ++row) {
        const std::int64_t address = mapping(plain).address(0, {0, 1, 1, row, 3});
        const Location at = map.locate(address).second;
        EXPECT_EQ(at.row, row);
        EXPECT_EQ(at.column, 3);
        EXPECT_EQ(at.bank_group, 1 ^ (row & 3));
        EXPECT_EQ(at.bank, 1 ^ ((row >> 2) & 1));
        ++rows_in[{at.bank_group, at.bank}];
    }
    EXPECT_EQ(rows_in.size(), 8u);
}

TEST(AddressMapping, AnOrderThatDoesNotCoverTheMemoryIsRejected) {
    const auto failure = [](const std::string& order, std::int64_t channels = 4) -> std::string {
        try {
            AddressMapping(tiny(), channels, 2, order, false);
            return "no error";
        } catch (const ParamError& error) {
            return error.what();
        }
    };
    EXPECT_EQ(failure("row:rank:bank:bank_group:column"),
              "mapping = row:rank:bank:bank_group:column: channel must have 2 bits in all, has 0");
    EXPECT_EQ(failure("row/3:rank:bank:column:channel"),
              "mapping = row/3:rank:bank:column:channel: row must have 4 bits in all, has 3");
    EXPECT_EQ(failure("row:row:rank:bank:column:channel"),
              "mapping = row:row:rank:bank:column:channel: only one row can go without /BITS");
    EXPECT_EQ(
        failure("rows:rank"),
        "mapping = rows:rank: 'rows' is none of row, rank, bank_group, bank, column, channel");
    EXPECT_EQ(failure("row/x:rank"),
              "mapping = row/x:rank: 'row/x' must be FIELD/BITS, as in column/2");
    EXPECT_EQ(failure("row:rank:bank:column/9:channel"),
              "mapping = row:rank:bank:column/9:channel: column must have 3 bits in all, has 9");
    EXPECT_EQ(failure(plain, 3), "channels = 3: must be a power of two");
}

}  // namespace
}  // namespace quatrain::dram
