#include "net/response_writer.hpp"

#include <boost/beast/http/status.hpp>
#include <array>
#include <charconv>
#include <ctime>

namespace carillon::net {
namespace {

void append_number(std::string& out, std::size_t number) {
    std::array<char, 20> digits;
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    out.append(digits.data(), end);
}

// Formatted once a second; everything runs on the one loop.
const std::string& date_line() {
    thread_local std::time_t formatted = 0;
    thread_local std::string line;
    const auto now = std::time(nullptr);
    if (now != formatted) {
        std::tm parts{};
        gmtime_r(&now, &parts);
        std::array<char, 64> text;
        const auto length =
            std::strftime(text.data(), text.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
        line.assign(text.data(), length);
        formatted = now;
    }
    return line;
}

void append_status(std::string& out, int status) {
    out += "HTTP/1.1 ";
    append_number(out, static_cast<std::size_t>(status));
    out += ' ';
    const auto reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
    out.append(reason.data(), reason.size()).append("\r\n");
}

// A line break inside a value would end the header early; whoever let one in must not win by it.
void append_field(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ");
    for (const char c : value) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    out += "\r\n";
}

}  // namespace

void append_response(std::string& out, const Request& request, const Response& response,
                     Persistence persistence) {
    append_status(out, response.status);
    out += date_line();
    const bool bodyless = response.status < 200 || response.status == 204 || response.status == 304;
    if (!bodyless) {
        out.append("Content-Type: ").append(response.content_type).append("\r\nContent-Length: ");
        append_number(out, response.body.size());
        out += "\r\n";
    }
    for (const auto& [name, value] : response.headers) append_field(out, name, value);
    if (persistence == Persistence::close) out += "Connection: close\r\n";
    if (persistence == Persistence::keep && request.version < 11) out += "Connection: keep-alive\r\n";
    out += "\r\n";
    if (!bodyless && request.method != Method::head) out += response.body;
}

}  // namespace carillon::net
