#include "notify/people.hpp"

#include <carillon/json.hpp>
#include <carillon/phone.hpp>
#include <utility>

#include "notify/columns.hpp"

namespace carillon::notify {
namespace {

// The names come as JSON and not as an array: of an array PostgreSQL looks at the length, finds that a plan
// made for this very one would be cheaper than a kept one, and plans anew each time: 0.44 ms, more than all
// the rest.
constexpr db::Statement find_statement{"people_find", R"sql(
    WITH wanted AS (
        SELECT u.id FROM jsonb_array_elements_text($1::jsonb) n (id) JOIN users u USING (id)
         UNION
        SELECT u.id FROM jsonb_array_elements_text($2::jsonb) n (phone) JOIN users u USING (phone))
    SELECT u.id, u.name, u.phone, COALESCE(s.language, u.locale) AS language,
           to_jsonb(s.channels_off) AS channels_off, to_jsonb(s.muted) AS muted, s.digest_minutes,
           (extract(epoch FROM quiet_until(now(), COALESCE(s.timezone, u.timezone, 'UTC'), s.quiet_from, s.quiet_to))
               * 1000000)::bigint AS quiet_until_us,
           w.opted_out_at IS NOT NULL AS opted_out,
           (extract(epoch FROM w.last_inbound_at + interval '24 hours') * 1000000)::bigint AS window_us,
           EXISTS (SELECT 1 FROM feed_readers r WHERE r.user_id = u.id AND r.foreground_until > now()) AS foreground,
           (SELECT jsonb_agg(jsonb_build_array(d.id, d.target_kind, d.token) ORDER BY d.last_seen_at DESC)
              FROM devices d WHERE d.user_id = u.id AND d.unusable_at IS NULL) AS devices
      FROM wanted
      JOIN users u USING (id)
      LEFT JOIN notification_settings s ON s.user_id = u.id
      LEFT JOIN whatsapp_contacts w ON w.phone = u.phone)sql"};

constexpr db::Statement find_contact{"people_find_contact", R"sql(
    SELECT opted_out_at IS NOT NULL AS opted_out,
           (extract(epoch FROM last_inbound_at + interval '24 hours') * 1000000)::bigint AS window_us
      FROM whatsapp_contacts
     WHERE phone = $1)sql"};

constexpr db::Statement page_of_role{"people_page_role", R"sql(
    SELECT id FROM users WHERE role = $1 AND id > $2 ORDER BY id LIMIT $3)sql"};
constexpr db::Statement page_of_area{"people_page_area", R"sql(
    SELECT id FROM users WHERE area = $4 AND role = $1 AND id > $2 ORDER BY id LIMIT $3)sql"};
constexpr db::Statement count_role{"people_count_role", "SELECT count(*) FROM users WHERE role = $1"};
constexpr db::Statement count_area{"people_count_area",
                                   "SELECT count(*) FROM users WHERE role = $1 AND area = $2"};

std::vector<std::string> texts(const pqxx::field& field) {
    if (field.is_null()) return {};
    return Json::parse(field.c_str()).get<std::vector<std::string>>();
}

std::vector<PushTarget> targets_of(const pqxx::field& field) {
    std::vector<PushTarget> targets;
    if (field.is_null()) return targets;
    for (const auto& device : Json::parse(field.c_str()))
        targets.push_back({DeviceId{device[0].get<std::string>()}, device[1].get<std::string>(),
                           device[2].get<std::string>()});
    return targets;
}

Recipient recipient_of(const pqxx::row& row) {
    Recipient who;
    who.user = UserId{row["id"].c_str()};
    who.name = row["name"].c_str();
    who.phone = text_or_empty(row["phone"]);
    who.language = text_or_empty(row["language"]);
    who.channels_off = texts(row["channels_off"]);
    who.muted = texts(row["muted"]);
    who.quiet_until = optional_time(row["quiet_until_us"]);
    if (!row["digest_minutes"].is_null()) who.digest = std::chrono::minutes{row["digest_minutes"].as<int>()};
    who.opted_out = row["opted_out"].as<bool>();
    who.window_open_till = optional_time(row["window_us"]);
    who.in_foreground = row["foreground"].as<bool>();
    who.targets = targets_of(row["devices"]);
    return who;
}

}  // namespace

People find_people(db::Session& session, const std::vector<std::string>& names) {
    People found;
    if (names.empty()) return found;
    std::vector<std::string> phones;
    std::unordered_multimap<std::string, std::string> asked_as;  // number to the names it was asked for by
    for (const auto& name : names) {
        const auto phone = as_phone(name);
        if (!phone) continue;
        phones.push_back(phone->e164());
        asked_as.emplace(phone->e164(), name);
    }
    for (const auto& row : session.exec(find_statement, to_text(Json(names)), to_text(Json(phones)))) {
        auto who = recipient_of(row);
        // An id wins over a number: a user may be called by digits only.
        const auto [first, last] = asked_as.equal_range(who.phone);
        for (auto spelt = first; spelt != last; ++spelt) {
            if (spelt->second != who.user.value()) found.emplace(spelt->second, who);
        }
        auto id = who.user.value();
        found.insert_or_assign(std::move(id), std::move(who));
    }
    return found;
}

Recipient find_phone(db::Session& session, const std::string& phone) {
    Recipient who;
    who.phone = phone;
    for (const auto& row : session.exec(find_contact, phone)) {
        who.opted_out = row["opted_out"].as<bool>();
        who.window_open_till = optional_time(row["window_us"]);
    }
    return who;
}

std::vector<std::string> users_of(db::Session& session, const RolePage& page) {
    const auto rows = page.area.empty()
                          ? session.exec(page_of_role, page.role, page.after, page.limit)
                          : session.exec(page_of_area, page.role, page.after, page.limit, page.area);
    std::vector<std::string> ids;
    for (const auto& row : rows) ids.emplace_back(row["id"].c_str());
    return ids;
}

int count_users(db::Session& session, const std::string& role, const std::string& area) {
    const auto rows = area.empty() ? session.exec(count_role, role) : session.exec(count_area, role, area);
    return rows[0][0].as<int>();
}

}  // namespace carillon::notify
