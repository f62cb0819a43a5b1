// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/isa/instruction.hpp"

#include <boost/describe/enum_to_string.hpp>

namespace quatrain::isa {

BOOST_DESCRIBE_ENUM(Engine, load, store, array, vector)
BOOST_DESCRIBE_ENUM(BufferId, moving, stationary, accumulator, vector, scalar)
BOOST_DESCRIBE_ENUM(Semaphore, none, moving_full, moving_free, stationary_full, stationary_free,
                    accumulator_full, accumulator_free, drain_full, drain_free, tile_full,
                    tile_done, tile_free, parameters_full, parameters_done, parameters_free,
                    operator_stored, scalars_loaded, scalars_done, share_full, sum_full, sum_free,
                    total_full, total_free, outgoing_full, outgoing_free)
BOOST_DESCRIBE_ENUM(VectorOperation, weight_statistics, weight_scale, quantise_weight,
                    quantise_gradient, update_gradscale, activation_scale, quantise_activation,
                    gradscale_vote, add_votes, apply_gradscale, least_vote, fill_zero,
                    input_normalise, relu, relu_backward, activation_backward, add, bias_add,
                    column_sum, reduce_columns, batch_norm_statistics, batch_norm_finish,
                    batch_norm_normalise, batch_norm_backward_statistics, batch_norm_backward_apply,
                    max_pool, max_pool_backward, average_pool, average_pool_backward,
                    softmax_cross_entropy, divide_scalar, sgd_update, sgd_update_scalar,
                    add_scalars)

namespace {

template <class E>
std::string_view enumerator_name(E value) {
    return boost::describe::enum_to_string(value, "?");
}

template <class E>
constexpr std::size_t described =
    boost::mp11::mp_size<boost::describe::describe_enumerators<E>>::value;

static_assert(described<Engine> == engine_count);
static_assert(described<BufferId> == buffer_count);
static_assert(described<Semaphore> == semaphore_count);
static_assert(described<VectorOperation> == vector_operation_count);

}  // namespace

std::string_view name(Engine engine) {
    return enumerator_name(engine);
}
std::string_view name(BufferId buffer) {
    return enumerator_name(buffer);
}
std::string_view name(Semaphore semaphore) {
    return enumerator_name(semaphore);
}
std::string_view name(VectorOperation operation) {
    return enumerator_name(operation);
}

Receiver receiver(Semaphore semaphore) {
    switch (semaphore) {
        case Semaphore::sum_full:
        case Semaphore::total_full:
            return Receiver::next;
        case Semaphore::sum_free:
        case Semaphore::total_free:
            return Receiver::previous;
        default:
            return Receiver::own;
    }
}

std::array<std::uint32_t, semaphore_count> initial_semaphores() {
    std::array<std::uint32_t, semaphore_count> counts{};
    const auto set = [&counts](Semaphore semaphore, std::uint32_t count) {
        counts[static_cast<std::size_t>(semaphore)] = count;
    };
    set(Semaphore::moving_free, 2);
    set(Semaphore::stationary_free, 2);
    set(Semaphore::accumulator_free, 2);
    set(Semaphore::drain_free, 2);
    set(Semaphore::tile_free, 2);
    set(Semaphore::parameters_free, 1);
    set(Semaphore::sum_free, 4);
    set(Semaphore::total_free, 4);
    set(Semaphore::outgoing_free, 2);
    return counts;
}

}  // namespace quatrain::isa
