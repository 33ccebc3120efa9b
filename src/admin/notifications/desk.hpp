#pragma once
// The operator's desk: what is asked of the notifications over REST, but for what sends them.
//
// Threads: the event loop. Lifetime: outlives every request; what it is made of outlives it.
#include <boost/asio/awaitable.hpp>
#include <carillon/time.hpp>
#include <functional>
#include <string>
#include <vector>

#include "http/gate.hpp"
#include "http/route.hpp"
#include "notify/journal.hpp"
#include "notify/settings_store.hpp"
#include "notify/statistics.hpp"
#include "notify/template_store.hpp"

namespace carillon::admin {

namespace asio = boost::asio;

struct DeskParts {
    notify::Journal& journal;
    notify::TemplateStore& templates;
    notify::SettingsStore& settings;
    notify::Statistics& statistics;
    http::UserDirectory& users;
    // The kinds of event that the policy knows now; the policy may change under a running server.
    std::function<std::vector<std::string>()> event_types;
    Clock clock;
};

class Desk {
public:
    explicit Desk(DeskParts parts);

    [[nodiscard]] http::Routes routes();

private:
    using Answer = asio::awaitable<Result<Response>>;
    Answer history(Request& request);
    Answer history_of_phone(Request& request);
    Answer message(Request& request);
    Answer event(Request& request);
    Answer why(Request& request);
    Answer statistics(Request& request);
    Answer list_templates(Request& request);
    Answer show_template(Request& request);
    Answer put_template(Request& request);
    Answer list_versions(Request& request);
    Answer show_version(Request& request);
    Answer preview(Request& request);
    Answer show_settings(Request& request);
    Answer put_settings(Request& request);

    asio::awaitable<Result<notify::HistoryFilter>> history_filter(Request& request);

    DeskParts parts_;
};

}  // namespace carillon::admin
