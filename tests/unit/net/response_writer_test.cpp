#include "net/response_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

namespace carillon::net {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string written(const Response& response, Method method = Method::get,
                    Persistence persistence = Persistence::keep, int version = 11) {
    Request request;
    request.method = method;
    request.version = version;
    std::string out;
    append_response(out, request, response, persistence);
    return out;
}

Response hello() {
    Response response;
    response.body = R"({"a":1})";
    return response;
}

TEST(ResponseWriter, WritesStatusHeadersAndBody) {
    auto response = hello();
    response.status = 201;
    response.with("Location", "/a/1").with("ETag", "\"x\"");

    const auto text = written(response);

    EXPECT_THAT(text, StartsWith("HTTP/1.1 201 Created\r\nDate: "));
    EXPECT_THAT(text, HasSubstr("\r\nContent-Type: application/json\r\nContent-Length: 7\r\n"));
    EXPECT_THAT(text, HasSubstr("\r\nLocation: /a/1\r\nETag: \"x\"\r\n"));
    EXPECT_THAT(text, EndsWith("\r\n\r\n{\"a\":1}"));
    EXPECT_THAT(text, Not(HasSubstr("Connection")));
}

TEST(ResponseWriter, GivesHeadTheLengthWithoutTheBody) {
    const auto text = written(hello(), Method::head);

    EXPECT_THAT(text, HasSubstr("Content-Length: 7\r\n"));
    EXPECT_THAT(text, EndsWith("\r\n\r\n"));
}

TEST(ResponseWriter, GivesNoContentAndNotModifiedNeitherLengthNorBody) {
    for (const int status : {204, 304}) {
        auto response = hello();
        response.status = status;
        response.with("ETag", "\"x\"");

        const auto text = written(response);

        EXPECT_THAT(text, Not(HasSubstr("Content-"))) << status;
        EXPECT_THAT(text, EndsWith("ETag: \"x\"\r\n\r\n")) << status;
    }
}

TEST(ResponseWriter, GivesAnEmptyBodyItsLength) {
    EXPECT_THAT(written(Response{}), HasSubstr("Content-Length: 0\r\n"));
}

TEST(ResponseWriter, SaysHowTheConnectionGoesOn) {
    EXPECT_THAT(written(hello(), Method::get, Persistence::close), HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_THAT(written(hello(), Method::get, Persistence::keep, 10),
                HasSubstr("\r\nConnection: keep-alive\r\n"));
    EXPECT_THAT(written(hello(), Method::get, Persistence::close, 10), Not(HasSubstr("keep-alive")));
}

TEST(ResponseWriter, LetsNoValueEndItsHeader) {
    auto response = hello();
    response.with("Location", std::string{"/a\r\nSet-Cookie: x=1\r\n\r\n<html>\0\x7f\n\r", 33});

    const auto text = written(response);

    EXPECT_THAT(text, HasSubstr("\r\nLocation: /a  Set-Cookie: x=1    <html>    \r\n\r\n{\"a\":1}"));
    EXPECT_THAT(text, Not(HasSubstr("\nSet-Cookie")));
}

TEST(ResponseWriter, KeepsWhatALaterAnswerIsAppendedTo) {
    Request request;
    std::string out = "before";
    append_response(out, request, hello(), Persistence::keep);

    EXPECT_THAT(out, StartsWith("beforeHTTP/1.1 200 OK\r\n"));
}

TEST(ResponseWriter, WritesTheDateAsMailDoes) {
    const auto text = written(hello());
    const auto start = text.find("Date: ") + 6;
    const auto date = text.substr(start, text.find("\r\n", start) - start);

    std::tm parts{};
    const char* rest = strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    ASSERT_NE(rest, nullptr) << date;
    EXPECT_STREQ(rest, "");
    EXPECT_EQ(date.size(), 29U);
    EXPECT_LE(std::abs(std::difftime(timegm(&parts), std::time(nullptr))), 5);
}

}  // namespace
}  // namespace carillon::net
