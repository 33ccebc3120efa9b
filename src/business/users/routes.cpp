#include "business/users/routes.hpp"

#include <utility>

#include "business/users/import.hpp"
#include "business/users/parse.hpp"
#include "business/users/present.hpp"
#include "http/query.hpp"

namespace carillon::business::users {
namespace {

Response upsert_answer(const Upserted& upserted) {
    auto response = user_answer(upserted.created ? 201 : 200, upserted.user);
    if (upserted.created) response.with("Location", path_of(upserted.user.id));
    return response;
}

}  // namespace

UserRoutes::UserRoutes(UserStore& store, Clock clock) : store_{store}, clock_{std::move(clock)} {}

http::Routes UserRoutes::table() {
    using enum http::Access;
    using enum http::Takes;
    const auto run = [this](Answer (UserRoutes::*handler)(Request&)) -> http::Handler {
        return [this, handler](Request& request) { return (this->*handler)(request); };
    };
    return {
        http::creating({Method::post, "/api/users", staff, json, run(&UserRoutes::upsert)}),
        {Method::put, "/api/users/bulk", staff, stream, run(&UserRoutes::import)},
        {Method::get, "/api/users", staff, nothing, run(&UserRoutes::list)},
        {Method::get, "/api/users/{user_id}", self, nothing, run(&UserRoutes::show)},
        {Method::del, "/api/users/{user_id}", staff, nothing, run(&UserRoutes::erase)},
    };
}

void UserRoutes::on_erase(Eraser eraser) {
    erasers_.push_back(std::move(eraser));
}

void UserRoutes::on_erased(std::function<void(const UserId&)> told) {
    on_erased_ = std::move(told);
}

UserRoutes::Answer UserRoutes::upsert(Request& request) {
    co_await load_zones();
    auto change = parse_user_change(*request.json, *zones_);
    if (change.has_error()) co_return change.error();
    if (change->id.empty()) change->id = UserId{make_id("usr_")};
    change->at = clock_();

    // An answer that is kept needs its own transaction; all others share theirs.
    if (request.claim) {
        UserStore::Answering answering = upsert_answer;
        co_return co_await store_.upsert_once(request, std::move(*change), std::move(answering));
    }
    const auto upserted = co_await store_.upsert(std::move(*change));
    if (upserted.has_error()) co_return upserted.error();
    co_return upsert_answer(*upserted);
}

UserRoutes::Answer UserRoutes::import(Request& request) {
    co_await load_zones();
    Import import{store_, *zones_, clock_};
    const auto report = co_await import.run(*request.stream);
    if (report.has_error()) co_return report.error();
    co_return import_answer(*report);
}

UserRoutes::Answer UserRoutes::show(Request& request) {
    auto subject = subject_of(request);
    const auto user = co_await store_.find(std::move(subject));
    if (!user) co_return no_such_user();
    co_return user_answer(200, *user);
}

UserRoutes::Answer UserRoutes::list(Request& request) {
    http::QueryReader query{request.query};
    UserStore::Filter filter;
    filter.role = query.choice("role", role_names());
    filter.area = query.text("area", 800);  // bytes; two hundred characters of the longest kind
    const auto limit = query.limit();
    const auto position = query.cursor("users");
    if (auto error = query.finish()) co_return std::move(*error);
    if (position.is_string())
        filter.after = position.get<std::string>();
    else if (!position.is_null())
        co_return Error{Failure::invalid,
                        "the cursor is not one of this list",
                        {{"cursor", "is not a cursor of this list"}}};

    // One more than asked for tells whether the list goes on.
    filter.limit = limit + 1;
    auto users = co_await store_.list(std::move(filter));
    std::optional<std::string> next_cursor;
    if (users.size() > static_cast<std::size_t>(limit)) {
        users.pop_back();
        next_cursor = http::make_cursor("users", users.back().id.value());
    }
    co_return user_list_answer(users, next_cursor);
}

UserRoutes::Answer UserRoutes::erase(Request& request) {
    auto subject = subject_of(request);
    const auto user = subject;
    const bool erased = co_await store_.erase(std::move(subject), erasers_);
    if (!erased) co_return no_such_user();
    if (on_erased_) on_erased_(user);
    co_return no_content();
}

asio::awaitable<void> UserRoutes::load_zones() {
    if (!zones_) {
        auto names = co_await store_.zone_names();
        // Another request may have loaded them meanwhile, and be using them.
        if (!zones_) zones_ = std::move(names);
    }
}

UserId subject_of(const Request& request) {
    return request.subject ? *request.subject : UserId{request.parameter("user_id")};
}

Error no_such_user() {
    return {Failure::not_found, "no such user"};
}

}  // namespace carillon::business::users
