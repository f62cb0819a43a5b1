// SPDX-License-Identifier: Apache-2.0
#include "workloads/training/graph.hpp"

#include <stdexcept>

namespace quatrain::training {

std::string_view name(Pass pass) {
    switch (pass) {
        case Pass::forward:
            return "forward";
        case Pass::backward_data:
            return "backward_data";
        case Pass::backward_weight:
            return "backward_weight";
        case Pass::update:
            return "update";
    }
    throw std::logic_error("Pass out of range");
}

std::string_view name(OperatorKind kind) {
    switch (kind) {
        case OperatorKind::input_normalise:
            return "input_normalise";
        case OperatorKind::activation_scale:
            return "activation_scale";
        case OperatorKind::weight_statistics:
            return "weight_statistics";
        case OperatorKind::weight_quantise:
            return "weight_quantise";
        case OperatorKind::convolution:
            return "convolution";
        case OperatorKind::bias_add:
            return "bias_add";
        case OperatorKind::batch_norm_statistics:
            return "batch_norm_statistics";
        case OperatorKind::batch_norm_sums:
            return "batch_norm_sums";
        case OperatorKind::batch_norm_finish:
            return "batch_norm_finish";
        case OperatorKind::batch_norm_normalise:
            return "batch_norm_normalise";
        case OperatorKind::add:
            return "add";
        case OperatorKind::quantise_activation:
            return "quantise_activation";
        case OperatorKind::relu:
            return "relu";
        case OperatorKind::max_pool:
            return "max_pool";
        case OperatorKind::average_pool:
            return "average_pool";
        case OperatorKind::loss:
            return "loss";
        case OperatorKind::gradient_add:
            return "gradient_add";
        case OperatorKind::average_pool_backward:
            return "average_pool_backward";
        case OperatorKind::max_pool_backward:
            return "max_pool_backward";
        case OperatorKind::activation_backward:
            return "activation_backward";
        case OperatorKind::relu_backward:
            return "relu_backward";
        case OperatorKind::batch_norm_backward_statistics:
            return "batch_norm_backward_statistics";
        case OperatorKind::batch_norm_backward_apply:
            return "batch_norm_backward_apply";
        case OperatorKind::gradient_quantise:
            return "gradient_quantise";
        case OperatorKind::gradscale_update:
            return "gradscale_update";
        case OperatorKind::gradscale_vote:
            return "gradscale_vote";
        case OperatorKind::gradscale_apply:
            return "gradscale_apply";
        case OperatorKind::gradscale_least:
            return "gradscale_least";
        case OperatorKind::convolution_backward_data:
            return "convolution_backward_data";
        case OperatorKind::convolution_backward_weight:
            return "convolution_backward_weight";
        case OperatorKind::bias_gradient:
            return "bias_gradient";
        case OperatorKind::sgd:
            return "sgd";
        case OperatorKind::sgd_scalar:
            return "sgd_scalar";
        case OperatorKind::all_reduce:
            return "all_reduce";
    }
    throw std::logic_error("OperatorKind out of range");
}

}  // namespace quatrain::training
