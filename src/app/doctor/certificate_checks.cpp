#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>

#include "app/doctor/checks.hpp"
#include "app/settings.hpp"

namespace carillon::app::doctor {
namespace {

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Certificate first_certificate(const std::string& pem) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio{
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free};
    return {bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr, &X509_free};
}

std::optional<Time> time_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
    return Time{std::chrono::seconds{timegm(&parts)}};
}

Finding tls(Verdict verdict, std::string detail, std::string mend = {}) {
    return {"tls", verdict, std::move(detail), std::move(mend)};
}

Finding judge_dates(const std::string& path, const Certificate& certificate, Time now) {
    constexpr auto soon = std::chrono::days{14};
    const auto begins = time_of(X509_get0_notBefore(certificate.get()));
    const auto ends = time_of(X509_get0_notAfter(certificate.get()));
    if (!begins || !ends) return tls(Verdict::fail, path + " has dates that cannot be read", "renew it");
    if (now < *begins) return tls(Verdict::fail, path + " is not valid before " + to_rfc3339(*begins));
    if (now >= *ends) return tls(Verdict::fail, path + " ran out at " + to_rfc3339(*ends), "renew it");
    const auto detail = path + " is good until " + to_rfc3339(*ends);
    return *ends - now < soon ? tls(Verdict::warn, detail, "renew it") : tls(Verdict::ok, detail);
}

Finding judge(const config::Certificate& files, const config::Config& config,
              const config::FileReader& read_file, Time now) {
    // OpenSSL has no good words for a file that is not there.
    for (const auto& path : {files.cert, files.key}) {
        if (const auto text = read_file(path); !text) {
            return tls(Verdict::fail, path + " cannot be read: " + text.error().detail,
                       "correct tls.certificates");
        }
    }
    // Loaded the way the server does it, the match of key and certificate included.
    auto settings = tls_settings(config);
    settings.certificates = {{files.cert, files.key}};
    const auto context = net::TlsContext::create(settings);
    if (!context) return tls(Verdict::fail, context.error().detail, "correct tls.certificates");
    const auto pem = read_file(files.cert);
    const auto certificate = first_certificate(pem ? *pem : std::string{});
    if (!certificate)
        return tls(Verdict::fail, files.cert + " holds no certificate", "correct tls.certificates");
    return judge_dates(files.cert, certificate, now);
}

}  // namespace

Findings certificates(const config::Config& config, const config::FileReader& read_file, Time now) {
    if (config.tls.certificates.empty()) return {tls(Verdict::skipped, "no TLS: tls.certificates is empty")};
    Findings all;
    for (const auto& files : config.tls.certificates) all.push_back(judge(files, config, read_file, now));
    return all;
}

}  // namespace carillon::app::doctor
