#pragma once
// The pipeline with its channels, its HTTP client and its routes, built from the configuration.
//
// Threads: the event loop. Lifetime: between the database and the router.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "admin/delivery_metrics.hpp"
#include "admin/notifications/counter.hpp"
#include "admin/notifications/desk.hpp"
#include "admin/notifications/mailbox.hpp"
#include "admin/notifications/webhooks.hpp"
#include "channels/service_account.hpp"
#include "config/config.hpp"
#include "db/database.hpp"
#include "notify/pipeline.hpp"
#include "notify/policy.hpp"
#include "notify/publisher.hpp"
#include "outbound/client.hpp"

namespace carillon::app {

namespace asio = boost::asio;

// What is read from files for it.
struct NotificationMaterials {
    std::shared_ptr<const notify::Policy> policy;
    std::optional<channels::ServiceAccount> account;  // of FCM; none: push is disabled
};
[[nodiscard]] Result<NotificationMaterials> notification_materials(const config::Config& config);
// The routing file, or the one that was built in where there is none. Every fault is told, with its line.
[[nodiscard]] Result<std::shared_ptr<const notify::Policy>> load_policy(const config::Config& config);

class Notifications {
public:
    struct Around {
        asio::any_io_executor executor;
        db::Database& database;
        http::UserDirectory& users;
        Clock clock;
        std::string node;
        std::function<void(const std::vector<notify::FeedItem>&)> fed;  // for the sockets
        std::function<void()> feed_in_doubt;
    };
    Notifications(const Around& around, const config::Config& config, NotificationMaterials materials);

    [[nodiscard]] http::Routes routes();
    [[nodiscard]] notify::Feed& feed() noexcept { return pipeline_.feed(); }
    [[nodiscard]] notify::Replay& replay() noexcept { return pipeline_.replay(); }
    asio::awaitable<void> prepare() { return pipeline_.prepare(); }
    void start() { pipeline_.start(); }
    asio::awaitable<void> stop(std::chrono::steady_clock::time_point deadline);
    void use(std::shared_ptr<const notify::Policy> policy) { pipeline_.use(std::move(policy)); }
    [[nodiscard]] std::vector<prometheus::MetricFamily> metrics() const;

private:
    admin::DeliveryMetrics metrics_;
    outbound::Client client_;
    notify::Pipeline pipeline_;
    notify::Publisher publisher_;
    notify::Journal journal_;
    notify::TemplateStore templates_;
    notify::SettingsStore settings_;
    notify::Statistics statistics_;
    admin::Desk desk_;
    admin::Counter counter_;
    admin::Webhooks webhooks_;
    admin::Mailbox mailbox_;
};

}  // namespace carillon::app
