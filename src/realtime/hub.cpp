#include "realtime/hub.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "realtime/messages.hpp"
#include "realtime/session.hpp"

namespace carillon::realtime {
namespace {

// Fewer than a mailbox keeps, or the first would be gone before it was told.
constexpr std::ptrdiff_t told_together = 100;
constexpr std::chrono::seconds sweep_every{5};
// More than these at once would hold up the loop; the rest has its turn soon.
constexpr int forgotten_at_once = 2'000;
constexpr std::chrono::milliseconds sweep_again{10};
constexpr std::chrono::milliseconds soonest_return{500};
constexpr std::chrono::milliseconds least_spread{1'000};
constexpr std::chrono::milliseconds latest_return{30'000};
// Everybody's feed is looked at once in so many turns of the patrol.
constexpr std::chrono::seconds patrol_every{1};
constexpr std::size_t patrol_turns = 30;
// Close codes that have a count of their own; clients may say any.
constexpr std::array<std::uint16_t, 15> named_codes{1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008,
                                                    1009, 1012, 1013, 4401, 4403, 4429, 1011};
constexpr std::uint16_t other_codes = 0;
// The types that have a count of their own: those the contract names. Others could be as many as policies
// have.
constexpr std::array named_types{"lead_update", "conversation_update", "notification", "lead.distributed"};
constexpr const char* other_types = "other";

}  // namespace

std::uint64_t HubNumbers::told_in_all() const {
    std::uint64_t all = 0;
    for (const auto& [type, count] : told) all += count;
    return all;
}

Hub::Hub(Around around, HubSettings settings)
    : around_{std::move(around)},
      settings_{std::move(settings)},
      replayed_{&numbers_.told["replayed"]},
      control_{&numbers_.told["control"]},
      telling_{replayed_},
      recent_{settings_.recent_bytes},
      sweep_{around_.executor},
      patrol_{around_.executor} {
    for (const auto* type : named_types) numbers_.told.emplace(type, 0);
    numbers_.told.emplace(other_types, 0);
}

Hub::~Hub() = default;

void Hub::stop() {
    stopped_ = true;
    sweep_.cancel();
    patrol_.cancel();
}

// ---- What is told

void Hub::tell(const std::vector<notify::FeedItem>& items) {
    // Those of one reader and kind that follow each other go together: each connection is looked at once.
    const auto together = [](const notify::FeedItem& one, const notify::FeedItem& other) {
        return one.user == other.user && one.type == other.type;
    };
    for (auto first = items.begin(); first != items.end();) {
        const auto farthest = first + std::min<std::ptrdiff_t>(told_together, items.end() - first);
        const auto ends = std::find_if(first + 1, farthest,
                                       [&](const notify::FeedItem& item) { return !together(*first, item); });
        tell_reader({first, ends});
        first = ends;
    }
    telling_ = replayed_;
}

// Of a reader who has not been here lately nothing is kept: most readers of most messages never connect.
void Hub::tell_reader(std::span<const notify::FeedItem> items) {
    const auto found = mailboxes_.find(items.front().user);
    if (found == mailboxes_.end()) return;
    auto& mailbox = found->second;
    for (const auto& item : items) mailbox.add(item.seq, text_frame(stored_message(item, false)));
    auto& sessions = mailbox.sessions();
    if (sessions.empty()) return;
    const auto counted = numbers_.told.find(items.front().type);
    telling_ = counted != numbers_.told.end() ? &counted->second : &numbers_.told[other_types];
    // From the back: whoever does not read its answers is let go meanwhile, and leaves the list.
    for (auto i = sessions.size(); i-- > 0;) sessions[i]->advance();
    keep_within_limit();
    if (!around_.delivered) return;
    const auto now = around_.clock();
    for (const auto& item : items) around_.delivered(now - item.at);
}

void Hub::tell_read(const notify::ReadNews& news) {
    const auto found = mailboxes_.find(news.user);
    if (found == mailboxes_.end()) return;
    auto& mailbox = found->second;
    mailbox.mark_read(news.from, news.to);
    const Json data{{"notification_id", news.event.empty() ? Json{} : Json(news.event.value())},
                    {"from_seq", news.from},
                    {"to_seq", news.to},
                    {"marked", news.marked}};
    const auto frame = text_frame(message("read", now(), data));
    // A copy: whoever does not read its answers is let go, and leaves the list.
    const auto sessions = mailbox.sessions();
    for (auto* session : sessions) session->tell_news(frame);
}

void Hub::erased(const UserId& user) {
    const auto found = mailboxes_.find(user);
    if (found == mailboxes_.end()) return;
    const auto sessions = found->second.sessions();
    for (auto* session : sessions) session->close(CloseCode::erased, "user_erased");
    mailboxes_.erase(found);
}

// Between a commit whose answer was lost and its telling nobody stands; and another server may have
// committed. So everybody's feed is looked at from time to time, a part of them each second.
void Hub::start() {
    wind_patrol();
}

void Hub::wind_patrol() {
    if (stopped_) return;
    patrol_.expires_after(patrol_every);
    patrol_.async_wait([this](const boost::system::error_code& cancelled) {
        if (cancelled) return;
        patrol();
        wind_patrol();
    });
}

void Hub::patrol() {
    const auto buckets = mailboxes_.bucket_count();
    for (auto left = buckets / patrol_turns + 1; left > 0; --left) {
        patrolled_ = (patrolled_ + 1) % buckets;
        for (auto each = mailboxes_.begin(patrolled_); each != mailboxes_.end(patrolled_); ++each) {
            const auto& sessions = each->second.sessions();
            if (!sessions.empty()) sessions.front()->look_again();
        }
    }
}

void Hub::distrust() {
    for (auto each = mailboxes_.begin(); each != mailboxes_.end();) {
        const auto& sessions = each->second.sessions();
        if (sessions.empty()) {
            each = mailboxes_.erase(each);
            continue;
        }
        sessions.front()->look_again();
        ++each;
    }
}

void Hub::advance(const Session& session) {
    const auto found = mailboxes_.find(session.user());
    if (found == mailboxes_.end()) return;
    const auto& sessions = found->second.sessions();
    for (auto i = sessions.size(); i-- > 0;)
        if (sessions[i] != &session) sessions[i]->advance();
}

std::size_t Hub::fair_share() const noexcept {
    return settings_.queue_total_bytes / std::max<std::size_t>(numbers_.connections, 1);
}

// ---- Who is here

Mailbox& Hub::attach(Session& session) {
    const auto found = mailboxes_.find(session.user());
    auto place = found;
    if (found == mailboxes_.end())
        place = mailboxes_
                    .emplace(std::piecewise_construct, std::forward_as_tuple(session.user()),
                             std::forward_as_tuple(recent_))
                    .first;
    auto& mailbox = place->second;
    auto& sessions = mailbox.sessions();
    if (sessions.empty()) ++numbers_.users;
    ++numbers_.connections;
    ++numbers_.opened;
    sessions.push_back(&session);
    if (sessions.size() > settings_.connections_per_user)
        sessions.front()->close(CloseCode::too_many_devices, "too_many_devices");
    return mailbox;
}

void Hub::detach(Session& session, Mailbox& mailbox, std::uint16_t code) {
    auto& sessions = mailbox.sessions();
    sessions.erase(std::find(sessions.begin(), sessions.end(), &session));
    --numbers_.connections;
    const bool named = std::find(named_codes.begin(), named_codes.end(), code) != named_codes.end();
    ++numbers_.closed[named ? code : other_codes];
    if (!sessions.empty()) return;
    --numbers_.users;
    if (sessions.capacity() > 1) sessions.shrink_to_fit();
    mailbox.left_at = Mailbox::Clock::now();
    departed_.emplace_back(session.user(), mailbox.left_at);
    wind_sweep(sweep_every);
}

void Hub::keep_within_limit() {
    while (recent_.full()) recent_.oldest()->mailbox->forget_oldest();
}

void Hub::wind_sweep(std::chrono::milliseconds in) {
    if (sweeping_ || stopped_) return;
    sweeping_ = true;
    sweep_.expires_after(in);
    sweep_.async_wait([this](const boost::system::error_code& cancelled) {
        sweeping_ = false;
        if (cancelled) return;
        const bool more = forget_departed();
        if (!departed_.empty()) wind_sweep(more ? sweep_again : sweep_every);
    });
}

// True when there are more.
bool Hub::forget_departed() {
    const auto long_ago = Mailbox::Clock::now() - settings_.recent_time;
    for (int i = 0; !departed_.empty() && departed_.front().second <= long_ago; ++i) {
        if (i == forgotten_at_once) return true;
        const auto found = mailboxes_.find(departed_.front().first);
        const bool still_away = found != mailboxes_.end() && found->second.sessions().empty() &&
                                found->second.left_at == departed_.front().second;
        if (still_away) mailboxes_.erase(found);
        departed_.pop_front();
    }
    return false;
}

// ---- For whoever asks

std::string Hub::retry_hint(CloseCode why) {
    auto spread = least_spread;
    // As many as they were at first: they become fewer while one after the other is sent away.
    crowd_ = why == CloseCode::restart ? std::max(crowd_, numbers_.connections) : numbers_.connections;
    const auto arrivals = std::max<std::size_t>(settings_.arrivals_per_second, 1);
    const std::chrono::milliseconds needed{1'000 * crowd_ / arrivals + 1'000};
    spread = std::min(std::max(spread, needed), latest_return);
    const auto wait =
        soonest_return + std::chrono::duration_cast<std::chrono::milliseconds>(spread * around_.random());
    return R"({"retry_after_ms":)" + std::to_string(wait.count()) + "}";
}

HubNumbers Hub::numbers() const {
    auto numbers = numbers_;
    numbers.mailboxes = mailboxes_.size();
    numbers.recent_bytes = recent_.bytes();
    return numbers;
}

std::vector<const Session*> Hub::look(const UserId& user) const {
    const auto found = mailboxes_.find(user);
    if (found == mailboxes_.end()) return {};
    return {found->second.sessions().begin(), found->second.sessions().end()};
}

// By the map's buckets: a list in any other order would have to sort everybody for each page.
Hub::Page Hub::look(std::size_t from, std::size_t limit) const {
    Page page;
    for (auto bucket = from; bucket < mailboxes_.bucket_count(); ++bucket) {
        if (page.users.size() >= limit) {
            page.next = bucket;
            return page;
        }
        for (auto each = mailboxes_.begin(bucket); each != mailboxes_.end(bucket); ++each) {
            const auto& sessions = each->second.sessions();
            if (!sessions.empty()) page.users.push_back({each->first, {sessions.begin(), sessions.end()}});
        }
    }
    return page;
}

}  // namespace carillon::realtime
