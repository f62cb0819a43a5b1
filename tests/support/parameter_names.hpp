// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <string>
#include <vector>

namespace quatrain::test {

/// The fields of a block's parameters, and what parameter_info() describes, have the same names in
/// the same order.
template <class Params>
void expect_described_in_order() {
    std::vector<std::string> names, described;
    boost::mp11::mp_for_each<
        boost::describe::describe_members<Params, boost::describe::mod_public>>(
        [&](auto member) { names.emplace_back(member.name); });
    for (const auto& info : parameter_info(Params{})) described.emplace_back(info.name);
    EXPECT_EQ(described, names);
}

}  // namespace quatrain::test
