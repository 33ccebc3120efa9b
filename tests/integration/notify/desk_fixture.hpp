#pragma once
// The pipeline's tables with rows that a test writes itself, for what reads them. One database serves a whole
// suite; a test begins with empty tables.
#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <carillon/json.hpp>
#include <carillon/time.hpp>
#include <memory>
#include <string>
#include <utility>

#include "db/database.hpp"
#include "support/database.hpp"
#include "support/loop.hpp"

namespace carillon::notify {

class DeskTest : public testing::Test {
protected:
    struct World {
        World() : database{settings(own)} { database.start(); }
        ~World() { database.stop(std::chrono::seconds{5}); }

        static db::Settings settings(const test::TestDatabase& own) {
            db::Settings settings;
            settings.url = Secret{own.url()};
            settings.connections = 2;
            return settings;
        }

        test::TestDatabase own;
        db::Database database;
        boost::asio::io_context io;
    };

    static void SetUpTestSuite() { world() = std::make_unique<World>(); }
    static void TearDownTestSuite() { world().reset(); }

    // Rows and not tables: emptying forty of those takes a fifth of a second.
    void SetUp() override {
        std::string sql;
        for (const auto* table :
             {"users", "events", "outbox", "event_plans", "broadcasts", "feed_heads", "feed", "feed_readers",
              "notifications_log", "notifications_queue", "attempts", "interventions", "receipts",
              "count_changes", "hourly_counts", "notification_templates", "notification_template_versions",
              "notification_settings", "whatsapp_contacts"})
            sql += std::string{"DELETE FROM "} + table + ";";
        own().query(sql);
    }

    static std::unique_ptr<World>& world() {
        static std::unique_ptr<World> current;
        return current;
    }
    static test::TestDatabase& own() { return world()->own; }
    static db::Database& database() { return world()->database; }
    template <class T>
    static T run(boost::asio::awaitable<T> work) {
        return test::run_on_loop(world()->io, std::move(work));
    }

    static Time now() { return parse_rfc3339("2026-11-21T07:30:00Z").value(); }
    static Clock clock() {
        return [] { return now(); };
    }

    // A row of that table; columns that are not given are null.
    static void insert(const std::string& table, const Json& row) {
        own().query("INSERT INTO " + table + " SELECT * FROM jsonb_populate_record(NULL::" + table + ", '" +
                    quoted(row.dump()) + "')");
    }

    // The nth message in the order of their making, an hour apart; the newer the higher.
    static std::string message_id(int n) { return id_at("msg_", now() - std::chrono::hours{1000 - n}, n); }
    static std::string event_id(int n) { return id_at("evt_", now() - std::chrono::hours{1000 - n}, n); }

    static void add_user(const std::string& id, const Json& more = Json::object()) {
        insert("users", merged({{"id", id},
                                {"name", id},
                                {"role", "customer"},
                                {"created_at", text(now())},
                                {"updated_at", text(now())}},
                               more));
    }
    static void add_event(const std::string& id, const Json& more = Json::object()) {
        insert("events", merged({{"id", id},
                                 {"type", "order.created"},
                                 {"payload", {{"total", 5}}},
                                 {"created_at", text(now())}},
                                more));
    }
    static void add_plan(const std::string& event, int deliveries, int feed_rows,
                         const Json& more = Json::object()) {
        insert("event_plans", merged({{"event_id", event},
                                      {"planned_at", text(now())},
                                      {"recipients", 1},
                                      {"deliveries", deliveries},
                                      {"feed_rows", feed_rows}},
                                     more));
    }
    static void add_message(const std::string& id, const Json& more = Json::object()) {
        insert("notifications_log", merged({{"id", id},
                                            {"event_id", "evt_a"},
                                            {"channel", "whatsapp"},
                                            {"type", "order_confirmation"},
                                            {"message", "Hello"},
                                            {"status", "sent"},
                                            {"reason", "accepted"},
                                            {"step", 0},
                                            {"attempt", 1},
                                            {"attention", 0},
                                            {"created_at", text(now())}},
                                           more));
    }
    static void add_waiting(const std::string& id, const Json& more = Json::object()) {
        insert("notifications_queue", merged({{"id", id},
                                              {"event_id", "evt_a"},
                                              {"channel", "whatsapp"},
                                              {"due", text(now())},
                                              {"state", "waiting"},
                                              {"reason", "none"},
                                              {"bulk", false},
                                              {"urgent", false},
                                              {"step", 0},
                                              {"fallback", false},
                                              {"digest", false},
                                              {"attempt", 0},
                                              {"fence", 0},
                                              {"first_at", text(now())}},
                                             more));
    }
    static void add_attempt(const std::string& message, int number, const Json& more = Json::object()) {
        insert("attempts", merged({{"delivery_id", message},
                                   {"attempt", number},
                                   {"begun_at", text(now() + std::chrono::seconds{number})},
                                   {"ended_at", text(now() + std::chrono::seconds{number})},
                                   {"node", "a"},
                                   {"verdict", "accepted"},
                                   {"reason", "accepted"},
                                   {"answer", {{"status", 200}}}},
                                  more));
    }
    static void add_to_feed(const std::string& user, int seq, const std::string& event,
                            const Json& more = Json::object()) {
        insert("feed", merged({{"user_id", user},
                               {"seq", seq},
                               {"event_id", event},
                               {"type", "lead_update"},
                               {"body", Json::object()},
                               {"created_at", text(now())}},
                              more));
        own().query("INSERT INTO feed_heads VALUES ('" + user + "', " + std::to_string(seq) +
                    ") ON CONFLICT (user_id) DO UPDATE SET last_seq = EXCLUDED.last_seq");
    }

    static std::string text(Time time) { return to_rfc3339(time); }
    static std::string value(const std::string& sql) { return own().value(sql); }

private:
    static Json merged(Json row, const Json& more) {
        row.update(more);
        return row;
    }
    static std::string quoted(const std::string& json) {
        std::string out;
        for (const char c : json) out.append(c == '\'' ? 2 : 1, c);
        return out;
    }
    static std::string id_at(const std::string& prefix, Time at, int n) {
        const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
        char digits[40];
        std::snprintf(digits, sizeof digits, "%012llx%020d", static_cast<unsigned long long>(ms), n);
        return prefix + digits;
    }
};

}  // namespace carillon::notify
