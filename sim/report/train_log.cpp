// SPDX-License-Identifier: Apache-2.0
#include "sim/report/train_log.hpp"

#include "sim/report/output.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <boost/json.hpp>
#include <cerrno>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace quatrain::report {
namespace {

/// The epoch of a line; 0 of a head; nothing of what is no whole line of a log.
std::optional<std::int64_t> epoch_of(const std::string& line) {
    boost::system::error_code error;
    const boost::json::value value = boost::json::parse(line, error);
    if (error || !value.is_object()) return std::nullopt;
    const boost::json::value* epoch = value.as_object().if_contains("epoch");
    if (epoch == nullptr) return 0;
    return epoch->is_int64() ? std::optional(epoch->as_int64()) : std::nullopt;
}

/// The lines that stay when a run goes on behind `epochs_done` epochs.
std::string kept_lines(const std::string& path, std::int64_t epochs_done) {
    std::ifstream stream(path, std::ios::binary);
    std::string kept;
    for (std::string line; std::getline(stream, line);) {
        const auto epoch = epoch_of(line);
        if (epoch && *epoch <= epochs_done) kept += line + "\n";
    }
    return kept;
}

}  // namespace

TrainLog::TrainLog(const std::string& path, std::int64_t epochs_done, bool resumed) : path_(path) {
    if (path == "-") {
        stream_ = stdout;
        return;
    }
    if (resumed) {
        const std::string kept = kept_lines(path, epochs_done);
        empty_ = kept.empty();
        write_output(path, kept);
    }
    stream_ = std::fopen(path.c_str(), resumed ? "ab" : "wb");
    if (stream_ == nullptr) fail(std::generic_category().message(errno));
}

TrainLog::~TrainLog() {
    if (stream_ != nullptr && stream_ != stdout) std::fclose(stream_);
}

void TrainLog::add(const std::string& line) {
    const std::string text = line + "\n";
    if (std::fwrite(text.data(), 1, text.size(), stream_) != text.size() ||
        std::fflush(stream_) != 0)
        fail(std::generic_category().message(errno));
    fsync(fileno(stream_));  // of a pipe or device it means nothing
    empty_ = false;
}

void TrainLog::fail(const std::string& reason) const {
    throw std::runtime_error(fmt::format("{}: cannot be written: {}", path_, reason));
}

}  // namespace quatrain::report
