#include <carillon/error.hpp>

#include <gtest/gtest.h>

#include <set>

namespace carillon {
namespace {

TEST(Describe, GivesEachFailureItsStatusAndCode) {
    struct Row {
        Failure failure;
        int status;
        std::string_view code;
    };
    const std::vector<Row> rows{
        {Failure::internal, 500, "internal"},
        {Failure::malformed, 400, "malformed"},
        {Failure::invalid, 422, "invalid"},
        {Failure::unauthenticated, 401, "unauthenticated"},
        {Failure::forbidden, 403, "forbidden"},
        {Failure::not_found, 404, "not_found"},
        {Failure::method_not_allowed, 405, "method_not_allowed"},
        {Failure::timed_out, 408, "request_timeout"},
        {Failure::conflict, 409, "conflict"},
        {Failure::gone, 410, "gone"},
        {Failure::too_large, 413, "too_large"},
        {Failure::unsupported_media, 415, "unsupported_media"},
        {Failure::expectation_failed, 417, "expectation_failed"},
        {Failure::idempotency_mismatch, 422, "idempotency_key_reused"},
        {Failure::rate_limited, 429, "rate_limited"},
        {Failure::header_too_large, 431, "header_too_large"},
        {Failure::uri_too_long, 414, "uri_too_long"},
        {Failure::not_implemented, 501, "not_implemented"},
        {Failure::unavailable, 503, "unavailable"},
        {Failure::version_not_supported, 505, "version_not_supported"},
    };
    std::set<std::string_view> codes;
    std::set<std::string_view> titles;
    for (const auto& row : rows) {
        EXPECT_EQ(describe(row.failure).status, row.status) << row.code;
        EXPECT_EQ(describe(row.failure).code, row.code);
        codes.insert(describe(row.failure).code);
        titles.insert(describe(row.failure).title);
    }
    EXPECT_EQ(codes.size(), rows.size());
    EXPECT_EQ(titles.size(), rows.size());
}

std::string thrown_by(const Error& error) {
    const Result<int> result = error;
    try {
        return std::to_string(result.value());
    } catch (const std::runtime_error& surprise) {
        return surprise.what();
    }
}

TEST(ResultValue, ThrowsTheCodeAndTheDetailOfAFailure) {
    EXPECT_EQ(thrown_by({Failure::not_found, "no such user"}), "not_found: no such user");
    EXPECT_EQ(thrown_by({Failure::malformed, "malformed_json", "at byte 3"}), "malformed_json: at byte 3");
    EXPECT_EQ(thrown_by({Failure::invalid, "", std::vector<FieldError>{{"name", "is required"}}}),
              "invalid; name is required");
}

}  // namespace
}  // namespace carillon
