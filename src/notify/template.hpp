#pragma once
// Texts with holes, for what people are told: a subset of Jinja2.
//
//   {{ a.b }}  {{ items.0.name }}  {{ x | default("…") | upper }}  {# a remark #}
//   {% if a and not b %} … {% elif total > 1000 %} … {% else %} … {% endif %}
//   {% for item in items %} … {{ loop.index }} … {% endfor %}        also loop.first, loop.last
//   {{- and -}}, {%- and -%} eat the white space beside them
//   filters: default, currency, currency_range, date, upper, lower, title, truncate, join,
//   length
//
// Threads: a Template never changes; one may be rendered by any number of threads at once, and a copy costs a
// counter. Rendering a huge context takes milliseconds of pure computing: off the loop, or in slices.
// Invariants: a hole without a value is an error, never a blank. Values are data: what looks like a template
// in one is printed as it stands. Whatever the source and the context, parsing and rendering end soon.
#include <carillon/json.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::notify {

struct TemplateLimits {
    std::size_t source_bytes = 64 * 1024;
    std::size_t depth = 32;  // blocks and brackets inside each other
    std::size_t output_bytes = 256 * 1024;
    std::size_t steps = 100'000;  // values looked up, parts written, 64 bytes of text worked through
};

// What has been spent of the limits. Texts that belong to one message share it, so that many of them cost no
// more than one may.
struct RenderBudget {
    std::size_t steps = 0;
    std::size_t output_bytes = 0;
};

struct RenderOptions {
    std::string_view language = "en";  // of the names of months and days: "fr", "fr-CM"; others read English
};

struct Program;  // what a source was parsed into (template_program.hpp)

class Template {
public:
    explicit Template(std::shared_ptr<const Program> program) : program_{std::move(program)} {}

    // Fails with Failure::invalid and the code
    //   template_variable_missing  a variable on the way taken is absent or null and has no default; the
    //   fields
    //                              name every one of them: {"context.customer_name", "is missing"}
    //   template_failed            a value of the wrong kind, or one of the limits; the detail says where
    [[nodiscard]] Result<std::string> render(const Json& context, const RenderOptions& options = {}) const;
    // As a part of something that has spent that much.
    [[nodiscard]] Result<std::string> render(const Json& context, const RenderOptions& options,
                                             RenderBudget& spent) const;

    // What it asks of the context, sorted: "customer_name", "order.id". Not `currency`, which the currency
    // filters look up by themselves and for which there is a default.
    [[nodiscard]] const std::vector<std::string>& variables() const noexcept;

private:
    std::shared_ptr<const Program> program_;
};

// Fails with Failure::invalid, code "template_syntax", detail "line 3, column 12: …" (columns count
// characters).
[[nodiscard]] Result<Template> parse_template(std::string_view source, const TemplateLimits& limits = {});

}  // namespace carillon::notify
