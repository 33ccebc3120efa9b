#include "business/users/devices.hpp"

#include <utility>

#include "business/users/rows.hpp"
#include "http/idempotency.hpp"

namespace carillon::business::users {
namespace {

// The outer join tells a user without devices from no user at all.
constexpr db::Statement list_devices{"devices_list", R"sql(
    SELECT d.id, right(d.token, least(6, char_length(d.token) / 2)) AS token_tail, d.platform, d.app_version,
           (extract(epoch FROM d.created_at) * 1000000)::bigint AS created_us,
           (extract(epoch FROM d.last_seen_at) * 1000000)::bigint AS last_seen_us
      FROM users u
      LEFT JOIN devices d ON d.user_id = u.id
     WHERE u.id = $1
     ORDER BY d.last_seen_at DESC, d.id DESC)sql"};

// One at a time per user, or two at once could both find room for the last device.
constexpr db::Statement lock_owner{"devices_lock_owner",
                                   "SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE"};

// For its new owner a device that changed hands is a new one: what was known of it was the former owner's.
constexpr db::Statement put_device{"devices_put", R"sql(
    INSERT INTO devices AS d (id, user_id, target_kind, token, platform, app_version, created_at, last_seen_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7::timestamptz, $7::timestamptz)
        ON CONFLICT (target_kind, token) DO UPDATE
       SET id = CASE WHEN d.user_id = excluded.user_id THEN d.id ELSE excluded.id END,
           created_at = CASE WHEN d.user_id = excluded.user_id THEN d.created_at ELSE excluded.created_at END,
           platform = CASE WHEN d.user_id = excluded.user_id THEN coalesce(excluded.platform, d.platform)
                           ELSE excluded.platform END,
           app_version = CASE WHEN d.user_id = excluded.user_id THEN coalesce(excluded.app_version, d.app_version)
                              ELSE excluded.app_version END,
           user_id = excluded.user_id,
           last_seen_at = excluded.last_seen_at,
           unusable_at = NULL
    RETURNING id, right(token, least(6, char_length(token) / 2)) AS token_tail, platform, app_version,
              (extract(epoch FROM created_at) * 1000000)::bigint AS created_us,
              (extract(epoch FROM last_seen_at) * 1000000)::bigint AS last_seen_us)sql"};

constexpr db::Statement drop_oldest{"devices_drop_oldest", R"sql(
    DELETE FROM devices
     WHERE id IN (SELECT id FROM devices
                   WHERE user_id = $1 AND id <> $2
                   ORDER BY last_seen_at DESC, id DESC
                  OFFSET $3))sql"};

constexpr db::Statement delete_devices{"devices_delete_all", R"sql(
    WITH gone AS (DELETE FROM devices WHERE user_id = $1)
    SELECT id FROM users WHERE id = $1)sql"};

constexpr db::Statement delete_device{"devices_delete", "DELETE FROM devices WHERE user_id = $1 AND id = $2"};

constexpr int devices_per_user = 50;

Device device_of(const pqxx::row& row) {
    Device device;
    device.id = DeviceId{row["id"].as<std::string>()};
    device.token_tail = row["token_tail"].as<std::string>();
    device.platform = optional_text(row["platform"]);
    device.app_version = optional_text(row["app_version"]);
    device.created_at = time_of(row["created_us"]);
    device.last_seen_at = time_of(row["last_seen_us"]);
    return device;
}

const char* text_or_null(const std::optional<std::string>& text) {
    return text ? text->c_str() : nullptr;
}

std::optional<DeviceStore::Registered> store(db::Session& session, const UserId& user,
                                             const DeviceRegistration& device, Time now) {
    if (session.exec(lock_owner, user.value()).empty()) return std::nullopt;
    const auto id = make_id("dev_");
    const auto rows = session.exec(
        put_device, id, user.value(), device.kind == TargetKind::token ? "token" : "fid", device.token,
        text_or_null(device.platform), text_or_null(device.app_version), to_rfc3339(now));
    auto stored = device_of(rows[0]);
    const bool created = stored.id.value() == id;
    if (created) session.exec(drop_oldest, user.value(), id, devices_per_user - 1);
    return DeviceStore::Registered{std::move(stored), created};
}

}  // namespace

asio::awaitable<std::optional<std::vector<Device>>> DeviceStore::list(const UserId& user) {
    auto select = [&user](db::Session& session) -> std::optional<std::vector<Device>> {
        const auto rows = session.exec(list_devices, user.value());
        if (rows.empty()) return std::nullopt;
        std::vector<Device> devices;
        for (const auto& row : rows)
            if (!row["id"].is_null()) devices.push_back(device_of(row));
        return devices;
    };
    co_return co_await database_.read(std::move(select));
}

asio::awaitable<Result<Response>> DeviceStore::put(Request& request, const UserId& user,
                                                   const DeviceRegistration& device, Time now,
                                                   const Answering& answering) {
    auto write = [&](db::Session& session) -> Result<Response> {
        http::forget_answer(request);
        const auto registered = store(session, user, device, now);
        if (!registered) return Error{Failure::not_found, "no such user"};
        auto response = answering(*registered);
        http::keep_answer(session, request, response, user);
        return response;
    };
    co_return co_await database_.transact(std::move(write));
}

asio::awaitable<std::optional<DeviceStore::Registered>> DeviceStore::enrol(const UserId& user,
                                                                           const DeviceRegistration& device,
                                                                           Time now) {
    auto write = [&](db::Session& session) { return store(session, user, device, now); };
    co_return co_await database_.transact(std::move(write));
}

asio::awaitable<bool> DeviceStore::remove_all(const UserId& user) {
    auto remove = [&user](db::Session& session) {
        return !session.exec(delete_devices, user.value()).empty();
    };
    co_return co_await database_.statement(std::move(remove));
}

asio::awaitable<bool> DeviceStore::remove(const UserId& user, const DeviceId& device) {
    auto remove = [&user, &device](db::Session& session) {
        return session.exec(delete_device, user.value(), device.value()).affected_rows() > 0;
    };
    co_return co_await database_.statement(std::move(remove));
}

}  // namespace carillon::business::users
