#include <carillon/bytes.hpp>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>

#include "core/utf8.hpp"

namespace carillon {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view base64url_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t digest_size = 32;

constexpr std::array<std::int8_t, 256> base64url_values = [] {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < base64url_digits.size(); ++i)
        values[static_cast<std::uint8_t>(base64url_digits[i])] = static_cast<std::int8_t>(i);
    return values;
}();

int hex_value(char digit) noexcept {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

// Never null, which OpenSSL does not take for "no bytes".
const std::uint8_t* unsigned_data(std::string_view bytes) noexcept {
    return reinterpret_cast<const std::uint8_t*>(bytes.empty() ? "" : bytes.data());
}

// Eight bytes at once while they are all ASCII, which nearly all of our input is.
std::size_t skip_ascii(std::string_view text, std::size_t at) noexcept {
    constexpr std::uint64_t high_bits = 0x8080808080808080U;
    for (std::uint64_t word = 0; at + sizeof word <= text.size(); at += sizeof word) {
        std::memcpy(&word, text.data() + at, sizeof word);
        if ((word & high_bits) != 0) break;
    }
    return at;
}

}  // namespace

std::string to_hex(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<std::uint8_t>(c);
        out += hex_digits[byte >> 4U];
        out += hex_digits[byte & 15U];
    }
    return out;
}

std::string to_base64url(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() * 4 + 2) / 3);
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : bytes) {
        bits = bits << 8U | static_cast<std::uint8_t>(c);
        for (held += 8; held >= 6; held -= 6) out += base64url_digits[bits >> (held - 6) & 63U];
    }
    if (held > 0) out += base64url_digits[bits << (6 - held) & 63U];
    return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
    if (text.size() % 4 == 1) return std::nullopt;
    std::string out;
    out.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : text) {
        const auto value = base64url_values[static_cast<std::uint8_t>(c)];
        if (value < 0) return std::nullopt;
        bits = bits << 6U | static_cast<std::uint32_t>(value);
        held += 6;
        if (held < 8) continue;
        held -= 8;
        out += static_cast<char>(bits >> held & 0xFFU);
    }
    // Spare bits that are not zero would give one value two spellings, and a signed text two signatures.
    if ((bits & ((1U << held) - 1U)) != 0) return std::nullopt;
    return out;
}

std::string sha256(std::string_view bytes) {
    // Fetched once: looking the algorithm up costs more than hashing a short text.
    static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    std::string digest(digest_size, '\0');
    auto* out = reinterpret_cast<std::uint8_t*>(digest.data());
    if (EVP_Digest(unsigned_data(bytes), bytes.size(), out, nullptr, algorithm, nullptr) != 1)
        throw std::runtime_error{"SHA-256 is not available"};
    return digest;
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
    std::string digest(digest_size, '\0');
    auto* out = reinterpret_cast<std::uint8_t*>(digest.data());
    const auto key_size = static_cast<int>(key.size());
    if (HMAC(EVP_sha256(), unsigned_data(key), key_size, unsigned_data(bytes), bytes.size(), out, nullptr) ==
        nullptr)
        throw std::runtime_error{"HMAC-SHA-256 is not available"};
    return digest;
}

bool is_utf8(std::string_view text) noexcept {
    for (std::size_t at = skip_ascii(text, 0); at < text.size();) {
        const auto length = utf8_length(text, at);
        if (length == 0) return false;
        at += length;
        // Trying the fast way after every letter of a Greek text would cost more than it saves.
        if (length == 1) at = skip_ascii(text, at);
    }
    return true;
}

std::optional<std::string> percent_decode(std::string_view text, PlusIs plus) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        char c = text[at];
        if (c == '+' && plus == PlusIs::space) c = ' ';
        if (c == '%') {
            if (text.size() - at < 3) return std::nullopt;
            const int high = hex_value(text[at + 1]);
            const int low = hex_value(text[at + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            at += 2;
        }
        if (c == '\0') return std::nullopt;
        out += c;
    }
    if (!is_utf8(out)) return std::nullopt;
    return out;
}

std::string random_bytes(std::size_t count) {
    std::string out(count, '\0');
    for (std::size_t got = 0; got < count;) {
        const auto step = ::getrandom(out.data() + got, count - got, 0);
        if (step > 0)
            got += static_cast<std::size_t>(step);
        else if (step == 0 || errno != EINTR)
            throw std::runtime_error{"the system has no random bytes to give"};
    }
    return out;
}

}  // namespace carillon
