#pragma once
// A database of one's own for a test, gone when the test is.
//
// CARILLON_TEST_PG says which server: the connection string of its maintenance database, as a superuser
// (tests/support/postgres start DIR prints one). Without it a test fails: a test that skips itself proves
// nothing.
#include <filesystem>
#include <memory>
#include <pqxx/pqxx>
#include <string>

namespace carillon::test {

// Throws std::runtime_error when the environment names none.
[[nodiscard]] std::string maintenance_url();

class TestDatabase {
public:
    enum class Start { migrated, empty };
    // Migrated ones are copies of a template, which is made once per server and set of migrations.
    explicit TestDatabase(Start start = Start::migrated);
    ~TestDatabase();
    TestDatabase(const TestDatabase&) = delete;
    TestDatabase& operator=(const TestDatabase&) = delete;

    [[nodiscard]] const std::string& url() const noexcept { return url_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    // On a connection of its own, outside whatever is tested; each call its own transaction.
    pqxx::result query(const std::string& sql) const;
    // The first column of the first row.
    [[nodiscard]] std::string value(const std::string& sql) const;
    // Ends every session of this database but the one that asks. How many there were.
    std::size_t kill_sessions() const;

private:
    std::string name_;
    std::string url_;
};

// A door to the server's unix socket that can be closed: what a client behind it sees is a server that is
// down.
class Door {
public:
    explicit Door(const TestDatabase& database);
    ~Door();
    Door(const Door&) = delete;
    Door& operator=(const Door&) = delete;

    [[nodiscard]] const std::string& url() const noexcept { return url_; }
    // Nobody gets in, and those who are in are put out.
    void close();
    void open();

private:
    const TestDatabase& database_;
    std::filesystem::path folder_;
    std::filesystem::path socket_;  // the real one
    std::filesystem::path link_;
    std::string url_;
};

}  // namespace carillon::test
