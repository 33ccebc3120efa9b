#pragma once
// Server-side TLS settings: certificates chosen by the name the client asks for (SNI), http/1.1 by ALPN.
// Immutable once made; a reload makes a new one, and connections keep the one they began with.
#include <carillon/error.hpp>
#include <memory>
#include <string>
#include <vector>

struct ssl_st;

namespace carillon::net {

struct CertificateFiles {
    std::string certificate;  // PEM, the chain behind it
    std::string key;          // PEM
};

struct TlsSettings {
    std::vector<CertificateFiles> certificates;  // the first serves clients that ask for no known name
    bool only_1_3 = false;
};

class TlsContext {
public:
    // Failure::invalid with a sentence for the operator, naming the file.
    static Result<std::shared_ptr<const TlsContext>> create(const TlsSettings& settings);
    ~TlsContext();

    // A new session in accepting state; the caller frees it with SSL_free.
    [[nodiscard]] ssl_st* new_session() const;

    struct Contexts;
    explicit TlsContext(std::unique_ptr<Contexts> contexts);

private:
    std::unique_ptr<Contexts> contexts_;
};

}  // namespace carillon::net
