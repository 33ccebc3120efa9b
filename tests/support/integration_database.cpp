#include "support/database.hpp"

#include <carillon/bytes.hpp>
#include <cstdlib>
#include <stdexcept>

#include "db/connect.hpp"
#include "db/migrations.hpp"

namespace carillon::test {

namespace {

constexpr auto template_lock = "7091880231";

pqxx::result run(const std::string& url, const std::string& sql) {
    const auto connection = db::Target{url, {.application_name = "carillon tests"}}.open();
    return pqxx::nontransaction{*connection}.exec(sql);
}

std::string fresh_name() {
    return "test_" + to_hex(random_bytes(8));
}

std::string template_name(const std::vector<db::Migration>& migrations) {
    std::string all;
    for (const auto& migration : migrations) all += migration.checksum;
    return "carillon_template_" + to_hex(sha256(all)).substr(0, 12);
}

void build_template(const std::string& name) {
    const auto server = maintenance_url();
    run(server, "DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
    run(server, "CREATE DATABASE " + name);
    const auto steps = db::migrate(db::with_database(server, name), db::known_migrations(), {});
    if (!steps) throw std::runtime_error{steps.error().detail};
    // The mark of a template that is complete: one that was interrupted is made again.
    run(server, "ALTER DATABASE " + name + " IS_TEMPLATE true");
}

// Test programs run side by side; one of them makes it and the others wait.
std::string ensure_template() {
    const auto server = maintenance_url();
    const auto name = template_name(db::known_migrations());
    const auto guard = db::Target{server, {.application_name = "carillon tests"}}.open();
    pqxx::nontransaction session{*guard};
    session.exec(std::string{"SELECT pg_advisory_lock("} + template_lock + ")");
    const auto ready =
        session.exec("SELECT 1 FROM pg_database WHERE datistemplate AND datname = '" + name + "'");
    if (ready.empty()) build_template(name);
    return name;
}

}  // namespace

std::string maintenance_url() {
    const char* url = std::getenv("CARILLON_TEST_PG");
    if (url == nullptr || *url == '\0') {
        throw std::runtime_error{
            "CARILLON_TEST_PG is not set; it names the PostgreSQL server for tests, which "
            "`tests/support/postgres start DIR` starts and prints"};
    }
    return url;
}

TestDatabase::TestDatabase(Start start) : name_{fresh_name()} {
    const auto server = maintenance_url();
    static const std::string migrated = ensure_template();
    run(server,
        "CREATE DATABASE " + name_ + " TEMPLATE " + (start == Start::migrated ? migrated : "template0"));
    url_ = db::with_database(server, name_);
}

TestDatabase::~TestDatabase() {
    try {
        run(maintenance_url(), "DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
    } catch (const std::exception&) {
        // The server went first; nothing is left to clean up.
    }
}

pqxx::result TestDatabase::query(const std::string& sql) const {
    return run(url_, sql);
}

std::string TestDatabase::value(const std::string& sql) const {
    return query(sql).at(0).at(0).c_str();
}

std::size_t TestDatabase::kill_sessions() const {
    return query(
               "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
               " WHERE datname = current_database() AND pid <> pg_backend_pid()")
        .size();
}

Door::Door(const TestDatabase& database) : database_{database} {
    const auto connection = db::Target{database.url(), {.application_name = "carillon tests"}}.open();
    const auto name = std::string{".s.PGSQL."} + connection->port();
    socket_ = std::filesystem::path{connection->hostname()} / name;
    if (!std::filesystem::is_socket(socket_)) {
        throw std::runtime_error{"this test needs CARILLON_TEST_PG to name a unix socket"};
    }
    folder_ = std::filesystem::temp_directory_path() / ("door_" + to_hex(random_bytes(8)));
    std::filesystem::create_directory(folder_);
    link_ = folder_ / name;
    url_ = database.url() + "host='" + folder_.string() + "'";
    open();
}

Door::~Door() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void Door::close() {
    std::filesystem::remove(link_);
    database_.kill_sessions();
}

void Door::open() {
    std::filesystem::create_symlink(socket_, link_);
}

}  // namespace carillon::test
