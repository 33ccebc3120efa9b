#include "app/notifications.hpp"

#include <carillon/log.hpp>
#include <algorithm>
#include <embedded/routing.hpp>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include "channels/fcm.hpp"
#include "channels/web_chat.hpp"
#include "channels/whatsapp.hpp"
#include "channels/whatsapp_webhook.hpp"
#include "config/load.hpp"

namespace carillon::app {
namespace {

constexpr const char* built_in = "the built-in routing.toml";

const std::vector<std::string>& channel_names() {
    static const std::vector<std::string> names{"push", "whatsapp", "web_chat"};
    return names;
}

Result<std::optional<channels::ServiceAccount>> service_account(const config::Config& config) {
    using Found = std::optional<channels::ServiceAccount>;
    const auto& key = config.firebase.service_account_key.reveal();
    if (key.empty()) return Found{};
    // A path, or the JSON itself.
    const bool is_json =
        key.find_first_not_of(" \t\r\n") != key.npos && key[key.find_first_not_of(" \t\r\n")] == '{';
    auto text = is_json ? Result<std::string>{key} : config::read_file(key);
    if (text.has_error())
        return Error{Failure::invalid, "firebase.service_account_key: " + text.error().detail};
    auto account = channels::parse_service_account(Secret{std::move(*text)});
    if (account.has_error())
        return Error{Failure::invalid, "firebase.service_account_key: " + account.error().detail};
    return Found{std::move(*account)};
}

outbound::ClientSettings client_settings() {
    outbound::ClientSettings settings;
    // Over HTTP/1.1 each call has a connection to itself; fewer of them than calls that WhatsApp's lane lets
    // go would leave calls waiting that are recorded as begun.
    settings.connections_per_host = 20;
    return settings;
}

channels::FcmSettings fcm_settings(const config::Config& config,
                                   std::optional<channels::ServiceAccount> account) {
    channels::FcmSettings settings;
    settings.base_url = config.firebase.base_url;
    settings.project_id = config.firebase.project_id;
    settings.account = std::move(account);
    return settings;
}

channels::WhatsAppSettings whatsapp_settings(const config::Myoperator& config) {
    channels::WhatsAppSettings settings;
    settings.base_url = config.base_url;
    settings.api_key = config.api_key;
    settings.company_id = config.account_id;
    settings.phone_number = config.phone_number;
    settings.phone_number_id = config.phone_number_id;
    settings.waba_id = config.waba_id;
    return settings;
}

notify::Channels make_channels(outbound::Client& client, db::Database& database, const config::Config& config,
                               std::optional<channels::ServiceAccount> account, const Clock& clock) {
    notify::Channels all;
    all.add(std::make_unique<channels::Fcm>(client, fcm_settings(config, std::move(account)), clock));
    all.add(std::make_unique<channels::WhatsApp>(client, whatsapp_settings(config.myoperator), clock));
    all.add(std::make_unique<channels::WebChat>(database));
    return all;
}

notify::PipelineSettings pipeline_settings(const config::Config& config, const std::string& node) {
    notify::PipelineSettings settings;
    settings.node = node;
    settings.lease = config.queue.lease_seconds;
    settings.retry.attempts = config.queue.retry_attempts;
    settings.retry.delay = config.queue.retry_delay_minutes;
    if (config.queue.retry_backoff == config::Backoff::exponential)
        settings.retry.backoff = notify::RetryPolicy::Backoff::exponential;
    const std::pair<const char*, config::ChannelBackoff> own[] = {
        {"push", config.queue.push_backoff},
        {"whatsapp", config.queue.whatsapp_backoff},
        {"web_chat", config.queue.web_chat_backoff}};
    for (const auto& [channel, backoff] : own) {
        if (backoff == config::ChannelBackoff::as_all) continue;
        auto policy = settings.retry;
        policy.backoff = backoff == config::ChannelBackoff::fixed ? notify::RetryPolicy::Backoff::fixed
                                                                  : notify::RetryPolicy::Backoff::exponential;
        settings.retry_of.emplace(channel, policy);
    }
    settings.kept_feed.messages = config.realtime.kept_messages;
    settings.kept_feed.age = std::chrono::hours{24 * config.realtime.kept_days};
    settings.plan.language = config.notifications.language;
    settings.plan.foreground_grace = config.notifications.foreground_grace_seconds;
    return settings;
}

std::vector<std::string> event_types(const notify::Policy& policy) {
    std::vector<std::string> types;
    for (const auto& route : policy.routes()) types.push_back(route.event);
    std::sort(types.begin(), types.end());
    types.erase(std::unique(types.begin(), types.end()), types.end());
    return types;
}

std::string mode_of(const notify::Policy& policy, const std::string& name) {
    for (const auto& route : policy.routes()) {
        if (route.name == name) return std::string{notify::name_of(route.mode)};
    }
    return {};
}

}  // namespace

Result<std::shared_ptr<const notify::Policy>> load_policy(const config::Config& config) {
    const auto& path = config.notifications.routing_file;
    std::error_code missing;
    const bool own = std::filesystem::exists(path, missing);
    // Whoever names a file means it; only the usual place may be empty.
    if (!own && path != config::Notifications{}.routing_file)
        return Error{Failure::invalid, "notifications.routing_file: there is no file " + path};
    Result<std::string> text = own ? config::read_file(path) : std::string{embedded::routing().front().text};
    if (text.has_error()) return Error{Failure::invalid, path + ": " + text.error().detail};
    auto policy = notify::parse_policy(*text, own ? path : built_in, {channel_names(), {}});
    if (policy.has_error()) return policy.error();
    return std::shared_ptr<const notify::Policy>{std::make_shared<notify::Policy>(std::move(*policy))};
}

Result<NotificationMaterials> notification_materials(const config::Config& config) {
    auto policy = load_policy(config);
    if (policy.has_error()) return policy.error();
    auto account = service_account(config);
    if (account.has_error()) return account.error();
    return NotificationMaterials{std::move(*policy), std::move(*account)};
}

Notifications::Notifications(const Around& around, const config::Config& config,
                             NotificationMaterials materials)
    : client_{client_settings()},
      pipeline_{around.executor,
                around.database,
                make_channels(client_, around.database, config, std::move(materials.account), around.clock),
                std::move(materials.policy),
                pipeline_settings(config, around.node),
                around.clock,
                {.fed = around.fed,
                 .feed_in_doubt = around.feed_in_doubt,
                 .attempted = [this](const notify::AttemptNews& news) { metrics_.attempted(news); },
                 .ended = [this](std::string_view status,
                                 std::string_view channel) { metrics_.ended(status, channel); }}},
      publisher_{around.database, pipeline_.outbox()},
      journal_{around.database,
               [this](const std::string& route) { return mode_of(*pipeline_.policy(), route); }},
      templates_{around.database},
      settings_{around.database},
      statistics_{around.database, around.clock},
      desk_{{journal_, templates_, settings_, statistics_, around.users,
             [this] { return event_types(*pipeline_.policy()); }, around.clock}},
      counter_{pipeline_, publisher_, [&database = around.database] { return database.state().up; },
               around.clock},
      webhooks_{pipeline_.inbound(), config.myoperator.webhook_key, channels::read_myoperator_event},
      mailbox_{pipeline_.feed()} {}

http::Routes Notifications::routes() {
    http::Routes all;
    for (auto routes : {counter_.routes(), webhooks_.routes(), mailbox_.routes(), desk_.routes()})
        std::move(routes.begin(), routes.end(), std::back_inserter(all));
    return all;
}

asio::awaitable<void> Notifications::stop(std::chrono::steady_clock::time_point deadline) {
    co_await pipeline_.stop(deadline);
    client_.stop();
}

std::vector<prometheus::MetricFamily> Notifications::metrics() const {
    auto all = metrics_.collect();
    auto now = admin::families_of(pipeline_.numbers());
    all.insert(all.end(), std::make_move_iterator(now.begin()), std::make_move_iterator(now.end()));
    return all;
}

}  // namespace carillon::app
