#include "notify/message_template.hpp"

#include <algorithm>

namespace carillon::notify {
namespace {

using Place = Json::json_pointer;

// Every text of a value, however deep. Options come from JSON whose depth was limited when it was read.
template <class Visit>
void for_each_text(const Json& value, const Place& place, const Visit& visit) {
    if (value.is_string()) return visit(place, value.get_ref<const std::string&>());
    if (value.is_object())
        for (const auto& [name, member] : value.items()) for_each_text(member, place / name, visit);
    if (value.is_array())
        for (std::size_t i = 0; i < value.size(); ++i) for_each_text(value[i], place / i, visit);
}

// "/buttons/0/text" as people write it: "options.buttons.0.text".
std::string field_of(const Place& place) {
    auto field = "options" + place.to_string();
    std::replace(field.begin(), field.end(), '/', '.');
    return field;
}

Error syntax_error(std::vector<FieldError> faults) {
    Error error{Failure::invalid, "The template cannot be read.", std::move(faults)};
    error.code = "template_syntax";
    return error;
}

void gather(Error& all, const Error& one) {
    if (all.code.empty()) {
        all = one;
        return;
    }
    for (const auto& field : one.fields) {
        const auto same = [&field](const FieldError& known) { return known.field == field.field; };
        if (std::none_of(all.fields.begin(), all.fields.end(), same)) all.fields.push_back(field);
    }
}

}  // namespace

MessageTemplate::MessageTemplate(Template text, Json options, std::vector<std::pair<Place, Template>> holes)
    : text_{std::move(text)}, options_(std::move(options)), holes_{std::move(holes)} {}

Result<MessageTemplate> MessageTemplate::parse(std::string_view text, Json options) {
    if (to_text(options).size() > most_option_bytes) {
        const auto most = std::to_string(most_option_bytes);
        return syntax_error({{"options", "must be at most " + most + " bytes of JSON"}});
    }
    std::vector<FieldError> faults;
    auto body = parse_template(text);
    if (body.has_error()) faults.push_back({"content", body.error().detail});

    std::vector<std::pair<Place, Template>> holes;
    for_each_text(options, Place{}, [&](const Place& place, const std::string& source) {
        auto parsed = parse_template(source);
        if (parsed.has_error())
            faults.push_back({field_of(place), parsed.error().detail});
        else if (source.find('{') != std::string::npos)  // the rest is printed as it stands
            holes.emplace_back(place, std::move(*parsed));
    });
    if (holes.size() > most_option_holes) {
        const auto most = std::to_string(most_option_holes);
        faults.push_back({"options", "may have at most " + most + " texts with something to fill in"});
    }
    if (!faults.empty()) return syntax_error(std::move(faults));
    return MessageTemplate{std::move(*body), std::move(options), std::move(holes)};
}

Result<MessageTemplate::Output> MessageTemplate::render(const Json& context,
                                                        std::string_view language) const {
    const RenderOptions options{language};
    RenderBudget spent;
    Error failure;
    Output output{{}, options_};
    auto text = text_.render(context, options, spent);
    if (text.has_error())
        gather(failure, text.error());
    else
        output.text = std::move(*text);
    for (const auto& [place, hole] : holes_) {
        auto value = hole.render(context, options, spent);
        if (value.has_error())
            gather(failure, value.error());
        else
            output.content[place] = std::move(*value);
    }
    if (!failure.code.empty()) return failure;
    return output;
}

std::vector<std::string> MessageTemplate::variables() const {
    auto all = text_.variables();
    for (const auto& [place, hole] : holes_)
        all.insert(all.end(), hole.variables().begin(), hole.variables().end());
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

std::vector<std::string_view> language_choices(std::string_view language) {
    std::vector<std::string_view> choices;
    const auto add = [&choices](std::string_view choice) {
        if (!choice.empty() && std::find(choices.begin(), choices.end(), choice) == choices.end())
            choices.push_back(choice);
    };
    add(language);
    add(language.substr(0, language.find('-')));
    add("en");
    return choices;
}

}  // namespace carillon::notify
