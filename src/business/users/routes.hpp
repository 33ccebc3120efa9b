#pragma once
#include <functional>
#include <optional>
#include <vector>

#include "business/users/store.hpp"
#include "http/route.hpp"

namespace carillon::business::users {

class UserRoutes {
public:
    UserRoutes(UserStore& store, Clock clock);

    [[nodiscard]] http::Routes table();
    // The names of time zones, asked for once: it costs the database a look at every zone's file (75 ms).
    asio::awaitable<void> load_zones();
    void on_erase(Eraser eraser);
    void on_erased(std::function<void(const UserId&)> told);

private:
    using Answer = asio::awaitable<Result<Response>>;
    Answer upsert(Request& request);
    Answer import(Request& request);
    Answer show(Request& request);
    Answer list(Request& request);
    Answer erase(Request& request);

    UserStore& store_;
    Clock clock_;
    std::optional<ZoneNames> zones_;
    std::vector<Eraser> erasers_;
    std::function<void(const UserId&)> on_erased_;
};

// The user whom the path names.
[[nodiscard]] UserId subject_of(const Request& request);
[[nodiscard]] Error no_such_user();

}  // namespace carillon::business::users
