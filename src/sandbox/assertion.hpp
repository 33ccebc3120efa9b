#pragma once
// What Google's token endpoint thinks of an assertion: its checks, in its order, in its words.
#include <carillon/time.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sandbox/account.hpp"

namespace carillon::sandbox {

// An answer of the token endpoint with status 400.
struct TokenRefusal {
    std::string error;
    std::string description;
};
// Scopes that it does not know earn an id_token alone, with status 200.
enum class Granted { access_token, id_token };

using TokenVerdict = std::variant<Granted, TokenRefusal>;

// The form body of a request to /token.
[[nodiscard]] TokenVerdict judge_token_request(std::string_view form, const Account& account,
                                               const std::vector<std::string>& audiences, Time now);
[[nodiscard]] TokenVerdict judge_assertion(std::string_view assertion, const Account& account,
                                           const std::vector<std::string>& audiences, Time now);

}  // namespace carillon::sandbox
