#include <carillon/id.hpp>

#include <chrono>
#include <cstdint>
#include <cstring>

#include <carillon/bytes.hpp>

namespace carillon {
namespace {

// One system call serves a few hundred ids, so an id stays as unguessable as the system's randomness and
// still costs less than a memory allocation or two.
class RandomPool {
public:
    std::uint64_t next() {
        std::uint64_t value = 0;
        if (used_ + sizeof value > bytes_.size()) refill();
        std::memcpy(&value, bytes_.data() + used_, sizeof value);
        used_ += sizeof value;
        return value;
    }

private:
    void refill() {
        bytes_ = random_bytes(4096);
        used_ = 0;
    }

    std::string bytes_;
    std::size_t used_ = 0;
};

void write_hex(char* out, std::uint64_t value) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (int shift = 60; shift >= 0; shift -= 4) *out++ = digits[value >> shift & 15U];
}

}  // namespace

std::string make_id(std::string_view prefix) {
    thread_local RandomPool random;
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
    constexpr std::uint64_t version = 0x7000;
    constexpr std::uint64_t variant = std::uint64_t{2} << 62U;

    const auto high = static_cast<std::uint64_t>(milliseconds) << 16U | version | (random.next() & 0x0FFFU);
    const auto low = variant | random.next() >> 2U;

    std::string id;
    id.reserve(prefix.size() + 32);
    id += prefix;
    id.resize(prefix.size() + 32);
    write_hex(id.data() + prefix.size(), high);
    write_hex(id.data() + prefix.size() + 16, low);
    return id;
}

}  // namespace carillon
