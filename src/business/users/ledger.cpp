#include <utility>

#include "business/users/upsert.hpp"

namespace carillon::business::users {
namespace {

void overlay(std::optional<std::string>& field, const FieldChange& change) {
    if (change) field = *change;
}

User changed(User user, const UserChange& change) {
    if (change.name) user.name = *change.name;
    if (change.role) user.role = *change.role;
    overlay(user.phone, change.phone);
    overlay(user.email, change.email);
    overlay(user.locale, change.locale);
    overlay(user.timezone, change.timezone);
    overlay(user.area, change.area);
    user.updated_at = change.at;
    return user;
}

User blank_user(const UserChange& change) {
    User user;
    user.id = change.id;
    user.created_at = change.at;
    return user;
}

Error name_missing() {
    return {Failure::invalid, "a new user needs a name", {{"name", "is required for a new user"}}};
}

Error phone_taken() {
    Error error{Failure::conflict, "phone_taken", "this phone number belongs to another user"};
    error.fields.push_back({"phone", "belongs to another user"});
    return error;
}

}  // namespace

Ledger::Ledger(std::vector<User> stored) {
    for (auto& user : stored) {
        if (user.phone) phone_holders_.emplace(*user.phone, user.id.value());
        auto id = user.id.value();
        users_.emplace(std::move(id), std::move(user));
    }
}

Result<Upserted> Ledger::apply(const UserChange& change) {
    const auto& id = change.id.value();
    const auto known = users_.find(id);
    const bool creates = known == users_.end();
    if (creates && !change.name) return name_missing();
    if (!phone_is_free(change)) return phone_taken();

    const auto before = creates ? blank_user(change) : known->second;
    auto after = changed(before, change);
    move_phone(before, after);
    if (creates)
        created_.insert(id);
    else if (!created_.contains(id))
        updated_.insert(id);
    users_.insert_or_assign(id, after);
    return Upserted{std::move(after), creates};
}

bool Ledger::phone_is_free(const UserChange& change) const {
    if (!change.phone || !*change.phone) return true;
    const auto holder = phone_holders_.find(**change.phone);
    return holder == phone_holders_.end() || holder->second == change.id.value();
}

void Ledger::move_phone(const User& before, const User& after) {
    if (before.phone) phone_holders_.erase(*before.phone);
    if (after.phone) phone_holders_.insert_or_assign(*after.phone, after.id.value());
}

std::vector<const User*> Ledger::created() const {
    return all_of(created_);
}

std::vector<const User*> Ledger::updated() const {
    return all_of(updated_);
}

std::vector<const User*> Ledger::all_of(const std::set<std::string>& ids) const {
    std::vector<const User*> users;
    users.reserve(ids.size());
    for (const auto& id : ids) users.push_back(&users_.at(id));
    return users;
}

}  // namespace carillon::business::users
