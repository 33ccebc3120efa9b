#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "config/load.hpp"

namespace carillon::config {

Environment process_environment() {
    Environment all;
    for (char** entry = environ; entry && *entry; ++entry) {
        const std::string_view text{*entry};
        const auto equals = text.find('=');
        if (equals != text.npos) all.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return all;
}

Result<std::string> read_file(const std::string& path) {
    constexpr std::size_t limit =
        4 * 1024 * 1024;  // a device or a log given by mistake must not fill the memory
    const auto reason = [] { return std::string{std::strerror(errno)}; };
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "rbe"), std::fclose};
    if (!file) {
        const auto failure = errno == ENOENT ? Failure::not_found : Failure::forbidden;
        return Error{failure, reason()};
    }
    std::string text;
    char piece[16 * 1024];
    while (const auto count = std::fread(piece, 1, sizeof piece, file.get())) {
        text.append(piece, count);
        if (text.size() > limit) return Error{Failure::too_large, "larger than 4 MiB"};
    }
    // A folder opens well and only refuses to be read.
    if (std::ferror(file.get())) return Error{Failure::forbidden, reason()};
    return text;
}

}  // namespace carillon::config
