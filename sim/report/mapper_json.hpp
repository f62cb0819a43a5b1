// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/run/mapping_choice.hpp"

#include <boost/describe.hpp>
#include <boost/json.hpp>

namespace quatrain::report {

/// How the GEMMs were mapped: which mapper, its objective and the dataflows that it looks at (the
/// heuristic has none), and how many mappings came from the user's file.
inline boost::json::object mapper_json(const run::MappingChoice& choice) {
    const auto of_search = [&](const char* text) {
        return choice.mapper == run::MapperKind::search ? boost::json::value(text)
                                                        : boost::json::value(nullptr);
    };
    return {{"name", boost::describe::enum_to_string(choice.mapper, "?")},
            {"objective", of_search(boost::describe::enum_to_string(choice.objective, "?"))},
            {"dataflow", of_search(boost::describe::enum_to_string(choice.dataflow, "?"))},
            {"pinned", choice.pinned.size()}};
}

}  // namespace quatrain::report
