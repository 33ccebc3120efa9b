#pragma once
// Many changes to users as if they were carried out one after another, in two or three statements.
//
// The rows they touch are read and locked first; the ledger then plays the changes through in memory and says
// of each what became of it, so that one bad item costs no other, and the result is written at once.
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "business/users/user.hpp"
#include "db/session.hpp"

namespace carillon::business::users {

// What is stored of the users that some changes touch, and what the changes make of it. Pure.
class Ledger {
public:
    explicit Ledger(std::vector<User> stored);

    // Failure::invalid when a new user has no name, Failure::conflict "phone_taken" when the number is
    // another user's; then nothing has changed.
    Result<Upserted> apply(const UserChange& change);

    [[nodiscard]] std::vector<const User*> created() const;
    [[nodiscard]] std::vector<const User*> updated() const;

private:
    [[nodiscard]] bool phone_is_free(const UserChange& change) const;
    void move_phone(const User& before, const User& after);
    [[nodiscard]] std::vector<const User*> all_of(const std::set<std::string>& ids) const;

    // Ordered, so that rows are written in the order in which everybody locks them.
    std::map<std::string, User> users_;
    std::map<std::string, std::string> phone_holders_;  // number to user
    std::set<std::string> created_;
    std::set<std::string> updated_;
};

// Inside a transaction; as many answers as changes, in their order. When another request creates one of the
// users or takes one of the numbers at this very moment, it throws pqxx::serialization_failure, for which the
// transaction is run again.
[[nodiscard]] std::vector<Result<Upserted>> upsert(db::Session& session, std::span<const UserChange> changes);

}  // namespace carillon::business::users
