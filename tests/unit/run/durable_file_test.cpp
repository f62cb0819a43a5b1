// SPDX-License-Identifier: Apache-2.0
#include "sim/run/durable_file.hpp"

#include "tests/support/complaint.hpp"
#include "tests/support/folder.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <random>
#include <stdexcept>

namespace quatrain::run {
namespace {

using test::complaint;
using test::Folder;
using Names = std::set<std::string>;

void write(const std::string& file, const std::string& text) {
    write_durably(file, {std::as_bytes(std::span(text))});
}

std::string complaint_of_write(const std::string& file) {
    return complaint<std::runtime_error>([&] { write(file, "new"); });
}

TEST(DurableFile, HasThePiecesOneBehindTheOther) {
    const Folder folder;
    const std::string one = "one ", two = "two";
    write_durably(folder / "file",
                  {std::as_bytes(std::span(one)), {}, std::as_bytes(std::span(two))});
    EXPECT_EQ(folder.read("file"), "one two");
    EXPECT_EQ(folder.files(), Names{"file"});
}

TEST(DurableFile, ReplacesWhatWasThere) {
    const Folder folder;
    folder.write("file", "something long and old");
    write(folder / "file", "new");
    EXPECT_EQ(folder.read("file"), "new");
    EXPECT_EQ(folder.files(), Names{"file"});
}

TEST(DurableFile, TheLeftoverOfAKilledWriteIsOverwritten) {
    const Folder folder;
    folder.write("file.tmp", "half of something long");
    EXPECT_EQ(temporary_name(folder / "file"),
              std::filesystem::canonical(folder.path()) / "file.tmp");
    write(folder / "file", "new");
    EXPECT_EQ(folder.read("file"), "new");
    EXPECT_EQ(folder.files(), Names{"file"});
}

TEST(DurableFile, ALinkStaysAndItsTargetIsReplaced) {
    const Folder folder;
    std::filesystem::create_directory(folder / "real");
    folder.write("real/file", "old");
    std::filesystem::create_symlink("real/file", folder / "link");
    write(folder / "link", "new");
    EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
    EXPECT_EQ(folder.read("real/file"), "new");
    EXPECT_EQ(folder.files(), (Names{"link", "real"}));
}

// Files of this process end at `bytes`: a write beyond fails as on a full disk.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) : before_(std::signal(SIGXFSZ, SIG_IGN)) {
        getrlimit(RLIMIT_FSIZE, &limit_);
        const rlimit small{.rlim_cur = bytes, .rlim_max = limit_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &small);
    }
    ~FileSizeLimit() {
        setrlimit(RLIMIT_FSIZE, &limit_);
        std::signal(SIGXFSZ, before_);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

private:
    void (*before_)(int);
    rlimit limit_{};
};

TEST(DurableFile, AWriteThatFailsLeavesTheOldContentAndNothingElse) {
    const Folder folder;
    folder.write("file", "old");
    const std::string text(5000, 'x');
    std::string what;
    {
        const FileSizeLimit limit(4096);
        what = complaint<std::runtime_error>([&] { write(folder / "file", text); });
    }
    EXPECT_EQ(what, (folder / "file") + ": cannot be written: File too large");
    EXPECT_EQ(folder.read("file"), "old");
    EXPECT_EQ(folder.files(), Names{"file"});
}

TEST(DurableFile, WhatAnotherProcessIsWritingIsLeftAlone) {
    const Folder folder;
    folder.write("file.tmp", "half");
    const int other = open((folder / "file.tmp").c_str(), O_WRONLY | O_CLOEXEC);
    ASSERT_EQ(flock(other, LOCK_EX), 0);
    EXPECT_EQ(complaint_of_write(folder / "file"),
              (folder / "file") + ": cannot be written: another process is writing it");
    EXPECT_EQ(folder.read("file.tmp"), "half");
    EXPECT_EQ(folder.files(), Names{"file.tmp"});
    close(other);
    write(folder / "file", "new");
    EXPECT_EQ(folder.files(), Names{"file"});
}

TEST(DurableFile, WhatIsNoFileAndWhatHasNoFolderIsRefused) {
    const Folder folder;
    std::filesystem::create_directory(folder / "folder");
    ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
    ASSERT_EQ(mkfifo((folder / "file.tmp").c_str(), 0600), 0);
    EXPECT_EQ(complaint_of_write(folder / "folder"),
              (folder / "folder") + ": cannot be written: is a folder");
    EXPECT_EQ(complaint_of_write(folder / "pipe"),
              (folder / "pipe") + ": cannot be written: is no regular file");
    EXPECT_EQ(complaint_of_write(folder / "none/file"),
              (folder / "none/file") + ": cannot be written: No such file or directory");
    // Nobody reads the pipe: opening it must not wait.
    EXPECT_NE(complaint_of_write(folder / "file"), "");
    EXPECT_EQ(folder.files(), (Names{"file.tmp", "folder", "pipe"}));
}

TEST(DurableFile, ThroughALinkUnderTheTemporaryNameNothingIsWritten) {
    const Folder folder;
    folder.write("precious", "precious");
    std::filesystem::create_symlink("precious", folder / "file.tmp");
    EXPECT_NE(complaint_of_write(folder / "file"), "");
    EXPECT_EQ(folder.read("precious"), "precious");
    std::filesystem::create_symlink("none", folder / "other.tmp");
    EXPECT_NE(complaint_of_write(folder / "other"), "");
    EXPECT_EQ(folder.files(), (Names{"file.tmp", "other.tmp", "precious"}));
}

// Writes one of two contents after the other until it is killed.
[[noreturn]] void write_for_ever(const std::string& file, const std::vector<std::string>& texts) {
    for (std::size_t i = 0;; ++i) write(file, texts[i % texts.size()]);
}

TEST(DurableFile, KilledAtAnyMomentItHasOneContentOrTheOtherWhole) {
    const Folder folder;
    const std::vector<std::string> texts{std::string(3'000'000, 'a'), std::string(2'000'000, 'b')};
    write(folder / "file", texts[0]);
    std::mt19937 random(1);
    int leftovers = 0;
    for (int kills = 0; leftovers < 10 && kills < 300; ++kills) {
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) write_for_ever(folder / "file", texts);
        usleep(1000 + static_cast<useconds_t>(random() % 15'000));
        ASSERT_EQ(kill(child, SIGKILL), 0);
        ASSERT_EQ(waitpid(child, nullptr, 0), child);
        const std::string content = folder.read("file");
        EXPECT_TRUE(content == texts[0] || content == texts[1]) << content.size() << " bytes";
        leftovers += folder.files().contains("file.tmp") ? 1 : 0;
    }
    EXPECT_GT(leftovers, 0) << "no write was interrupted: the test has shown nothing";
    write(folder / "file", "new");
    EXPECT_EQ(folder.files(), Names{"file"});
}

}  // namespace
}  // namespace quatrain::run
