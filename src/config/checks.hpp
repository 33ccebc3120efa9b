#pragma once
// What a configured text must look like.
#include "config/schema.hpp"

namespace carillon::config::checks {

extern const Check any_text;     // no control characters
extern const Check any_secret;   // the same; its content is never shown
extern const Check free_secret;  // whatever it holds
extern const Check signing_key;  // 32 bytes or more, or empty
extern const Check endpoint;
extern const Check webhook_key;  // long enough that nobody guesses it
extern const Check public_url;
extern const Check origin;  // or "*"
extern const Check proxy;
extern const Check connection;  // a PostgreSQL connection text
extern const Check phone_number;
extern const Check digits;
extern const Check identifier;  // safe in the path of an address

}  // namespace carillon::config::checks
