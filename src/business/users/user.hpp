#pragma once
// The words of this area.
#include <carillon/caller.hpp>
#include <carillon/id.hpp>
#include <carillon/time.hpp>
#include <optional>
#include <string>
#include <unordered_set>

namespace carillon::business::users {

struct User {
    UserId id;
    std::string name;
    std::optional<std::string> phone;  // E.164
    std::optional<std::string> email;
    Role role = Role::customer;
    std::optional<std::string> locale;
    std::optional<std::string> timezone;
    std::optional<std::string> area;
    Time created_at;
    Time updated_at;
};

// Absent: the stored value is kept. Holding nothing: it is cleared. Holding a text: it is set.
using FieldChange = std::optional<std::optional<std::string>>;

// What an upsert asks for. One that was parsed is valid on its own; whether it fits what is stored is seen
// when it is carried out.
struct UserChange {
    UserId id;  // empty: none was given
    std::optional<std::string> name;
    std::optional<Role> role;
    FieldChange phone;
    FieldChange email;
    FieldChange locale;
    FieldChange timezone;
    FieldChange area;
    Time at;  // when it was asked for
};

struct Upserted {
    User user;
    bool created = false;
};

// What FCM addresses a device by: the registration token, or the installation id that takes its place.
enum class TargetKind { token, fid };

struct DeviceRegistration {
    TargetKind kind = TargetKind::token;
    std::string token;
    std::optional<std::string> platform;
    std::optional<std::string> app_version;
};

struct Device {
    DeviceId id;
    std::string token_tail;  // enough to recognise it by; the whole is as good as a key to the phone
    std::optional<std::string> platform;
    std::optional<std::string> app_version;
    Time created_at;
    Time last_seen_at;
};

// The time zones that the database can calculate with.
using ZoneNames = std::unordered_set<std::string>;

}  // namespace carillon::business::users
