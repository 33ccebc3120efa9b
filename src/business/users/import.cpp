#include "business/users/import.hpp"

#include <charconv>
#include <string_view>
#include <utility>

#include "business/users/parse.hpp"

namespace carillon::business::users {
namespace {

constexpr std::size_t chunk_size = 500;
constexpr std::size_t most_errors = 100;

// The parser counts from the beginning of the item, the caller from the beginning of the body.
Error shifted(Error error, std::size_t item_offset) {
    constexpr std::string_view mark = " at byte ";
    const auto found = error.detail.rfind(mark);
    if (found == std::string::npos) return error;
    const auto digits = found + mark.size();
    std::size_t offset = 0;
    std::from_chars(error.detail.data() + digits, error.detail.data() + error.detail.size(), offset);
    error.detail.replace(digits, std::string::npos, std::to_string(item_offset + offset));
    return error;
}

UserId id_in(const Json& item) {
    if (!item.is_object()) return {};
    const auto id = item.find("id");
    if (id == item.end() || !id->is_string()) return {};
    return UserId{id->get<std::string>()};
}

}  // namespace

Import::Import(UserStore& store, const ZoneNames& zones, Clock clock)
    : store_{store}, zones_{zones}, clock_{std::move(clock)}, splitter_{ItemSplitter::Limits{}} {}

asio::awaitable<Result<ImportReport>> Import::run(BodyStream& stream) {
    for (bool more = true; more;) {
        const auto piece = co_await stream.next();
        more = !piece.empty();
        if (more)
            splitter_.feed(piece);
        else
            splitter_.finish();
        auto ended = co_await take_items();
        if (!ended && more) continue;
        co_await store_chunk();
        if (!ended) continue;
        ended->detail += so_far();
        co_return std::move(*ended);
    }
    co_return std::move(report_);
}

asio::awaitable<std::optional<Error>> Import::take_items() {
    while (const auto item = splitter_.next()) {
        if (auto ended = take(*item)) co_return ended;
        if (chunk_.size() == chunk_size) co_await store_chunk();
    }
    co_return splitter_.error();
}

std::optional<Error> Import::take(const ItemSplitter::Item& item) {
    if (report_.received == most_users)
        return Error{Failure::too_large, "too_many_users",
                     "more than " + std::to_string(most_users) + " users in one request"};
    if (item.too_large) {
        note_failed(report_.received++, {}, {{"", "is larger than 16 KiB"}});
        return std::nullopt;
    }
    const auto json = parse_json(item.text);
    if (json.has_error()) return shifted(json.error(), item.offset);

    const auto index = report_.received++;
    auto change = parse_user_change(*json, zones_);
    if (change.has_error()) {
        note_failed(index, id_in(*json), change.error().fields);
    } else if (change->id.empty()) {
        // One without would become another user whenever the request is repeated.
        note_failed(index, {}, {{"id", "is required"}});
    } else {
        change->at = clock_();
        chunk_.push_back(std::move(*change));
        indexes_.push_back(index);
    }
    return std::nullopt;
}

asio::awaitable<void> Import::store_chunk() {
    if (chunk_.empty()) co_return;
    const auto outcomes = co_await store_.upsert_all(chunk_);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        if (outcomes[i].has_error())
            note_failed(indexes_[i], chunk_[i].id, outcomes[i].error().fields);
        else
            ++(outcomes[i]->created ? report_.created : report_.updated);
    }
    chunk_.clear();
    indexes_.clear();
}

void Import::note_failed(std::size_t index, const UserId& id, std::vector<FieldError> errors) {
    ++report_.failed;
    for (auto& error : errors)
        if (report_.errors.size() < most_errors) report_.errors.push_back({index, id, std::move(error)});
}

std::string Import::so_far() const {
    return "; before it " + std::to_string(report_.received) + " users were read, " +
           std::to_string(report_.created) + " created, " + std::to_string(report_.updated) + " updated, " +
           std::to_string(report_.failed) + " failed";
}

Response import_answer(const ImportReport& report) {
    Json errors = Json::array();
    for (const auto& [index, id, error] : report.errors) {
        Json entry = {{"index", index}, {"id", nullptr}, {"field", error.field}, {"message", error.message}};
        if (!id.empty()) entry["id"] = id.value();
        errors.push_back(std::move(entry));
    }
    return json_response(200, {{"received", report.received},
                               {"created", report.created},
                               {"updated", report.updated},
                               {"failed", report.failed},
                               {"errors", std::move(errors)}});
}

}  // namespace carillon::business::users
