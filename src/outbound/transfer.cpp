#include "outbound/transfer.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <carillon/time.hpp>
#include <new>
#include <stdexcept>

#include "outbound/exchange.hpp"
#include "outbound/retry_after.hpp"

namespace carillon::outbound {

namespace {

// An HTTP/2 connection whose other end has vanished would otherwise take call after call until the kernel
// gives up, a quarter of an hour later.
constexpr unsigned int unacknowledged_ms = 10'000;

// Curl shares a connection only among handles with the same TLS options. These four mean nothing to OpenSSL,
// the first as TLS 1.2 is the least we speak; as bits of a number they tell generations of connections apart.
constexpr long generation_bits[] = {CURLSSLOPT_ALLOW_BEAST, CURLSSLOPT_NO_REVOKE,
                                    CURLSSLOPT_REVOKE_BEST_EFFORT, CURLSSLOPT_AUTO_CLIENT_CERT};

long tls_options(std::uint64_t generation) {
    long options = 0;
    for (const auto bit : generation_bits) {
        if ((generation & 1) != 0) options |= bit;
        generation >>= 1;
    }
    return options;
}

int on_socket(void*, curl_socket_t socket, curlsocktype) {
    setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms, sizeof unacknowledged_ms);
    return CURL_SOCKOPT_OK;
}

template <class Value>
void must_set(CURL* easy, CURLoption option, Value value) {
    if (const auto code = curl_easy_setopt(easy, option, value); code != CURLE_OK)
        throw std::runtime_error{std::string{"libcurl refuses an option: "} + curl_easy_strerror(code)};
}

template <class Value>
bool set(CURL* easy, CURLoption option, Value value) {
    return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

// A line break would begin a header, or a request, of its own.
bool fits_a_line(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 127;
    });
}

bool is_token(std::string_view text) {
    return !text.empty() && fits_a_line(text) && text.find_first_of(" \t:;,\"") == text.npos;
}

bool same_name(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

bool takes_body(const Call& call) {
    return !call.body.empty() || call.method == "POST" || call.method == "PUT" || call.method == "PATCH";
}

}  // namespace

Transfer::Transfer(const ClientSettings& settings, std::size_t& unbegun)
    : easy_{curl_easy_init()}, unbegun_{unbegun} {
    if (!easy_) throw std::bad_alloc{};
    set_constants(settings);
}

void Transfer::set_constants(const ClientSettings& settings) {
    auto* easy = easy_.get();
    must_set(easy, CURLOPT_PRIVATE, this);
    must_set(easy, CURLOPT_PREREQFUNCTION, &Transfer::before_request);
    must_set(easy, CURLOPT_PREREQDATA, this);
    must_set(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    must_set(easy, CURLOPT_HEADERDATA, this);
    must_set(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    must_set(easy, CURLOPT_WRITEDATA, this);
    must_set(easy, CURLOPT_SOCKOPTFUNCTION, &on_socket);
    must_set(easy, CURLOPT_TCP_KEEPALIVE, 1L);

    must_set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    must_set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    must_set(easy, CURLOPT_FOLLOWLOCATION, 0L);
    must_set(easy, CURLOPT_PROXY, "");  // not even one from the environment
    must_set(easy, CURLOPT_USERAGENT, settings.user_agent.c_str());
    must_set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings.connect_timeout.count()));
    must_set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!settings.ca_file.empty()) must_set(easy, CURLOPT_CAINFO, settings.ca_file.c_str());
    // The file alone is read once; with a folder beside it, curl reads both for every connection.
    must_set(easy, CURLOPT_CAPATH, static_cast<char*>(nullptr));

    must_set(easy, CURLOPT_NOSIGNAL, 1L);
    // A look-up that hangs is left behind in its thread. Otherwise curl waits for it, and everybody with it.
    must_set(easy, CURLOPT_QUICK_EXIT, 1L);
}

Transfer& Transfer::of(CURL* easy) {
    Transfer* transfer = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    return *transfer;
}

bool Transfer::prepare(Exchange& exchange) {
    exchange_ = &exchange;
    opened_ = 0;
    begun_ = repeated_ = head_complete_ = too_large_ = false;
    ++unbegun_;
    const auto& call = exchange.call;
    if (set(easy(), CURLOPT_URL, call.url.c_str()) && choose_connection() && set_method(call) &&
        set_headers(call))
        return true;
    exchange.reply.failure = Failure::refused;
    exchange.reply.error = "the call cannot be written as a request";
    return false;
}

void Transfer::release() {
    if (!begun_) --unbegun_;
}

// Where connections are known to carry many calls, wait for the one that is being opened. With HTTP/1.1 that
// would only mean to open them one after the other.
bool Transfer::choose_connection() {
    return set(easy(), CURLOPT_PIPEWAIT, exchange_->origin->multiplexes ? 1L : 0L) &&
           set(easy(), CURLOPT_SSL_OPTIONS, tls_options(exchange_->connection.generation));
}

bool Transfer::set_method(const Call& call) {
    if (!is_token(call.method)) return false;
    if (call.method == "HEAD")
        return set(easy(), CURLOPT_CUSTOMREQUEST, static_cast<char*>(nullptr)) &&
               set(easy(), CURLOPT_NOBODY, 1L);
    if (!takes_body(call))
        return set(easy(), CURLOPT_HTTPGET, 1L) && set(easy(), CURLOPT_CUSTOMREQUEST, call.method.c_str());
    return set(easy(), CURLOPT_POST, 1L) &&
           set(easy(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size())) &&
           set(easy(), CURLOPT_POSTFIELDS, call.body.data()) &&
           set(easy(), CURLOPT_CUSTOMREQUEST, call.method.c_str());
}

bool Transfer::set_headers(const Call& call) {
    headers_.reset();
    // In curl's language "Name:" means none. Nobody waits for "100 Continue", and a body is not a form by
    // itself.
    bool set_all = add_header("Expect:");
    bool typed = false;
    for (const auto& [name, value] : call.headers) {
        if (!is_token(name) || !fits_a_line(value)) return false;
        typed = typed || same_name(name, "content-type");
        set_all = set_all && add_header(value.empty() ? name + ";" : name + ": " + value);
    }
    if (!typed) set_all = set_all && add_header("Content-Type:");
    return set_all && set(easy(), CURLOPT_HTTPHEADER, headers_.get());
}

bool Transfer::add_header(const std::string& line) {
    auto* longer = curl_slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) return false;
    if (!headers_) headers_.reset(longer);
    return true;
}

int Transfer::before_request(void* self, char*, char*, int, int) {
    auto& transfer = *static_cast<Transfer*>(self);
    transfer.opened_ = static_cast<std::uint64_t>(transfer.number(CURLINFO_NUM_CONNECTS));
    if (transfer.begun_) {
        transfer.repeated_ = true;
        return CURL_PREREQFUNC_ABORT;
    }
    transfer.begun_ = true;
    --transfer.unbegun_;
    return CURL_PREREQFUNC_OK;
}

// A connection that ends between two header lines is an answer like any other to curl. Lines come before the
// end of the head, interim ones included, and as trailers behind the body.
std::size_t Transfer::on_header(char* line, std::size_t, std::size_t size, void* self) {
    auto& complete = static_cast<Transfer*>(self)->head_complete_;
    const std::string_view text{line, size};
    if (text.starts_with("HTTP/")) complete = false;
    if (text == "\r\n" || text == "\n") complete = true;
    return size;
}

std::size_t Transfer::on_body(char* data, std::size_t, std::size_t size, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    auto& exchange = *transfer.exchange_;
    if (exchange.reply.body.size() + size > exchange.call.answer_limit) {
        transfer.too_large_ = true;
        return CURL_WRITEFUNC_ERROR;
    }
    exchange.reply.body.append(data, size);
    return size;
}

void Transfer::conclude(CURLcode code) {
    auto& reply = exchange_->reply;
    reply.failure = failure_after(code);
    if (reply.failure == Failure::none || reply.failure == Failure::too_large) read_answer(reply);
    if (reply.failure == Failure::none) return;
    reply.body.clear();
    if (too_large_) {
        reply.error = "the answer is too large";
    } else if (repeated_) {
        reply.error = "the connection ended without an answer";
    } else {
        reply.error = curl_easy_strerror(code == CURLE_OK ? CURLE_GOT_NOTHING : code);
    }
}

Failure Transfer::failure_after(CURLcode code) const {
    if (too_large_) return Failure::too_large;
    if (code == CURLE_OK && head_complete_ && number(CURLINFO_RESPONSE_CODE) >= 200) return Failure::none;
    if (!begun_) return Failure::not_connected;
    return nothing_left() ? Failure::not_sent : Failure::lost;
}

// Curl counts what the socket took. With TLS, and above all with HTTP/2, some of it can be on its way before
// it is counted.
bool Transfer::nothing_left() const {
    const std::string_view url = exchange_->call.url;
    return same_name(url.substr(0, 5), "http:") && number(CURLINFO_REQUEST_SIZE) == 0;
}

void Transfer::read_answer(Reply& reply) const {
    reply.status = static_cast<int>(number(CURLINFO_RESPONSE_CODE));
    switch (number(CURLINFO_HTTP_VERSION)) {
        case CURL_HTTP_VERSION_1_0: reply.http_version = 10; break;
        case CURL_HTTP_VERSION_2_0: reply.http_version = 20; break;
        default: reply.http_version = 11;
    }
    reply.content_type = header("Content-Type");
    if (const auto wait = header("Retry-After"); !wait.empty())
        reply.retry_after = parse_retry_after(wait, header("Date"), system_now());
}

long Transfer::number(CURLINFO what) const {
    long value = 0;
    curl_easy_getinfo(easy(), what, &value);
    return value;
}

std::string Transfer::header(const char* name) const {
    curl_header* found = nullptr;
    const bool there = curl_easy_header(easy(), name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK;
    return there ? found->value : "";
}

}  // namespace carillon::outbound
