#pragma once
// Many users in one request, read as they come and stored in chunks: neither the body nor all of its users
// are ever held at once, and an item that is wrong costs only itself.
#include <boost/asio/awaitable.hpp>
#include <carillon/request.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "business/users/item_splitter.hpp"
#include "business/users/store.hpp"

namespace carillon::business::users {

struct ImportError {
    std::size_t index = 0;  // of the item, from zero
    UserId id;              // empty when the item has none that can be used
    FieldError error;
};

struct ImportReport {
    std::size_t received = 0;
    std::size_t created = 0;
    std::size_t updated = 0;
    std::size_t failed = 0;
    std::vector<ImportError> errors;  // the first hundred
};

class Import {
public:
    static constexpr std::size_t most_users = 10'000;

    Import(UserStore& store, const ZoneNames& zones, Clock clock);

    // Failure::malformed when the text breaks off or is no JSON, Failure::too_large "too_many_users" beyond
    // the limit. What came before is stored, and the detail says how much that was.
    asio::awaitable<Result<ImportReport>> run(BodyStream& stream);

private:
    // Both say what ends the import, if anything does.
    asio::awaitable<std::optional<Error>> take_items();
    std::optional<Error> take(const ItemSplitter::Item& item);
    asio::awaitable<void> store_chunk();
    void note_failed(std::size_t index, const UserId& id, std::vector<FieldError> errors);
    [[nodiscard]] std::string so_far() const;

    UserStore& store_;
    const ZoneNames& zones_;
    Clock clock_;
    ItemSplitter splitter_;
    ImportReport report_;
    std::vector<UserChange> chunk_;
    std::vector<std::size_t> indexes_;  // of the chunk's items
};

[[nodiscard]] Response import_answer(const ImportReport& report);

}  // namespace carillon::business::users
