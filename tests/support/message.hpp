#pragma once
// A message as the pipeline would hand it to a channel, with something in every field.
#include <carillon/channel.hpp>

namespace carillon::test {

inline Message a_message() {
    Message message;
    message.id = DeliveryId{"msg_0192f3"};
    message.event = EventId{"evt_0192f3"};
    message.user = UserId{"rahul"};
    message.phone = "+919876543210";
    message.type = "new_lead";
    message.language = "en";
    message.text = "Priya asks about the corner flat.";
    message.content = Json{{"title", "A lead for you"}};
    message.targets = {{DeviceId{"dev_1"}, "token", "token-of-the-first-device"}};
    message.feed_seq = 7;
    message.window_open_till = parse_rfc3339("2026-11-22T00:00:00Z").value();
    message.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    return message;
}

}  // namespace carillon::test
