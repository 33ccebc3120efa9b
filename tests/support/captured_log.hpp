#pragma once
// All that is logged while this lives, at every level.
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <carillon/log.hpp>
#include <stdexcept>
#include <string>

namespace carillon::test {

class CapturedLog {
public:
    CapturedLog() {
        std::string name = "/tmp/carillon-log-XXXXXX";
        file_ = ::mkstemp(name.data());
        if (file_ < 0) throw std::runtime_error{"no temporary file"};
        ::unlink(name.c_str());
        saved_ = ::dup(STDERR_FILENO);
        ::dup2(file_, STDERR_FILENO);
        log::start(log::Level::debug, log::Format::json);
    }
    ~CapturedLog() {
        restore();
        ::close(file_);
    }
    CapturedLog(const CapturedLog&) = delete;
    CapturedLog& operator=(const CapturedLog&) = delete;

    // Ends the capture.
    std::string text() {
        restore();
        std::string all;
        std::array<char, 4096> buffer{};
        ::lseek(file_, 0, SEEK_SET);
        for (ssize_t size = 0; (size = ::read(file_, buffer.data(), buffer.size())) > 0;)
            all.append(buffer.data(), static_cast<std::size_t>(size));
        return all;
    }

private:
    void restore() {
        if (saved_ < 0) return;
        log::stop();
        ::dup2(saved_, STDERR_FILENO);
        ::close(saved_);
        saved_ = -1;
    }

    int file_ = -1;
    int saved_ = -1;
};

}  // namespace carillon::test
