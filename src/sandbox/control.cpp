#include "sandbox/control.hpp"

#include <utility>
#include <vector>

#include "http/query.hpp"

namespace carillon::sandbox {
namespace {

Error no_such_fault() {
    return {Failure::not_found, "There is no such fault; it may have been used up."};
}

Error no_such_phone() {
    return {Failure::not_found, "Nothing was sent to this phone, and it wrote nothing."};
}

Error no_number() {
    return {Failure::not_found, "This is not a phone number: 8 to 15 digits, country code first."};
}

Json kinds_of_faults() {
    auto list = Json::array();
    for (const auto& info : fault_kinds())
        list.push_back({{"fault", info.name}, {"providers", info.providers}});
    return list;
}

}  // namespace

http::Handler Control::calling(Handler handler) {
    return [this, handler](Request& request) -> asio::awaitable<Result<Response>> {
        co_return (this->*handler)(request);
    };
}

http::Routes Control::routes() {
    using enum Method;
    using http::Takes;
    struct Row {
        Method method;
        const char* path;
        Takes takes;
        Handler handler;
    };
    constexpr Row rows[] = {
        {get, "/sandbox/faults", Takes::nothing, &Control::list_faults},
        {post, "/sandbox/faults", Takes::json, &Control::add_fault},
        {del, "/sandbox/faults", Takes::nothing, &Control::clear_faults},
        {get, "/sandbox/faults/{fault}", Takes::nothing, &Control::show_fault},
        {del, "/sandbox/faults/{fault}", Takes::nothing, &Control::remove_fault},
        {get, "/sandbox/phones", Takes::nothing, &Control::list_phones},
        {get, "/sandbox/phones/{phone}", Takes::nothing, &Control::show_phone},
        {post, "/sandbox/phones/{phone}/reply", Takes::json, &Control::reply},
        {post, "/sandbox/phones/{phone}/read", Takes::nothing, &Control::read},
        {get, "/sandbox/calls", Takes::nothing, &Control::list_calls},
        {get, "/sandbox/receipts", Takes::nothing, &Control::show_receipts},
        {get, "/sandbox/settings", Takes::nothing, &Control::show_settings},
        {patch, "/sandbox/settings", Takes::json, &Control::change_settings},
        {post, "/sandbox/reset", Takes::nothing, &Control::reset},
    };
    http::Routes routes;
    for (const auto& row : rows)
        routes.push_back({row.method, row.path, http::Access::open, row.takes, calling(row.handler)});
    return routes;
}

Control::Handled Control::list_faults(const Request&) {
    return json_response(200, {{"faults", desk_.faults().list()}});
}

Control::Handled Control::add_fault(const Request& request) {
    auto fault = parse_fault(*request.json);
    if (!fault) return fault.error();
    auto added = desk_.faults().add(std::move(*fault));
    if (!added) return added.error();
    return json_response(201, *added);
}

Control::Handled Control::clear_faults(const Request&) {
    desk_.faults().clear();
    return no_content();
}

Control::Handled Control::show_fault(const Request& request) {
    const auto fault = desk_.faults().show(request.parameter("fault"));
    if (!fault) return no_such_fault();
    return json_response(200, *fault);
}

Control::Handled Control::remove_fault(const Request& request) {
    if (!desk_.faults().remove(request.parameter("fault"))) return no_such_fault();
    return no_content();
}

Control::Handled Control::list_phones(const Request&) {
    return json_response(200, phones_.all());
}

Control::Handled Control::show_phone(const Request& request) {
    const auto phone = phones_.show(request.parameter("phone"));
    if (!phone) return no_such_phone();
    return json_response(200, *phone);
}

Control::Handled Control::reply(const Request& request) {
    const auto number = digits_of(request.parameter("phone"));
    if (!number) return no_number();
    FieldReader fields{*request.json};
    const auto text = fields.required_text("text", {1, 4'096});
    if (auto wrong = fields.finish()) return std::move(*wrong);
    const auto note = myoperator_.receive(*number, text);
    return json_response(201, {{"id", note.id}, {"number", *number}});
}

Control::Handled Control::read(const Request& request) {
    const auto number = digits_of(request.parameter("phone"));
    if (!number) return no_number();
    return json_response(200, {{"read", myoperator_.read(*number)}});
}

Control::Handled Control::list_calls(const Request& request) {
    http::QueryReader query{request.query};
    Calls::Filter filter;
    filter.provider = query.choice("provider", {provider_names.begin(), provider_names.end()}).value_or("");
    filter.target = query.text("target", 4'096).value_or("");
    filter.myop_ref_id = query.text("myop_ref_id").value_or("");
    const auto most = query.integer("limit", 0, Calls::limit).value_or(Calls::limit);
    if (auto wrong = query.finish()) return std::move(*wrong);
    return json_response(200, desk_.calls().list(filter, static_cast<std::size_t>(most)));
}

Control::Handled Control::show_receipts(const Request&) {
    const auto& numbers = receipts_.numbers();
    return json_response(200, {{"under_way", numbers.under_way},
                               {"taken", numbers.taken},
                               {"retried", numbers.retried},
                               {"given_up", numbers.given_up},
                               {"dropped", numbers.dropped}});
}

Control::Handled Control::show_settings(const Request&) {
    auto settings = to_json(behaviour_);
    // What can be switched on, for whoever draws the switches.
    settings["faults"] = kinds_of_faults();
    settings["triggers"] = triggers();
    return json_response(200, settings);
}

Control::Handled Control::change_settings(const Request& request) {
    auto wanted = changed(behaviour_, *request.json);
    if (!wanted) return wanted.error();
    behaviour_ = std::move(*wanted);
    return json_response(200, to_json(behaviour_));
}

// Access tokens stay good: the server under test keeps its own, and would meet a 401 that nobody asked for.
Control::Handled Control::reset(const Request&) {
    desk_.faults().clear();
    desk_.calls().clear();
    phones_.clear();
    behaviour_ = at_start_;
    return no_content();
}

}  // namespace carillon::sandbox
