#include "business/users/upsert.hpp"

#include <utility>

#include "business/users/rows.hpp"

namespace carillon::business::users {
namespace {

// The users themselves and whoever has one of their numbers; locked in id order, as everywhere, so that two
// batches wait for each other instead of locking each other out. NO KEY: new devices may refer to them
// meanwhile.
constexpr db::Statement lock_touched{"users_lock_touched", R"sql(
    SELECT id, name, phone, email, role, locale, timezone, area,
           (extract(epoch FROM created_at) * 1000000)::bigint AS created_us,
           (extract(epoch FROM updated_at) * 1000000)::bigint AS updated_us
      FROM users
     WHERE id = ANY($1::text[]) OR phone = ANY($2::text[])
     ORDER BY id
       FOR NO KEY UPDATE)sql"};

constexpr db::Statement update_users{"users_update", R"sql(
    UPDATE users u
       SET name = n.name, phone = n.phone, email = n.email, role = n.role, locale = n.locale,
           timezone = n.timezone, area = n.area, updated_at = n.updated_at
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                  $9::timestamptz[])
        AS n (id, name, phone, email, role, locale, timezone, area, updated_at)
     WHERE u.id = n.id)sql"};

constexpr db::Statement insert_users{"users_insert", R"sql(
    INSERT INTO users (id, name, phone, email, role, locale, timezone, area, created_at, updated_at)
    SELECT n.id, n.name, n.phone, n.email, n.role, n.locale, n.timezone, n.area, n.at, n.at
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                  $9::timestamptz[])
        AS n (id, name, phone, email, role, locale, timezone, area, at)
     ORDER BY n.id
        ON CONFLICT (id) DO NOTHING)sql"};

std::size_t write(db::Session& session, const db::Statement& statement,
                  const std::vector<const User*>& users) {
    std::vector<std::string> ids, names, roles, times;
    std::vector<std::optional<std::string>> phones, emails, locales, timezones, areas;
    for (const auto* user : users) {
        ids.push_back(user->id.value());
        names.push_back(user->name);
        phones.push_back(user->phone);
        emails.push_back(user->email);
        roles.emplace_back(name_of(user->role));
        locales.push_back(user->locale);
        timezones.push_back(user->timezone);
        areas.push_back(user->area);
        times.push_back(to_rfc3339(user->updated_at));
    }
    const auto rows = session.exec(statement, db::array_of(ids), db::array_of(names), db::array_of(phones),
                                   db::array_of(emails), db::array_of(roles), db::array_of(locales),
                                   db::array_of(timezones), db::array_of(areas), db::array_of(times));
    return rows.affected_rows();
}

std::vector<User> stored_before(db::Session& session, std::span<const UserChange> changes) {
    std::vector<std::string> ids;
    std::vector<std::string> phones;
    for (const auto& change : changes) {
        ids.push_back(change.id.value());
        if (change.phone && *change.phone) phones.push_back(**change.phone);
    }
    std::vector<User> users;
    for (const auto& row : session.exec(lock_touched, db::array_of(ids), db::array_of(phones)))
        users.push_back(user_of(row));
    return users;
}

// Updates go first: a number that a stored user gives up is then free for a new one.
void write_all(db::Session& session, const Ledger& ledger) {
    const auto updated = ledger.updated();
    if (!updated.empty()) write(session, update_users, updated);
    const auto created = ledger.created();
    if (created.empty()) return;
    if (write(session, insert_users, created) != created.size())
        throw pqxx::serialization_failure{"a user was created by another request meanwhile"};
}

}  // namespace

User user_of(const pqxx::row& row) {
    User user;
    user.id = UserId{row["id"].as<std::string>()};
    user.name = row["name"].as<std::string>();
    user.phone = optional_text(row["phone"]);
    user.email = optional_text(row["email"]);
    user.role = role_named(row["role"].as<std::string>()).value_or(Role::customer);
    user.locale = optional_text(row["locale"]);
    user.timezone = optional_text(row["timezone"]);
    user.area = optional_text(row["area"]);
    user.created_at = time_of(row["created_us"]);
    user.updated_at = time_of(row["updated_us"]);
    return user;
}

std::vector<Result<Upserted>> upsert(db::Session& session, std::span<const UserChange> changes) {
    Ledger ledger{stored_before(session, changes)};
    std::vector<Result<Upserted>> outcomes;
    outcomes.reserve(changes.size());
    for (const auto& change : changes) outcomes.push_back(ledger.apply(change));
    try {
        write_all(session, ledger);
    } catch (const pqxx::unique_violation&) {
        // Nobody had the number when we looked. Looking again tells whose it is now.
        throw pqxx::serialization_failure{"a phone number was taken by another request meanwhile"};
    }
    return outcomes;
}

}  // namespace carillon::business::users
