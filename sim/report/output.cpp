// SPDX-License-Identifier: Apache-2.0
#include "sim/report/output.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace quatrain::report {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& path, const std::string& reason) {
    throw std::runtime_error(fmt::format("{}: cannot be written: {}", path, reason));
}

std::string reason_of(int error) {
    return std::generic_category().message(error);
}

// A pipe, a terminal or another device: it takes text, but must not be replaced by a file.
bool is_device(const fs::path& path) {
    std::error_code ignored;
    const fs::file_status status = fs::status(path, ignored);
    return fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status);
}

// The file that the path means, through links; it need not exist.
fs::path resolved(const std::string& path) {
    constexpr int most_links = 40;  // as the kernel's
    fs::path target = path;
    for (int links = 0; fs::is_symlink(fs::symlink_status(target)); ++links) {
        if (links == most_links) fail(path, reason_of(ELOOP));
        const fs::path next = fs::read_symlink(target);
        target = next.is_absolute() ? next : target.parent_path() / next;
    }
    return target;
}

}  // namespace

void check_output(const std::string& path) {
    if (path == "-" || path.empty()) return;
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) fail(path, "is a folder");
    if (is_device(path)) {
        if (access(path.c_str(), W_OK) != 0) fail(path, reason_of(errno));
        return;
    }
    fs::path folder = resolved(path).parent_path();
    if (folder.empty()) folder = ".";
    if (!fs::is_directory(folder, ignored))
        fail(path, fmt::format("there is no folder {}", folder.string()));
    if (access(folder.c_str(), W_OK | X_OK) != 0) {
        const std::string reason = reason_of(errno);
        fail(path, fmt::format("folder {}: {}", folder.string(), reason));
    }
}

void write_output(const std::string& path, const std::function<void(const Sink&)>& report) {
    OutputFile file(path);
    report([&](std::string_view piece) { file.write(piece); });
    file.finish();
}

void write_output(const std::string& path, const std::string& text) {
    write_output(path, [&](const Sink& sink) { sink(text); });
}

OutputFile::OutputFile(std::string path) : path_(std::move(path)) {
    if (is_standard_output()) {
        stream_ = stdout;
        return;
    }
    check_output(path_);
    const bool device = is_device(path_);
    target_ = device ? path_ : resolved(path_).string();
    if (!device) temporary_ = fmt::format("{}.{}.tmp", target_, getpid());
    stream_ = std::fopen(device ? path_.c_str() : temporary_.c_str(), "wb");
    if (stream_ == nullptr) fail(reason_of(errno));
}

OutputFile::~OutputFile() {
    if (stream_ == nullptr || is_standard_output()) return;
    std::fclose(stream_);
    std::error_code ignored;
    if (!temporary_.empty()) fs::remove(temporary_, ignored);
}

void OutputFile::write(std::string_view piece) {
    if (std::fwrite(piece.data(), 1, piece.size(), stream_) != piece.size()) fail(reason_of(errno));
}

void OutputFile::finish() {
    if (std::fflush(stream_) != 0) fail(reason_of(errno));
    std::FILE* const stream = std::exchange(stream_, nullptr);
    if (is_standard_output()) return;
    std::error_code error;
    if (std::fclose(stream) != 0) error.assign(errno, std::generic_category());
    if (temporary_.empty() && !error) return;
    if (!error) fs::rename(temporary_, target_, error);
    if (!error) return;
    std::error_code ignored;
    if (!temporary_.empty()) fs::remove(temporary_, ignored);
    fail(error.message());
}

void OutputFile::fail(const std::string& reason) const {
    if (is_standard_output()) throw std::runtime_error("standard output: cannot be written");
    report::fail(path_, reason);
}

}  // namespace quatrain::report
