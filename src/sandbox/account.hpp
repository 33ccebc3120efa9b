#pragma once
// The service account whose assertions the sandbox's token endpoint takes.
#include <carillon/error.hpp>
#include <string>
#include <string_view>

#include "http/jwt_key.hpp"

namespace carillon::sandbox {

// The project of the accounts made here; it exists nowhere else.
inline constexpr std::string_view sandbox_project = "carillon-sandbox";

struct Account {
    std::string project_id;
    std::string client_email;
    std::string private_key_id;
    std::string token_uri;
    http::jwt::Key key;  // its public half
};

// A key file as Google hands it out. Failure::invalid with a sentence for the operator.
[[nodiscard]] Result<Account> parse_account(std::string_view json);
// A fresh one, with an RSA key of 2048 bits. Throws std::runtime_error when OpenSSL makes none.
[[nodiscard]] std::string make_account(const std::string& token_uri);
// One of make_account() for another address, its key kept; nothing when it was not made there.
[[nodiscard]] std::string moved_account(std::string_view json, const std::string& token_uri);

}  // namespace carillon::sandbox
