// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/run/mapping_choice.hpp"

#include <boost/describe.hpp>
#include <boost/json.hpp>

namespace quatrain::report {

/// How the GEMMs were mapped: which mapper, its objective (the heuristic has none), and how many
/// mappings came from the user's file.
inline boost::json::object mapper_json(const run::MappingChoice& choice) {
    const bool searches = choice.mapper == run::MapperKind::search;
    return {{"name", boost::describe::enum_to_string(choice.mapper, "?")},
            {"objective",
             searches ? boost::json::value(boost::describe::enum_to_string(choice.objective, "?"))
                      : boost::json::value(nullptr)},
            {"pinned", choice.pinned.size()}};
}

}  // namespace quatrain::report
