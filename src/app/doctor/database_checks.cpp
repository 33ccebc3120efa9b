#include <carillon/bytes.hpp>
#include <chrono>
#include <cmath>
#include <pqxx/pqxx>
#include <stdexcept>

#include "app/doctor/checks.hpp"
#include "db/connect.hpp"
#include "db/migrations.hpp"

namespace carillon::app::doctor {
namespace {

using namespace std::chrono_literals;
using Connection = std::unique_ptr<pqxx::connection>;

db::Target target_of(const config::Database& database) {
    return {database.url.reveal(),
            {.application_name = "carillon doctor",
             .connect_timeout = database.connect_timeout_ms,
             .statement_timeout = database.statement_timeout_ms}};
}

Finding version(pqxx::connection_base& connection) {
    constexpr int oldest = 130'000, recommended = 150'000;
    const int number = connection.server_version();
    const auto text = "PostgreSQL " + std::to_string(number / 10'000) + "." + std::to_string(number % 10'000);
    if (number < oldest) {
        return {"database_version", Verdict::fail, text + " is too old", "upgrade to PostgreSQL 15 or later"};
    }
    if (number < recommended) {
        return {"database_version", Verdict::warn, text + " works; 15 or later is recommended",
                "upgrade to PostgreSQL 15 or later"};
    }
    return {"database_version", Verdict::ok, text};
}

constexpr auto rights_sql = R"sql(
    SELECT quote_ident(current_user) AS me,
           quote_ident(current_database()) AS base,
           quote_ident(current_schema()) AS schema,
           has_database_privilege(current_database(), 'CONNECT') AS may_connect,
           has_schema_privilege(current_schema(), 'CREATE') AS may_create)sql";

// Altering a table in a migration takes its owner, or a member of that role.
constexpr auto foreign_tables_sql = R"sql(
    SELECT quote_ident(tablename) AS name
      FROM pg_tables
     WHERE schemaname = current_schema() AND NOT pg_has_role(tableowner, 'USAGE')
     ORDER BY tablename)sql";

Finding rights(pqxx::connection_base& connection) {
    pqxx::nontransaction session{connection};
    const auto row = session.exec1(rights_sql);
    const auto me = row["me"].as<std::string>(), base = row["base"].as<std::string>();
    if (row["schema"].is_null()) {
        return {"database_rights", Verdict::fail, "the search path of " + me + " has no schema that exists",
                "CREATE SCHEMA public AUTHORIZATION " + me + ";"};
    }
    const auto schema = row["schema"].as<std::string>();
    if (!row["may_connect"].as<bool>()) {
        return {"database_rights", Verdict::fail, me + " has no CONNECT on " + base,
                "GRANT CONNECT ON DATABASE " + base + " TO " + me + ";"};
    }
    if (!row["may_create"].as<bool>()) {
        return {"database_rights", Verdict::fail, me + " may not create tables in schema " + schema,
                "GRANT CREATE ON SCHEMA " + schema + " TO " + me + ";"};
    }
    std::string names, mend;
    for (const auto& table : session.exec(foreign_tables_sql)) {
        const auto name = table["name"].as<std::string>();
        names.append(names.empty() ? "" : ", ").append(name);
        mend.append(mend.empty() ? "" : " ").append("ALTER TABLE " + name + " OWNER TO " + me + ";");
    }
    if (!names.empty()) return {"database_rights", Verdict::fail, me + " does not own " + names, mend};
    return {"database_rights", Verdict::ok,
            me + " may connect to " + base + " and create in schema " + schema};
}

Finding migrations(const config::Database& database) {
    using Kind = db::MigrationState::Kind;
    std::size_t applied = 0;
    std::string pending, edited, newer;
    for (const auto& state : db::verify_migrations(database.url.reveal(), db::known_migrations())) {
        const auto name = std::to_string(state.version) + " (" + state.name + ")";
        const auto add = [&name](std::string& names) {
            names.append(names.empty() ? "" : ", ").append(name);
        };
        switch (state.kind) {
            case Kind::applied: ++applied; break;
            case Kind::pending: add(pending); break;
            case Kind::edited: add(edited); break;
            case Kind::unknown_here: add(newer); break;
        }
    }
    if (!newer.empty()) {
        return {"migrations", Verdict::fail,
                "the database has " + newer + ", which this program does not know",
                "run the version of carillon that made it, or a later one"};
    }
    if (!edited.empty()) {
        return {"migrations", Verdict::fail, edited + ": the text is no longer the one that was applied",
                "run an unchanged build; what must change belongs in a new migration"};
    }
    if (!pending.empty()) {
        const auto verdict = database.migrate_on_start ? Verdict::warn : Verdict::fail;
        return {"migrations", verdict, "not applied yet: " + pending, "carillon migrate"};
    }
    return {"migrations", Verdict::ok, std::to_string(applied) + " applied"};
}

Findings schema(const config::Database& database, const Finding& migrations) {
    // Every missing table would be a difference, and none of their statements the right mend.
    if (migrations.verdict != Verdict::ok) {
        return {{"schema", Verdict::skipped, "only compared when the migrations are in order"}};
    }
    const auto differences = db::compare_schema(database.url.reveal(), db::known_migrations());
    if (!differences) return {{"schema", Verdict::fail, differences.error().detail}};
    if (differences->empty()) return {{"schema", Verdict::ok, "as the migrations make it"}};
    Findings all;
    for (const auto& [what, mend] : *differences) all.push_back({"schema", Verdict::fail, what, mend});
    return all;
}

Finding clock(pqxx::connection_base& connection) {
    using Seconds = std::chrono::duration<double>;
    pqxx::nontransaction session{connection};
    const auto before = system_now();
    const auto theirs = session.exec1("SELECT extract(epoch FROM clock_timestamp())")[0].as<double>();
    const auto middle = before + (system_now() - before) / 2;
    const auto difference = std::abs(Seconds{middle.time_since_epoch()}.count() - theirs);

    const auto text =
        "differs from the database's by " + std::to_string(std::lround(difference * 1000)) + " ms";
    const auto* mend = "synchronise both clocks (chrony, systemd-timesyncd)";
    if (difference > 30) return {"clock", Verdict::fail, text, mend};
    if (difference > 2) return {"clock", Verdict::warn, text, mend};
    return {"clock", Verdict::ok, text};
}

class Listener final : public pqxx::notification_receiver {
public:
    using notification_receiver::notification_receiver;
    void operator()(const std::string&, int) override { heard_ = true; }
    [[nodiscard]] bool heard() const noexcept { return heard_; }

private:
    bool heard_ = false;
};

// A pooler that lends a server connection for one transaction accepts LISTEN and never delivers.
Finding notifications(pqxx::connection_base& listening, const db::Target& target) {
    constexpr auto patience = 2s;
    const auto channel = "carillon_doctor_" + to_hex(random_bytes(8));
    const Listener listener{listening, channel};
    pqxx::nontransaction{*target.open()}.exec("NOTIFY " + channel);

    const auto end = std::chrono::steady_clock::now() + patience;
    while (!listener.heard() && std::chrono::steady_clock::now() < end) {
        const auto left =
            std::chrono::duration_cast<std::chrono::microseconds>(end - std::chrono::steady_clock::now());
        if (left > 0us) listening.await_notification(left.count() / 1'000'000, left.count() % 1'000'000);
    }
    if (listener.heard()) return {"listen_notify", Verdict::ok, "a notification came through"};
    return {"listen_notify", Verdict::fail,
            "the pooler is in transaction mode: a notification did not come through in 2 s",
            "set the pool to session mode, or let database.url name PostgreSQL itself"};
}

// One check that breaks must not hide the others.
template <class Check>
void add(Findings& all, const char* name, const Check& check) {
    try {
        all.push_back(check());
    } catch (const std::exception& error) {
        std::string reason{error.what()};  // PostgreSQL ends its own with a line break
        reason.erase(reason.find_last_not_of('\n') + 1);
        all.push_back({name, Verdict::fail, std::move(reason)});
    }
}

}  // namespace

Findings database_findings(const config::Config& config) {
    const auto& database = config.database;
    if (database.url.empty()) {
        return {{"database", Verdict::fail, "database.url is not set",
                 "DATABASE_URL=postgres://user:password@host:5432/name"}};
    }
    Findings all;
    try {
        const auto target = target_of(database);
        const auto connection = target.open();
        all.push_back({"database", Verdict::ok, "reached"});
        add(all, "database_version", [&] { return version(*connection); });
        add(all, "database_rights", [&] { return rights(*connection); });
        add(all, "migrations", [&] { return migrations(database); });
        for (auto& finding : schema(database, all.back())) all.push_back(std::move(finding));
        add(all, "clock", [&] { return clock(*connection); });
        add(all, "listen_notify", [&] { return notifications(*connection, target); });
    } catch (const std::exception& error) {
        all.push_back({"database", Verdict::fail, error.what(), "start PostgreSQL, or correct database.url"});
    }
    return all;
}

}  // namespace carillon::app::doctor
