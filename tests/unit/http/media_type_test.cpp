#include "http/media_type.hpp"

#include <gtest/gtest.h>

namespace carillon::http {
namespace {

using Headers = std::vector<Header>;

// The status a body with these headers is turned down with, 0 when it is taken.
int refusal(Takes takes, Headers headers) {
    Request request;
    request.headers = std::move(headers);
    const auto error = check_media_type(request, takes);
    return error ? describe(error->failure).status : 0;
}

Headers typed(std::string_view type) {
    return {{"Content-Length", "2"}, {"Content-Type", type}};
}

TEST(MediaType, OfJsonIsWrittenInManyWays) {
    for (const auto* type :
         {"application/json", "Application/JSON", "application/json;charset=utf-8",
          "application/json ; charset=UTF-8", "application/json; charset=\"utf-8\"", "application/json;",
          "application/json; profile=\"x\"", "application/problem+json", "application/vnd.api+JSON"})
        for (const auto takes : {Takes::json, Takes::maybe_json, Takes::stream})
            EXPECT_EQ(refusal(takes, typed(type)), 0) << type;
}

TEST(MediaType, OfAnythingElseIsRefused) {
    for (const auto* type :
         {"", "text/plain", "text/json", "application/jsonp", "application/x-www-form-urlencoded",
          "multipart/form-data; boundary=x", "json", "application/json, text/plain", "+json",
          "application/json; charset=latin1", "application/json; a=b; CHARSET=utf-16", "application/xml"})
        for (const auto takes : {Takes::json, Takes::maybe_json, Takes::stream})
            EXPECT_EQ(refusal(takes, typed(type)), 415) << type;
}

TEST(MediaType, OfLinesIsForStreamsOnly) {
    for (const auto* type :
         {"application/x-ndjson", "application/jsonl", "application/X-NDJSON; charset=utf-8"}) {
        EXPECT_EQ(refusal(Takes::stream, typed(type)), 0) << type;
        EXPECT_EQ(refusal(Takes::json, typed(type)), 415) << type;
    }
    EXPECT_EQ(refusal(Takes::stream, typed("application/x-ndjson; charset=latin1")), 415);
}

TEST(MediaType, MustBeGivenWhereABodyIsNeeded) {
    EXPECT_EQ(refusal(Takes::json, {}), 415);
    EXPECT_EQ(refusal(Takes::json, {{"Content-Length", "2"}}), 415);
    EXPECT_EQ(refusal(Takes::stream, {{"Transfer-Encoding", "chunked"}}), 415);
}

TEST(MediaType, DoesNotMatterWithoutABodyOrAReader) {
    EXPECT_EQ(refusal(Takes::nothing, typed("application/x-www-form-urlencoded")), 0);
    EXPECT_EQ(refusal(Takes::nothing, {{"Content-Encoding", "gzip"}}), 0);
    EXPECT_EQ(refusal(Takes::maybe_json, {}), 0);
    EXPECT_EQ(refusal(Takes::maybe_json, {{"Content-Length", "0"}, {"Content-Type", "text/plain"}}), 0);
    EXPECT_EQ(refusal(Takes::maybe_json, {{"Transfer-Encoding", "chunked"}}), 415);
    EXPECT_EQ(refusal(Takes::maybe_json, {{"Content-Length", "2"}}), 415);
}

TEST(MediaType, IsTheHandlersBusinessWhereTheBodyIsTakenRaw) {
    EXPECT_EQ(refusal(Takes::raw, {}), 0);
    EXPECT_EQ(refusal(Takes::raw, typed("application/x-www-form-urlencoded")), 0);
    EXPECT_EQ(refusal(Takes::raw, {{"Content-Length", "2"}, {"Content-Encoding", "gzip"}}), 0);
}

TEST(MediaType, MustNotBeCompressed) {
    for (const auto* coding : {"gzip", "br", "identity, gzip", "x-gzip"}) {
        auto headers = typed("application/json");
        headers.push_back({"Content-Encoding", coding});
        EXPECT_EQ(refusal(Takes::json, headers), 415) << coding;
    }
    auto headers = typed("application/json");
    headers.push_back({"Content-Encoding", "Identity"});
    EXPECT_EQ(refusal(Takes::json, headers), 0);
}

}  // namespace
}  // namespace carillon::http
