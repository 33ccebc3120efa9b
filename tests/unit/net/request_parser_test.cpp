// Heads of requests: what is taken, and every trick that is refused.
#include "net/request_parser.hpp"

#include <gtest/gtest.h>

#include <ostream>

#include "net/request_head.hpp"

namespace carillon::net {
namespace {

const std::string crlf = "\r\n";
const std::string start = "POST /a HTTP/1.1\r\n";
const std::string host = "Host: a\r\n";

// What becomes of a head that comes in pieces: 0, or the status it is refused with.
int refusal(std::string_view bytes, std::size_t piece, Request& request) {
    HeadFinder finder{16 << 10};
    std::size_t length = 0;
    for (std::size_t end = std::min(piece, bytes.size()); length == 0;
         end = std::min(end + piece, bytes.size())) {
        const auto found = finder.find(bytes.substr(0, end));
        if (found.has_error()) return describe(found.error().failure).status;
        length = *found;
        if (length == 0 && end == bytes.size()) return -1;  // not a whole head
    }
    request.head = bytes.substr(0, length);
    RequestParser parser{request};
    const auto error = parser.parse_head();
    return error ? describe(error->failure).status : 0;
}

int refusal(std::string_view bytes) {
    Request request;
    return refusal(bytes, bytes.size(), request);
}

struct Row {
    std::string name;
    std::string head;
    int status;
};
void PrintTo(const Row& row, std::ostream* out) {
    *out << row.name;
}

std::string with(const std::string& fields) {
    return start + host + fields + crlf;
}
std::string line(const std::string& first) {
    return first + crlf + host + crlf;
}

const std::vector<Row> framing{
    {"two lengths that differ", with("Content-Length: 5\r\nContent-Length: 6\r\n"), 400},
    {"the same length twice", with("Content-Length: 5\r\nContent-Length: 5\r\n"), 400},
    {"two lengths in one field", with("Content-Length: 5, 6\r\n"), 400},
    {"the same length twice in one field", with("Content-Length: 5, 5\r\n"), 400},
    {"a length with a plus", with("Content-Length: +5\r\n"), 400},
    {"a negative length", with("Content-Length: -5\r\n"), 400},
    {"a length in hex", with("Content-Length: 0x5\r\n"), 400},
    {"a length with a letter", with("Content-Length: 5a\r\n"), 400},
    {"a length with a fraction", with("Content-Length: 5.0\r\n"), 400},
    {"a length with a space in it", with("Content-Length: 5 0\r\n"), 400},
    {"an empty length", with("Content-Length: \r\n"), 400},
    {"a length beyond 64 bits", with("Content-Length: 18446744073709551616\r\n"), 400},
    {"a length of 64 bits", with("Content-Length: 18446744073709551615\r\n"), 400},
    {"a length with a comma behind", with("Content-Length: 5,\r\n"), 400},
    {"a length and chunks", with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400},
    {"chunks and a length", with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400},
    {"chunked twice", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
    {"identity, then chunked", with("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"), 400},
    {"chunked, chunked", with("Transfer-Encoding: chunked, chunked\r\n"), 501},
    {"chunked, identity", with("Transfer-Encoding: chunked, identity\r\n"), 501},
    {"identity", with("Transfer-Encoding: identity\r\n"), 501},
    {"gzip, chunked", with("Transfer-Encoding: gzip, chunked\r\n"), 501},
    {"xchunked", with("Transfer-Encoding: xchunked\r\n"), 501},
    {"chunked with a parameter", with("Transfer-Encoding: chunked;q=1\r\n"), 501},
    {"chunked in quotes", with("Transfer-Encoding: \"chunked\"\r\n"), 501},
    {"an empty coding", with("Transfer-Encoding: \r\n"), 501},
    {"chunked with a vertical tab", with("Transfer-Encoding: \vchunked\r\n"), 400},
    {"chunks in 1.0", "POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"a length with a space before the colon", with("Content-Length : 5\r\n"), 400},
};

const std::vector<Row> lines{
    {"a bare LF after the request line", "POST /a HTTP/1.1\nHost: a\r\n\r\n", 400},
    {"a bare LF after a field", start + "Host: a\n\r\n", 400},
    {"a bare LF for the empty line", start + host + "\n", 400},
    {"a bare LF inside a value", with("A: b\nTransfer-Encoding: chunked\r\n"), 400},
    {"a bare CR in the request line", line("POST /a\r HTTP/1.1"), 400},
    {"a bare CR inside a value", with("A: b\rTransfer-Encoding: chunked\r\n"), 400},
    {"a bare CR at the end of a value", with("A: b\r\r\n"), 400},
    {"a bare CR for a line", with("\rA: b\r\n"), 400},
    {"a line folded with a space", with("A: b\r\n c\r\n"), 400},
    {"a line folded with a tab", with("A: b\r\n\tc\r\n"), 400},
    {"the first field folded", start + " Host: a\r\n\r\n", 400},
    {"a space before the colon", with("A : b\r\n"), 400},
    {"a tab before the colon", with("A\t: b\r\n"), 400},
    {"a space inside a name", with("A B: c\r\n"), 400},
    {"an empty name", with(": b\r\n"), 400},
    {"no colon", with("A\r\n"), 400},
    {"a NUL in a name", with(std::string{"A\0B: c\r\n", 8}), 400},
    {"a NUL in a value", with(std::string{"A: b\0c\r\n", 8}), 400},
    {"a NUL in the target", line(std::string{"GET /a\0b HTTP/1.1", 17}), 400},
    {"DEL in a value", with("A: b\x7f\r\n"), 400},
    {"DEL in a name", with("A\x7f: b\r\n"), 400},
    {"an escape character in a value", with("A: \x1b[0m\r\n"), 400},
    {"a name beyond ASCII", with("\xc3\xa9: b\r\n"), 400},
    {"a name in brackets", with("[A]: b\r\n"), 400},
    {"Authorization twice", with("Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"), 400},
    {"Content-Type twice", with("Content-Type: application/json\r\ncontent-type: text/plain\r\n"), 400},
    {"Idempotency-Key twice", with("Idempotency-Key: a\r\nIdempotency-Key: a\r\n"), 400},
    {"an expectation that is not known", with("Expect: 200-ok\r\n"), 417},
    {"an empty line before", "\r\n" + start + host + crlf, 400},
};

const std::vector<Row> hosts{
    {"no Host", start + crlf, 400},
    {"two Hosts", with("Host: b\r\n"), 400},
    {"two equal Hosts", with(host), 400},
    {"a Host with a path", start + "Host: a/b\r\n\r\n", 400},
    {"a Host with a user", start + "Host: u@a\r\n\r\n", 400},
    {"a Host with a space", start + "Host: a b\r\n\r\n", 400},
    {"a Host with a query", start + "Host: a?b\r\n\r\n", 400},
    {"a Host with a fragment", start + "Host: a#b\r\n\r\n", 400},
    {"a Host with a backslash", start + "Host: a\\b\r\n\r\n", 400},
    {"a Host beyond ASCII", start + "Host: \xc3\xa9\r\n\r\n", 400},
    {"a Host that never ends", start + "Host: " + std::string(256, 'a') + "\r\n\r\n", 400},
};

const std::vector<Row> start_lines{
    {"no version", line("GET /a"), 400},
    {"HTTP/0.9", line("GET /a HTTP/0.9"), 505},
    {"HTTP/1.2", line("GET /a HTTP/1.2"), 505},
    {"HTTP/2.0", line("GET /a HTTP/2.0"), 505},
    {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
    {"HTTP/1.10", line("GET /a HTTP/1.10"), 505},
    {"HTTP/11", line("GET /a HTTP/11"), 505},
    {"http in lower case", line("GET /a http/1.1"), 505},
    {"another protocol", line("GET /a ICAP/1.0"), 505},
    {"two spaces before the target", line("GET  /a HTTP/1.1"), 400},
    {"two spaces before the version", line("GET /a  HTTP/1.1"), 505},
    {"a space behind the version", line("GET /a HTTP/1.1 "), 505},
    {"a tab for a space", line("GET\t/a HTTP/1.1"), 400},
    {"a space before the method", line(" GET /a HTTP/1.1"), 400},
    {"a space in the target", line("GET /a b HTTP/1.1"), 505},
    {"only a method", line("GET"), 400},
    {"no method", line("/a HTTP/1.1"), 400},
    {"an authority for a target", line("CONNECT a:443 HTTP/1.1"), 400},
    {"a target without a slash", line("GET a HTTP/1.1"), 400},
    {"a star for GET", line("GET * HTTP/1.1"), 400},
    {"another scheme", line("GET ftp://a/b HTTP/1.1"), 400},
    {"a URL without a path", line("GET http://a HTTP/1.1"), 400},
    {"a URL with a query for a path", line("GET http://a?b HTTP/1.1"), 400},
    {"a fragment", line("GET /a#b HTTP/1.1"), 400},
    {"a target beyond ASCII", line("GET /\xc3\xa9 HTTP/1.1"), 400},
    {"a request line of 9 KiB", line("GET /" + std::string(9 << 10, 'x') + " HTTP/1.1"), 414},
};

struct Refused : testing::TestWithParam<Row> {};

TEST_P(Refused, IsRefusedHoweverItIsCut) {
    const auto& row = GetParam();
    for (const std::size_t piece : {row.head.size(), std::size_t{1}, std::size_t{7}}) {
        Request request;
        EXPECT_EQ(refusal(row.head, piece, request), row.status) << "in pieces of " << piece;
    }
}

std::string name_of_row(const testing::TestParamInfo<Row>& info) {
    auto name = info.param.name;
    for (auto& c : name)
        if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
    return name;
}

INSTANTIATE_TEST_SUITE_P(Framing, Refused, testing::ValuesIn(framing), name_of_row);
INSTANTIATE_TEST_SUITE_P(Lines, Refused, testing::ValuesIn(lines), name_of_row);
INSTANTIATE_TEST_SUITE_P(Hosts, Refused, testing::ValuesIn(hosts), name_of_row);
INSTANTIATE_TEST_SUITE_P(StartLines, Refused, testing::ValuesIn(start_lines), name_of_row);

TEST(RequestParserHead, HasAHundredFieldsAtMost) {
    const auto fields = [](std::size_t count) {
        std::string text;
        for (std::size_t i = 0; i < count; ++i) text += "A: b\r\n";
        return text;
    };

    EXPECT_EQ(refusal(with(fields(header_count_limit - 1))), 0);
    EXPECT_EQ(refusal(with(fields(header_count_limit))), 431);
}

TEST(RequestParserHead, IsSplitIntoItsParts) {
    Request request;
    const auto head = std::string{
        "PATCH /a%20b/c?d=%26&e HTTP/1.1\r\nhOsT: [::1]:8000\r\nA:b\r\nB:\t c d \t\r\nC:\r\n"
        "D: \xc3\xa9\r\nA: again\r\n\r\n"};

    ASSERT_EQ(refusal(head, 1, request), 0);

    EXPECT_EQ(request.method, Method::patch);
    EXPECT_EQ(request.version, 11);
    EXPECT_EQ(request.target, "/a%20b/c?d=%26&e");
    EXPECT_EQ(request.path, "/a%20b/c");
    EXPECT_EQ(request.query, "d=%26&e");
    EXPECT_EQ(request.header("Host"), "[::1]:8000");
    EXPECT_EQ(request.header("a"), "b");
    EXPECT_EQ(request.header("B"), "c d");
    EXPECT_EQ(request.header("C"), "");
    EXPECT_EQ(request.header("D"), "\u00e9");
    EXPECT_EQ(request.headers.size(), 6U);
}

TEST(RequestParserHead, KnowsItsMethods) {
    const std::vector<std::pair<const char*, Method>> rows{
        {"GET", Method::get},         {"HEAD", Method::head},     {"POST", Method::post},
        {"PUT", Method::put},         {"PATCH", Method::patch},   {"DELETE", Method::del},
        {"OPTIONS", Method::options}, {"TRACE", Method::other},   {"get", Method::other},
        {"GETT", Method::other},      {"M-SEARCH", Method::other}};
    for (const auto& [text, method] : rows) {
        Request request;
        EXPECT_EQ(refusal(line(std::string{text} + " /a HTTP/1.1"), 99, request), 0) << text;
        EXPECT_EQ(request.method, method) << text;
    }
}

TEST(RequestParserHead, TakesEveryFormOfTargetThatHasAPath) {
    struct Form {
        std::string target, path, query;
    };
    for (const auto& [target, path, query] :
         {Form{"/", "/", ""}, Form{"/?", "/", ""}, Form{"/a?b?c", "/a", "b?c"}, Form{"//a", "//a", ""},
          Form{"http://h/a?b", "/a", "b"}, Form{"https://h:1/", "/", ""}}) {
        Request request;
        EXPECT_EQ(refusal(line("GET " + target + " HTTP/1.1"), 99, request), 0) << target;
        EXPECT_EQ(request.path, path) << target;
        EXPECT_EQ(request.query, query) << target;
    }
    EXPECT_EQ(refusal(line("OPTIONS * HTTP/1.1")), 0);
}

TEST(RequestParserHead, TakesHostsAsTheyAreWritten) {
    for (const auto* value : {"a", "a.example.com:8000", "127.0.0.1", "[::1]", "[::1]:80", "", "x_y-z"})
        EXPECT_EQ(refusal(start + "Host: " + value + "\r\n\r\n"), 0) << value;
    EXPECT_EQ(refusal("GET / HTTP/1.0\r\n\r\n"), 0);
}

TEST(RequestParserHead, SaysWhetherTheConnectionMayGoOn) {
    const auto keeps = [](const std::string& version, const std::string& fields) {
        Request request;
        request.head = "GET / HTTP/" + version + "\r\nHost: a\r\n" + fields + "\r\n";
        RequestParser parser{request};
        EXPECT_FALSE(parser.parse_head());
        return parser.wants_keep_alive();
    };

    EXPECT_TRUE(keeps("1.1", ""));
    EXPECT_FALSE(keeps("1.1", "Connection: close\r\n"));
    EXPECT_FALSE(keeps("1.1", "connection: Keep-Alive, CLOSE\r\n"));
    EXPECT_FALSE(keeps("1.0", ""));
    EXPECT_TRUE(keeps("1.0", "Connection: keep-alive\r\n"));
}

}  // namespace
}  // namespace carillon::net
