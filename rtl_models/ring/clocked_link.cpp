// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/ring/clocked_link.hpp"

#include "rtl_models/base/clocked_register.hpp"

#include <fmt/format.h>
#include <stdexcept>
#include <utility>

namespace quatrain::ring {

ClockedLink::ClockedLink(std::string name, std::int64_t places)
    : name_(std::move(name)), places_(static_cast<std::size_t>(places)) {}

std::optional<Flit> ClockedLink::shift() {
    std::optional<Flit> leaves = std::move(places_.back());
    places_.pop_back();
    places_.emplace_front();
    return leaves;
}

void ClockedLink::enter(Flit flit) {
    if (places_.front())
        throw std::logic_error(
            fmt::format("ring: messages {} and {} enter the link {} in one cycle",
                        places_.front()->tag, flit.tag, name_));
    places_.front() = std::move(flit);
}

void ClockedLink::reserve(std::int64_t cycles) {
    free_in_ = in_unsigned("ring reservation", cycles, reservation_bits);
}

}  // namespace quatrain::ring
