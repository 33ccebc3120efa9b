// What every channel promises, whatever is behind it. A new channel joins with one line at the end.
#include <gmock/gmock.h>

#include <functional>
#include <optional>

#include "channels/verdicts.hpp"
#include "channels/web_chat.hpp"
#include "integration/channels/bench.hpp"
#include "support/captured_log.hpp"
#include "support/database.hpp"

namespace carillon::channels {
namespace {

using namespace std::chrono_literals;
using test::a_message;
using testing::HasSubstr;
using testing::Not;

enum class Behind { well, down, silent };

// A channel with its provider.
class Subject {
public:
    virtual ~Subject() = default;
    virtual Channel& channel() = 0;
    [[nodiscard]] virtual Message acceptable() const { return a_message(); }
    // A message, and a provider, such that there is nothing to hope for.
    virtual Message hopeless() = 0;
    Outcome send(const Message& message) { return test::run_on_loop(io, channel().send(message)); }

    asio::io_context io;
};

class HttpSubject : public Subject {
public:
    // The path that messages go to, and what is said there.
    struct Words {
        const char* path;
        std::string yes;
        std::string no;
        SecondCopy second_copy;
    };
    explicit HttpSubject(Words its_words) : words{std::move(its_words)} {
        bench.imposter.when(token_path).reply(200, token_body());
        answers().reply(200, words.yes);
    }

    Message hopeless() override {
        answers().reply(400, words.no);
        return a_message();
    }
    test::Imposter::Script answers() { return bench.imposter.when(words.path); }
    [[nodiscard]] std::size_t calls() const { return bench.imposter.requests(words.path).size(); }

    const Words words;
    Bench bench;
};

std::string address(const Bench& bench, Behind behind) {
    return behind == Behind::down ? test::refusing_address() : bench.imposter.url();
}

class FcmSubject final : public HttpSubject {
public:
    explicit FcmSubject(Behind behind)
        : HttpSubject{{fcm_path, fcm_name("m-1"), fcm_error("INVALID_ARGUMENT", "INVALID_ARGUMENT", "bad"),
                       SecondCopy::harmless}} {
        auto settings = bench.fcm_settings();
        settings.base_url = address(bench, behind);
        if (behind == Behind::silent) settings.timeout = Bench::impatience;
        fcm.emplace(bench.client, std::move(settings), bench.clock());
    }
    Channel& channel() override { return *fcm; }
    std::optional<Fcm> fcm;
};

class WhatsAppSubject final : public HttpSubject {
public:
    explicit WhatsAppSubject(Behind behind)
        : HttpSubject{{whatsapp_path, whatsapp_success("m-1"),
                       R"({"error": {"code": 131026, "message": "no"}})", SecondCopy::reaches_a_person}} {
        auto settings = bench.whatsapp_settings();
        settings.base_url = address(bench, behind);
        if (behind == Behind::silent) settings.timeout = Bench::impatience;
        whatsapp.emplace(bench.client, std::move(settings), bench.clock());
    }
    Channel& channel() override { return *whatsapp; }
    std::optional<WhatsApp> whatsapp;
};

class WebChatSubject final : public Subject {
public:
    explicit WebChatSubject(Behind behind) : door{own}, database{settings()} {
        if (behind != Behind::well) door.close();
        database.start();
    }
    ~WebChatSubject() override { database.stop(5s); }
    Channel& channel() override { return chat; }
    Message hopeless() override {
        auto message = a_message();
        message.user = UserId{};
        return message;
    }

private:
    [[nodiscard]] db::Settings settings() const {
        db::Settings settings;
        settings.url = Secret{door.url()};
        settings.connections = 1;
        return settings;
    }
    test::TestDatabase own;
    test::Door door;
    db::Database database;
    WebChat chat{database};
};

struct AnyCase {
    const char* name;
    std::function<std::unique_ptr<Subject>(Behind)> make;
};
struct HttpCase {
    const char* name;
    std::function<std::unique_ptr<HttpSubject>(Behind)> make;
};
template <class Kind>
AnyCase any(const char* name) {
    return {name, [](Behind behind) { return std::make_unique<Kind>(behind); }};
}
template <class Kind>
HttpCase http(const char* name) {
    return {name, [](Behind behind) { return std::make_unique<Kind>(behind); }};
}
template <class Kind>
std::string name_of_case(const testing::TestParamInfo<Kind>& info) {
    return info.param.name;
}

class EveryChannel : public testing::TestWithParam<AnyCase> {};

TEST_P(EveryChannel, IsReadyForUse) {
    const auto subject = GetParam().make(Behind::well);

    EXPECT_EQ(subject->channel().disabled(), "");
    EXPECT_EQ(subject->channel().name(), GetParam().name);
    EXPECT_GT(subject->channel().limits().in_flight, 0U);
    EXPECT_EQ(subject->channel().wait_for_turn(subject->acceptable()), 0ms);
}

TEST_P(EveryChannel, TellsTheProvidersNameOfWhatItTook) {
    const auto subject = GetParam().make(Behind::well);

    const auto outcome = subject->send(subject->acceptable());

    ASSERT_TRUE(std::holds_alternative<Accepted>(outcome.verdict)) << to_text(outcome.answer);
    EXPECT_NE(std::get<Accepted>(outcome.verdict).provider_message_id, "");
    EXPECT_EQ(outcome.progress, "");
    EXPECT_FALSE(outcome.pause);
}

TEST_P(EveryChannel, RejectsWhatWillNeverGo) {
    const auto subject = GetParam().make(Behind::well);

    const auto outcome = subject->send(subject->hopeless());

    ASSERT_TRUE(std::holds_alternative<Reject>(outcome.verdict)) << to_text(outcome.answer);
    EXPECT_NE(std::get<Reject>(outcome.verdict).reason, Reason::none);
    EXPECT_FALSE(outcome.pause);
}

TEST_P(EveryChannel, TriesAgainWhenNothingWasSent) {
    const auto subject = GetParam().make(Behind::down);

    const auto outcome = subject->send(subject->acceptable());

    ASSERT_TRUE(std::holds_alternative<Retry>(outcome.verdict));
    EXPECT_THAT(std::get<Retry>(outcome.verdict).reason,
                testing::AnyOf(Reason::connection_failed, Reason::channel_failed));
    EXPECT_TRUE(std::get<Retry>(outcome.verdict).spends_attempt);
}

INSTANTIATE_TEST_SUITE_P(All, EveryChannel,
                         testing::Values(any<FcmSubject>("push"), any<WhatsAppSubject>("whatsapp"),
                                         any<WebChatSubject>("web_chat")),
                         name_of_case<AnyCase>);

class EveryHttpChannel : public testing::TestWithParam<HttpCase> {
protected:
    static bool is_uncertain(const HttpSubject& subject) {
        return subject.words.second_copy == SecondCopy::reaches_a_person;
    }
    // Of an attempt that may have reached its reader.
    static void expect_careful(const HttpSubject& subject, const Outcome& outcome, const char* what) {
        EXPECT_EQ(std::holds_alternative<Unknown>(outcome.verdict), is_uncertain(subject)) << what;
        EXPECT_EQ(std::holds_alternative<Retry>(outcome.verdict), !is_uncertain(subject)) << what;
    }
};

TEST_P(EveryHttpChannel, CallsOnceAnAttempt) {
    for (const int status : {200, 400, 429, 500, 503}) {
        const auto subject = GetParam().make(Behind::well);
        subject->answers().reply(status, status == 200 ? subject->words.yes : "{}");
        subject->send(a_message());
        EXPECT_EQ(subject->calls(), 1U) << status;
    }
}

TEST_P(EveryHttpChannel, ComesBackWhenItIsTold) {
    const auto subject = GetParam().make(Behind::well);
    subject->answers().reply(429, "{}", {{"Retry-After", "17"}});

    const auto outcome = subject->send(a_message());

    const auto& retry = std::get<Retry>(outcome.verdict);
    EXPECT_EQ(retry.reason, Reason::rate_limited);
    EXPECT_EQ(retry.after, 17s);
    EXPECT_FALSE(retry.counts_against_provider);
    EXPECT_FALSE(retry.spends_attempt);
}

TEST_P(EveryHttpChannel, ComesBackWhenItIsNotToldWhen) {
    const auto subject = GetParam().make(Behind::well);
    subject->answers().reply(429);

    const auto outcome = subject->send(a_message());

    EXPECT_EQ(std::get<Retry>(outcome.verdict).reason, Reason::rate_limited);
    EXPECT_NE(std::get<Retry>(outcome.verdict).after, 0ms);
}

TEST_P(EveryHttpChannel, IsCarefulWithSilence) {
    const auto subject = GetParam().make(Behind::silent);
    subject->answers().hangs();

    const auto outcome = subject->send(a_message());

    expect_careful(*subject, outcome, "silence");
    EXPECT_EQ(subject->calls(), 1U);
    EXPECT_EQ(outcome.answer["failure"], "timed_out_sent");
}

TEST_P(EveryHttpChannel, IsCarefulWithALostAnswer) {
    const auto subject = GetParam().make(Behind::well);
    subject->answers().hangs_up();

    const auto outcome = subject->send(a_message());

    expect_careful(*subject, outcome, "a lost answer");
    EXPECT_EQ(subject->calls(), 1U);
    EXPECT_EQ(outcome.answer["failure"], "lost");
}

TEST_P(EveryHttpChannel, IsCarefulWithGarbage) {
    for (const auto* body :
         {"", "<html><body>Welcome to the hotel's network</body></html>", "{\"name\": ", "[]", "{}", "null",
          "7", R"({"name": {}, "data": "x", "status": []})", "\xff\xfe", R"({"a":1,"a":2})"}) {
        const auto subject = GetParam().make(Behind::well);
        subject->answers().reply(200, body);

        const auto outcome = subject->send(a_message());

        expect_careful(*subject, outcome, body);
        EXPECT_FALSE(outcome.pause) << body;
    }
}

TEST_P(EveryHttpChannel, IsCarefulWithTheProvidersFailures) {
    for (const int status : {500, 502, 503, 504}) {
        const auto subject = GetParam().make(Behind::well);
        subject->answers().reply(status, "<html>Bad gateway</html>");

        expect_careful(*subject, subject->send(a_message()), "a failure");
    }
}

TEST_P(EveryHttpChannel, RestsWhenItsCredentialsAreRefused) {
    const auto subject = GetParam().make(Behind::well);
    subject->answers().reply(403, "{}");

    const auto outcome = subject->send(a_message());

    const auto& retry = std::get<Retry>(outcome.verdict);
    EXPECT_EQ(retry.reason, Reason::credentials_refused);
    EXPECT_FALSE(retry.spends_attempt);
    EXPECT_EQ(outcome.pause, 300s);
    EXPECT_EQ(retry.after, 300s);
}

TEST_P(EveryHttpChannel, PassesTheTraceOn) {
    const auto subject = GetParam().make(Behind::well);

    subject->send(a_message());

    EXPECT_EQ(subject->bench.imposter.requests(subject->words.path).at(0).header("traceparent"),
              a_message().traceparent);
}

TEST_P(EveryHttpChannel, KeepsWhatItKnowsToItself) {
    test::CapturedLog log;
    std::string answers;
    const auto message = a_message();
    // Providers quote what they refuse.
    const auto quotation = message.text + " to " + message.phone.substr(1) + " " + message.targets[0].value +
                           " " + access_token + " " + api_key;
    const Json error{
        {"message", quotation}, {"code", message.phone}, {"errors", quotation}, {"error", quotation}};
    const Json nested{{"error", {{"message", quotation}, {"code", 131000}, {"status", quotation}}}};
    for (const int status : {200, 400, 401, 403, 404, 429, 500, 503}) {
        for (const auto& body : {quotation, to_text(error), to_text(nested)}) {
            const auto subject = GetParam().make(Behind::well);
            subject->answers().reply(status, body);
            const auto outcome = subject->send(message);
            answers += to_text(outcome.answer) + outcome.progress;
        }
    }

    const auto all = answers + log.text();

    const auto pem = test::google_account().pem();
    for (const auto& secret : {std::string{access_token}, std::string{api_key}, pem.substr(100, 40),
                               message.phone.substr(1), message.text, message.targets[0].value})
        EXPECT_THAT(all, Not(HasSubstr(secret)));
}

INSTANTIATE_TEST_SUITE_P(All, EveryHttpChannel,
                         testing::Values(http<FcmSubject>("push"), http<WhatsAppSubject>("whatsapp")),
                         name_of_case<HttpCase>);

}  // namespace
}  // namespace carillon::channels
