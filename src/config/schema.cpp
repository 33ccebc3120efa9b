#include "config/schema.hpp"

#include <algorithm>
#include <cctype>

#include "config/binding.hpp"
#include "config/checks.hpp"

namespace carillon::config {
namespace {

using Names = std::vector<std::string_view>;

constexpr std::int64_t kib = 1024;
constexpr std::int64_t mib = 1024 * kib;
constexpr std::int64_t hour = 3600;

// "http.body_bytes" in its two halves.
Key row(std::string_view full_name, Rule rule, Binding binding, std::string_view about) {
    const auto dot = full_name.find('.');
    return {full_name.substr(0, dot), full_name.substr(dot + 1), std::move(rule), binding, about};
}

template <auto Section, auto Field>
Key integer(std::string_view name, std::int64_t min, std::int64_t max, std::string_view about,
            Names others = {}) {
    auto key = row(name, {.kind = Kind::integer, .min = min, .max = max}, bind<Section, Field>(), about);
    key.other_names = std::move(others);
    return key;
}

template <auto Section, auto Field>
Key boolean(std::string_view name, std::string_view about) {
    return row(name, {.kind = Kind::boolean}, bind<Section, Field>(), about);
}

template <auto Section, auto Field>
Key text(std::string_view name, const Check& check, std::string_view about, Names others = {}) {
    auto key = row(name, {.kind = Kind::text, .check = check}, bind<Section, Field>(), about);
    key.other_names = std::move(others);
    return key;
}

template <auto Section, auto Field>
Key secret(std::string_view name, const Check& check, std::string_view about, Names others,
           Disclosure disclosure = Disclosure::hidden) {
    auto key = text<Section, Field>(name, check, about, std::move(others));
    key.disclosure = disclosure;
    return key;
}

template <auto Section, auto Field>
Key list(std::string_view name, const Check& each, std::string_view about) {
    return row(name, {.kind = Kind::list, .check = each}, bind<Section, Field>(), about);
}

template <class Enum, auto Section, auto Field>
Key choice(std::string_view name, std::string_view about) {
    const auto& names = names_of<Enum>;
    return row(name, {.kind = Kind::choice, .options = {names.begin(), names.end()}}, bind<Section, Field>(),
               about);
}

void add(std::vector<Key>& all, std::vector<Key> rows) {
    std::move(rows.begin(), rows.end(), std::back_inserter(all));
}

std::vector<Key> server_rows() {
    constexpr auto in = &Config::server;
    return {
        list<in, &Server::listen>(
            "server.listen", checks::endpoint,
            "Where to listen, as host:port; IPv6 as \"[::1]:8000\"; port 0 takes any free one."),
        list<in, &Server::tls_listen>("server.tls_listen", checks::endpoint,
                                      "Where to listen with TLS; needs tls.certificates."),
        text<in, &Server::node>("server.node", checks::identifier,
                                "This server's name among several; empty: the name of the host."),
        text<in, &Server::public_url>("server.public_url", checks::public_url,
                                      "How clients reach the server, as \"https://notify.example.com\"."),
        integer<in, &Server::shutdown_seconds>("server.shutdown_seconds", 1, 60,
                                               "How long what is in flight may take after SIGTERM."),
        boolean<in, &Server::reuse_port>(
            "server.reuse_port", "Lets several processes of one machine share a port (SO_REUSEPORT)."),
        row("tls.certificates", {.kind = Kind::certificates}, bind<&Config::tls, &Tls::certificates>(),
            "Certificates with their keys, PEM files; the first is for clients that name no host."),
        choice<TlsVersion, &Config::tls, &Tls::min_version>("tls.min_version",
                                                            "Older versions of TLS are refused."),
    };
}

std::vector<Key> http_rows() {
    constexpr auto in = &Config::http;
    return {
        integer<in, &Http::header_bytes>("http.header_bytes", kib, mib,
                                         "Largest header of a request, its first line included."),
        integer<in, &Http::body_bytes>("http.body_bytes", kib, 16 * mib,
                                       "Largest body of an ordinary request."),
        integer<in, &Http::bulk_bytes>("http.bulk_bytes", kib, 1024 * mib,
                                       "Largest body on a route that takes it piece by piece."),
        integer<in, &Http::header_seconds>("http.header_seconds", 1, hour, "Time for a whole header."),
        integer<in, &Http::body_seconds>(
            "http.body_seconds", 1, hour,
            "Time for a whole body; where it is taken piece by piece, for each piece."),
        integer<in, &Http::idle_seconds>("http.idle_seconds", 1, hour,
                                         "Time a connection may rest between two requests."),
        integer<in, &Http::write_seconds>("http.write_seconds", 1, hour,
                                          "Patience with a client that does not read."),
        integer<in, &Http::connections>("http.connections", 1, 10'000'000,
                                        "Connections at once, all together."),
        integer<in, &Http::connections_per_address>("http.connections_per_address", 1, 10'000'000,
                                                    "Connections at once from one client address."),
        integer<in, &Http::rate_per_second>(
            "http.rate_per_second", 0, 1'000'000,
            "Requests a second of one user, or of one address without a token; "
            "0: no limit."),
        integer<in, &Http::rate_burst>("http.rate_burst", 1, 1'000'000,
                                       "Requests that may come at once before the rate counts."),
        list<in, &Http::allowed_origins>(
            "http.allowed_origins", checks::origin,
            "Web origins that may call, as \"https://app.example.com\"; \"*\" alone: all."),
        list<in, &Http::trusted_proxies>("http.trusted_proxies", checks::proxy,
                                         "Proxies whose X-Forwarded-For is believed: addresses or blocks, as "
                                         "\"10.0.0.0/8\"."),
    };
}

std::vector<Key> auth_rows() {
    constexpr auto in = &Config::auth;
    return {
        choice<AuthMode, in, &Auth::mode>(
            "auth.mode", "\"development\" takes calls without a token; only on a loopback address."),
        secret<in, &Auth::jwt_secret>("auth.jwt_secret", checks::signing_key,
                                      "Key of HS256 tokens, 32 bytes or more.", {"AUTH_JWT_SECRET"}),
        text<in, &Auth::public_key_file>("auth.public_key_file", checks::any_text,
                                         "PEM file with the public key of RS256 or ES256 tokens."),
        text<in, &Auth::jwks_file>("auth.jwks_file", checks::any_text, "JWKS file with public keys."),
        text<in, &Auth::issuer>("auth.issuer", checks::any_text, "When set, a token's `iss` must be this."),
        text<in, &Auth::audience>("auth.audience", checks::any_text,
                                  "When set, a token's `aud` must hold this."),
        integer<in, &Auth::leeway_seconds>("auth.leeway_seconds", 0, 300,
                                           "How far the clock of whoever issues tokens may be off."),
    };
}

std::vector<Key> database_and_log_rows() {
    constexpr auto db = &Config::database;
    constexpr auto log = &Config::log;
    return {
        secret<db, &Database::url>("database.url", checks::connection,
                                   "PostgreSQL, as \"postgres://user:password@host:5432/name\".",
                                   {"DATABASE_URL"}, Disclosure::url),
        integer<db, &Database::connections>("database.connections", 1, 256,
                                            "Connections to the database, with a thread each."),
        integer<db, &Database::statement_timeout_ms>("database.statement_timeout_ms", 100, hour * 1000,
                                                     "A statement that takes longer is cut off."),
        integer<db, &Database::connect_timeout_ms>("database.connect_timeout_ms", 100, 60'000,
                                                   "Time for a new connection."),
        boolean<db, &Database::migrate_on_start>(
            "database.migrate_on_start",
            "Brings the schema up before serving; else `carillon migrate` does."),
        choice<log::Level, log, &Log::level>("log.level", "What is logged: debug, info, warn, error or off."),
        choice<log::Format, log, &Log::format>("log.format", "\"json\" for machines, \"human\" for people."),
        boolean<log, &Log::requests>("log.requests", "One line for each request."),
    };
}

std::vector<Key> provider_rows() {
    constexpr auto fcm = &Config::firebase;
    constexpr auto whatsapp = &Config::myoperator;
    constexpr auto pusher = &Config::pusher;
    constexpr auto queue = &Config::queue;
    constexpr auto told = &Config::notifications;
    return {
        secret<fcm, &Firebase::service_account_key>("firebase.service_account_key", checks::free_secret,
                                                    "Service account for push: a path, or the JSON itself.",
                                                    {"FIREBASE_SERVICE_ACCOUNT_KEY"}),
        text<fcm, &Firebase::project_id>("firebase.project_id", checks::identifier,
                                         "Firebase project; empty: the one in the key.",
                                         {"FIREBASE_PROJECT_ID"}),
        text<fcm, &Firebase::base_url>("firebase.base_url", checks::public_url, "Where FCM is reached."),
        secret<whatsapp, &Myoperator::api_key>("myoperator.api_key", checks::any_secret,
                                               "Key of the MyOperator API.", {"MYOPERATOR_API_KEY"}),
        secret<whatsapp, &Myoperator::api_secret>("myoperator.api_secret", checks::any_secret,
                                                  "Secret of the MyOperator account.",
                                                  {"MYOPERATOR_API_SECRET"}),
        text<whatsapp, &Myoperator::account_id>("myoperator.account_id", checks::any_text,
                                                "MyOperator company.", {"MYOPERATOR_ACCOUNT_ID"}),
        text<whatsapp, &Myoperator::phone_number>("myoperator.phone_number", checks::phone_number,
                                                  "The WhatsApp business number, as \"+919876543210\".",
                                                  {"MYOPERATOR_PHONE_NUMBER", "MYOPERATOR_WHATSAPP_NUMBER"}),
        text<whatsapp, &Myoperator::phone_number_id>("myoperator.phone_number_id", checks::digits,
                                                     "Its id at WhatsApp; empty: looked up by the number.",
                                                     {"MYOPERATOR_PHONE_NUMBER_ID"}),
        text<whatsapp, &Myoperator::waba_id>("myoperator.waba_id", checks::digits,
                                             "WhatsApp business account, if MyOperator asks for it.",
                                             {"MYOPERATOR_WABA_ID"}),
        text<whatsapp, &Myoperator::base_url>("myoperator.base_url", checks::public_url,
                                              "Where MyOperator is reached."),
        secret<whatsapp, &Myoperator::webhook_key>(
            "myoperator.webhook_key", checks::webhook_key,
            "Key that MyOperator's webhook shows, as X-API-Key or as Basic password.",
            {"MYOPERATOR_WEBHOOK_KEY"}),
        integer<queue, &Queue::retry_attempts>("queue.retry_attempts", 1, 100,
                                               "Attempts before a delivery is given up.",
                                               {"NOTIFICATION_QUEUE_RETRY_ATTEMPTS"}),
        integer<queue, &Queue::retry_delay_minutes>("queue.retry_delay_minutes", 0, 24 * 60,
                                                    "Minutes between two attempts.",
                                                    {"NOTIFICATION_QUEUE_RETRY_DELAY_MINUTES"}),
        choice<Backoff, queue, &Queue::retry_backoff>("queue.retry_backoff",
                                                      "Whether that time stays the same or doubles with each "
                                                      "attempt, up to an hour, a fifth more or less."),
        choice<ChannelBackoff, queue, &Queue::push_backoff>("queue.push_backoff", "The same of push alone."),
        choice<ChannelBackoff, queue, &Queue::whatsapp_backoff>("queue.whatsapp_backoff",
                                                                "The same of WhatsApp alone."),
        choice<ChannelBackoff, queue, &Queue::web_chat_backoff>("queue.web_chat_backoff",
                                                                "The same of the web chat alone."),
        integer<queue, &Queue::lease_seconds>(
            "queue.lease_seconds", 5, 600,
            "How long a server may be silent before others take over what it was sending."),
        text<told, &Notifications::routing_file>(
            "notifications.routing_file", checks::any_text,
            "Who is told of what, and how; where there is none, the policy built into the server holds."),
        text<told, &Notifications::language>("notifications.language", checks::identifier,
                                             "Language of people who have not said."),
        integer<told, &Notifications::foreground_grace_seconds>(
            "notifications.foreground_grace_seconds", 1, 60,
            "How long push waits for an open app to show a message itself."),
        text<pusher, &Pusher::app_id>("pusher.app_id", checks::identifier,
                                      "Pusher application, for its HTTP API.", {"PUSHER_APP_ID"}),
        text<pusher, &Pusher::app_key>("pusher.app_key", checks::identifier,
                                       "Its public key, which browsers use.", {"PUSHER_APP_KEY"}),
        secret<pusher, &Pusher::app_secret>("pusher.app_secret", checks::any_secret,
                                            "Its secret, which signs.", {"PUSHER_APP_SECRET"}),
    };
}

std::vector<Key> realtime_rows() {
    constexpr auto in = &Config::realtime;
    return {
        integer<in, &Realtime::message_bytes>("realtime.message_bytes", kib, 64 * mib,
                                              "Largest message that a client may send."),
        integer<in, &Realtime::connections_per_user>("realtime.connections_per_user", 1, 1'000'000,
                                                     "Connections of one user; one more closes the oldest."),
        integer<in, &Realtime::ping_seconds>(
            "realtime.ping_seconds", 1, hour,
            "Time between two pings; a client that leaves two unanswered is gone."),
        integer<in, &Realtime::stall_seconds>("realtime.stall_seconds", 1, hour,
                                              "A client that takes nothing for so long is let go."),
        integer<in, &Realtime::queue_messages>(
            "realtime.queue_messages", 16, 100'000,
            "Messages that wait for a slow client; then it is fed from the database as it takes them."),
        integer<in, &Realtime::queue_bytes>("realtime.queue_bytes", 64 * kib, 64 * mib, "The same in bytes."),
        integer<in, &Realtime::queue_total_bytes>("realtime.queue_total_bytes", mib, 65'536 * mib,
                                                  "Bytes that wait for all clients together."),
        integer<in, &Realtime::kept_messages>(
            "realtime.kept_messages", 1, 100'000,
            "Messages of a feed that are told again to who comes back; older ones are a gap."),
        integer<in, &Realtime::kept_days>("realtime.kept_days", 1, 365, "The same in days."),
        integer<in, &Realtime::recent_bytes>("realtime.recent_bytes", 0, 65'536 * mib,
                                             "Memory for messages of users who are or were just here."),
        integer<in, &Realtime::recent_seconds>("realtime.recent_seconds", 0, 24 * hour,
                                               "How long somebody who left counts as just here."),
        integer<in, &Realtime::admissions_per_second>(
            "realtime.admissions_per_second", 100, 1'000'000,
            "New connections let in each second; more wait for their turn."),
    };
}

}  // namespace

std::string Key::full_name() const {
    return std::string{section} + "." + std::string{name};
}

std::string Key::environment_name() const {
    auto upper = "CARILLON_" + std::string{section} + "_" + std::string{name};
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return upper;
}

const std::vector<Key>& schema() {
    static const auto rows = [] {
        std::vector<Key> all;
        for (auto* section :
             {server_rows, http_rows, auth_rows, database_and_log_rows, provider_rows, realtime_rows}) {
            add(all, section());
        }
        return all;
    }();
    return rows;
}

const Key* find_key(std::string_view section, std::string_view name) {
    const auto& all = schema();
    const auto is_it = [section, name](const Key& key) { return key.section == section && key.name == name; };
    const auto found = std::find_if(all.begin(), all.end(), is_it);
    return found == all.end() ? nullptr : &*found;
}

}  // namespace carillon::config
