#pragma once
// The description of the REST interface: a base, and a fragment beside each area's routes.
#include <carillon/json.hpp>
#include <embedded/openapi.hpp>
#include <span>
#include <string>
#include <string_view>

#include "http/document.hpp"

namespace carillon::admin {

inline constexpr std::string_view base_document = "admin/base.openapi.json";

// One document out of the base and the fragments; a fragment holds `tags`, `paths` and `components`, nothing
// else. Throws std::logic_error, naming the file, when one is malformed or says what another said already:
// two areas that describe the same operation or schema cannot both be right.
[[nodiscard]] Json merge_documents(std::span<const embedded::File> files, std::string_view version);

class OpenApi : public http::Document {
public:
    explicit OpenApi(const Json& document) : Document{to_text(document), json_type} {}
};

}  // namespace carillon::admin
