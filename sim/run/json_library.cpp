// SPDX-License-Identifier: Apache-2.0
// Boost.JSON compiled into this room: Debian's libboost1.81-dev has its headers only.
#include <boost/json/src.hpp>
