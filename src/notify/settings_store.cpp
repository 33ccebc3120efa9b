#include "notify/settings_store.hpp"

#include <carillon/json.hpp>
#include <utility>

#include "notify/columns.hpp"

namespace carillon::notify {
namespace {

using Names = std::set<std::string, std::less<>>;

constexpr db::Statement find_settings{"settings_find", R"sql(
    SELECT array_to_json(s.channels_off) AS channels_off, array_to_json(s.muted) AS muted,
           to_char(s.quiet_from, 'HH24:MI') AS quiet_from, to_char(s.quiet_to, 'HH24:MI') AS quiet_to,
           s.timezone, s.language, s.digest_minutes, c.opted_out_at IS NOT NULL AS opted_out
      FROM users u
      LEFT JOIN notification_settings s ON s.user_id = u.id
      LEFT JOIN whatsapp_contacts c ON c.phone = u.phone
     WHERE u.id = $1)sql"};

// Two changes by one user, from two devices, come one after the other.
constexpr db::Statement lock_user{"settings_lock_user",
                                  "SELECT 1 FROM users WHERE id = $1 FOR NO KEY UPDATE"};

constexpr db::Statement put_settings{"settings_put", R"sql(
    INSERT INTO notification_settings
           (user_id, channels_off, muted, quiet_from, quiet_to, timezone, language, digest_minutes)
    VALUES ($1, $2::text[], $3::text[], $4::time, $5::time, $6, $7, $8::integer)
        ON CONFLICT (user_id) DO UPDATE
       SET channels_off = EXCLUDED.channels_off, muted = EXCLUDED.muted, quiet_from = EXCLUDED.quiet_from,
           quiet_to = EXCLUDED.quiet_to, timezone = EXCLUDED.timezone, language = EXCLUDED.language,
           digest_minutes = EXCLUDED.digest_minutes, updated_at = now())sql"};

constexpr db::Statement opt_in{"settings_opt_in", R"sql(
    UPDATE whatsapp_contacts c
       SET opted_out_at = NULL
      FROM users u
     WHERE u.id = $1 AND c.phone = u.phone AND c.opted_out_at IS NOT NULL)sql"};

// What is written in no language that we write would silently be English.
constexpr db::Statement known_languages{"settings_languages", R"sql(
    SELECT DISTINCT split_part(language, '-', 1) FROM notification_templates
     UNION SELECT 'en' ORDER BY 1)sql"};

// The view also holds the files' second copies and their build's leftovers, which are no names of zones.
constexpr db::Statement known_zones{"settings_zones", R"sql(
    SELECT name
      FROM pg_timezone_names
     WHERE name !~ '^(posix|right)/' AND name NOT IN ('Factory', 'localtime', 'posixrules'))sql"};

std::optional<std::string> optional_text(const pqxx::field& field) {
    return field.is_null() ? std::nullopt : std::optional{text_or_empty(field)};
}

std::vector<std::string> list_of(const pqxx::field& field) {
    if (field.is_null()) return {};
    return Json::parse(field.c_str()).get<std::vector<std::string>>();
}

std::optional<UserSettings> select(db::Session& session, const UserId& user) {
    const auto rows = session.exec(find_settings, user.value());
    if (rows.empty()) return std::nullopt;
    const auto row = rows[0];
    UserSettings settings;
    for (auto& channel : list_of(row["channels_off"])) settings.channels_off.insert(std::move(channel));
    settings.muted = list_of(row["muted"]);
    if (!row["quiet_from"].is_null()) {
        settings.quiet =
            QuietHours{row["quiet_from"].c_str(), row["quiet_to"].c_str(), optional_text(row["timezone"])};
    }
    settings.language = optional_text(row["language"]);
    if (!row["digest_minutes"].is_null()) settings.digest_minutes = row["digest_minutes"].as<int>();
    settings.opted_out = row["opted_out"].as<bool>();
    return settings;
}

Names names_of(const pqxx::result& rows) {
    Names names;
    for (const auto& row : rows) names.insert(row[0].c_str());
    return names;
}

std::optional<Error> check_language(db::Session& session, const UserSettings& settings) {
    if (!settings.language) return std::nullopt;
    const auto known = names_of(session.exec(known_languages));
    if (known.contains(settings.language->substr(0, settings.language->find('-')))) return std::nullopt;
    std::string list;
    for (const auto& name : known) list.append(list.empty() ? "" : ", ").append(name);
    return Error{Failure::invalid,
                 "The settings cannot be used.",
                 {{"language", "must be a language that there are templates in: " + list}}};
}

void write(db::Session& session, const UserId& user, const UserSettings& settings) {
    const auto& quiet = settings.quiet;
    const std::vector<std::string> off{settings.channels_off.begin(), settings.channels_off.end()};
    const auto from = quiet ? std::optional{quiet->from} : std::nullopt;
    const auto to = quiet ? std::optional{quiet->to} : std::nullopt;
    const auto zone = quiet ? quiet->timezone : std::nullopt;
    session.exec(put_settings, user.value(), db::array_of(off), db::array_of(settings.muted), from, to, zone,
                 settings.language, settings.digest_minutes);
}

Result<UserSettings> store(db::Session& session, const SettingsChange& change) {
    const auto& user = change.user;
    if (session.exec(lock_user, user.value()).empty()) return Error{Failure::not_found, "no such user"};
    if (auto error = check_language(session, change.settings)) return std::move(*error);

    auto settings = change.settings;
    const auto before = select(session, user);
    // Shown as off because of a STOP, and sent back as it was shown: that is not the user's setting, and must
    // not outlive the STOP.
    if (before->opted_out && !before->channels_off.contains("whatsapp"))
        settings.channels_off.erase("whatsapp");
    write(session, user, settings);
    if (change.opts_in) session.exec(opt_in, user.value());
    return *select(session, user);
}

}  // namespace

SettingsStore::SettingsStore(db::Database& database) : database_{database} {}

asio::awaitable<std::optional<UserSettings>> SettingsStore::find(UserId user) {
    auto read = [&user](db::Session& session) { return select(session, user); };
    co_return co_await database_.read(std::move(read));
}

asio::awaitable<Result<UserSettings>> SettingsStore::put(SettingsChange change) {
    const auto& quiet = change.settings.quiet;
    // Asked for once: it costs the database a look at every zone's file (75 ms).
    if (quiet && quiet->timezone && !zones_) {
        auto read = [](db::Session& session) { return names_of(session.exec(known_zones)); };
        zones_ = co_await database_.read(std::move(read));
    }
    if (quiet && quiet->timezone && !zones_->contains(*quiet->timezone)) {
        Error error{Failure::invalid, "The settings cannot be used."};
        error.fields.push_back(
            {"quiet_hours.timezone", "must be the name of a time zone, such as \"Asia/Kolkata\""});
        co_return error;
    }
    auto write_all = [&change](db::Session& session) { return store(session, change); };
    co_return co_await database_.transact(std::move(write_all));
}

}  // namespace carillon::notify
