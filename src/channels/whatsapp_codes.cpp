#include "channels/whatsapp_codes.hpp"

#include <algorithm>
#include <array>
#include <carillon/json.hpp>
#include <charconv>

namespace carillon::channels {
namespace {

using enum Action;

constexpr std::array myoperator_codes{
    CodeRuling{"CHAT_4001", {pause_channel, Reason::wallet_empty, pause_time}},
    CodeRuling{"CHAT_0302", {pause_channel, Reason::account_blocked, pause_time}},
    CodeRuling{"CHAT_0303", {pause_channel, Reason::number_disabled, pause_time}},
    CodeRuling{"CHAT_0304", {pause_channel, Reason::number_disabled, pause_time}},
};

constexpr NumberRuling one(int code, Action action, Reason reason, std::chrono::seconds after = {}) {
    return {code, code, {action, reason, after}};
}

constexpr std::array meta_codes{
    one(0, pause_channel, Reason::credentials_refused, pause_time),
    NumberRuling{1, 2, {retry, Reason::provider_error}},
    one(3, pause_channel, Reason::credentials_refused, pause_time),
    one(4, retry, Reason::rate_limited),
    one(10, pause_channel, Reason::credentials_refused, pause_time),
    one(33, reject, Reason::invalid_request),
    one(100, reject, Reason::invalid_request),
    one(190, pause_channel, Reason::credentials_refused, pause_time),
    NumberRuling{200, 299, {pause_channel, Reason::credentials_refused, pause_time}},
    one(368, pause_channel, Reason::account_blocked, pause_time),
    one(80007, retry, Reason::rate_limited),
    one(130429, retry, Reason::rate_limited),
    // An experiment of WhatsApp's: this person gets no such messages.
    one(130472, reject, Reason::recipient_unreachable),
    // Of this country only; a pause would silence all the others.
    one(130497, reject, Reason::account_blocked),
    one(131000, retry, Reason::provider_error),
    one(131005, pause_channel, Reason::credentials_refused, pause_time),
    NumberRuling{131008, 131009, {reject, Reason::invalid_request}},
    one(131016, retry, Reason::provider_error),
    one(131021, reject, Reason::recipient_unreachable),
    one(131026, reject, Reason::recipient_unreachable),
    one(131030, reject, Reason::recipient_unreachable),
    one(131031, pause_channel, Reason::account_blocked, pause_time),
    one(131037, pause_channel, Reason::number_disabled, pause_time),
    one(131042, pause_channel, Reason::wallet_empty, pause_time),
    one(131045, pause_channel, Reason::number_disabled, pause_time),
    one(131047, needs_template, Reason::needs_template),
    one(131048, pause_channel, Reason::account_blocked, pause_time),
    one(131049, reject, Reason::marketing_limited),
    one(131050, stop_recipient, Reason::recipient_stopped),
    NumberRuling{131051, 131053, {reject, Reason::invalid_request}},
    one(meta_pair_limit, retry, Reason::pair_limited),
    one(131057, retry, Reason::provider_error),
    NumberRuling{131062, 131063, {reject, Reason::invalid_request}},
    one(131064, pause_channel, Reason::account_blocked, pause_time),
    NumberRuling{132000, 132001, {reject, Reason::invalid_request}},
    one(132005, reject, Reason::invalid_request),
    one(132007, reject, Reason::invalid_request),
    one(132012, reject, Reason::invalid_request),
    NumberRuling{132015, 132016, {reject, Reason::invalid_request}},
    NumberRuling{132068, 132069, {reject, Reason::invalid_request}},
    one(133016, retry, Reason::rate_limited),
    one(137000, reject, Reason::invalid_request),
};

// The others of 400 to 499 are refusals of the message as it is; of 500 and more nobody can tell.
constexpr std::array statuses{
    NumberRuling{400, 400, {reject, Reason::invalid_request}},
    NumberRuling{401, 403, {pause_channel, Reason::credentials_refused, pause_time}},
    // Nothing is at our address: that is no recipient's fault, and the next message fares no better.
    NumberRuling{404, 405, {pause_channel, Reason::bad_answer, pause_time}},
    NumberRuling{406, 407, {reject, Reason::invalid_request}},
    NumberRuling{409, 428, {reject, Reason::invalid_request}},
    NumberRuling{429, 429, {retry, Reason::rate_limited}},
    NumberRuling{430, 499, {reject, Reason::invalid_request}},
};

constexpr std::array<std::string_view, 4> failures{"error", "fail", "failed", "failure"};

template <class Table>
constexpr bool in_order(const Table& table) {
    for (std::size_t i = 1; i < table.size(); ++i) {
        if (table[i].first <= table[i - 1].last || table[i].first > table[i].last) return false;
    }
    return true;
}
static_assert(in_order(meta_codes) && in_order(statuses), "sorted, and no code in two rows");

template <class Table>
std::optional<Ruling> find_number(const Table& table, int code) noexcept {
    const auto holds = [code](const NumberRuling& row) { return row.first <= code && code <= row.last; };
    const auto found = std::find_if(table.begin(), table.end(), holds);
    return found == table.end() ? std::nullopt : std::optional{found->ruling};
}

const Json* find(const Json& object, const char* name) {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(name);
    return found == object.end() ? nullptr : &*found;
}

std::string text_in(const Json& object, const char* name) {
    const auto* const value = find(object, name);
    if (value == nullptr) return {};
    if (value->is_string()) return value->get<std::string>();
    return value->is_number_integer() ? value->dump() : std::string{};
}

std::optional<int> number_of(std::string_view text) {
    int number = 0;
    const auto* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    return error == std::errc{} && stopped == end && !text.empty() ? std::optional{number} : std::nullopt;
}

// Meta's error object, wherever MyOperator puts it: "error", the first of "errors", or one inside them.
const Json* meta_error_in(const Json& body) {
    for (const auto* name : {"error", "errors"}) {
        const auto* value = find(body, name);
        if (value != nullptr && value->is_array() && !value->empty()) value = &value->front();
        if (value == nullptr || !value->is_object()) continue;
        const auto* const inner = meta_error_in(*value);
        return inner != nullptr ? inner : value;
    }
    return nullptr;
}

void read_refusal(const Json& body, WhatsAppAnswer& answer) {
    answer.code = text_in(body, "code");
    answer.message = text_in(body, "message");
    const auto* const said = find(body, "message");
    answer.says_null = said != nullptr && said->is_null();
    answer.ruling = ruling_of_myoperator(answer.code);
    if (answer.ruling) return;
    // Outside the error small numbers are HTTP statuses, which some of Meta's codes look like.
    int smallest = 1000;
    if (const auto* const error = meta_error_in(body)) {
        if (auto words = text_in(*error, "message"); !words.empty()) answer.message = std::move(words);
        if (auto code = text_in(*error, "code"); !code.empty()) {
            answer.code = std::move(code);
            smallest = 0;
        }
    }
    answer.ruling = ruling_of_myoperator(answer.code);
    if (const auto number = number_of(answer.code); number && *number >= smallest && !answer.ruling)
        answer.ruling = ruling_of_meta(*number);
}

void read_success(const Json& body, WhatsAppAnswer& answer) {
    const auto status = text_in(body, "status");
    answer.says_failed = std::find(failures.begin(), failures.end(), status) != failures.end();
    const auto* const data = find(body, "data");
    if (data == nullptr || answer.says_failed) return;
    answer.message_id = text_in(*data, "message_id");
    answer.conversation_id = text_in(*data, "conversation_id");
    // So spelt in some of their answers.
    if (answer.conversation_id.empty()) answer.conversation_id = text_in(*data, "conversaton_id");
}

}  // namespace

WhatsAppAnswer read_whatsapp_answer(const outbound::Reply& reply) {
    WhatsAppAnswer answer;
    answer.status = reply.status;
    const auto body = parse_json(reply.body);
    if (!body || !body->is_object()) return answer;
    read_refusal(*body, answer);
    if (reply.status >= 200 && reply.status < 300) read_success(*body, answer);
    // What they took they took, whatever else they say.
    if (!answer.message_id.empty()) answer.ruling.reset();
    return answer;
}

std::optional<Ruling> ruling_of_myoperator(std::string_view code) noexcept {
    const auto* const found = std::find_if(myoperator_codes.begin(), myoperator_codes.end(),
                                           [code](const CodeRuling& row) { return row.code == code; });
    return found == myoperator_codes.end() ? std::nullopt : std::optional{found->ruling};
}

std::optional<Ruling> ruling_of_meta(int code) noexcept {
    return find_number(meta_codes, code);
}

std::optional<Ruling> ruling_of_status(int status) noexcept {
    return find_number(statuses, status);
}

std::optional<Ruling> ruling_of(const WhatsAppAnswer& answer) noexcept {
    if (answer.ruling) return answer.ruling;
    const auto ruling = ruling_of_status(answer.status);
    // Whoever gives a code of theirs is at home: it is the message that they do not like.
    const auto is_at_home = answer.code.starts_with("CHAT_");
    if (ruling && ruling->reason == Reason::bad_answer && is_at_home)
        return Ruling{reject, Reason::invalid_request};
    return ruling;
}

}  // namespace carillon::channels
