#pragma once
// Something that is handed out as it is: a description, a script, a page. Immutable.
#include <carillon/request.hpp>
#include <carillon/response.hpp>
#include <string>
#include <string_view>

namespace carillon::http {

class Document {
public:
    // `type` is a literal.
    Document(std::string text, std::string_view type);

    // 200, or 304 when the client has this very document.
    [[nodiscard]] Response answer(const Request& request) const;

private:
    std::string text_;
    std::string_view type_;
    std::string etag_;
};

}  // namespace carillon::http
