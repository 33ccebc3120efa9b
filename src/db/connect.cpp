#include "db/connect.hpp"

#include <algorithm>
#include <libpq-fe.h>
#include <map>
#include <stdexcept>

namespace carillon::db {

namespace {

using Words = std::map<std::string, std::string>;

// libpq reads both forms, URL and keyword list; its own messages may quote the password, so they stay here.
Words parse(const std::string& url) {
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options{
        PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree};
    if (!options) throw std::invalid_argument{"the database URL is not a PostgreSQL connection string"};
    Words words;
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr) words.emplace(option->keyword, option->val);
    }
    return words;
}

std::string join(const Words& words) {
    std::string text;
    for (const auto& [keyword, value] : words) {
        text += keyword + "='";
        for (const char c : value) {
            if (c == '\'' || c == '\\') text += '\\';
            text += c;
        }
        text += "' ";
    }
    return text;
}

// A peer that vanished without a word is noticed after about 25 s instead of after hours.
void add_defaults(Words& words, const ConnectOptions& options) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(options.connect_timeout).count();
    words.emplace("application_name", options.application_name);
    words.emplace("connect_timeout", std::to_string(seconds));
    words.emplace("keepalives_idle", "10");
    words.emplace("keepalives_interval", "5");
    words.emplace("keepalives_count", "3");
    words.emplace("tcp_user_timeout", "25000");
    words["client_encoding"] = "UTF8";
}

// Said after connecting and not in the connection string, because poolers refuse options they do not know.
std::string setup_for(const ConnectOptions& options) {
    // Every statement of ours has its index. A plan made while a table was small would read all of it later,
    // for as long as the connection keeps the plan; and what the planner then thinks a plan costs must not
    // start the JIT.
    std::string sql = "SET TimeZone = 'UTC'; SET enable_seqscan = off; SET jit = off";
    if (const auto limit = options.statement_timeout.count(); limit > 0) {
        // A process that was stopped in the middle of a transaction must not hold its locks for long.
        sql += "; SET statement_timeout = " + std::to_string(limit);
        sql += "; SET idle_in_transaction_session_timeout = " + std::to_string(4 * limit);
    }
    return sql;
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
}

// A statement must never be sent again behind our back on a fresh connection: whoever lost one decides.
void forbid_silent_reconnects(pqxx::connection_base& connection) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    connection.inhibit_reactivation(true);
#pragma GCC diagnostic pop
}

}  // namespace

Target::Target(const std::string& url, const ConnectOptions& options) : session_setup_{setup_for(options)} {
    auto words = parse(url);
    for (const auto* name : {"password", "sslpassword"}) {
        if (const auto word = words.find(name); word != words.end() && !word->second.empty()) {
            secrets_.push_back(word->second);
        }
    }
    add_defaults(words, options);
    connection_string_ = join(words);
}

std::unique_ptr<pqxx::connection> Target::open() const {
    try {
        auto connection = std::make_unique<pqxx::connection>(connection_string_);
        forbid_silent_reconnects(*connection);
        pqxx::nontransaction{*connection}.exec(session_setup_);
        return connection;
    } catch (const pqxx::pqxx_exception& error) {
        throw pqxx::broken_connection{without_secrets(error.base().what())};
    }
}

bool Target::answers() const {
    return PQping(connection_string_.c_str()) == PQPING_OK;
}

std::string Target::without_secrets(std::string_view message) const {
    std::string text{message};
    for (const auto& secret : secrets_) replace_all(text, secret, "***");
    std::replace(text.begin(), text.end(), '\n', ' ');
    replace_all(text, "\t", "");
    while (text.ends_with(' ')) text.pop_back();
    return text;
}

std::string with_database(const std::string& url, const std::string& name) {
    auto words = parse(url);
    words["dbname"] = name;
    return join(words);
}

}  // namespace carillon::db
