#pragma once
// What statistics will read, gathered while a batch is written and appended with it.
#include <carillon/time.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "db/session.hpp"

namespace carillon::notify {

struct CountKey {
    Time at;  // when the message was made; its hour counts
    std::string channel;
    std::string type;
};

class Counts {
public:
    void add(const CountKey& key, std::string_view measure, std::int64_t n);
    // From "queued" to "sent", say.
    void move(const CountKey& key, std::string_view from, std::string_view to);
    void write(db::Session& session) const;

private:
    using Row = std::tuple<std::int64_t, std::string, std::string, std::string>;
    std::map<Row, std::int64_t> rows_;
};

// A latency's bucket, "ms:27": each is a fifth wider than the one before.
[[nodiscard]] std::string latency_measure(std::chrono::microseconds latency);

}  // namespace carillon::notify
