#include "business/users/directory.hpp"

#include <carillon/phone.hpp>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace carillon::business::users {
namespace {

// Two index look-ups, and not one condition with OR: each stays an index-only scan however many are asked
// for.
constexpr db::Statement find_named{"users_find_named", R"sql(
    SELECT id, NULL AS phone
      FROM users
     WHERE id = ANY($1::text[])
     UNION ALL
    SELECT id, phone
      FROM users
     WHERE phone = ANY($2::text[]))sql"};

std::vector<std::optional<UserId>> find_all(db::Session& session, std::span<const std::string> names) {
    std::vector<std::string> phones;
    std::vector<std::size_t> phone_of(
        names.size());  // one-based place in `phones`; 0: could not be meant as one
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto phone = as_phone(names[i]);
        if (!phone) continue;
        phones.push_back(phone->e164());
        phone_of[i] = phones.size();
    }
    std::unordered_set<std::string> ids;
    std::unordered_map<std::string, std::string> holders;
    const std::vector<std::string> wanted(names.begin(), names.end());
    for (const auto& row : session.exec(find_named, db::array_of(wanted), db::array_of(phones))) {
        auto id = row["id"].as<std::string>();
        if (row["phone"].is_null())
            ids.insert(std::move(id));
        else
            holders.emplace(row["phone"].as<std::string>(), std::move(id));
    }

    std::vector<std::optional<UserId>> users(names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (ids.contains(names[i])) {
            users[i] = UserId{names[i]};
        } else if (phone_of[i] != 0) {
            const auto holder = holders.find(phones[phone_of[i] - 1]);
            if (holder != holders.end()) users[i] = UserId{holder->second};
        }
    }
    return users;
}

}  // namespace

Directory::Directory(db::Database& database) : finds_{database, {db::BatchMode::read}, find_all} {}

http::asio::awaitable<std::optional<UserId>> Directory::find(std::string_view id_or_phone) {
    std::string name{id_or_phone};
    co_return co_await finds_.submit(std::move(name));
}

}  // namespace carillon::business::users
