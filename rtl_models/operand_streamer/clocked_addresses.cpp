// SPDX-License-Identifier: Apache-2.0
#include "rtl_models/operand_streamer/clocked_addresses.hpp"

#include "rtl_models/base/clocked_register.hpp"

#include <fmt/format.h>
#include <stdexcept>

namespace quatrain::operand_streamer {

std::int64_t at_least_one(std::string_view name, std::int64_t value, int bits) {
    if (value >= 1) return in_signed(name, value, bits);
    throw std::invalid_argument(fmt::format("{} = {}: must be at least 1", name, value));
}

MovingAddresses::MovingAddresses(const isa::Stream& stream, int element_bits, std::int64_t k_offset,
                                 std::int64_t k_count)
    : stream_(stream),
      k_count_(in_signed("streamer k_count", k_count, coordinate_bits)),
      first_element_(in_signed("streamer address", stream.address, byte_bits) * 8 / element_bits) {
    check();
    in_signed("streamer k_offset", k_offset, address_bits);
    const std::int64_t position = k_offset / stream.channels;
    const std::int64_t kernel_row = position / stream.kernel_width;
    first_.column = position % stream.kernel_width;
    first_.channel = k_offset % stream.channels;
    first_.y = kernel_row * stream.row_kernel_step;
    first_.x = first_.column * stream.column_kernel_step;
    const std::int64_t global_row = stream.first_pixel / stream.grid_width;
    const std::int64_t image = global_row / stream.grid_height;
    grid_column_ = stream.first_pixel % stream.grid_width;
    grid_row_ = global_row % stream.grid_height;
    image_row_ =
        in_signed("streamer image_row", image * stream.height - stream.first_row, address_bits);
    y_ = grid_row_ * stream.row_step + stream.row_offset;
    x_ = grid_column_ * stream.column_step + stream.column_offset;
}

void MovingAddresses::check() const {
    at_least_one("streamer height", stream_.height, coordinate_bits);
    at_least_one("streamer width", stream_.width, coordinate_bits);
    at_least_one("streamer channels", stream_.channels, coordinate_bits);
    at_least_one("streamer grid_height", stream_.grid_height, coordinate_bits);
    at_least_one("streamer grid_width", stream_.grid_width, coordinate_bits);
    at_least_one("streamer kernel_height", stream_.kernel_height, coordinate_bits);
    at_least_one("streamer kernel_width", stream_.kernel_width, coordinate_bits);
    in_signed("streamer row_step", stream_.row_step, coordinate_bits);
    in_signed("streamer row_offset", stream_.row_offset, coordinate_bits);
    in_signed("streamer row_kernel_step", stream_.row_kernel_step, coordinate_bits);
    in_signed("streamer column_step", stream_.column_step, coordinate_bits);
    in_signed("streamer column_offset", stream_.column_offset, coordinate_bits);
    in_signed("streamer column_kernel_step", stream_.column_kernel_step, coordinate_bits);
    in_signed("streamer first_pixel", stream_.first_pixel, address_bits);
    in_signed("streamer first_row", stream_.first_row, address_bits);
}

void MovingAddresses::next_vector() {
    ++grid_column_;
    x_ = in_signed("streamer x", x_ + stream_.column_step, coordinate_bits);
    if (grid_column_ < stream_.grid_width) return;
    grid_column_ = 0;
    x_ = stream_.column_offset;
    ++grid_row_;
    y_ = in_signed("streamer y", y_ + stream_.row_step, coordinate_bits);
    if (grid_row_ < stream_.grid_height) return;
    grid_row_ = 0;
    y_ = stream_.row_offset;
    image_row_ = in_signed("streamer image_row", image_row_ + stream_.height, address_bits);
}

void MovingAddresses::advance(KernelCounters& at) const {
    if (++at.channel < stream_.channels) return;
    at.channel = 0;
    at.x += stream_.column_kernel_step;
    if (++at.column < stream_.kernel_width) return;
    at.column = 0;
    at.x = 0;
    at.y += stream_.row_kernel_step;
}

std::int64_t MovingAddresses::element(std::int64_t y, std::int64_t x, std::int64_t channel) const {
    const std::int64_t pixel =
        in_signed("streamer pixel", (image_row_ + y) * stream_.width + x, address_bits);
    return in_signed("streamer element", first_element_ + pixel * stream_.channels + channel,
                     address_bits);
}

StationaryAddresses::StationaryAddresses(std::int64_t address, std::int64_t stride,
                                         int element_bits)
    : address_(in_signed("streamer stationary_address", address, byte_bits)),
      stride_(in_signed("streamer stationary_stride", stride, byte_bits)),
      element_bits_(element_bits) {}

void StationaryAddresses::next_row() {
    address_ = in_signed("streamer stationary_address", address_ + stride_, byte_bits);
}

}  // namespace quatrain::operand_streamer
