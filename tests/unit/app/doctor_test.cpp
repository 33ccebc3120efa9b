// The checks that need no database.
#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>

#include "app/doctor/checks.hpp"

namespace carillon::app::doctor {
namespace {

using testing::HasSubstr;

std::string new_key(bool rsa) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{
        rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"), &EVP_PKEY_free};
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio{BIO_new(BIO_s_mem()), &BIO_free};
    PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    char* text = nullptr;
    const auto size = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

const std::string& rsa_key() {
    static const auto key = new_key(true);
    return key;
}

Json service_account() {
    return {{"client_email", "push@shop.example"}, {"project_id", "shop"}, {"private_key", rsa_key()}};
}

Finding push(const Json& key, std::string project = {}) {
    const config::FileReader no_files = [](const std::string&) -> Result<std::string> {
        return Error{Failure::not_found, "No such file or directory"};
    };
    return push_credentials(
        {Secret{key.is_string() ? key.get<std::string>() : key.dump()}, std::move(project)}, no_files);
}

Json without(const char* field) {
    auto key = service_account();
    key.erase(field);
    return key;
}

Json with(const char* field, const std::string& value) {
    auto key = service_account();
    key[field] = value;
    return key;
}

TEST(PushCredentials, AreJudgedPartByPart) {
    const std::tuple<const char*, Finding, Verdict, const char*> rows[] = {
        {"absent", push(""), Verdict::skipped, "channel disabled"},
        {"complete", push(service_account()), Verdict::ok, "push@shop.example for project shop"},
        {"no file", push("/gone.json"), Verdict::fail, "No such file or directory"},
        {"no JSON", push("{\"client_email\": "), Verdict::fail, "not a JSON object"},
        {"no e-mail", push(without("client_email")), Verdict::fail, "no client_email"},
        {"no key", push(without("private_key")), Verdict::fail, "private_key"},
        {"key that is none", push(with("private_key", "hunter2")), Verdict::fail, "private_key"},
        {"key of another kind", push(with("private_key", new_key(false))), Verdict::fail, "private_key"},
        {"no project", push(without("project_id")), Verdict::fail, "names a project"},
        {"project from the configuration", push(without("project_id"), "shop"), Verdict::ok, "project shop"},
        {"another project", push(service_account(), "other"), Verdict::warn,
         "firebase.project_id says other"},
    };
    for (const auto& [name, finding, verdict, detail] : rows) {
        EXPECT_EQ(finding.verdict, verdict) << name << ": " << finding.detail;
        EXPECT_THAT(finding.detail, HasSubstr(detail)) << name;
        EXPECT_THAT(finding.detail, testing::Not(HasSubstr("hunter2")));
    }
}

TEST(PushCredentials, TakeAKeyWhoseLineBreaksWereWrittenOut) {
    auto pem = rsa_key();
    for (auto at = pem.find('\n'); at != pem.npos; at = pem.find('\n', at + 1)) pem.replace(at, 1, "\\n");
    EXPECT_EQ(push(with("private_key", pem)).verdict, Verdict::ok);
}

TEST(PushCredentials, AreReadFromAFile) {
    const config::FileReader files = [](const std::string&) -> Result<std::string> {
        return service_account().dump();
    };
    EXPECT_EQ(push_credentials({Secret{"key.json"}, {}}, files).verdict, Verdict::ok);
}

TEST(WhatsAppCredentials, AreAllThereOrNone) {
    config::Myoperator settings;
    EXPECT_EQ(whatsapp_credentials(settings).verdict, Verdict::skipped);

    settings.api_key = Secret{"hunter2"};
    const auto partial = whatsapp_credentials(settings);
    EXPECT_EQ(partial.verdict, Verdict::fail);
    EXPECT_EQ(partial.detail, "not set: MYOPERATOR_ACCOUNT_ID, MYOPERATOR_PHONE_NUMBER");

    settings.account_id = "shop";
    settings.phone_number_id = "42";
    EXPECT_EQ(whatsapp_credentials(settings).verdict, Verdict::ok);
}

TEST(OpenFiles, WarnsWhenConnectionsWouldRunOut) {
    EXPECT_EQ(open_files(65'535).verdict, Verdict::warn);
    EXPECT_EQ(open_files(65'536).verdict, Verdict::ok);
}

TEST(TokenKeys, AreLoadedAsTheServerDoes) {
    config::Config settings;
    EXPECT_EQ(token_keys(settings).verdict, Verdict::fail);

    settings.auth.mode = config::AuthMode::development;
    EXPECT_EQ(token_keys(settings).verdict, Verdict::skipped);

    settings.auth.jwt_secret = Secret{std::string(32, 'x')};
    EXPECT_EQ(token_keys(settings).verdict, Verdict::ok);

    settings.auth.public_key_file = "/gone.pem";
    EXPECT_THAT(token_keys(settings).detail, HasSubstr("/gone.pem"));
}

TEST(Certificates, AreNotAskedForWithoutTls) {
    const config::FileReader none = [](const std::string&) -> Result<std::string> { return std::string{}; };
    const auto findings = certificates({}, none, Time{});
    ASSERT_EQ(findings.size(), 1u);
    EXPECT_EQ(findings[0].verdict, Verdict::skipped);
}

}  // namespace
}  // namespace carillon::app::doctor
