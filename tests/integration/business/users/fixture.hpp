#pragma once
// The users area over a real database, asked through the real router. One of each serves a whole suite; a
// test begins with empty tables.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "business/users/users.hpp"
#include "support/api.hpp"
#include "support/database.hpp"

namespace carillon::business {

class UsersTest : public testing::Test {
protected:
    struct World {
        World()
            : database{settings(own)},
              users{database, clock()},
              api{start(), users.directory(), users.routes(), clock()} {}
        ~World() { database.stop(std::chrono::seconds{5}); }

        static db::Settings settings(const test::TestDatabase& own) {
            db::Settings settings;
            settings.url = Secret{own.url()};
            settings.connections = 3;
            return settings;
        }
        [[nodiscard]] Clock clock() {
            return [this] { return now; };
        }
        db::Database& start() {
            database.start();
            return database;
        }

        Time now;
        test::TestDatabase own;
        db::Database database;
        Users users;
        test::Api api;
    };

    static void SetUpTestSuite() { world() = std::make_unique<World>(); }
    static void TearDownTestSuite() { world().reset(); }

    void SetUp() override {
        own().query("TRUNCATE users, devices, idempotency_keys, notification_settings");
        world()->now = parse_rfc3339("2026-11-21T07:30:00Z").value();
        api().sign_in("boss", Role::admin);
    }

    static std::unique_ptr<World>& world() {
        static std::unique_ptr<World> current;
        return current;
    }
    static test::TestDatabase& own() { return world()->own; }
    static test::Api& api() { return world()->api; }
    static void pass(std::chrono::microseconds time) { world()->now += time; }

    static test::Reply create(const std::string& id, const Json& more = Json::object()) {
        Json body = {{"id", id}, {"name", "User " + id}};
        body.update(more);
        return api().post("/api/users", body);
    }
};

}  // namespace carillon::business
