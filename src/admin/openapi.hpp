#pragma once
// The description of the REST interface: a base, and a fragment beside each area's routes.
#include <carillon/json.hpp>
#include <carillon/request.hpp>
#include <carillon/response.hpp>
#include <embedded/openapi.hpp>
#include <span>
#include <string>
#include <string_view>

namespace carillon::admin {

inline constexpr std::string_view base_document = "admin/base.openapi.json";

// One document out of the base and the fragments; a fragment holds `tags`, `paths` and `components`, nothing
// else. Throws std::logic_error, naming the file, when one is malformed or says what another said already:
// two areas that describe the same operation or schema cannot both be right.
[[nodiscard]] Json merge_documents(std::span<const embedded::File> files, std::string_view version);

// The document as it is handed out. Immutable.
class OpenApi {
public:
    explicit OpenApi(const Json& document);

    // 200, or 304 when the client has this very document.
    [[nodiscard]] Response answer(const Request& request) const;

private:
    std::string text_;
    std::string etag_;
};

}  // namespace carillon::admin
