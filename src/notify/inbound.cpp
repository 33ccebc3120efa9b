#include "notify/inbound.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/kill_point.hpp"
#include "notify/columns.hpp"

namespace carillon::notify {
namespace {

constexpr db::Statement insert_inbound{"inbound_insert", R"sql(
    INSERT INTO receipts (provider, event_id, kind, occurred_at, body)
    VALUES ($1, $2, 'received', $3, $4)
        ON CONFLICT DO NOTHING)sql"};

// An old message told late does not move the window back.
constexpr db::Statement touch_contact{"inbound_contact", R"sql(
    INSERT INTO whatsapp_contacts AS c (phone, last_inbound_at, opted_out_at)
    VALUES ($1, $2, CASE WHEN $3 = 'stop' THEN $2::timestamptz END)
        ON CONFLICT (phone) DO UPDATE
       SET last_inbound_at = greatest(c.last_inbound_at, EXCLUDED.last_inbound_at),
           opted_out_at = CASE $3 WHEN 'stop' THEN greatest(c.opted_out_at, $2::timestamptz)
                                  -- One that is told late does not undo what was said after it.
                                  WHEN 'start' THEN CASE WHEN c.opted_out_at > $2::timestamptz THEN c.opted_out_at END
                                  ELSE c.opted_out_at END)sql"};

constexpr db::Statement insert_message{"inbound_message", R"sql(
    INSERT INTO conversations (user_id, message_type, message_content, channel, created_at)
    SELECT id, 'incoming', $2, 'whatsapp', $3 FROM users WHERE phone = $1)sql"};

constexpr std::array<std::string_view, 7> stops{"stop",  "stopall", "unsubscribe", "arret",
                                                "arrêt", "ARRÊT",   "désabonner"};
constexpr std::array<std::string_view, 3> starts{"start", "unstop", "subscribe"};

std::string_view name_of(Consent consent) {
    switch (consent) {
        case Consent::unchanged: return "none";
        case Consent::withdrawn: return "stop";
        case Consent::given: return "start";
    }
    return "none";
}

Receiving store_text(db::Session& session, const InboundText& inbound) {
    const auto at = to_rfc3339(inbound.occurred_at);
    const auto stored =
        session.exec(insert_inbound, inbound.provider, inbound.event_id, at, to_text(inbound.body));
    if (stored.affected_rows() == 0) return Receiving::repeated;
    session.exec(touch_contact, inbound.phone, at, std::string{name_of(consent_in(inbound.text))});
    const auto known = session.exec(insert_message, inbound.phone, inbound.text, at);
    return known.affected_rows() > 0 ? Receiving::applied : Receiving::unknown_message;
}

}  // namespace

Consent consent_in(std::string_view text) {
    constexpr std::string_view around = " \t\r\n.!\"'";
    const auto first = text.find_first_not_of(around);
    if (first == text.npos) return Consent::unchanged;
    text = text.substr(first, text.find_last_not_of(around) - first + 1);
    std::string word{text};
    std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) {
        return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    });
    const auto is_one_of = [&](const auto& words) {
        return std::any_of(words.begin(), words.end(),
                           [&](auto each) { return each == word || each == text; });
    };
    if (is_one_of(stops)) return Consent::withdrawn;
    return is_one_of(starts) ? Consent::given : Consent::unchanged;
}

asio::awaitable<Receiving> Inbound::take(ProviderNews news) {
    auto job = [&news](db::Session& session) {
        if (const auto* receipt = std::get_if<Receipt>(&news)) return store_receipt(session, *receipt);
        return store_text(session, std::get<InboundText>(news));
    };
    const auto received = co_await database_.transact(std::move(job));
    kill_point("receipt.committed");
    const auto* receipt = std::get_if<Receipt>(&news);
    if (receipt && receipt->kind == "failed" && woken_) woken_();
    co_return received;
}

}  // namespace carillon::notify
