#include "business/users/store.hpp"

#include <array>
#include <span>
#include <unordered_map>
#include <utility>

#include "business/users/rows.hpp"
#include "http/idempotency.hpp"

namespace carillon::business::users {
namespace {

constexpr db::Statement find_users{"users_find", R"sql(
    SELECT id, name, phone, email, role, locale, timezone, area,
           (extract(epoch FROM created_at) * 1000000)::bigint AS created_us,
           (extract(epoch FROM updated_at) * 1000000)::bigint AS updated_us
      FROM users
     WHERE id = ANY($1::text[]))sql"};

// One text for each set of filters: a condition that may be absent ("$3 IS NULL OR …") would keep the planner
// from the index that fits.
constexpr db::Statement list_users{"users_list", R"sql(
    SELECT id, name, phone, email, role, locale, timezone, area,
           (extract(epoch FROM created_at) * 1000000)::bigint AS created_us,
           (extract(epoch FROM updated_at) * 1000000)::bigint AS updated_us
      FROM users
     WHERE id > $1
     ORDER BY id
     LIMIT $2)sql"};

constexpr db::Statement list_users_of_role{"users_list_role", R"sql(
    SELECT id, name, phone, email, role, locale, timezone, area,
           (extract(epoch FROM created_at) * 1000000)::bigint AS created_us,
           (extract(epoch FROM updated_at) * 1000000)::bigint AS updated_us
      FROM users
     WHERE id > $1 AND role = $3
     ORDER BY id
     LIMIT $2)sql"};

constexpr db::Statement list_users_of_area{"users_list_area", R"sql(
    SELECT id, name, phone, email, role, locale, timezone, area,
           (extract(epoch FROM created_at) * 1000000)::bigint AS created_us,
           (extract(epoch FROM updated_at) * 1000000)::bigint AS updated_us
      FROM users
     WHERE id > $1 AND area = $3
     ORDER BY id
     LIMIT $2)sql"};

constexpr db::Statement list_users_of_role_and_area{"users_list_role_area", R"sql(
    SELECT id, name, phone, email, role, locale, timezone, area,
           (extract(epoch FROM created_at) * 1000000)::bigint AS created_us,
           (extract(epoch FROM updated_at) * 1000000)::bigint AS updated_us
      FROM users
     WHERE id > $1 AND role = $3 AND area = $4
     ORDER BY id
     LIMIT $2)sql"};

// Locked first: what still refers to the user then waits, and finds nobody.
constexpr db::Statement lock_user{"users_lock", "SELECT id FROM users WHERE id = $1 FOR UPDATE"};
constexpr db::Statement delete_user{"users_delete", "DELETE FROM users WHERE id = $1"};

// The view also holds the files' second copies and their build's leftovers, which are no names of zones.
constexpr db::Statement known_zones{"users_zones", R"sql(
    SELECT name
      FROM pg_timezone_names
     WHERE name !~ '^(posix|right)/' AND name NOT IN ('Factory', 'localtime', 'posixrules'))sql"};

std::vector<std::optional<User>> find_all(db::Session& session, std::span<const UserId> ids) {
    std::vector<std::string> wanted;
    wanted.reserve(ids.size());
    for (const auto& id : ids) wanted.push_back(id.value());
    std::unordered_map<std::string, User> found;
    for (const auto& row : session.exec(find_users, db::array_of(wanted))) {
        auto user = user_of(row);
        auto id = user.id.value();
        found.emplace(std::move(id), std::move(user));
    }
    std::vector<std::optional<User>> users;
    users.reserve(ids.size());
    for (const auto& id : ids) {
        const auto user = found.find(id.value());
        users.push_back(user == found.end() ? std::nullopt : std::optional{user->second});
    }
    return users;
}

pqxx::result select_page(db::Session& session, const UserStore::Filter& filter) {
    const auto& [role, area, after, limit] = filter;
    if (role && area) return session.exec(list_users_of_role_and_area, after, limit, *role, *area);
    if (role) return session.exec(list_users_of_role, after, limit, *role);
    if (area) return session.exec(list_users_of_area, after, limit, *area);
    return session.exec(list_users, after, limit);
}

}  // namespace

UserStore::UserStore(db::Database& database)
    : database_{database},
      finds_{database, {db::BatchMode::read}, find_all},
      upserts_{database, {db::BatchMode::transaction}, users::upsert} {}

asio::awaitable<std::optional<User>> UserStore::find(UserId user) {
    co_return co_await finds_.submit(std::move(user));
}

asio::awaitable<Result<Upserted>> UserStore::upsert(UserChange change) {
    co_return co_await upserts_.submit(std::move(change));
}

asio::awaitable<std::vector<Result<Upserted>>> UserStore::upsert_all(std::vector<UserChange> changes) {
    auto write = [&changes](db::Session& session) { return users::upsert(session, changes); };
    co_return co_await database_.transact(std::move(write));
}

asio::awaitable<Result<Response>> UserStore::upsert_once(Request& request, UserChange change,
                                                         Answering answering) {
    auto write = [&request, &change, &answering](db::Session& session) -> Result<Response> {
        http::forget_answer(request);
        const auto outcomes = users::upsert(session, std::span{&change, 1});
        const auto& outcome = outcomes.front();
        if (outcome.has_error()) return outcome.error();
        auto response = answering(*outcome);
        http::keep_answer(session, request, response, outcome->user.id);
        return response;
    };
    co_return co_await database_.transact(std::move(write));
}

asio::awaitable<std::vector<User>> UserStore::list(Filter filter) {
    auto select = [&filter](db::Session& session) {
        std::vector<User> users;
        for (const auto& row : select_page(session, filter)) users.push_back(user_of(row));
        return users;
    };
    co_return co_await database_.read(std::move(select));
}

asio::awaitable<bool> UserStore::erase(UserId user, const std::vector<Eraser>& erasers) {
    auto remove = [&user, &erasers](db::Session& session) {
        if (session.exec(lock_user, user.value()).empty()) return false;
        for (const auto& eraser : erasers) eraser(session, user);
        session.exec(delete_user, user.value());
        http::erase_answers_about(session, user);
        return true;
    };
    co_return co_await database_.transact(std::move(remove));
}

asio::awaitable<ZoneNames> UserStore::zone_names() {
    auto select = [](db::Session& session) {
        ZoneNames names;
        for (const auto& row : session.exec(known_zones)) names.insert(row["name"].as<std::string>());
        return names;
    };
    co_return co_await database_.read(std::move(select));
}

}  // namespace carillon::business::users
