#include "notify/broadcasts.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <algorithm>
#include <carillon/log.hpp>
#include <exception>
#include <unordered_set>
#include <utility>

#include "core/kill_point.hpp"
#include "notify/broadcast_store.hpp"
#include "notify/people.hpp"
#include "notify/plan_store.hpp"

namespace carillon::notify {
namespace {

constexpr int chunk = 500;
// Another process may have left a job behind.
constexpr std::chrono::seconds look_again{30};
constexpr std::chrono::seconds pause_after_failure{1};

constexpr db::Statement stamp_statement{"broadcast_clock", R"sql(
    SELECT stamp, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now_us FROM template_stamp)sql"};

const Route* route_named(const Policy& policy, const std::string& name) {
    const auto& routes = policy.routes();
    const auto found = std::find_if(routes.begin(), routes.end(),
                                    [&name](const Route& route) { return route.name == name; });
    return found == routes.end() ? nullptr : &*found;
}

// The next people of the job, and where it stands after them.
struct Next {
    std::vector<std::string> names;
    std::string position;
    bool done = false;
};

Next next_people(db::Session& session, const Broadcast& job, const Event& event, const Route& route) {
    Next next;
    if (!route.to.role.empty()) {
        std::string area;
        if (!route.to.area_path.empty()) {
            const auto found = names_in(event, {route.to.area_path, {}, {}});
            // An event that names no area must not be told to everybody everywhere.
            if (found.empty()) return {{}, job.position, true};
            area = found.front();
        }
        next.names = users_of(session, {route.to.role, area, job.position, chunk});
        next.position = next.names.empty() ? job.position : next.names.back();
    } else {
        const auto all = names_in(event, route.to);
        const auto from = std::min(all.size(), static_cast<std::size_t>(job.planned));
        const auto to = std::min(all.size(), from + chunk);
        next.names.assign(all.begin() + static_cast<std::ptrdiff_t>(from),
                          all.begin() + static_cast<std::ptrdiff_t>(to));
    }
    next.done = next.names.size() < chunk;
    return next;
}

void tell_all(PlanWriter& writer, const Event& event, const Route& route,
              const std::vector<std::string>& names, const People& people) {
    std::unordered_set<std::string> told;
    for (const auto& name : names) {
        if (const auto who = people.find(name); who != people.end()) {
            if (told.insert(who->second.user.value()).second) writer.tell(event, route, who->second, true);
        } else
            writer.tell_nobody(event, route.name, Reason::unknown_user, name);
    }
}

struct Chunk {
    bool found = false;
    Planned planned;
};

Chunk plan_chunk(db::Session& session, const PlanningTerms& terms) {
    const auto job = take_broadcast(session);
    if (!job) return {};
    const auto events = read_events(session, {job->event_id});
    const auto* route = route_named(*terms.policy, job->route);
    const auto clock = session.exec(stamp_statement);
    const Time now{std::chrono::microseconds{clock[0]["now_us"].as<std::int64_t>()}};
    const auto book = terms.books.at(session, clock[0]["stamp"].as<std::int64_t>());
    // Not handed over in memory: a campaign goes through the queue, behind everything else.
    PlanWriter writer{terms.channels, *book, terms.settings, now, [](std::string_view) { return false; }};
    Advance advance;
    if (events.empty() || !route) {
        if (!events.empty()) writer.tell_nobody(events.front(), job->route, Reason::no_route);
        advance.position = job->position;
        advance.done = true;
    } else {
        const auto& event = events.front();
        auto next = next_people(session, *job, event, *route);
        tell_all(writer, event, *route, next.names, find_people(session, next.names));
        if (next.names.empty() && job->planned == 0)
            writer.tell_nobody(event, route->name, Reason::no_recipient);
        advance.told = static_cast<int>(next.names.size());
        advance.position = std::move(next.position);
        advance.done = next.done;
    }
    auto& plan = writer.plan();
    advance.deliveries = plan.deliveries.size();
    advance.feed_rows = plan.feed.size();
    Chunk chunk_done{true, {}};
    if (!events.empty())
        chunk_done.planned =
            write_and_hand_over(session, plan, {{job->event_id, events.front().at}}, now, terms);
    advance_broadcast(session, *job, advance);
    return chunk_done;
}

}  // namespace

Broadcasts::Broadcasts(asio::any_io_executor executor, db::Database& database, Hooks hooks)
    : executor_{std::move(executor)},
      database_{database},
      hooks_{std::move(hooks)},
      timer_{executor_},
      stopped_{executor_} {}

void Broadcasts::start() {
    running_ = true;
    asio::co_spawn(executor_, run(), [this](const std::exception_ptr& surprise) {
        running_ = false;
        stopped_.cancel();
        if (surprise) std::rethrow_exception(surprise);
    });
}

void Broadcasts::wake() {
    woken_ = true;
    timer_.cancel();
}

asio::awaitable<void> Broadcasts::stop() {
    stopping_ = true;
    timer_.cancel();
    while (running_) {
        stopped_.expires_at(asio::steady_timer::time_point::max());
        co_await stopped_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

asio::awaitable<void> Broadcasts::run() {
    while (!stopping_) {
        std::chrono::seconds sleep = look_again;
        try {
            woken_ = false;
            const bool more = co_await plan_a_chunk();
            if (more || woken_) continue;
        } catch (const Unavailable&) {
            sleep = pause_after_failure;
        } catch (const std::exception& surprise) {
            log::error("broadcast_failed", {{"what", surprise.what()}});
            sleep = pause_after_failure;
        }
        if (stopping_) break;
        timer_.expires_after(sleep);
        co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

asio::awaitable<bool> Broadcasts::plan_a_chunk() {
    const auto terms = hooks_.terms();
    auto job = [&terms](db::Session& session) { return plan_chunk(session, terms); };
    Chunk planned;
    std::exception_ptr failed;
    try {
        planned = co_await database_.transact(std::move(job));
    } catch (const std::exception&) {
        failed = std::current_exception();
    }
    if (failed) {
        // It must not hold up the others.
        auto put_off = [](db::Session& session) { put_off_broadcast(session); };
        co_await database_.transact(std::move(put_off));
        std::rethrow_exception(failed);
    }
    if (planned.found) kill_point("broadcast.chunk");
    if (planned.found && hooks_.planned) hooks_.planned(std::move(planned.planned));
    co_return planned.found;
}

}  // namespace carillon::notify
