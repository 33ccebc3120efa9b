#pragma once
// The text of /metrics.
//
// Threads: text() on the event loop, where it asks the sources; a thread of its own then reads /proc and
//   renders, because with 50 000 sockets and a hundred routes that takes longer than the loop may stand
//   still.
// Lifetime: outlives every coroutine that awaits text(); destroyed before the loop is.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <carillon/time.hpp>
#include <string>

#include "admin/families.hpp"
#include "admin/metrics.hpp"
#include "admin/numbers.hpp"

namespace carillon::admin {

namespace asio = boost::asio;

// Prometheus text format 0.0.4.
inline constexpr std::string_view exposition_type = "text/plain; version=0.0.4; charset=utf-8";
[[nodiscard]] std::string exposition(const Families& families);

class Scraper {
public:
    Scraper(const Metrics& metrics, Sources sources, Time started);

    [[nodiscard]] asio::awaitable<std::string> text();

private:
    asio::awaitable<std::string> render(Families counted_elsewhere) const;

    const Metrics& metrics_;
    Sources sources_;
    Time started_;
    asio::thread_pool renderer_{1};  // last: gone before what it reads
};

}  // namespace carillon::admin
