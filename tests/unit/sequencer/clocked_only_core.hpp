// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rtl_models/sequencer/clocked.hpp"

namespace quatrain::sequencer {

/// The wires of a sequencer that is its own next and previous core.
struct OnlyCore {
    void bind(ClockedSequencer& sequencer) {
        sequencer.to_next(clockwise);
        sequencer.from_previous(clockwise);
        sequencer.to_previous(anticlockwise);
        sequencer.from_next(anticlockwise);
    }
    sc_core::sc_signal<NeighbourSignals> clockwise{"clockwise"}, anticlockwise{"anticlockwise"};
};

}  // namespace quatrain::sequencer
