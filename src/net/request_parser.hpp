#pragma once
// Beast's parser, filling our Request: the head as views into request.head, the body into request.body or, on
// streaming routes, into pieces. This and beast.cpp are the only places that see Beast's HTTP.
#include <boost/beast/http/basic_parser.hpp>
#include <carillon/error.hpp>
#include <carillon/request.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::net {

class RequestParser final : private boost::beast::http::basic_parser<true> {
public:
    // Fills `request` from request.head, which holds a whole head.
    explicit RequestParser(Request& request);

    [[nodiscard]] std::optional<Error> parse_head();
    // What is known of the body once the head is parsed.
    [[nodiscard]] bool complete() const noexcept { return is_done(); }
    [[nodiscard]] bool wants_keep_alive() const noexcept { return keep_alive(); }
    // Declared length, when there is one.
    [[nodiscard]] std::optional<std::uint64_t> declared() const {
        const auto length = content_length();
        return length ? std::optional{*length} : std::nullopt;
    }

    enum class Body { keep, discard };
    // `limit` in bytes, whatever the framing; with discard the bytes only count.
    void expect_body(Body body, std::size_t limit);
    // Takes what it can of the bytes; how many it took. Framing tricks and too much body are errors.
    [[nodiscard]] Result<std::size_t> take_body(std::string_view bytes);

private:
    using BeastText = boost::beast::string_view;
    using BeastError = boost::beast::error_code;

    void on_request_impl(boost::beast::http::verb verb, BeastText method, BeastText target, int version,
                         BeastError& error) override;
    void on_field_impl(boost::beast::http::field field, BeastText name, BeastText value,
                       BeastError& error) override;
    void on_header_impl(BeastError& error) override;
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, BeastError& error) override;
    std::size_t on_body_impl(BeastText bytes, BeastError& error) override;
    void on_chunk_header_impl(std::uint64_t size, BeastText extensions, BeastError& error) override;
    std::size_t on_chunk_body_impl(std::uint64_t remain, BeastText bytes, BeastError& error) override;
    void on_finish_impl(BeastError& error) override;
    void on_response_impl(int, BeastText, int, BeastError&) override {}

    Request& request_;
    bool head_done_ = false;
    Body body_ = Body::keep;
    std::size_t limit_ = 0;
    std::size_t taken_ = 0;
    std::size_t extensions_ = 0;  // bytes of chunk extensions so far
};

}  // namespace carillon::net
