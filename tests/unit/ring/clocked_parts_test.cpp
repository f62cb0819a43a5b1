// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/ring/clocked_link.hpp"
#include "rtl_models/ring/clocked_stop.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <functional>
#include <stdexcept>
#include <tuple>

namespace quatrain::ring {
namespace {

std::string error_of(const std::function<void()>& action) {
    try {
        action();
        return "no error";
    } catch (const std::logic_error& error) {
        return error.what();
    }
}

Flit flit_of(std::uint64_t tag) {
    Flit flit;
    flit.tag = tag;
    return flit;
}

std::vector<std::byte> bytes(std::initializer_list<int> values) {
    std::vector<std::byte> all;
    for (const int value : values) all.push_back(static_cast<std::byte>(value));
    return all;
}

TEST(ClockedLink, AFlitLeavesAsManyEdgesLaterAsTheLinkHasPlaces) {
    for (const std::int64_t places : {1, 2, 5}) {
        ClockedLink link("from stop 0 to 1", places);
        EXPECT_FALSE(link.shift());
        link.enter(flit_of(7));
        for (std::int64_t edge = 1; edge < places; ++edge) EXPECT_FALSE(link.shift());
        const std::optional<Flit> left = link.shift();
        ASSERT_TRUE(left);
        EXPECT_EQ(left->tag, 7U);
        EXPECT_FALSE(link.shift());
    }
}

TEST(ClockedLink, TwoFlitsInOneCycleAreAnError) {
    ClockedLink link("from stop 0 to 1", 2);
    for (std::uint64_t tag = 0; tag < 4; ++tag) {
        link.shift();
        EXPECT_EQ(error_of([&] { link.enter(flit_of(tag)); }), "no error");
    }
    EXPECT_EQ(error_of([&] { link.enter(flit_of(4)); }),
              "ring: messages 3 and 4 enter the link from stop 0 to 1 in one cycle");
}

TEST(ClockedLink, AReservationCountsDownToZero) {
    ClockedLink link("from stop 0 to 1", 2);
    link.reserve(2);
    for (const std::int64_t left : {2, 1, 0, 0}) {
        EXPECT_EQ(link.free_in(), left);
        link.count_down();
    }
}

/// Flits of 2 bytes; 5 bytes of which 3 are payload.
TEST(ClockedEntry, CutsAMessageIntoFlitsFromItsCycleOn) {
    ClockedEntry entry(3, 1, 2);
    entry.push({true, 5, 9, 5, bytes({1, 2, 3})}, 2);
    EXPECT_EQ(entry.enters_in(), 2);
    EXPECT_FALSE(entry.edge());
    EXPECT_FALSE(entry.edge());
    const std::vector<std::vector<std::byte>> payloads{bytes({1, 2}), bytes({3}), {}};
    for (std::size_t i = 0; i < payloads.size(); ++i) {
        EXPECT_EQ(entry.size(), 1U);
        const std::optional<Flit> flit = entry.edge();
        ASSERT_TRUE(flit);
        EXPECT_EQ(flit->first, i == 0);
        EXPECT_EQ(flit->last, i == 2);
        EXPECT_EQ(flit->from, 3);
        EXPECT_EQ(flit->to, 5);
        EXPECT_EQ(flit->tag, 9U);
        EXPECT_EQ(flit->payload, payloads[i]);
    }
    EXPECT_EQ(entry.size(), 0U);
    EXPECT_FALSE(entry.edge());
}

TEST(ClockedExit, PutsTheFlitsOfAMessageTogether) {
    ClockedExit at;
    EXPECT_FALSE(at.take({true, false, 3, 5, 9, 5, bytes({1, 2})}));
    EXPECT_FALSE(at.take({false, false, 3, 5, 9, 5, bytes({3})}));
    EXPECT_EQ(at.take({false, true, 3, 5, 9, 5, {}}), (RingDelivery{3, 9, 5, bytes({1, 2, 3})}));
    EXPECT_EQ(at.take({true, true, 2, 5, 9, 1, bytes({4})}), (RingDelivery{2, 9, 1, bytes({4})}));
}

TEST(ClockedExit, AFlitThatContinuesNothingIsAnError) {
    ClockedExit at;
    const auto take = [&](bool first, std::int64_t from, std::uint64_t tag) {
        return error_of([&] { at.take({first, false, from, 5, tag, 8, {}}); });
    };
    EXPECT_EQ(take(false, 3, 9),
              "ring: a flit of message 9 from stop 3 to 5 that nothing came before");
    EXPECT_EQ(take(true, 3, 9), "no error");
    EXPECT_EQ(take(false, 3, 9), "no error");
    for (const auto& [first, from, tag] : {std::tuple{true, 3, 9U}, {false, 2, 9U}, {false, 3, 8U}})
        EXPECT_EQ(take(first, from, tag),
                  fmt::format("ring: a flit of message {} from stop {} to 5 that interrupts "
                              "message 9 from stop 3",
                              tag, from));
}

}  // namespace
}  // namespace quatrain::ring
