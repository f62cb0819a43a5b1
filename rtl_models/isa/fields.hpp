// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/describe.hpp>
#include <boost/mp11/algorithm.hpp>
#include <type_traits>

namespace quatrain::isa {

template <class T>
struct IsStdArray : std::false_type {};
template <class T, std::size_t N>
struct IsStdArray<std::array<T, N>> : std::true_type {};

/// Calls visit(scalar) for every scalar field of `value`, in declaration order. `value` is a
/// scalar, a std::array or a described struct, to any depth, const or not.
template <class T, class Visit>
constexpr void for_each_field(T& value, Visit&& visit) {
    using Plain = std::remove_const_t<T>;
    if constexpr (std::is_arithmetic_v<Plain> || std::is_enum_v<Plain>) {
        visit(value);
    } else if constexpr (IsStdArray<Plain>::value) {
        for (auto& element : value) for_each_field(element, visit);
    } else {
        using Members = boost::describe::describe_members<Plain, boost::describe::mod_public>;
        boost::mp11::mp_for_each<Members>(
            [&](auto member) { for_each_field(value.*member.pointer, visit); });
    }
}

}  // namespace quatrain::isa
