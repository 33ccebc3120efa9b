#pragma once
// What a client says on a socket, parsed at the edge: {"type","data"} and nothing else.
#include <carillon/error.hpp>
#include <carillon/id.hpp>
#include <carillon/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace carillon::realtime {

struct Ping {
    Json data;
};
// Read by whoever keeps the devices, by the same rules as over REST.
struct FcmToken {
    Json data;
};
struct DeviceInfo {
    std::optional<std::string> device;
    std::optional<std::string> platform;
    std::optional<std::string> app_version;
    std::optional<bool> foreground;
};
// One message by its event, or all that there are.
struct MarkRead {
    EventId event;
    bool all = false;
};
struct Ack {
    std::int64_t seq = 0;
};
struct Resume {
    std::int64_t last_seq = 0;
};
using ClientMessage = std::variant<Ping, FcmToken, DeviceInfo, MarkRead, Ack, Resume>;

struct Said {
    std::string type;  // as far as it could be read
    Result<ClientMessage> message = Error{};
};
// Errors carry the codes of the protocol: malformed_json, invalid_message, unknown_type, invalid_field.
[[nodiscard]] Said parse_client_message(std::string_view text);

}  // namespace carillon::realtime
