#pragma once
// How the stand-ins behave when no fault strikes; can be changed while they run.
#include <carillon/json.hpp>
#include <chrono>
#include <string>

namespace carillon::sandbox {

enum class ReceiptMode { automatic, auto_read, none };

struct ReceiptBehaviour {
    std::string url;  // the webhook; empty: nobody is told
    std::string key;  // sent as X-API-Key; empty: not sent
    // automatic: sent and delivered, read when somebody reads; auto_read: that too.
    ReceiptMode mode = ReceiptMode::automatic;
    std::chrono::milliseconds delay{50};   // before each
    std::chrono::milliseconds retry{250};  // before the second try; doubles with each further one
    bool duplicates = false;               // each comes twice, under the same event_id
    bool reversed = false;                 // the last comes first
    bool drop_delivered = false;
    bool null_myop_ref_id = false;
    bool unknown_kinds = false;  // one that nobody knows comes between
};

struct Behaviour {
    std::chrono::seconds token_life{3599};
    bool token_life_as_text = false;
    // MyOperator's account. Empty: any is taken.
    std::string api_key;
    std::string company_id;
    // What GET /chat/phonenumbers tells.
    std::string phone_number_id = "100200300400500";
    std::string phone_number = "+91 98000 00000";
    bool misspelt_conversation_id = false;
    ReceiptBehaviour receipts;
};

// Secrets are only told to be there.
[[nodiscard]] Json to_json(const Behaviour& behaviour);
// Changes what the object names: {"fcm": {…}, "myoperator": {…}, "receipts": {…}}; all of it or nothing.
[[nodiscard]] Result<Behaviour> changed(Behaviour behaviour, const Json& patch);

}  // namespace carillon::sandbox
