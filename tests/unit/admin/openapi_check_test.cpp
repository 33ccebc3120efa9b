#include "admin/openapi_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin/openapi.hpp"

namespace carillon::admin {
namespace {

using http::Access;
using http::Route;
using http::Takes;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A route and its description that agree in every way; each test breaks one thing.
class DifferencesTest : public testing::Test {
protected:
    [[nodiscard]] std::vector<std::string> found() const { return differences(document, {&route}); }
    Json& operation() { return document["paths"]["/things/{thing_id}"]["post"]; }
    void forget_answer(const char* status) { operation()["responses"].erase(status); }

    Route route{Method::post, "/things/{thing_id}", Access::self, Takes::json, {}, true};
    Json document = Json::parse(R"({
        "paths": {"/things/{thing_id}": {
            "parameters": [{"name": "thing_id", "in": "path"}],
            "post": {
                "operationId": "postThing",
                "security": [{"bearer": []}],
                "parameters": [{"$ref": "#/components/parameters/Key"}],
                "requestBody": {"required": true, "content": {"application/json": {}}},
                "responses": {"200": {}, "400": {}, "401": {}, "403": {}, "409": {}, "413": {}, "415": {}, "422": {},
                              "429": {}, "503": {}}
            }}},
        "components": {"parameters": {"Key": {"name": "Idempotency-Key", "in": "header"}}}})");
};

TEST_F(DifferencesTest, NoneWhenBothAgree) {
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(DifferencesTest, ARouteThatIsNotDescribed) {
    document["paths"].clear();
    EXPECT_THAT(found(), ElementsAre("POST /things/{thing_id} has no operation in the document"));
}

TEST_F(DifferencesTest, ADescriptionOfAnotherMethod) {
    document["paths"]["/things/{thing_id}"]["put"] = {{"operationId", "putThing"}};
    EXPECT_THAT(found(), ElementsAre("put /things/{thing_id} is described but not served"));
}

TEST_F(DifferencesTest, ADescriptionOfAnotherPath) {
    document["paths"]["/things"]["get"] = {{"operationId", "list"}};
    EXPECT_THAT(found(), ElementsAre("get /things is described but not served"));
}

TEST_F(DifferencesTest, AnOperationIdUsedTwice) {
    document["paths"]["/things"]["get"] = {{"operationId", "postThing"}};
    EXPECT_THAT(found(), Contains(HasSubstr("an operationId that another has: postThing")));
}

TEST_F(DifferencesTest, AnOperationWithoutId) {
    operation().erase("operationId");
    EXPECT_THAT(found(), ElementsAre(HasSubstr("has no operationId")));
}

TEST_F(DifferencesTest, APathParameterThatIsNotDescribed) {
    document["paths"]["/things/{thing_id}"].erase("parameters");
    EXPECT_THAT(found(), ElementsAre(HasSubstr("path parameter thing_id that is not described")));
}

TEST_F(DifferencesTest, APathParameterThatIsNotThere) {
    operation()["parameters"].push_back({{"name", "other"}, {"in", "path"}});
    EXPECT_THAT(found(), ElementsAre(HasSubstr("has no path parameter other")));
}

TEST_F(DifferencesTest, ATokenAskedForButNotDescribed) {
    operation()["security"] = Json::array();
    EXPECT_THAT(found(), ElementsAre(HasSubstr("asks for a token, but the document does not")));
    operation().erase("security");
    EXPECT_THAT(found(), ElementsAre(HasSubstr("asks for a token, but the document does not")));
}

TEST_F(DifferencesTest, TheSecurityOfTheWholeDocumentCounts) {
    operation().erase("security");
    document["security"] = Json::parse(R"([{"bearer": []}])");
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(DifferencesTest, AnOpenRouteDescribedAsClosed) {
    route.access = Access::open;
    EXPECT_THAT(found(), ElementsAre(HasSubstr("is open, but the document asks for a token")));
}

TEST_F(DifferencesTest, AClosedRouteWithoutIts401And403) {
    forget_answer("401");
    forget_answer("403");
    EXPECT_THAT(found(), ElementsAre(HasSubstr("no 401"), HasSubstr("no 403")));
}

TEST_F(DifferencesTest, WhoeverIsSignedInIsNeverForbidden) {
    route.access = Access::signed_in;
    forget_answer("403");
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(DifferencesTest, ABodyThatIsNotDescribed) {
    operation().erase("requestBody");
    EXPECT_THAT(found(), ElementsAre(HasSubstr("takes a JSON body, but the document describes none")));
}

TEST_F(DifferencesTest, ABodyOfAnotherType) {
    operation()["requestBody"]["content"] = {{"text/plain", Json::object()}};
    EXPECT_THAT(found(), ElementsAre(HasSubstr("takes a JSON body, but the document describes none")));
}

TEST_F(DifferencesTest, ABodyThatNobodyTakes) {
    route.takes = Takes::nothing;
    EXPECT_THAT(found(), ElementsAre(HasSubstr("takes no body, but the document describes one")));
}

TEST_F(DifferencesTest, ABodyThatIsRequiredByOneOnly) {
    operation()["requestBody"].erase("required");
    EXPECT_THAT(found(), ElementsAre(HasSubstr("must have a body")));
    route.takes = Takes::maybe_json;
    EXPECT_THAT(found(), IsEmpty());
    operation()["requestBody"]["required"] = true;
    EXPECT_THAT(found(), ElementsAre(HasSubstr("can do without a body")));
}

TEST_F(DifferencesTest, ABodyWithoutWhatCanBeWrongWithIt) {
    for (const auto* status : {"400", "413", "415"}) forget_answer(status);
    EXPECT_THAT(found(), ElementsAre(HasSubstr("no 400"), HasSubstr("no 413"), HasSubstr("no 415")));
}

TEST_F(DifferencesTest, AnIdempotencyKeyHonouredButNotDescribed) {
    operation().erase("parameters");
    EXPECT_THAT(found(), ElementsAre(HasSubstr("honours Idempotency-Key, but the document does not say so")));
}

TEST_F(DifferencesTest, AnIdempotencyKeyDescribedButNotHonoured) {
    route.creates = false;
    EXPECT_THAT(found(), ElementsAre(HasSubstr("does not honour Idempotency-Key")));
}

TEST_F(DifferencesTest, AnIdempotencyKeyWithoutItsConflict) {
    forget_answer("409");
    EXPECT_THAT(found(), ElementsAre(HasSubstr("no 409")));
}

TEST_F(DifferencesTest, ABodyWhoseFieldsAreNeverWrong) {
    route.creates = false;
    operation().erase("parameters");
    forget_answer("422");
    EXPECT_THAT(found(), ElementsAre(HasSubstr("no 422")));
    route.takes = Takes::stream;
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(DifferencesTest, ARefusalOfTheRouterThatIsNotDescribed) {
    forget_answer("429");
    forget_answer("503");
    EXPECT_THAT(found(), ElementsAre(HasSubstr("no 429"), HasSubstr("no 503")));
    route.probe = true;
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(DifferencesTest, AReferenceThatLeadsNowhere) {
    document.erase("components");
    EXPECT_THAT(found(), Contains(HasSubstr("honours Idempotency-Key, but the document does not say so")));
}

}  // namespace
}  // namespace carillon::admin
