// Bodies with a length and bodies in chunks, cut at every byte.
#include <gtest/gtest.h>

#include "net/request_parser.hpp"

namespace carillon::net {
namespace {

constexpr std::size_t no_limit = 1 << 20;

struct Taken {
    int status = 0;  // of the refusal
    bool complete = false;
    std::string body;
    std::string left;  // what lies behind the body
    bool operator==(const Taken&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Taken& taken) {
    return out << taken.status << (taken.complete ? " complete \"" : " \"") << taken.body << "\" left \""
               << taken.left << '"';
}

// Hands the bytes over in the given pieces, keeping what is not taken, as a session does.
class Body {
public:
    explicit Body(const std::string& fields, std::size_t limit = no_limit,
                  RequestParser::Body what = RequestParser::Body::keep) {
        request_.head = "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n\r\n";
        parser_.emplace(request_);
        EXPECT_FALSE(parser_->parse_head());
        parser_->expect_body(what, limit);
    }

    void feed(std::string_view bytes) {
        waiting_ += bytes;
        while (!status_ && !parser_->complete() && !waiting_.empty()) {
            const auto taken = parser_->take_body(waiting_);
            if (taken.has_error()) {
                status_ = describe(taken.error().failure).status;
                return;
            }
            if (*taken == 0) return;
            waiting_.erase(0, *taken);
        }
    }

    [[nodiscard]] Taken taken() const {
        return {status_, !status_ && parser_->complete(), request_.body, parser_->complete() ? waiting_ : ""};
    }
    [[nodiscard]] const Request& request() const { return request_; }

private:
    Request request_;
    std::optional<RequestParser> parser_;
    std::string waiting_;
    int status_ = 0;
};

const std::string chunked = "Transfer-Encoding: chunked";

Taken whole(const std::string& bytes, const std::string& fields = chunked, std::size_t limit = no_limit) {
    Body body{fields, limit};
    body.feed(bytes);
    return body.taken();
}

TEST(RequestBody, WithALengthEndsThere) {
    EXPECT_EQ(whole("hello", "Content-Length: 5"), (Taken{0, true, "hello", ""}));
    EXPECT_EQ(whole("helloGET /", "Content-Length: 5"), (Taken{0, true, "hello", "GET /"}));
    EXPECT_EQ(whole("hell", "Content-Length: 5"), (Taken{0, false, "hell", ""}));
    EXPECT_EQ(whole("", "Content-Length: 0"), (Taken{0, true, "", ""}));
    EXPECT_EQ(whole("hello", "Content-Length: 0005"), (Taken{0, true, "hello", ""}));
    EXPECT_EQ(whole("rest", "A: b"), (Taken{0, true, "", "rest"}));
}

TEST(RequestBody, InChunksIsPutTogether) {
    EXPECT_EQ(whole("5\r\nhello\r\n0\r\n\r\n"), (Taken{0, true, "hello", ""}));
    EXPECT_EQ(whole("1\r\nh\r\n4\r\nello\r\n0\r\n\r\nGET /"), (Taken{0, true, "hello", "GET /"}));
    EXPECT_EQ(whole("0\r\n\r\n"), (Taken{0, true, "", ""}));
    EXPECT_EQ(whole("A\r\n0123456789\r\na\r\n0123456789\r\n000\r\n\r\n"),
              (Taken{0, true, "01234567890123456789", ""}));
    EXPECT_EQ(whole("2\r\n\r\n\r\n0\r\n\r\n"), (Taken{0, true, "\r\n", ""}));
}

TEST(RequestBody, MayBeCutAtEveryByte) {
    const std::string bytes =
        "5;name=value\r\nhello\r\n00c\r\n, good world\r\n0;last\r\nA: b\r\n\r\nGET / HTTP/1.1";
    const Taken expected{0, true, "hello, good world", "GET / HTTP/1.1"};
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        Body body{chunked};
        body.feed(bytes.substr(0, cut));
        body.feed(bytes.substr(cut));
        EXPECT_EQ(body.taken(), expected) << cut;
    }
    Body body{chunked};
    for (const char c : bytes) body.feed({&c, 1});
    EXPECT_EQ(body.taken(), expected);
}

TEST(RequestBody, MayBeEmptyAndCutAtEveryByte) {
    for (const std::string bytes : {"0\r\n\r\n", "0;a=b\r\nA: b\r\n\r\n"}) {
        Body body{chunked};
        for (const char c : bytes) body.feed({&c, 1});
        EXPECT_EQ(body.taken(), (Taken{0, true, "", ""}));
    }
}

TEST(RequestBody, MayHaveExtensionsThatMeanNothing) {
    for (const auto* extension : {";a", ";a=b", ";a=\"b c\"", ";a;b=1;c"})
        EXPECT_EQ(whole(std::string{"5"} + extension + "\r\nhello\r\n0" + extension + "\r\n\r\n"),
                  (Taken{0, true, "hello", ""}))
            << extension;
}

TEST(RequestBody, KeepsTrailersOut) {
    Body body{chunked};

    body.feed("5\r\nhello\r\n0\r\nAuthorization: Bearer x\r\nHost: evil\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n");

    EXPECT_EQ(body.taken(), (Taken{0, true, "hello", ""}));
    EXPECT_EQ(body.request().headers.size(), 2U);
    EXPECT_EQ(body.request().header("Host"), "a");
    EXPECT_EQ(body.request().header("Authorization"), std::nullopt);
}

TEST(RequestBody, RefusesTrailersAboutFraming) {
    EXPECT_EQ(whole("0\r\nContent-Length: 5\r\n\r\nhello").status, 400);
    EXPECT_EQ(whole("0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").status, 400);
}

struct Bad {
    const char* name;
    std::string bytes;
};
const std::vector<Bad> bad_chunks{
    {"no size", "\r\nhello\r\n0\r\n\r\n"},
    {"a size that is no number", "x\r\nhello\r\n0\r\n\r\n"},
    {"a size in 0x", "0x5\r\nhello\r\n0\r\n\r\n"},
    {"a negative size", "-1\r\nhello\r\n0\r\n\r\n"},
    {"a size with a plus", "+5\r\nhello\r\n0\r\n\r\n"},
    {"a space before the size", " 5\r\nhello\r\n0\r\n\r\n"},
    {"a size of seventeen digits", "10000000000000000\r\nhello\r\n0\r\n\r\n"},
    {"a size that overflows", "ffffffffffffffff5\r\nhello\r\n0\r\n\r\n"},
    {"LF behind the size", "5\nhello\r\n0\r\n\r\n"},
    {"CR behind the size", "5\rhello\r\n0\r\n\r\n"},
    {"nothing behind the data", "5\r\nhello0\r\n\r\n"},
    {"LF behind the data", "5\r\nhello\n0\r\n\r\n"},
    {"more data than the size", "5\r\nhello world\r\n0\r\n\r\n"},
    {"LF in an extension", "5;a\nb\r\nhello\r\n0\r\n\r\n"},
    {"LF in a quoted extension", "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n"},
    {"CR LF in a quoted extension", "5;a=\"\r\n\"\r\nhello\r\n0\r\n\r\n"},
    {"an extension without its semicolon", "5 a\r\nhello\r\n0\r\n\r\n"},
    {"a NUL behind the size", std::string{"5\0\r\nhello\r\n0\r\n\r\n", 17}},
    {"a trailer without a colon", "0\r\nabc\r\n\r\n"},
    {"a trailer with a space before its colon", "0\r\nA : b\r\n\r\n"},
    {"LF behind the last size", "0\n\r\n\r\n"},
    {"LF behind a trailer", "0\r\nA: b\n\r\n\r\n"},
};

TEST(RequestBody, RefusesChunksThatBreakTheRules) {
    for (const auto& [name, bytes] : bad_chunks) {
        EXPECT_EQ(whole(bytes).status, 400) << name;
        Body body{chunked};
        for (const char c : bytes) body.feed({&c, 1});
        EXPECT_EQ(body.taken().status, 400) << name << ", byte by byte";
    }
}

TEST(RequestBody, MayBeAsLongAsTheLimitAndNoLonger) {
    const auto with_length = [](std::size_t size) {
        return whole(std::string(size, 'x'), "Content-Length: " + std::to_string(size), 10);
    };
    const auto in_chunks = [](std::size_t size) {
        std::string bytes;
        for (std::size_t i = 0; i < size; ++i) bytes += "1\r\nx\r\n";
        return whole(bytes + "0\r\n\r\n", chunked, 10);
    };

    EXPECT_EQ(with_length(10), (Taken{0, true, "xxxxxxxxxx", ""}));
    EXPECT_EQ(in_chunks(10), (Taken{0, true, "xxxxxxxxxx", ""}));
    EXPECT_EQ(with_length(11).status, 413);
    EXPECT_EQ(in_chunks(11).status, 413);
    // Told before the data comes.
    EXPECT_EQ(whole("00b\r\n", chunked, 10).status, 413);
    EXPECT_EQ(whole("ffffffffffffffff\r\n", chunked, 10).status, 413);
    EXPECT_EQ(whole("0\r\n\r\n", chunked, 0), (Taken{0, true, "", ""}));
}

TEST(RequestBody, CountsWhenItIsThrownAway) {
    Body body{"Content-Length: 5", 5, RequestParser::Body::discard};
    body.feed("hello");
    EXPECT_EQ(body.taken(), (Taken{0, true, "", ""}));

    Body too_long{chunked, 5, RequestParser::Body::discard};
    too_long.feed("3\r\nabc\r\n3\r\n");
    EXPECT_EQ(too_long.taken().status, 413);
}

TEST(RequestBody, RefusesFramingThatNeverEnds) {
    const std::string flood(5 << 10, 'a');

    EXPECT_EQ(whole("5;" + flood).status, 400);
    EXPECT_EQ(whole("5;" + flood + "\r\nhello\r\n0\r\n\r\n").status, 400);
    EXPECT_EQ(whole("0\r\nA: " + flood).status, 400);
    EXPECT_EQ(whole(std::string(5 << 10, '0')).status, 400);
}

TEST(RequestBody, RefusesManySmallExtensionsTooInTheEnd) {
    std::string bytes;
    for (int i = 0; i < 100; ++i) bytes += "1;" + std::string(100, 'a') + "\r\nx\r\n";

    EXPECT_EQ(whole(bytes).status, 400);
}

}  // namespace
}  // namespace carillon::net
