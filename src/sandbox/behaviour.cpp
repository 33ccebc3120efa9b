#include "sandbox/behaviour.hpp"

#include <array>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::sandbox {
namespace {

constexpr std::array<std::string_view, 3> mode_names{"auto", "auto_read", "none"};
constexpr std::int64_t longest_ms = 600'000;
constexpr std::int64_t longest_token_life = 86'400;

// One object inside the patch; what is wrong there is told under its name.
class Section {
public:
    Section(FieldReader& whole, const char* name)
        : whole_{whole}, name_{name}, given_{whole.value(name)}, fields_{given_ ? *given_ : nothing()} {}

    void read(const char* name, std::string& into, std::size_t max = 2'048) {
        if (auto text = fields_.text(name, {0, max})) into = std::move(*text);
    }
    void read(const char* name, bool& into) { into = fields_.boolean(name).value_or(into); }
    void read(const char* name, std::chrono::milliseconds& into) {
        if (const auto ms = fields_.integer(name, 0, longest_ms)) into = std::chrono::milliseconds{*ms};
    }
    FieldReader& fields() { return fields_; }

    void finish() {
        const auto wrong = fields_.finish();
        if (!wrong) return;
        for (const auto& [field, message] : wrong->fields)
            whole_.fail(field.empty() ? std::string{name_} : std::string{name_} + "." + field, message);
    }

private:
    static const Json& nothing() {
        static const Json object = Json::object();
        return object;
    }
    FieldReader& whole_;
    const char* name_;
    const Json* given_;
    FieldReader fields_;
};

void read_fcm(FieldReader& reader, Behaviour& behaviour) {
    Section fcm{reader, "fcm"};
    if (const auto life = fcm.fields().integer("token_life_seconds", 1, longest_token_life))
        behaviour.token_life = std::chrono::seconds{*life};
    fcm.read("token_life_as_text", behaviour.token_life_as_text);
    fcm.finish();
}

void read_myoperator(FieldReader& reader, Behaviour& behaviour) {
    Section myoperator{reader, "myoperator"};
    myoperator.read("api_key", behaviour.api_key);
    myoperator.read("company_id", behaviour.company_id);
    myoperator.read("phone_number_id", behaviour.phone_number_id, 30);
    myoperator.read("phone_number", behaviour.phone_number, 30);
    myoperator.read("misspelt_conversation_id", behaviour.misspelt_conversation_id);
    myoperator.finish();
}

void read_receipts(FieldReader& reader, ReceiptBehaviour& receipts) {
    Section section{reader, "receipts"};
    section.read("url", receipts.url);
    if (!receipts.url.empty() && !receipts.url.starts_with("http://") &&
        !receipts.url.starts_with("https://"))
        section.fields().fail("url", "must be an http or https URL");
    section.read("key", receipts.key);
    const auto mode = section.fields().choice("mode", {mode_names.begin(), mode_names.end()});
    for (std::size_t i = 0; mode && i < mode_names.size(); ++i)
        if (mode_names[i] == *mode) receipts.mode = static_cast<ReceiptMode>(i);
    section.read("delay_ms", receipts.delay);
    section.read("retry_ms", receipts.retry);
    section.read("duplicates", receipts.duplicates);
    section.read("reversed", receipts.reversed);
    section.read("drop_delivered", receipts.drop_delivered);
    section.read("null_myop_ref_id", receipts.null_myop_ref_id);
    section.read("unknown_kinds", receipts.unknown_kinds);
    section.finish();
}

}  // namespace

Json to_json(const Behaviour& behaviour) {
    const auto& receipts = behaviour.receipts;
    return {{"fcm",
             {{"token_life_seconds", behaviour.token_life.count()},
              {"token_life_as_text", behaviour.token_life_as_text}}},
            {"myoperator",
             {{"api_key_set", !behaviour.api_key.empty()},
              {"company_id", behaviour.company_id},
              {"phone_number_id", behaviour.phone_number_id},
              {"phone_number", behaviour.phone_number},
              {"misspelt_conversation_id", behaviour.misspelt_conversation_id}}},
            {"receipts",
             {{"url", receipts.url},
              {"key_set", !receipts.key.empty()},
              {"mode", mode_names[static_cast<std::size_t>(receipts.mode)]},
              {"delay_ms", receipts.delay.count()},
              {"retry_ms", receipts.retry.count()},
              {"duplicates", receipts.duplicates},
              {"reversed", receipts.reversed},
              {"drop_delivered", receipts.drop_delivered},
              {"null_myop_ref_id", receipts.null_myop_ref_id},
              {"unknown_kinds", receipts.unknown_kinds}}}};
}

Result<Behaviour> changed(Behaviour behaviour, const Json& patch) {
    FieldReader reader{patch};
    read_fcm(reader, behaviour);
    read_myoperator(reader, behaviour);
    read_receipts(reader, behaviour.receipts);
    if (auto wrong = reader.finish()) return std::move(*wrong);
    return behaviour;
}

}  // namespace carillon::sandbox
