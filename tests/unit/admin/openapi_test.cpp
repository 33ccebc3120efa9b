#include "admin/openapi.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace carillon::admin {
namespace {

using embedded::File;
using testing::HasSubstr;

constexpr File base{base_document, R"({
    "openapi": "3.1.0", "info": {"title": "t", "version": "0"}, "tags": [{"name": "Health"}],
    "paths": {"/a": {"get": {"operationId": "a"}}},
    "components": {"schemas": {"One": {"type": "string"}}}})"};

Json merge(std::vector<File> files) {
    files.insert(files.begin(), base);
    return merge_documents(files, "1.2.3");
}

// Why the files cannot be merged; empty when they can.
std::string refusal(std::vector<File> files) {
    try {
        merge(std::move(files));
        return "";
    } catch (const std::logic_error& error) {
        return error.what();
    }
}

TEST(MergeDocuments, AFragmentAddsPathsSchemasAndTags) {
    const auto document = merge({{"users/openapi.json", R"({
        "tags": [{"name": "Users"}],
        "paths": {"/b": {"get": {"operationId": "b"}}},
        "components": {"schemas": {"Two": {"type": "integer"}}, "responses": {"R": {"description": "r"}}}})"}});

    EXPECT_EQ(document.at("tags"), Json::parse(R"([{"name": "Health"}, {"name": "Users"}])"));
    EXPECT_EQ(document.at("paths").size(), 2U);
    EXPECT_EQ(document.at("/components/schemas/One/type"_json_pointer), "string");
    EXPECT_EQ(document.at("/components/schemas/Two/type"_json_pointer), "integer");
    EXPECT_TRUE(document.contains("/components/responses/R"_json_pointer));
}

TEST(MergeDocuments, TwoFragmentsMayShareAPathButNotAMethod) {
    const File other_method{"x/openapi.json", R"({"paths": {"/a": {"put": {"operationId": "p"}}}})"};
    const File same_method{"x/openapi.json", R"({"paths": {"/a": {"get": {"operationId": "p"}}}})"};

    EXPECT_EQ(merge({other_method}).at("/paths/~1a"_json_pointer).size(), 2U);
    EXPECT_THAT(refusal({same_method}), HasSubstr("x/openapi.json: paths//a/get is described twice"));
}

TEST(MergeDocuments, RefusesASchemaOrTagDescribedTwice) {
    const File schema{"x/openapi.json", R"({"components": {"schemas": {"One": {"type": "string"}}}})"};
    const File tag{"x/openapi.json", R"({"tags": [{"name": "Health"}]})"};

    EXPECT_THAT(refusal({schema}), HasSubstr("components/schemas/One is described twice"));
    EXPECT_THAT(refusal({tag}), HasSubstr("tag Health is described twice"));
}

TEST(MergeDocuments, RefusesWhatWouldBeLost) {
    EXPECT_THAT(refusal({{"x/openapi.json", R"({"info": {"title": "mine"}})"}}), HasSubstr("no info"));
    EXPECT_THAT(refusal({{"x/openapi.json", R"({"pahts": {}})"}}), HasSubstr("no pahts"));
}

TEST(MergeDocuments, RefusesAMalformedFragmentByName) {
    EXPECT_THAT(refusal({{"x/openapi.json", "{"}}), testing::StartsWith("x/openapi.json: "));
    EXPECT_THAT(refusal({{"x/openapi.json", "[]"}}), HasSubstr("not an object"));
}

TEST(MergeDocuments, NeedsTheBase) {
    const std::vector<File> files{{"x/openapi.json", "{}"}};

    EXPECT_THROW(merge_documents(files, "1"), std::logic_error);
}

TEST(MergeDocuments, TakesTheVersionOfTheProgram) {
    EXPECT_EQ(merge({}).at("/info/version"_json_pointer), "1.2.3");
}

TEST(MergeDocuments, TheFilesOfTheProgramMerge) {
    const auto document = merge_documents(embedded::openapi(), "1.2.3");

    EXPECT_EQ(document.at("openapi"), "3.1.0");
    EXPECT_TRUE(document.at("paths").contains("/api/health"));
}

class OpenApiTest : public testing::Test {
protected:
    Response ask(std::string_view if_none_match) {
        request.headers = {{"if-none-match", if_none_match}};
        return openapi.answer(request);
    }
    static std::string header_of(const Response& response, std::string_view name) {
        for (const auto& [known, value] : response.headers)
            if (known == name) return value;
        return "";
    }

    const Json document{{"openapi", "3.1.0"}};
    OpenApi openapi{document};
    Request request;
    std::string tag = header_of(openapi.answer(request), "ETag");
};

TEST_F(OpenApiTest, HandsOutTheDocument) {
    const auto answer = openapi.answer(request);

    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.content_type, json_type);
    EXPECT_EQ(Json::parse(answer.body), document);
    EXPECT_THAT(tag, testing::MatchesRegex("\"[0-9a-f]{32}\""));
    EXPECT_EQ(header_of(answer, "Cache-Control"), "public, no-cache");
}

TEST_F(OpenApiTest, AnswersNothingNewToWhoHasIt) {
    const std::vector<std::string> same{tag, "W/" + tag, "\"x\", " + tag, "\"x\",W/" + tag + " ,\"y\"", "*"};
    for (const auto& known : same) {
        const auto answer = ask(known);
        EXPECT_EQ(answer.status, 304) << known;
        EXPECT_TRUE(answer.body.empty());
        EXPECT_EQ(header_of(answer, "ETag"), tag);
        EXPECT_EQ(header_of(answer, "Cache-Control"), "public, no-cache");
    }
}

TEST_F(OpenApiTest, AnswersInFullToAnythingElse) {
    const std::vector<std::string> other{"", " ", ",", ", ,", "\"x\"", tag.substr(1), "W/", "x" + tag};
    for (const auto& known : other) EXPECT_EQ(ask(known).status, 200) << known;
}

TEST_F(OpenApiTest, AnotherDocumentHasAnotherTag) {
    const OpenApi other{Json{{"openapi", "3.1.1"}}};

    EXPECT_NE(header_of(other.answer(request), "ETag"), tag);
}

}  // namespace
}  // namespace carillon::admin
