// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/buffer/clocked.hpp"
#include "sim/config/reader.hpp"

#include <gtest/gtest.h>

namespace quatrain::machine {
namespace {

TEST(MemoryPorts, ABankOfEveryPresetTakesOneWordOfTheDmaPerCycle) {
    const std::vector<std::string> names = config::preset_names("architectures");
    EXPECT_GE(names.size(), 4U);
    for (const std::string& name : names) {
        const auto params = config::load_architecture(name);
        EXPECT_EQ(buffer::port_words(params.buffers.banks, params.buffers.word_bytes,
                                     params.dma.bytes_per_cycle),
                  1)
            << name;
    }
}

}  // namespace
}  // namespace quatrain::machine
