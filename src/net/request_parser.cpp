#include "net/request_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <algorithm>
#include <limits>

#include "net/request_head.hpp"

namespace carillon::net {
namespace {

namespace http = boost::beast::http;

// Chunk sizes, their extensions and trailers: a few bytes in honest hands.
constexpr std::size_t framing_limit = 4 << 10;
// "0" and two line ends: wherever a chunked body has got to, at least this much of it is still to come.
constexpr std::size_t shortest_end = 5;

std::string_view view(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

Method method_of(http::verb verb) {
    switch (verb) {
        case http::verb::get: return Method::get;
        case http::verb::head: return Method::head;
        case http::verb::post: return Method::post;
        case http::verb::put: return Method::put;
        case http::verb::patch: return Method::patch;
        case http::verb::delete_: return Method::del;
        case http::verb::options: return Method::options;
        default: return Method::other;
    }
}

Error told(const boost::beast::error_code& error, std::size_t body_limit) {
    if (error == http::error::body_limit)
        return {Failure::too_large, "The body is larger than " + std::to_string(body_limit) + " bytes."};
    if (error == http::error::header_limit)
        return {Failure::header_too_large,
                "The header has more than " + std::to_string(header_count_limit) + " fields."};
    if (error == http::error::bad_version)
        return {Failure::version_not_supported, "Only HTTP/1.1 and HTTP/1.0 are spoken here."};
    return {Failure::malformed, "malformed_request",
            "The request breaks the rules of HTTP: " + error.message() + "."};
}

}  // namespace

RequestParser::RequestParser(Request& request) : request_{request} {
    eager(true);
    header_limit(std::numeric_limits<std::uint32_t>::max());  // HeadFinder has seen to it
    body_limit(boost::none);                                  // on_body_impl sees to it
}

std::optional<Error> RequestParser::parse_head() {
    if (auto error = check_lines(request_.head)) return error;
    BeastError error;
    put(boost::asio::const_buffer{request_.head.data(), request_.head.size()}, error);
    if (error && error != http::error::need_more) return told(error, 0);
    if (auto wrong = split_target(request_)) return wrong;
    return check_fields(request_);
}

void RequestParser::expect_body(Body body, std::size_t limit) {
    body_ = body;
    limit_ = limit;
}

Result<std::size_t> RequestParser::take_body(std::string_view bytes) {
    // Beast does not expect to see the last chunk's size before its end, and aborts in a debug build.
    if (chunked() && bytes.size() < shortest_end) return std::size_t{0};
    BeastError error;
    const auto used = put(boost::asio::const_buffer{bytes.data(), bytes.size()}, error);
    if (error && error != http::error::need_more) return told(error, limit_);
    if (bytes.size() - used > framing_limit && !is_done())
        return Error{Failure::malformed, "malformed_request", "A chunk's header is too long."};
    return used;
}

void RequestParser::on_request_impl(http::verb verb, BeastText, BeastText target, int version, BeastError&) {
    request_.method = method_of(verb);
    request_.target = view(target);
    request_.version = version;
}

void RequestParser::on_field_impl(http::field, BeastText name, BeastText value, BeastError& error) {
    // Trailers come after the decisions were made; nobody may slip in a field that way.
    if (head_done_) return;
    if (request_.headers.size() >= header_count_limit) {
        error = http::error::header_limit;
        return;
    }
    request_.headers.push_back({view(name), view(value)});
}

void RequestParser::on_header_impl(BeastError&) {
    head_done_ = true;
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& length, BeastError& error) {
    if (length && *length > limit_) error = http::error::body_limit;
}

std::size_t RequestParser::on_body_impl(BeastText bytes, BeastError& error) {
    taken_ += bytes.size();
    if (taken_ > limit_) {
        error = http::error::body_limit;
        return 0;
    }
    if (body_ == Body::keep) request_.body.append(bytes.data(), bytes.size());
    return bytes.size();
}

void RequestParser::on_chunk_header_impl(std::uint64_t size, BeastText extensions, BeastError& error) {
    // Counted over the whole body: otherwise each byte of it could come with kilobytes that no limit sees.
    extensions_ += extensions.size();
    // Beast lets a bare LF pass between quotes, where a proxy in front may see the end of the line.
    const auto control = [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
    };
    if (extensions_ > framing_limit || std::any_of(extensions.begin(), extensions.end(), control))
        error = http::error::bad_chunk_extension;
    if (size > limit_ - std::min(limit_, taken_)) error = http::error::body_limit;
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, BeastText bytes, BeastError& error) {
    return on_body_impl(bytes, error);
}

void RequestParser::on_finish_impl(BeastError&) {}

}  // namespace carillon::net
