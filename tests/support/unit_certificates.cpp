#include "support/unit_certificates.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <carillon/bytes.hpp>
#include <cstdio>
#include <memory>
#include <stdexcept>

namespace carillon::test {
namespace {

using File = std::unique_ptr<std::FILE, decltype(&std::fclose)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

void add_alternative_name(X509* certificate, const std::string& name) {
    auto* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ("DNS:" + name).c_str());
    if (!extension) throw std::runtime_error{"not a name for a certificate: " + name};
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

Certificate self_signed(EVP_PKEY* key, const std::string& name, int serial) {
    Certificate certificate{X509_new(), X509_free};
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3'600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3'600);
    X509_set_pubkey(certificate.get(), key);
    auto* subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), subject);
    add_alternative_name(certificate.get(), name);
    if (X509_sign(certificate.get(), key, EVP_sha256()) == 0)
        throw std::runtime_error{"the certificate is not signed"};
    return certificate;
}

}  // namespace

Certificates::Certificates()
    : folder_{std::filesystem::temp_directory_path() / ("certificates_" + to_hex(random_bytes(8)))} {
    std::filesystem::create_directory(folder_);
}

Certificates::~Certificates() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

net::CertificateFiles Certificates::make(const std::string& name) {
    const auto number = std::to_string(++made_);
    net::CertificateFiles files{path_of(number + ".pem"), path_of(number + ".key")};
    const Key key{EVP_EC_gen("P-256"), EVP_PKEY_free};
    const auto certificate = self_signed(key.get(), name, made_);
    const File shown{std::fopen(files.certificate.c_str(), "w"), std::fclose};
    const File secret{std::fopen(files.key.c_str(), "w"), std::fclose};
    if (!shown || !secret) throw std::runtime_error{"no file for a certificate in " + folder_.string()};
    PEM_write_X509(shown.get(), certificate.get());
    PEM_write_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return files;
}

}  // namespace carillon::test
