// SPDX-License-Identifier: Apache-2.0
#include "sim/run/durable_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace quatrain::run {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& file, const std::string& reason) {
    throw std::runtime_error(fmt::format("{}: cannot be written: {}", file.string(), reason));
}

[[noreturn]] void fail(const fs::path& file, int error) {
    fail(file, std::generic_category().message(error));
}

/// The file that the path means, through links; it need not exist.
fs::path resolved(const fs::path& file) {
    std::error_code error;
    fs::path target = fs::weakly_canonical(fs::absolute(file), error);
    if (error) fail(file, error.message());
    return target;
}

fs::path temporary_of(const fs::path& target) {
    return target.string() + ".tmp";
}

/// An open file or folder.
class Descriptor {
public:
    Descriptor(const fs::path& path, int flags) : number_(::open(path.c_str(), flags, 0666)) {}
    ~Descriptor() {
        if (is_open()) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    bool is_open() const { return number_ >= 0; }
    int number() const { return number_; }

private:
    int number_;
};

/// A file under its temporary name, until it is renamed. Only the process that has locked it
/// changes or removes it, so that two that write the same file never mix.
class TemporaryFile {
public:
    TemporaryFile(fs::path file, fs::path target)
        : file_(std::move(file)),
          target_(std::move(target)),
          temporary_(temporary_of(target_)),
          // Neither through a link nor, on a pipe, without end.
          descriptor_(temporary_, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) {
        if (!descriptor_.is_open()) fail(file_, errno);
        // A file system without locks has none that another process could hold.
        if (::flock(descriptor_.number(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
            fail_for_another();
        struct stat opened = {}, named = {};
        if (::fstat(descriptor_.number(), &opened) != 0) fail(file_, errno);
        if (!S_ISREG(opened.st_mode))
            fail(file_, fmt::format("{} is no regular file", temporary_.string()));
        // Between open and lock another process may have renamed it: then it is the file itself.
        if (::lstat(temporary_.c_str(), &named) != 0 || named.st_ino != opened.st_ino ||
            named.st_dev != opened.st_dev)
            fail_for_another();
        ours_ = true;
    }
    ~TemporaryFile() {
        if (ours_) ::unlink(temporary_.c_str());
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    void clear() {
        if (::ftruncate(descriptor_.number(), 0) != 0) fail(file_, errno);
    }

    void write(std::span<const std::byte> piece) {
        while (!piece.empty()) {
            const ssize_t written = ::write(descriptor_.number(), piece.data(), piece.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) fail(file_, errno);
            piece = piece.subspan(static_cast<std::size_t>(written));
        }
    }

    /// The content is on the disk before the name is, and the name before this returns.
    void put_in_place() {
        if (::fsync(descriptor_.number()) != 0) fail(file_, errno);
        if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail(file_, errno);
        ours_ = false;
        const Descriptor folder(target_.parent_path(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (!folder.is_open()) fail(file_, errno);
        // EINVAL: a file system whose folders need no such thing.
        if (::fsync(folder.number()) != 0 && errno != EINVAL) fail(file_, errno);
    }

private:
    [[noreturn]] void fail_for_another() const { fail(file_, "another process is writing it"); }

    fs::path file_, target_, temporary_;
    Descriptor descriptor_;
    bool ours_ = false;  ///< there is something to be removed
};

}  // namespace

fs::path temporary_name(const fs::path& file) {
    return temporary_of(resolved(file));
}

void write_durably(const fs::path& file, const std::vector<std::span<const std::byte>>& pieces) {
    const fs::path target = resolved(file);
    std::error_code ignored;
    const fs::file_status status = fs::status(target, ignored);
    if (fs::is_directory(status)) fail(file, "is a folder");
    if (fs::exists(status) && !fs::is_regular_file(status)) fail(file, "is no regular file");
    TemporaryFile temporary(file, target);
    temporary.clear();
    for (const std::span<const std::byte> piece : pieces) temporary.write(piece);
    temporary.put_in_place();
}

}  // namespace quatrain::run
