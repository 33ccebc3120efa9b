#pragma once
// Idempotency-Key: the same creating request twice does its work once, and both get the first answer.
//
// The claim is a row with a lease and a fencing number. A handler that calls keep_answer() inside its own
// transaction makes work and answer one: after a crash at any instant the repeat either finds the answer or
// finds that nothing was done. Otherwise the router stores the answer after the handler.
#include <boost/asio/awaitable.hpp>
#include <carillon/request.hpp>
#include <carillon/response.hpp>
#include <chrono>
#include <string>
#include <string_view>
#include <variant>

#include "db/database.hpp"

namespace carillon::http {

namespace asio = boost::asio;

class IdempotencyKeys {
public:
    struct Settings {
        std::chrono::seconds kept{24 * 3600};
        std::chrono::seconds lease{60};
    };
    IdempotencyKeys(db::Database& database, Settings settings) : database_{database}, settings_{settings} {}

    struct Running {};   // the first request has not been answered yet
    struct Mismatch {};  // the key was used for another body
    using Taken = std::variant<IdempotencyClaim, Response, Running, Mismatch>;

    // `scope` says who, what and which key; `body` is only hashed.
    asio::awaitable<Taken> take(std::string scope, std::string_view body);
    // `about`: the user the answer speaks of, if any.
    asio::awaitable<void> keep(const IdempotencyClaim& claim, const Response& answer,
                               const UserId& about = {});
    // The request failed before it did anything: the key is free again.
    asio::awaitable<void> release(const IdempotencyClaim& claim);
    // Deletes what is older than it is kept, a slice at a time; how many.
    asio::awaitable<std::size_t> trim();

private:
    db::Database& database_;
    Settings settings_;
};

// Inside the handler's transaction. Throws Unavailable when the claim was lost to another request meanwhile,
// so that the work is rolled back with it. Does nothing without a claim.
void keep_answer(db::Session& session, Request& request, const Response& answer, const UserId& about);

// At the start of such a transaction: it may be its second run, and the first was rolled back.
void forget_answer(Request& request);

// A user was erased: kept answers that speak of them are replaced by 410.
void erase_answers_about(db::Session& session, const UserId& user);

// The header's value without quotes; nothing when it is not 1 to 255 visible ASCII characters.
[[nodiscard]] std::optional<std::string> parse_idempotency_key(std::string_view header);

}  // namespace carillon::http
