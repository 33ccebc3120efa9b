#include "sandbox/sandbox.hpp"

#include <iterator>
#include <utility>

namespace carillon::sandbox {
namespace {

asio::awaitable<int> post(outbound::Client& client, outbound::Call call) {
    const auto reply = co_await client.send(std::move(call));
    co_return reply.answered() ? reply.status : 0;
}

}  // namespace

Sandbox::Sandbox(asio::any_io_executor executor, Clock clock, Behaviour behaviour, Receipts::Post post)
    : behaviour_{std::move(behaviour)},
      desk_{clock},
      receipts_{std::move(executor), desk_.pauses(), std::move(clock), phones_, behaviour_, std::move(post)},
      fcm_{desk_, phones_, behaviour_},
      myoperator_{desk_, phones_, receipts_, behaviour_},
      control_{desk_, phones_, myoperator_, receipts_, behaviour_} {}

http::Routes Sandbox::routes() {
    auto routes = fcm_.routes();
    for (auto more : {myoperator_.routes(), control_.routes()})
        routes.insert(routes.end(), std::make_move_iterator(more.begin()),
                      std::make_move_iterator(more.end()));
    return routes;
}

Receipts::Post posting_with(outbound::Client& client) {
    return [&client](outbound::Call call) { return post(client, std::move(call)); };
}

}  // namespace carillon::sandbox
