#include "net/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <new>
#include <string_view>
#include <utility>

namespace carillon::net {
namespace {

struct ContextDeleter {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, ContextDeleter>;

constexpr unsigned char http_1_1[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

std::string reason() {
    const auto code = ERR_peek_last_error();
    const char* text = code ? ERR_reason_error_string(code) : nullptr;
    ERR_clear_error();
    return text ? text : "unknown reason";
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* length, const unsigned char* offered,
                    unsigned int offered_length, void*) {
    unsigned char* chosen = nullptr;
    const int found =
        SSL_select_next_proto(&chosen, length, http_1_1, sizeof http_1_1, offered, offered_length);
    // A client that speaks only other protocols is told so at once (RFC 7301), instead of being sent
    // HTTP/1.1.
    if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

Error unusable(const std::string& file) {
    return {Failure::invalid, "TLS: " + file + ": " + reason()};
}

Result<Context> load(const CertificateFiles& files, bool only_1_3) {
    Context context{SSL_CTX_new(TLS_server_method())};
    if (!context) throw std::bad_alloc{};
    auto* raw = context.get();
    SSL_CTX_set_min_proto_version(raw, only_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_options(raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    // Idle connections give their buffers back: 34 KB each otherwise.
    SSL_CTX_set_mode(
        raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_cipher_list(raw, "ECDHE+AESGCM:ECDHE+CHACHA20");
    static constexpr unsigned char id[] = "carillon";
    SSL_CTX_set_session_id_context(raw, id, sizeof id - 1);
    // Tickets carry resumption; a server-side cache would grow with the number of clients.
    SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_select_cb(raw, choose_protocol, nullptr);

    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(raw, files.certificate.c_str()) != 1)
        return unusable(files.certificate);
    if (SSL_CTX_use_PrivateKey_file(raw, files.key.c_str(), SSL_FILETYPE_PEM) != 1)
        return unusable(files.key);
    if (SSL_CTX_check_private_key(raw) != 1) return unusable(files.key);
    return context;
}

}  // namespace

struct TlsContext::Contexts {
    std::vector<Context> all;
};

namespace {

int choose_certificate(SSL* session, int*, void* argument) {
    const auto& contexts = *static_cast<const TlsContext::Contexts*>(argument);
    const char* name = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name);
    if (!name) return SSL_TLSEXT_ERR_OK;
    for (const auto& context : contexts.all) {
        auto* certificate = SSL_CTX_get0_certificate(context.get());
        if (X509_check_host(certificate, name, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) != 1)
            continue;
        SSL_set_SSL_CTX(session, context.get());
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::create(const TlsSettings& settings) {
    if (settings.certificates.empty()) return Error{Failure::invalid, "TLS: no certificate is configured"};
    auto contexts = std::make_unique<Contexts>();
    for (const auto& files : settings.certificates) {
        auto context = load(files, settings.only_1_3);
        if (context.has_error()) return context.error();
        contexts->all.push_back(std::move(*context));
    }
    auto* first = contexts->all.front().get();
    SSL_CTX_set_tlsext_servername_callback(first, choose_certificate);
    SSL_CTX_set_tlsext_servername_arg(first, contexts.get());
    return std::shared_ptr<const TlsContext>{std::make_shared<TlsContext>(std::move(contexts))};
}

TlsContext::TlsContext(std::unique_ptr<Contexts> contexts) : contexts_{std::move(contexts)} {}
TlsContext::~TlsContext() = default;

ssl_st* TlsContext::new_session() const {
    auto* session = SSL_new(contexts_->all.front().get());
    if (!session) throw std::bad_alloc{};
    SSL_set_accept_state(session);
    return session;
}

}  // namespace carillon::net
