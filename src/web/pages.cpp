#include "web/pages.hpp"

#include <embedded/web.hpp>

namespace carillon::web {
namespace {

constexpr std::string_view script_type = "text/javascript; charset=utf-8";

// "web/carillon.js" is /carillon.js.
std::string path_of(std::string_view name) {
    return std::string{name.substr(name.find('/'))};
}

}  // namespace

Pages::Pages() {
    for (const auto& file : embedded::web())
        files_.emplace_back(path_of(file.name), http::Document{std::string{file.text}, script_type});
}

http::Routes Pages::routes() const {
    http::Routes all;
    for (const auto& [path, document] : files_) {
        const auto hand_out = [&page =
                                   document](Request& request) -> http::asio::awaitable<Result<Response>> {
            co_return page.answer(request);
        };
        all.push_back({Method::get, path, http::Access::open, http::Takes::nothing, hand_out});
    }
    return all;
}

}  // namespace carillon::web
