// Finding the end of a head while it comes in.
#include "net/request_head.hpp"

#include <gtest/gtest.h>

namespace carillon::net {
namespace {

constexpr std::size_t limit = 16 << 10;

// The status it is refused with, or the length of the head, however it is cut into pieces.
std::string found_in(std::string_view bytes, std::size_t piece = std::string_view::npos) {
    HeadFinder finder{limit};
    for (std::size_t end = std::min(piece, bytes.size());; end = std::min(end + piece, bytes.size())) {
        const auto found = finder.find(bytes.substr(0, end));
        if (found.has_error()) return std::to_string(describe(found.error().failure).status);
        if (*found) return "head of " + std::to_string(*found);
        if (end == bytes.size()) return "incomplete";
    }
}

std::string found_by_the_byte(std::string_view bytes) {
    return found_in(bytes, 1);
}

TEST(HeadFinder, FindsTheEmptyLine) {
    const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    EXPECT_EQ(found_in(head), "head of 27");
    EXPECT_EQ(found_in(head + "body\r\n\r\n"), "head of 27");
    EXPECT_EQ(found_by_the_byte(head), "head of 27");
    EXPECT_EQ(found_in("GET / HTTP/1.0\r\n\r\n"), "head of 18");
}

TEST(HeadFinder, WaitsForWhatIsMissing) {
    const std::string_view head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    for (std::size_t length = 0; length < head.size(); ++length)
        EXPECT_EQ(found_in(head.substr(0, length)), "incomplete") << length;
}

TEST(HeadFinder, CanBeUsedAgain) {
    HeadFinder finder{limit};
    ASSERT_EQ(finder.find("GET / HTTP/1.1\r\n\r\n").value(), 18U);

    finder.reset();

    EXPECT_EQ(finder.find("GET /").value(), 0U);
    EXPECT_EQ(finder.find("GET / HTTP/1.1\r\n\r\nmore").value(), 18U);
}

TEST(HeadFinder, RefusesALineThatEndsWithoutCarriageReturn) {
    for (const auto* head :
         {"GET / HTTP/1.1\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\n\r\n",
          "GET / HTTP/1.1\r\nHost: a\r\n\n", "GET / HTTP/1.1\n\n", "\n", "\r\n\r\n", "\r\nGET /"}) {
        EXPECT_EQ(found_in(head), "400") << head;
        EXPECT_EQ(found_by_the_byte(head), "400") << head;
    }
}

TEST(HeadFinder, BoundsTheRequestLine) {
    const auto line = [](std::size_t length) {
        return "GET /" + std::string(length - 14, 'x') + " HTTP/1.1";
    };
    ASSERT_EQ(line(100).size(), 100U);

    EXPECT_EQ(found_in(line(start_line_limit - 1) + "\r\n"), "incomplete");
    EXPECT_EQ(found_in(line(start_line_limit + 1) + "\r\n"), "414");
    // It need not end for that.
    EXPECT_EQ(found_in(std::string(start_line_limit + 1, 'A')), "414");
    EXPECT_EQ(found_by_the_byte(line(start_line_limit + 1)), "414");
}

TEST(HeadFinder, BoundsTheHeadToTheByte) {
    const auto head = [](std::size_t length) {
        const std::string start = "GET / HTTP/1.1\r\nA: ";
        return start + std::string(length - start.size() - 4, 'x') + "\r\n\r\n";
    };

    EXPECT_EQ(found_in(head(limit)), "head of " + std::to_string(limit));
    EXPECT_EQ(found_by_the_byte(head(limit)), "head of " + std::to_string(limit));
    EXPECT_EQ(found_in(head(limit + 1)), "431");
    EXPECT_EQ(found_by_the_byte(head(limit + 1)), "431");
    EXPECT_EQ(found_in("GET / HTTP/1.1\r\n" + std::string(limit, 'x')), "431");
}

}  // namespace
}  // namespace carillon::net
