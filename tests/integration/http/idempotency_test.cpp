// Keys, claims and kept answers against a real database.
#include "http/idempotency.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <optional>
#include <stdexcept>

#include "db/database.hpp"
#include "support/database.hpp"
#include "support/loop.hpp"

namespace carillon::test {
namespace {

using http::IdempotencyKeys;
using Taken = IdempotencyKeys::Taken;
using namespace std::chrono_literals;

constexpr db::Statement do_work{"test_do_work", "INSERT INTO work (what) VALUES ($1)"};

Response created(const std::string& body = R"({"id":"u1"})") {
    Response answer;
    answer.status = 201;
    answer.body = body;
    answer.with("Location", "/api/users/u1").with("X-Request-Id", "r1");
    return answer;
}

std::string header_of(const Response& response, std::string_view name) {
    for (const auto& [known, value] : response.headers)
        if (known == name) return value;
    return "none";
}

struct IdempotencyTest : testing::Test {
    IdempotencyTest() {
        database.start();
        at_home.query("CREATE TABLE work (what text)");
    }
    ~IdempotencyTest() override { database.stop(10s); }

    Taken take(const std::string& scope, const std::string& body) {
        return run_on_loop(io, keys.take(scope, body));
    }
    IdempotencyClaim claim(const std::string& scope, const std::string& body) {
        return std::get<IdempotencyClaim>(take(scope, body));
    }
    void keep(const IdempotencyClaim& held, const Response& answer, const UserId& about = {}) {
        run_on_loop(io, keys.keep(held, answer, about));
    }
    void release(const IdempotencyClaim& held) { run_on_loop(io, keys.release(held)); }

    // What a handler does: its work, and its answer with it, in one transaction.
    void work_and_keep(IdempotencyClaim& held, bool fails = false) {
        Request request;
        request.claim = held;
        auto job = [&request, fails](db::Session& session) {
            session.exec(do_work, "done");
            http::keep_answer(session, request, created(), {});
            if (fails) throw std::runtime_error{"after the answer"};
        };
        run_on_loop(io, database.transact(std::move(job)));
        held = *request.claim;
    }
    [[nodiscard]] std::string works_done() const { return at_home.value("SELECT count(*) FROM work"); }
    void let_leases_run_out() const {
        at_home.query("UPDATE idempotency_keys SET leased_until = now() - interval '1 s'");
    }

    TestDatabase at_home;
    db::Database database{{.url = Secret{at_home.url()}, .connections = 4}};
    IdempotencyKeys keys{database, {}};
    asio::io_context io;
};

TEST_F(IdempotencyTest, GivesTheFirstTheClaimAndLetsTheSecondWait) {
    EXPECT_EQ(claim("k", "body").fence, 1);

    EXPECT_TRUE(std::holds_alternative<IdempotencyKeys::Running>(take("k", "body")));
    EXPECT_TRUE(std::holds_alternative<IdempotencyClaim>(take("another", "body")));
}

TEST_F(IdempotencyTest, RepeatsTheFirstAnswer) {
    keep(claim("k", "body"), created());

    for (int i = 0; i < 2; ++i) {
        const auto replay = std::get<Response>(take("k", "body"));
        EXPECT_EQ(replay.status, 201);
        EXPECT_EQ(replay.content_type, json_type);
        EXPECT_EQ(replay.body, R"({"id":"u1"})");
        EXPECT_EQ(header_of(replay, "Location"), "/api/users/u1");
        EXPECT_EQ(header_of(replay, "Idempotency-Replayed"), "true");
        // Belongs to the request, not to the answer.
        EXPECT_EQ(header_of(replay, "X-Request-Id"), "none");
    }
}

TEST_F(IdempotencyTest, RepeatsAProblemAsAProblem) {
    keep(claim("k", "body"), problem(Error{Failure::conflict, "Taken."}, "r1"));

    const auto replay = std::get<Response>(take("k", "body"));

    EXPECT_EQ(replay.status, 409);
    EXPECT_EQ(replay.content_type, problem_type);
}

TEST_F(IdempotencyTest, RepeatsAnAnswerWithoutABody) {
    keep(claim("k", "body"), no_content());

    EXPECT_EQ(std::get<Response>(take("k", "body")).status, 204);
}

TEST_F(IdempotencyTest, RefusesTheKeyForAnotherBody) {
    const auto held = claim("k", "body");
    EXPECT_TRUE(std::holds_alternative<IdempotencyKeys::Mismatch>(take("k", "another")));

    keep(held, created());
    EXPECT_TRUE(std::holds_alternative<IdempotencyKeys::Mismatch>(take("k", "another")));
    EXPECT_TRUE(std::holds_alternative<IdempotencyKeys::Mismatch>(take("k", "")));
}

TEST_F(IdempotencyTest, HandsTheKeyOnWhenTheLeaseRanOut) {
    const auto lost = claim("k", "body");
    let_leases_run_out();

    EXPECT_TRUE(std::holds_alternative<IdempotencyKeys::Mismatch>(take("k", "another")));
    const auto held = claim("k", "body");

    EXPECT_GT(held.fence, lost.fence);
    EXPECT_TRUE(std::holds_alternative<IdempotencyKeys::Running>(take("k", "body")));
}

TEST_F(IdempotencyTest, IgnoresWhoeverLostTheKey) {
    const auto lost = claim("k", "body");
    let_leases_run_out();
    const auto held = claim("k", "body");

    keep(lost, created("too late"));
    release(lost);
    EXPECT_TRUE(std::holds_alternative<IdempotencyKeys::Running>(take("k", "body")));

    keep(held, created("in time"));
    EXPECT_EQ(std::get<Response>(take("k", "body")).body, "in time");
}

TEST_F(IdempotencyTest, RollsBackTheWorkOfWhoeverLostTheKey) {
    auto lost = claim("k", "body");
    let_leases_run_out();
    auto held = claim("k", "body");

    EXPECT_THROW(work_and_keep(lost), Unavailable);
    EXPECT_EQ(works_done(), "0");
    EXPECT_FALSE(lost.answer_stored);

    work_and_keep(held);
    EXPECT_EQ(works_done(), "1");
    EXPECT_TRUE(held.answer_stored);
    EXPECT_THROW(work_and_keep(lost), Unavailable);
    EXPECT_EQ(works_done(), "1");
}

TEST_F(IdempotencyTest, KeepsTheAnswerOnlyWithTheWork) {
    auto held = claim("k", "body");

    EXPECT_THROW(work_and_keep(held, true), std::runtime_error);

    EXPECT_EQ(works_done(), "0");
    EXPECT_TRUE(std::holds_alternative<IdempotencyKeys::Running>(take("k", "body")));
    work_and_keep(held);
    EXPECT_EQ(std::get<Response>(take("k", "body")).status, 201);
}

TEST_F(IdempotencyTest, KeepsNothingForARequestWithoutAKey) {
    auto job = [](db::Session& session) {
        Request request;
        http::keep_answer(session, request, created(), {});
    };
    run_on_loop(io, database.transact(std::move(job)));

    EXPECT_EQ(at_home.value("SELECT count(*) FROM idempotency_keys"), "0");
}

TEST_F(IdempotencyTest, FreesTheKeyOfARequestThatDidNothing) {
    release(claim("k", "body"));

    // Another body too: the caller may have mended it.
    EXPECT_TRUE(std::holds_alternative<IdempotencyClaim>(take("k", "another")));
}

TEST_F(IdempotencyTest, FreesNoKeyThatIsAnswered) {
    const auto held = claim("k", "body");
    keep(held, created());

    release(held);

    EXPECT_TRUE(std::holds_alternative<Response>(take("k", "body")));
}

TEST_F(IdempotencyTest, ForgetsAnAnswerAfterADay) {
    keep(claim("k", "body"), created());
    at_home.query("UPDATE idempotency_keys SET created_at = now() - interval '23 hours 59 minutes'");
    EXPECT_TRUE(std::holds_alternative<Response>(take("k", "body")));

    at_home.query("UPDATE idempotency_keys SET created_at = now() - interval '24 hours 1 minute'");
    EXPECT_EQ(claim("k", "another").fence, 2);
    EXPECT_TRUE(std::holds_alternative<IdempotencyKeys::Running>(take("k", "another")));
}

TEST_F(IdempotencyTest, TrimsWhatIsOldSliceBySlice) {
    at_home.query(
        "INSERT INTO idempotency_keys (scope, fingerprint, leased_until, created_at)"
        " SELECT sha256(n::text::bytea), '', now(), now() - interval '25 hours'"
        "   FROM generate_series(1, 1500) n");
    (void)claim("young", "body");

    EXPECT_EQ(run_on_loop(io, keys.trim()), 1'000U);
    EXPECT_EQ(run_on_loop(io, keys.trim()), 500U);
    EXPECT_EQ(run_on_loop(io, keys.trim()), 0U);
    EXPECT_TRUE(std::holds_alternative<IdempotencyKeys::Running>(take("young", "body")));
}

TEST_F(IdempotencyTest, ErasesWhatItSaidAboutAUser) {
    keep(claim("about", "body"), created(R"({"id":"u\"1","name":"Ada"})"), UserId{"u\"1"});
    keep(claim("about another", "body"), created(R"({"id":"u\"10"})"), UserId{"u\"10"});
    keep(claim("a word it may hold", "body"), created(R"({"note":"u\"1"})"));
    (void)claim("running", "body");

    auto erase = [](db::Session& session) { http::erase_answers_about(session, UserId{"u\"1"}); };
    run_on_loop(io, database.transact(std::move(erase)));

    const auto erased = std::get<Response>(take("about", "body"));
    EXPECT_EQ(erased.status, 410);
    EXPECT_EQ(erased.content_type, problem_type);
    EXPECT_EQ(Json::parse(erased.body)["code"], "erased");
    EXPECT_EQ(header_of(erased, "Location"), "none");
    EXPECT_EQ(std::get<Response>(take("about another", "body")).status, 201);
    EXPECT_EQ(std::get<Response>(take("a word it may hold", "body")).status, 201);
    EXPECT_TRUE(std::holds_alternative<IdempotencyKeys::Running>(take("running", "body")));
}

TEST_F(IdempotencyTest, LetsOneOfManyAtOnceRun) {
    int claims = 0;
    int running = 0;
    for (int round = 0; round < 10; ++round) {
        for (int i = 0; i < 8; ++i) {
            const auto count = [&](std::exception_ptr surprise, const Taken& taken) {
                if (surprise) std::rethrow_exception(surprise);
                claims += std::holds_alternative<IdempotencyClaim>(taken);
                running += std::holds_alternative<IdempotencyKeys::Running>(taken);
            };
            asio::co_spawn(io, keys.take("k" + std::to_string(round), "body"), count);
        }
        io.restart();
        io.run();
    }

    EXPECT_EQ(claims, 10);
    EXPECT_EQ(running, 70);
}

}  // namespace
}  // namespace carillon::test
