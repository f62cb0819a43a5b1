// SPDX-License-Identifier: Apache-2.0
#include "sim/report/output.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <system_error>

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

using Report = std::function<void(const Sink&)>;

/// 0, or why not everything was written.
int write_pieces(std::FILE* stream, const Report& report) {
    int error = 0;
    report([&](std::string_view piece) {
        if (error == 0 && std::fwrite(piece.data(), 1, piece.size(), stream) != piece.size())
            error = errno;
    });
    return error;
}

/// 0, or why not everything was written.
int write_all(const fs::path& file, const Report& report) {
    std::FILE* const stream = std::fopen(file.c_str(), "wb");
    if (stream == nullptr) return errno;
    int error = write_pieces(stream, report);
    if (std::fclose(stream) != 0 && error == 0) error = errno;
    return error;
}

void replace(const std::string& path, const fs::path& target, const Report& report) {
    const fs::path temporary = fmt::format("{}.{}.tmp", target.string(), getpid());
    const int unwritten = write_all(temporary, report);
    std::error_code error(unwritten, std::generic_category());
    if (!error) fs::rename(temporary, target, error);
    if (!error) return;
    std::error_code ignored;
    fs::remove(temporary, ignored);
    fail(path, error.message());
}

void write_standard_output(const Report& report) {
    if (write_pieces(stdout, report) != 0 || std::fflush(stdout) != 0) {
        throw std::runtime_error("standard output: cannot be written");
    }
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

void write_output(const std::string& path, const Report& report) {
    if (path == "-") return write_standard_output(report);
    check_output(path);
    if (!is_device(path)) return replace(path, resolved(path), report);
    if (const int error = write_all(path, report); error != 0) fail(path, reason_of(error));
}

void write_output(const std::string& path, const std::string& text) {
    write_output(path, [&](const Sink& sink) { sink(text); });
}

}  // namespace quatrain::report
