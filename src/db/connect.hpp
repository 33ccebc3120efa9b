#pragma once
// How a connection is opened: libpq's own connection string, with our defaults where it says nothing.
#include <chrono>
#include <memory>
#include <pqxx/pqxx>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::db {

struct ConnectOptions {
    std::string application_name;
    std::chrono::milliseconds connect_timeout{3'000};
    std::chrono::milliseconds statement_timeout{0};  // 0: none
};

class Target {
public:
    // Throws std::invalid_argument, without showing it, when the text is no connection string.
    Target(const std::string& url, const ConnectOptions& options);

    // Throws pqxx::broken_connection with a reason that is fit for a log: one line, no password.
    [[nodiscard]] std::unique_ptr<pqxx::connection> open() const;

    // Somebody answers there, even if only to say that every place is taken.
    [[nodiscard]] bool answers() const;

private:
    [[nodiscard]] std::string without_secrets(std::string_view message) const;

    std::string connection_string_;
    std::string session_setup_;
    std::vector<std::string> secrets_;
};

// The same server and user, another database.
[[nodiscard]] std::string with_database(const std::string& url, const std::string& name);

}  // namespace carillon::db
