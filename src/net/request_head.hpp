#pragma once
// The head of a request, held to RFC 9112 more strictly than a parser that wants to be helpful: whatever two
// servers could read differently is refused, because a proxy in front may be the other one.
#include <carillon/error.hpp>
#include <carillon/request.hpp>
#include <cstddef>
#include <optional>
#include <string_view>

namespace carillon::net {

inline constexpr std::size_t start_line_limit = 8 << 10;
inline constexpr std::size_t header_count_limit = 100;

// Finds the end of a head while it comes in, looking at every byte once.
class HeadFinder {
public:
    explicit HeadFinder(std::size_t limit) : limit_{limit} {}

    // The length of the head with its empty line, 0 while it is incomplete, or what is wrong with it already.
    // Call it with the same bytes again, and more behind them.
    [[nodiscard]] Result<std::size_t> find(std::string_view bytes);
    void reset() noexcept { *this = HeadFinder{limit_}; }

private:
    std::size_t limit_;
    std::size_t seen_ = 0;        // bytes looked at
    std::size_t line_start_ = 0;  // where the current line begins
    bool first_line_ = true;
};

// Everything about a complete head that Beast's parser lets pass: folded lines, control characters, the form
// of the target, Host, Transfer-Encoding and Content-Length. Works on what the parser filled in.
[[nodiscard]] std::optional<Error> check_lines(std::string_view head);
[[nodiscard]] std::optional<Error> check_fields(const Request& request);
// Splits the target into path and query; takes origin-form, absolute-form and "*".
[[nodiscard]] std::optional<Error> split_target(Request& request);

}  // namespace carillon::net
