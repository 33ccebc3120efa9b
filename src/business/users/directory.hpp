#pragma once
#include <string>

#include "db/batcher.hpp"
#include "http/gate.hpp"

namespace carillon::business::users {

// Who an id or a phone number means. An id wins over a number: a user may be called by digits only.
class Directory final : public http::UserDirectory {
public:
    explicit Directory(db::Database& database);

    http::asio::awaitable<std::optional<UserId>> find(std::string_view id_or_phone) override;

private:
    db::Batcher<std::string, std::optional<UserId>> finds_;
};

}  // namespace carillon::business::users
