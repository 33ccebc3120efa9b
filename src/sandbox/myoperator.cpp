#include "sandbox/myoperator.hpp"

#include <carillon/secret.hpp>
#include <utility>

#include "sandbox/myoperator_message.hpp"
#include "sandbox/uuid.hpp"

namespace carillon::sandbox {
namespace {

constexpr std::string_view bearer = "Bearer ";
constexpr int outside_window = 131047;

Response error(int status, std::string_view code, std::string_view message, Json errors = Json{}) {
    return json_response(
        status, {{"status", "error"}, {"code", code}, {"message", message}, {"errors", std::move(errors)}});
}

// The gateway before the API has words of its own.
Response from_gateway(int status, const Json& message) {
    return json_response(status, {{"message", message}});
}

Response explicitly_denied() {
    return json_response(
        403, {{"Message", "User is not authorized to access this resource with an explicit deny"}});
}

Response success(std::string_view message, Json data) {
    return json_response(
        200, {{"status", "success"}, {"code", "200"}, {"message", message}, {"data", std::move(data)}});
}

Response in_words(const Fault& fault) {
    switch (fault.kind) {
        case FaultKind::wallet: return error(fault.status, "CHAT_4001", "Insufficient wallet balance");
        case FaultKind::waba_disabled: return error(fault.status, "CHAT_0302", "WABA is disabled");
        case FaultKind::number_disabled: return error(fault.status, "CHAT_0303", "Phone number is disabled");
        case FaultKind::number_not_connected:
            return error(fault.status, "CHAT_0304", "Phone number is not connected");
        case FaultKind::null_500: return from_gateway(fault.status, nullptr);
        case FaultKind::invalid_company: return error(fault.status, "403", "Invalid company ID!");
        case FaultKind::key_revoked: return explicitly_denied();
        default:
            return error(fault.status, std::to_string(fault.status), "Answered by a fault of the sandbox.");
    }
}

bool is_lower_bearer(std::string_view header) {
    return header.size() > bearer.size() && (header[0] | 0x20) == 'b' && header.substr(1, 6) == "earer ";
}

}  // namespace

// What every call has in common: who may make it, and how it fails.
class MyOperator::Errand : public sandbox::Errand {
public:
    Errand(MyOperator& service, const Request& request, std::string number)
        : sandbox::Errand{Provider::myoperator, std::move(number)}, service_{service}, request_{request} {}

    Response fail(const Fault& fault) override {
        auto response = in_words(fault);
        if (fault.retry_after) response.with("Retry-After", std::to_string(*fault.retry_after));
        return response;
    }

protected:
    [[nodiscard]] std::optional<Response> unauthorised() const {
        const auto header = request_.header("Authorization").value_or("");
        if (!header.starts_with(bearer) || header.size() == bearer.size())
            return is_lower_bearer(header) ? explicitly_denied() : from_gateway(401, "Unauthorized");
        const auto& key = service_.behaviour_.api_key;
        if (!key.empty() && !equal_in_constant_time(header.substr(bearer.size()), key))
            return explicitly_denied();
        const auto& wanted = service_.behaviour_.company_id;
        if (company().empty() || (!wanted.empty() && company() != wanted))
            return error(403, "403", "Invalid company ID!");
        return std::nullopt;
    }

    [[nodiscard]] std::string company() const {
        return std::string{request_.header("X-MYOP-COMPANY-ID").value_or("")};
    }

    MyOperator& service_;
    const Request& request_;
};

class MyOperator::SendErrand final : public MyOperator::Errand {
public:
    SendErrand(MyOperator& service, const Request& request)
        : MyOperator::Errand{service, request, number_in(request.body)}, read_{read_whatsapp(request.body)} {
        if (const auto* message = std::get_if<WhatsAppMessage>(&read_)) myop_ref_id = message->myop_ref_id;
    }

    std::optional<Response> refuse() override {
        if (auto refusal = unauthorised()) return refusal;
        if (!request_.header("Content-Type").value_or("").starts_with(json_type))
            return error(415, "415", "Content-Type must be application/json");
        if (const auto* errors = std::get_if<Json>(&read_))
            return error(400, "400", "Validation failed", *errors);
        return std::nullopt;
    }

    Response accept(const Fault* fault) override {
        const auto& message = std::get<WhatsAppMessage>(read_);
        const auto now = service_.desk_.now();
        auto& chat = service_.phones_.chat(message.number);
        chat.about.company_id = company();
        chat.about.phone_number_id = message.phone_number_id;

        Outgoing outgoing;
        outgoing.number = message.number;
        outgoing.contact = chat.about;
        outgoing.message_id = make_uuid();
        outgoing.myop_ref_id = message.myop_ref_id;
        outgoing.type = message.type;
        // The real one says nothing here either; only the receipt tells.
        if (message.free_form() && !Phones::window_open(chat.about, now)) outgoing.failure = outside_window;
        if (fault && fault->kind == FaultKind::receipt_failed) outgoing.failure = fault->code;

        note(chat, message, outgoing.message_id, now);
        message_ids.push_back(outgoing.message_id);
        if (!fault || fault->kind != FaultKind::no_receipts) service_.receipts_.follow(outgoing);
        const auto* conversation =
            service_.behaviour_.misspelt_conversation_id ? "conversaton_id" : "conversation_id";
        return success("Accepted", {{conversation, outgoing.contact.conversation_id},
                                    {"message_id", outgoing.message_id}});
    }

private:
    void note(Phones::Chats::Phone& chat, const WhatsAppMessage& message, const std::string& id, Time now) {
        ChatNote note;
        note.id = id;
        note.type = message.type;
        note.text = message.text;
        note.content = message.content;
        note.myop_ref_id = message.myop_ref_id;
        note.at = now;
        service_.phones_.say(chat, std::move(note));
    }

    std::variant<WhatsAppMessage, Json> read_;
};

class MyOperator::NumbersErrand final : public MyOperator::Errand {
public:
    NumbersErrand(MyOperator& service, const Request& request) : MyOperator::Errand{service, request, {}} {}

    std::optional<Response> refuse() override { return unauthorised(); }

    Response accept(const Fault*) override {
        const auto& id = service_.behaviour_.phone_number_id;
        auto numbers = Json::array();
        numbers.push_back({{"id", id},
                           {"phone_number_id", id},
                           {"display_phone_number", service_.behaviour_.phone_number},
                           {"verified_name", "Carillon Sandbox"},
                           {"status", "CONNECTED"},
                           {"waba_account", {{"waba_id", "200300400500600"}}}});
        return success("Success",
                       {{"results", std::move(numbers)}, {"count", 1}, {"limit", 10}, {"offset", 0}});
    }
};

http::Routes MyOperator::routes() {
    http::Routes routes;
    const auto numbers = [this](Request& request) { return list_numbers(request); };
    routes.push_back({Method::post, "/chat/messages", http::Access::open, http::Takes::raw,
                      [this](Request& request) { return send(request); }});
    routes.push_back({Method::get, "/chat/phonenumbers", http::Access::open, http::Takes::nothing, numbers});
    // Seen in some of their texts.
    routes.push_back({Method::get, "/chat/phone_numbers", http::Access::open, http::Takes::nothing, numbers});
    return routes;
}

asio::awaitable<Result<Response>> MyOperator::send(Request& request) {
    SendErrand errand{*this, request};
    co_return co_await desk_.serve(errand);
}

asio::awaitable<Result<Response>> MyOperator::list_numbers(Request& request) {
    NumbersErrand errand{*this, request};
    co_return co_await desk_.serve(errand);
}

ChatNote MyOperator::receive(const std::string& number, const std::string& text) {
    auto& chat = phones_.chat(number);
    if (chat.about.phone_number_id.empty()) chat.about.phone_number_id = behaviour_.phone_number_id;
    if (chat.about.company_id.empty()) chat.about.company_id = behaviour_.company_id;
    ChatNote note;
    note.id = make_uuid();
    note.inbound = true;
    note.text = text;
    note.at = desk_.now();
    chat.about.last_inbound = note.at;
    phones_.say(chat, note);
    receipts_.tell_received(number, chat.about, note);
    return note;
}

std::size_t MyOperator::read(const std::string& number) {
    const auto* chat = phones_.known_chat(number);
    if (!chat) return 0;
    const auto messages = phones_.read_all(number, desk_.now());
    for (const auto& note : messages) {
        Outgoing outgoing{number, chat->about, note.id, note.myop_ref_id, note.type, std::nullopt};
        receipts_.tell_read(outgoing);
    }
    return messages.size();
}

}  // namespace carillon::sandbox
