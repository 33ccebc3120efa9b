#include "channels/fcm_codes.hpp"

#include <gtest/gtest.h>

#include <carillon/json.hpp>

namespace carillon::channels {
namespace {

FcmAnswer read(int status, std::string body) {
    outbound::Reply reply;
    reply.status = status;
    reply.body = std::move(body);
    return read_fcm_answer(reply);
}

std::string envelope(const char* status, const char* message, const char* fcm_code, Json more = nullptr) {
    Json details = Json::array();
    if (!more.is_null()) details.push_back(std::move(more));
    if (fcm_code != nullptr)
        details.push_back(
            {{"@type", "type.googleapis.com/google.firebase.fcm.v1.FcmError"}, {"errorCode", fcm_code}});
    return to_text(Json{{"error", {{"status", status}, {"message", message}, {"details", details}}}});
}

Json violation(const char* field) {
    return Json{{"@type", "type.googleapis.com/google.rpc.BadRequest"},
                {"fieldViolations", {{{"field", field}, {"description", "Invalid"}}}}};
}

TEST(FcmAnswer, HasANameWhenTaken) {
    const auto answer = read(200, R"({"name": "projects/p/messages/0:1%2"})");

    EXPECT_EQ(answer.name, "projects/p/messages/0:1%2");
    EXPECT_EQ(answer.code, "");
}

TEST(FcmAnswer, MakesNoSenseWithoutOne) {
    for (const auto* body : {"", "<html>", "{", "[]", "{}", R"({"name": 7})", R"({"name": ""})"})
        EXPECT_EQ(read(200, body).code, "bad_answer") << body;
}

TEST(FcmAnswer, IsClassifiedInGooglesOrder) {
    struct Row {
        const char* name;
        int status;
        std::string body;
        const char* code;
    };
    constexpr auto not_found = "Requested entity was not found.";
    for (const auto& [name, status, body, code] :
         {Row{"the FcmError first", 404, envelope("NOT_FOUND", not_found, "UNREGISTERED"), "UNREGISTERED"},
          Row{"though it is not the first detail", 403,
              envelope("PERMISSION_DENIED", "", "SENDER_ID_MISMATCH", violation("x")), "SENDER_ID_MISMATCH"},
          Row{"over the HTTP status", 500, envelope("INTERNAL", "", "QUOTA_EXCEEDED"), "QUOTA_EXCEEDED"},
          Row{"an unknown FcmError: the status", 503, envelope("UNAVAILABLE", "", "BRAND_NEW"),
              "UNAVAILABLE"},
          Row{"no FcmError: the status", 401, envelope("UNAUTHENTICATED", "", nullptr), "UNAUTHENTICATED"},
          Row{"not found in their words", 404, envelope("NOT_FOUND", not_found, nullptr), "NOT_FOUND"},
          Row{"not found in other words", 404, envelope("NOT_FOUND", "No such project", nullptr),
              "wrong_address"},
          Row{"no status: the message", 400, R"({"error": {"message": "UNREGISTERED"}})", "UNREGISTERED"},
          Row{"a bare text", 500, R"({"error": "UNAVAILABLE"})", "UNAVAILABLE"},
          Row{"nothing known: the HTTP status", 400, R"({"error": {"status": "ODD"}})", "INVALID_ARGUMENT"},
          Row{"HTML 400", 400, "<html>", "INVALID_ARGUMENT"},
          Row{"HTML 401", 401, "<html>", "UNAUTHENTICATED"},
          Row{"HTML 403", 403, "<html>", "PERMISSION_DENIED"},
          Row{"HTML 404", 404, "<html>", "wrong_address"},
          Row{"an empty 413", 413, "", "too_large"},
          Row{"an empty 429", 429, "", "RESOURCE_EXHAUSTED"},
          Row{"an empty 500", 500, "", "INTERNAL"},
          Row{"HTML 502", 502, "<html>", "UNAVAILABLE"},
          Row{"an empty 503", 503, "", "UNAVAILABLE"},
          Row{"an odd 5xx", 599, "", "INTERNAL"},
          Row{"a redirect", 302, "", "bad_answer"},
          Row{"a teapot", 418, "{}", "bad_answer"}})
        EXPECT_EQ(read(status, body).code, code) << name;
}

TEST(FcmAnswer, TellsABadTokenFromABadMessage) {
    struct Row {
        const char* name;
        std::string body;
        std::string_view code;
    };
    constexpr auto words = "The registration token is not a valid FCM registration token";
    for (const auto& [name, body, code] :
         {Row{"by the field",
              envelope("INVALID_ARGUMENT", "", "INVALID_ARGUMENT", violation("message.token")),
              fcm_invalid_token},
          Row{"by the field, without an FcmError",
              envelope("INVALID_ARGUMENT", "", nullptr, violation("message.token")), fcm_invalid_token},
          Row{"by the installation id", envelope("INVALID_ARGUMENT", "", nullptr, violation("message.fid")),
              fcm_invalid_token},
          Row{"by the words", envelope("INVALID_ARGUMENT", words, "INVALID_ARGUMENT"), fcm_invalid_token},
          Row{"another field",
              envelope("INVALID_ARGUMENT", "", "INVALID_ARGUMENT", violation("message.data[0].value")),
              "INVALID_ARGUMENT"},
          Row{"no target",
              envelope("INVALID_ARGUMENT", "Recipient of the message is not set.", "INVALID_ARGUMENT"),
              "INVALID_ARGUMENT"}})
        EXPECT_EQ(read(400, body).code, code) << name;
}

TEST(FcmRuling, SaysWhatToDo) {
    struct Row {
        const char* code;
        Action action;
        Reason reason;
        int after;
    };
    for (const auto& [code, action, reason, after] :
         {Row{"UNREGISTERED", Action::drop_token, Reason::unregistered, 0},
          Row{"NOT_FOUND", Action::drop_token, Reason::unregistered, 0},
          Row{"invalid_token", Action::drop_token, Reason::unregistered, 0},
          Row{"SENDER_ID_MISMATCH", Action::flag_token, Reason::sender_mismatch, 0},
          Row{"INVALID_ARGUMENT", Action::reject, Reason::invalid_request, 0},
          Row{"THIRD_PARTY_AUTH_ERROR", Action::reject, Reason::third_party_credentials, 0},
          Row{"UNAUTHENTICATED", Action::refresh_token, Reason::credentials_refused, 300},
          Row{"PERMISSION_DENIED", Action::pause_channel, Reason::credentials_refused, 300},
          Row{"wrong_address", Action::pause_channel, Reason::bad_answer, 300},
          Row{"QUOTA_EXCEEDED", Action::retry, Reason::rate_limited, 60},
          Row{"INTERNAL", Action::retry, Reason::provider_error, 0},
          Row{"UNSPECIFIED_ERROR", Action::retry, Reason::provider_error, 0}}) {
        const auto ruling = fcm_ruling(code);
        ASSERT_TRUE(ruling) << code;
        EXPECT_EQ(ruling->action, action) << code;
        EXPECT_EQ(ruling->reason, reason) << code;
        EXPECT_EQ(ruling->after.count(), after) << code;
    }
    EXPECT_FALSE(fcm_ruling(""));
    EXPECT_FALSE(fcm_ruling("unregistered"));
}

}  // namespace
}  // namespace carillon::channels
