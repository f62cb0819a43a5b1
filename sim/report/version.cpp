// SPDX-License-Identifier: Apache-2.0
#include "sim/report/version.hpp"

namespace quatrain::report {

std::string_view version() {
    return QUATRAIN_VERSION;
}

}  // namespace quatrain::report
