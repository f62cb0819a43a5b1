// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/fp32_convolution.hpp"

#include <algorithm>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>

// In place of <omp.h>, which clang-tidy cannot read where GCC provides it.
extern "C" void omp_set_num_threads(int threads);

namespace quatrain::bench {
namespace {

dnnl::memory filled(const dnnl::memory::desc& description, const dnnl::engine& engine) {
    dnnl::memory memory(description, engine);
    auto* values = static_cast<float*>(memory.get_data_handle());
    std::fill_n(values, description.get_size() / sizeof(float), 0.5F);
    return memory;
}

dnnl::memory::desc any_layout(const dnnl::memory::dims& dims) {
    return {dims, dnnl::memory::data_type::f32, dnnl::memory::format_tag::any};
}

}  // namespace

struct Fp32Convolution::State {
    dnnl::engine engine{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream{engine};
    dnnl::convolution_forward convolution;
    std::unordered_map<int, dnnl::memory> arguments;
};

Fp32Convolution::Fp32Convolution(const ConvolutionShape& shape)
    : state_(std::make_unique<State>()) {
    omp_set_num_threads(1);
    const std::int64_t padding = (shape.kernel - 1) / 2;
    const dnnl::convolution_forward::desc description(
        dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
        any_layout({shape.batch, shape.channels, shape.image, shape.image}),
        any_layout({shape.outputs, shape.channels, shape.kernel, shape.kernel}),
        any_layout({shape.batch, shape.outputs, shape.output_image(), shape.output_image()}),
        {shape.stride, shape.stride}, {padding, padding}, {padding, padding});
    const dnnl::convolution_forward::primitive_desc primitive(description, state_->engine);
    state_->convolution = dnnl::convolution_forward(primitive);
    state_->arguments = {{DNNL_ARG_SRC, filled(primitive.src_desc(), state_->engine)},
                         {DNNL_ARG_WEIGHTS, filled(primitive.weights_desc(), state_->engine)},
                         {DNNL_ARG_DST, filled(primitive.dst_desc(), state_->engine)}};
}

Fp32Convolution::~Fp32Convolution() = default;

void Fp32Convolution::run() {
    state_->convolution.execute(state_->stream, state_->arguments);
    state_->stream.wait();
}

}  // namespace quatrain::bench
