// Whatever comes in, the parser must say the same about it however the bytes are cut, and keep its promises:
// texts are UTF-8 within the limit, control frames are short, and nothing is told after the end.
#include <carillon/bytes.hpp>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "net/frame_parser.hpp"

namespace {

constexpr std::size_t limit = 4'096;

void must(bool holds) {
    if (!holds) std::abort();
}

class Recorder final : public carillon::net::FrameParser::Listener {
public:
    bool on_text(std::string_view text) override {
        must(!ended && text.size() <= limit && carillon::is_utf8(text));
        return say("t", text);
    }
    bool on_ping(std::string_view payload) override {
        must(!ended && payload.size() <= 125);
        return say("p", payload);
    }
    bool on_pong() override {
        must(!ended);
        return say("o", {});
    }
    void on_close(std::uint16_t code) override {
        must(!ended);
        say("c", std::to_string(code));
        ended = true;
    }
    void on_failure(carillon::CloseCode code, std::string_view) override {
        must(!ended);
        say("f", std::to_string(static_cast<int>(code)));
        ended = true;
    }

    std::vector<std::string> said;
    bool ended = false;

private:
    bool say(const char* kind, std::string_view what) {
        said.push_back(std::string{kind}.append(what));
        return true;
    }
};

std::vector<std::string> run(std::string_view bytes, std::size_t at_a_time) {
    carillon::net::FrameParser parser{limit};
    Recorder recorder;
    for (std::size_t at = 0; at < bytes.size(); at += at_a_time) {
        std::string piece{bytes.substr(at, at_a_time)};
        const bool goes_on = parser.take(piece.data(), piece.size(), recorder);
        must(goes_on != recorder.ended);
        if (!goes_on) break;
    }
    return recorder.said;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
    must(run(bytes, bytes.size() + 1) == run(bytes, data[0] % 17U + 1U));
    return 0;
}
