#pragma once
// The templates as this process knows them, for any thread. Whoever sees in a transaction that the stamp has
// moved on loads them anew, so that a change is seen with the next batch on every server.
#include <memory>
#include <mutex>

#include "notify/template_book.hpp"

namespace carillon::notify {

class Books {
public:
    using Book = std::shared_ptr<const TemplateBook>;

    // Those with this stamp.
    [[nodiscard]] Book at(db::Session& session, std::int64_t stamp) {
        auto book = latest();
        if (book && book->stamp() == stamp) return book;
        return reload(session);
    }
    [[nodiscard]] Book current(db::Session& session) {
        return at(session, TemplateBook::current_stamp(session));
    }
    // Possibly null: nothing was loaded yet.
    [[nodiscard]] Book latest() const {
        const std::lock_guard lock{mutex_};
        return book_;
    }

private:
    Book reload(db::Session& session) {
        auto book = TemplateBook::load(session);
        const std::lock_guard lock{mutex_};
        book_ = book;
        return book;
    }

    mutable std::mutex mutex_;
    Book book_;
};

}  // namespace carillon::notify
