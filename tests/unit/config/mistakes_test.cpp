// What is refused, and in which words.
#include <gmock/gmock.h>

#include "config/schema.hpp"
#include "unit/config/outside.hpp"

namespace carillon::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct BadFile {
    const char* name;
    const char* toml;
    const char* mistake;
};

class FileMistake : public testing::TestWithParam<BadFile> {};

TEST_P(FileMistake, NamesPlaceKeyAndWhatWasExpected) {
    Outside outside;
    outside.with_toml(GetParam().toml);
    EXPECT_THAT(outside.mistakes(), ElementsAre(GetParam().mistake));
}

constexpr BadFile bad_files[] = {
    {"text_for_integer", "[http]\nbody_bytes = \"big\"",
     "carillon.toml:2:1: http.body_bytes: expected an integer from 1024 to 16777216, got the text \"big\""},
    {"integer_too_small", "[http]\nbody_bytes = 1023",
     "carillon.toml:2:1: http.body_bytes: expected an integer from 1024 to 16777216, got the number 1023"},
    {"integer_too_large", "[server]\nshutdown_seconds = 61",
     "carillon.toml:2:1: server.shutdown_seconds: expected an integer from 1 to 60, got the number 61"},
    {"negative", "[http]\nrate_per_second = -1",
     "carillon.toml:2:1: http.rate_per_second: expected an integer from 0 to 1000000, got the number -1"},
    {"fraction", "[queue]\nretry_attempts = 1.5",
     "carillon.toml:2:1: queue.retry_attempts: expected an integer from 1 to 100, got the number 1.5"},
    {"whole_fraction", "[queue]\nretry_attempts = 3.0",
     "carillon.toml:2:1: queue.retry_attempts: expected an integer from 1 to 100, got the number 3.0"},
    {"infinity", "[queue]\nretry_attempts = inf",
     "carillon.toml:2:1: queue.retry_attempts: expected an integer from 1 to 100, got a number without end"},
    {"boolean_for_integer", "[queue]\nretry_attempts = true",
     "carillon.toml:2:1: queue.retry_attempts: expected an integer from 1 to 100, got true"},
    {"list_for_integer", "[queue]\nretry_attempts = [3]",
     "carillon.toml:2:1: queue.retry_attempts: expected an integer from 1 to 100, got a list"},
    {"table_for_integer", "[queue.retry_attempts]\nx = 1",
     "carillon.toml:1:8: queue.retry_attempts: expected an integer from 1 to 100, got a table"},
    {"date_for_text", "[auth]\nissuer = 2026-11-21",
     "carillon.toml:2:1: auth.issuer: expected a text without control characters, got a date or a time"},
    {"text_for_boolean", "[log]\nrequests = \"yes\"",
     "carillon.toml:2:1: log.requests: expected true or false, got the text \"yes\""},
    {"integer_for_boolean", "[log]\nrequests = 1",
     "carillon.toml:2:1: log.requests: expected true or false, got the number 1"},
    {"unknown_choice", "[tls]\nmin_version = \"1.1\"",
     "carillon.toml:2:1: tls.min_version: expected one of 1.2, 1.3, got the text \"1.1\""},
    {"number_for_choice", "[tls]\nmin_version = 1.2",
     "carillon.toml:2:1: tls.min_version: expected one of 1.2, 1.3, got the number 1.2"},
    {"text_for_list", "[server]\nlisten = \"127.0.0.1:1\"",
     "carillon.toml:2:1: server.listen: expected a list, each host:port (\"127.0.0.1:8000\", "
     "\"[::1]:8000\"), got "
     "the text \"127.0.0.1:1\""},
    {"item_of_list", "[server]\nlisten = [\"127.0.0.1:1\", \"8000\"]",
     "carillon.toml:2:1: server.listen: expected a list, each host:port (\"127.0.0.1:8000\", "
     "\"[::1]:8000\"), got "
     "the text \"8000\""},
    {"number_in_list", "[http]\ntrusted_proxies = [10]",
     "carillon.toml:2:1: http.trusted_proxies: expected a list, each an address or a block (\"10.0.0.0/8\"), "
     "got the "
     "number 10"},
    {"star_and_more", "[http]\nallowed_origins = [\"*\", \"https://a.example\"]",
     "carillon.toml:2:1: http.allowed_origins: \"*\" stands alone or not at all"},
    {"origin_with_path", "[http]\nallowed_origins = [\"https://a.example/\"]",
     "carillon.toml:2:1: http.allowed_origins: expected a list, each an origin (\"https://app.example.com\") "
     "or "
     "\"*\", got the text \"https://a.example/\""},
    {"certificate_without_key", "[[tls.certificates]]\ncert = \"a\"",
     "carillon.toml:1:7: tls.certificates: expected a list of tables with cert and key, both paths, got a "
     "table that "
     "has not just these two"},
    {"certificate_with_more", "[[tls.certificates]]\ncert = \"a\"\nkey = \"b\"\nkeys = \"c\"",
     "carillon.toml:1:7: tls.certificates: expected a list of tables with cert and key, both paths, got a "
     "table that "
     "has not just these two"},
    {"short_signing_key", "[auth]\njwt_secret = \"hunter2\"",
     "carillon.toml:2:1: auth.jwt_secret: expected a text of 32 bytes or more, got one of 7 bytes"},
    {"number_for_secret", "[pusher]\napp_secret = 4711",
     "carillon.toml:2:1: pusher.app_secret: expected a text without control characters, got a number"},
    {"not_a_database", "[database]\nurl = \"mysql://app:hunter2@db\"",
     "carillon.toml:2:1: database.url: expected a PostgreSQL address "
     "(\"postgres://user:password@host:5432/name\"), "
     "got a text that is none"},
    {"unknown_key", "[http]\nbodybytes = 1",
     "carillon.toml:2:1: unknown key http.bodybytes (did you mean http.body_bytes?)"},
    {"unknown_far_key", "[http]\nzzzzzzzzzzzz = 1", "carillon.toml:2:1: unknown key http.zzzzzzzzzzzz"},
    {"key_in_wrong_case", "[http]\n  Body_Bytes = 1024",
     "carillon.toml:2:3: unknown key http.Body_Bytes (did you mean http.body_bytes?)"},
    {"unknown_section", "[htpp]\nbody_bytes = 1024",
     "carillon.toml:2:1: unknown key htpp.body_bytes (did you mean http.body_bytes?)"},
    {"unknown_empty_section", "[databse]\n",
     "carillon.toml:1:2: unknown section databse (did you mean database?)"},
    {"key_outside_a_section", "body_bytes = 1024",
     "carillon.toml:1:1: unknown key body_bytes (did you mean http.body_bytes?)"},
    {"section_as_value", "http = 1", "carillon.toml:1:1: http: expected a section, [http], got a value"},
};

INSTANTIATE_TEST_SUITE_P(Table, FileMistake, testing::ValuesIn(bad_files),
                         [](const auto& info) { return std::string{info.param.name}; });

struct BadVariable {
    const char* test;
    const char* name;
    const char* value;
    const char* message;
};

class EnvironmentMistake : public testing::TestWithParam<BadVariable> {};

TEST_P(EnvironmentMistake, NamesVariableKeyAndWhatWasExpected) {
    const auto& row = GetParam();
    Outside outside;
    outside.with(row.name, row.value);
    EXPECT_THAT(outside.mistakes(), ElementsAre("environment " + std::string{row.name} + ": " + row.message));
}

constexpr BadVariable bad_variables[] = {
    {"text", "CARILLON_HTTP_BODY_BYTES", "big",
     "http.body_bytes: expected an integer from 1024 to 16777216, got the text \"big\""},
    {"empty_number", "CARILLON_HTTP_BODY_BYTES", "",
     "http.body_bytes: expected an integer from 1024 to 16777216, got the text \"\""},
    {"unit", "CARILLON_HTTP_BODY_BYTES", "1024k",
     "http.body_bytes: expected an integer from 1024 to 16777216, got the text \"1024k\""},
    {"overflow", "CARILLON_HTTP_BODY_BYTES", "99999999999999999999",
     "http.body_bytes: expected an integer from 1024 to 16777216, got the text \"99999999999999999999\""},
    {"boolean", "CARILLON_LOG_REQUESTS", "maybe",
     "log.requests: expected true or false, got the text \"maybe\""},
    {"empty_item", "CARILLON_HTTP_TRUSTED_PROXIES", "10.0.0.1,,10.0.0.2",
     "http.trusted_proxies: expected a list, each an address or a block (\"10.0.0.0/8\"), got the text \"\""},
    {"half_certificate", "CARILLON_TLS_CERTIFICATES", "cert.pem",
     "tls.certificates: expected a list of tables with cert and key, both paths, got the text \"cert.pem\""},
    {"control", "CARILLON_AUTH_ISSUER", "a\nb",
     "auth.issuer: expected a text without control characters, got the text \"a\\nb\""},
    {"not_utf8", "CARILLON_AUTH_ISSUER", "\xFF",
     "auth.issuer: expected a text without control characters, got a text that is not UTF-8"},
    {"secret", "AUTH_JWT_SECRET", "hunter2",
     "auth.jwt_secret: expected a text of 32 bytes or more, got one of 7 bytes"},
    {"secret_not_utf8", "MYOPERATOR_API_KEY", "hunter2\xFF",
     "myoperator.api_key: expected a text without control characters, got a text that is not UTF-8"},
    {"unknown", "CARILLON_HTP_BODY_BYTES", "1",
     "unknown name CARILLON_HTP_BODY_BYTES (did you mean CARILLON_HTTP_BODY_BYTES?)"},
    {"unknown_file", "CARILLON_AUTH_JWT_SECRET_FIL", "x",
     "unknown name CARILLON_AUTH_JWT_SECRET_FIL (did you mean CARILLON_AUTH_JWT_SECRET_FILE?)"},
    {"no_file_for_open_keys", "CARILLON_AUTH_ISSUER_FILE", "x",
     "unknown name CARILLON_AUTH_ISSUER_FILE (did you mean CARILLON_AUTH_ISSUER?)"},
};

INSTANTIATE_TEST_SUITE_P(Table, EnvironmentMistake, testing::ValuesIn(bad_variables),
                         [](const auto& info) { return std::string{info.param.test}; });

// Every key refuses a value that is nothing it could hold.
TEST(Mistakes, EveryKeyRefusesATable) {
    for (const auto& key : schema()) {
        Outside outside;
        outside.with_toml("[" + std::string{key.section} + "]\n" + std::string{key.name} + " = {x = 1}\n");
        const auto mistakes = outside.mistakes();
        ASSERT_EQ(mistakes.size(), 1u) << key.full_name();
        EXPECT_THAT(mistakes[0],
                    testing::StartsWith("carillon.toml:2:1: " + key.full_name() + ": expected "));
    }
}

struct Together {
    const char* test;
    std::vector<std::pair<const char*, const char*>> environment;
    std::vector<const char*> wanted;  // parts of the mistakes, in order
};

class Conflicting : public testing::TestWithParam<Together> {};

TEST_P(Conflicting, IsRefusedForServing) {
    Outside outside;
    outside.with("DATABASE_URL", "postgres://db/x").with("AUTH_JWT_SECRET", signing_key);
    for (const auto& [name, value] : GetParam().environment) outside.with(name, value);

    const auto mistakes = outside.mistakes(Scope::serving);

    ASSERT_EQ(mistakes.size(), GetParam().wanted.size()) << testing::PrintToString(mistakes);
    for (std::size_t i = 0; i < mistakes.size(); ++i)
        EXPECT_THAT(mistakes[i], testing::HasSubstr(GetParam().wanted[i]));
}

const Together together[] = {
    {"nothing_wrong", {}, {}},
    {"development_on_loopback",
     {{"CARILLON_AUTH_MODE", "development"},
      {"AUTH_JWT_SECRET", ""},
      {"CARILLON_SERVER_LISTEN", "127.9.9.9:1,[::1]:1"}},
     {}},
    {"development_on_all_addresses",
     {{"CARILLON_AUTH_MODE", "development"}, {"CARILLON_SERVER_LISTEN", "127.0.0.1:1,0.0.0.0:8000"}},
     {"environment CARILLON_AUTH_MODE: auth.mode: \"development\" takes calls without a token and is only "
      "for a "
      "loopback address, but server.listen has 0.0.0.0:8000"}},
    {"development_on_all_ipv6_addresses",
     {{"CARILLON_AUTH_MODE", "development"}, {"CARILLON_SERVER_LISTEN", "[::]:8000"}},
     {"server.listen has [::]:8000"}},
    {"development_with_open_tls",
     {{"CARILLON_AUTH_MODE", "development"},
      {"CARILLON_SERVER_TLS_LISTEN", "192.168.0.1:443"},
      {"CARILLON_TLS_CERTIFICATES", "a:b"}},
     {"server.tls_listen has 192.168.0.1:443"}},
    {"development_on_a_name",
     {{"CARILLON_AUTH_MODE", "development"},
      {"CARILLON_SERVER_LISTEN", "localhost:1,localhost.example.com:1"}},
     {"server.listen has localhost.example.com:1"}},
    {"no_token_key",
     {{"AUTH_JWT_SECRET", ""}},
     {"carillon.toml: auth.mode: \"token\" needs a key to check tokens with"}},
    {"a_key_file_will_do", {{"AUTH_JWT_SECRET", ""}, {"CARILLON_AUTH_JWKS_FILE", "keys.json"}}, {}},
    {"what_follows_from_another_mistake_is_not_told",
     {{"AUTH_JWT_SECRET", "short"}},
     {"auth.jwt_secret: expected a text of 32 bytes"}},
    {"tls_without_certificate", {{"CARILLON_SERVER_TLS_LISTEN", "0.0.0.0:443"}}, {"set tls.certificates"}},
    {"nothing_to_listen_on", {{"CARILLON_SERVER_LISTEN", ""}}, {"nothing to listen on"}},
    {"one_address_twice",
     {{"CARILLON_SERVER_LISTEN", "127.0.0.1:1"},
      {"CARILLON_SERVER_TLS_LISTEN", "127.0.0.1:1"},
      {"CARILLON_TLS_CERTIFICATES", "a:b"}},
     {"127.0.0.1:1 stands twice"}},
    {"any_port_twice", {{"CARILLON_SERVER_LISTEN", "127.0.0.1:0,127.0.0.1:0"}}, {}},
    {"no_database", {{"DATABASE_URL", ""}}, {"database.url: not set"}},
};

INSTANTIATE_TEST_SUITE_P(Table, Conflicting, testing::ValuesIn(together),
                         [](const auto& info) { return std::string{info.param.test}; });

TEST(Mistakes, OtherCommandsNeedLess) {
    Outside outside;
    EXPECT_THAT(outside.mistakes(Scope::values), IsEmpty());
    EXPECT_THAT(outside.mistakes(Scope::serving), testing::SizeIs(2));  // a token key, a database
}

}  // namespace
}  // namespace carillon::config
