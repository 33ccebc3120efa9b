#pragma once
// One of curl's easy handles and what it is doing. Handles are used again: the options that never change are
// set once.
//
// At most once: when a kept connection dies before a byte of the answer came, when an HTTP/2 stream is
// refused or the other side falls back to HTTP/1.1, curl sends the request again on another connection,
// unasked. All these ways lead through the callback before the request (CURLOPT_PREREQFUNCTION), so a second
// visit there ends the call. Not rewinding the body would stop only requests that have one.
#include <curl/curl.h>
#include <cstdint>
#include <memory>

#include "outbound/client.hpp"

namespace carillon::outbound {

struct Exchange;

class Transfer {
public:
    // Counts in unbegun the calls that curl has and for which it has no connection yet.
    Transfer(const ClientSettings& settings, std::size_t& unbegun);
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    // False, with the reason in the reply, when the call cannot be made into a request.
    [[nodiscard]] bool prepare(Exchange& exchange);
    // Curl has given it back.
    void release();
    // Into the reply: the answer, or how far the call got without one.
    void conclude(CURLcode code);
    // The request, or a part of it, may have left.
    [[nodiscard]] bool begun() const noexcept { return begun_; }
    // Connections that were opened for this call.
    [[nodiscard]] std::uint64_t opened() const noexcept { return opened_; }

    [[nodiscard]] CURL* easy() const noexcept { return easy_.get(); }
    [[nodiscard]] Exchange& exchange() const noexcept { return *exchange_; }
    [[nodiscard]] static Transfer& of(CURL* easy);

private:
    struct Free {
        void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
        void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
    };

    static int before_request(void* self, char*, char*, int, int);
    static std::size_t on_header(char* line, std::size_t, std::size_t size, void* self);
    static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self);

    void set_constants(const ClientSettings& settings);
    [[nodiscard]] bool choose_connection();
    [[nodiscard]] bool set_method(const Call& call);
    [[nodiscard]] bool set_headers(const Call& call);
    [[nodiscard]] bool add_header(const std::string& line);
    [[nodiscard]] Failure failure_after(CURLcode code) const;
    [[nodiscard]] bool nothing_left() const;
    void read_answer(Reply& reply) const;
    [[nodiscard]] long number(CURLINFO what) const;
    [[nodiscard]] std::string header(const char* name) const;

    std::unique_ptr<curl_slist, Free> headers_;
    std::unique_ptr<CURL, Free> easy_;
    Exchange* exchange_ = nullptr;
    std::size_t& unbegun_;
    std::uint64_t opened_ = 0;
    bool begun_ = false;
    bool repeated_ = false;
    bool head_complete_ = false;
    bool too_large_ = false;
};

}  // namespace carillon::outbound
