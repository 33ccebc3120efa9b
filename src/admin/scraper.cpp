#include "admin/scraper.hpp"

#include <prometheus/text_serializer.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <iterator>
#include <utility>

namespace carillon::admin {

std::string exposition(const Families& families) {
    return prometheus::TextSerializer{}.Serialize(families);
}

Scraper::Scraper(const Metrics& metrics, Sources sources, Time started)
    : metrics_{metrics}, sources_{std::move(sources)}, started_{started} {}

asio::awaitable<std::string> Scraper::text() {
    Families counted_elsewhere;
    append_families(counted_elsewhere, sources_.database());
    append_families(counted_elsewhere, sources_.connections());
    for (const auto& source : {sources_.deliveries, sources_.sockets}) {
        if (!source) continue;
        auto more = source();
        counted_elsewhere.insert(counted_elsewhere.end(), std::make_move_iterator(more.begin()),
                                 std::make_move_iterator(more.end()));
    }
    auto rendering = render(std::move(counted_elsewhere));
    co_return co_await asio::co_spawn(renderer_, std::move(rendering), asio::use_awaitable);
}

asio::awaitable<std::string> Scraper::render(Families counted_elsewhere) const {
    auto families = metrics_.collect();
    families.insert(families.end(), std::make_move_iterator(counted_elsewhere.begin()),
                    std::make_move_iterator(counted_elsewhere.end()));
    append_families(families, read_process(), started_);
    co_return exposition(families);
}

}  // namespace carillon::admin
