#include "http/trace.hpp"

#include <gtest/gtest.h>

namespace carillon::http {
namespace {

constexpr auto trace = "0af7651916cd43dd8448eb211c80319c";
constexpr auto parent = "b7ad6b7169203331";

std::string traceparent(const std::string& version, const std::string& trace_id, const std::string& parent_id,
                        const std::string& flags) {
    return version + "-" + trace_id + "-" + parent_id + "-" + flags;
}

TEST(RequestId, IsTakenWhenItFitsALogLine) {
    for (const auto* id : {"a", "req_1", "0af7651916cd43dd", "A.b_c-d:e/f+g=h@i"})
        EXPECT_EQ(accept_request_id(id), id);
    EXPECT_EQ(accept_request_id(std::string(128, 'x')), std::string(128, 'x'));
}

TEST(RequestId, IsRefusedWhenItCouldForgeOne) {
    for (const auto* id :
         {"", " ", "a b", "a\tb", "a\nb", "a\"b", "{}", "a,b", "\u00e9", "a;b", "<a>", "a\x7f"})
        EXPECT_EQ(accept_request_id(id), std::nullopt) << id;
    EXPECT_EQ(accept_request_id(std::string(129, 'x')), std::nullopt);
    EXPECT_EQ(accept_request_id(std::string_view{"a\0b", 3}), std::nullopt);
}

TEST(Traceparent, IsTakenWhenValid) {
    for (const auto* flags : {"00", "01", "ff"}) {
        const auto header = traceparent("00", trace, parent, flags);
        EXPECT_EQ(accept_traceparent(header), header);
    }
}

TEST(Traceparent, OfAHigherVersionIsReadByItsFirstFour) {
    const auto known = traceparent("00", trace, parent, "01");

    EXPECT_EQ(accept_traceparent(traceparent("01", trace, parent, "01")), known);
    EXPECT_EQ(accept_traceparent(traceparent("cc", trace, parent, "01-what-comes-later")), known);
}

TEST(Traceparent, IsRefusedWhenNot) {
    const std::string zeros(32, '0');
    const std::vector<std::pair<const char*, std::string>> rows{
        {"empty", ""},
        {"too short", traceparent("00", trace, parent, "0")},
        {"version 00 and longer", traceparent("00", trace, parent, "01-more")},
        {"a higher version grown without a dash", traceparent("01", trace, parent, "01more")},
        {"version ff", traceparent("ff", trace, parent, "01")},
        {"upper case", traceparent("00", "0AF7651916CD43DD8448EB211C80319C", parent, "01")},
        {"no trace", traceparent("00", zeros, parent, "01")},
        {"no parent", traceparent("00", trace, zeros.substr(16), "01")},
        {"not hex", traceparent("00", trace, parent, "0g")},
        {"other separators", std::string("00_") + trace + "_" + parent + "_01"},
        {"a space before", " " + traceparent("00", trace, parent, "01")}};
    for (const auto& [name, header] : rows) EXPECT_EQ(accept_traceparent(header), std::nullopt) << name;
}

TEST(Traceparent, OfARequestIsTheOnlyOneOrNone) {
    const auto valid = traceparent("00", trace, parent, "01");
    Request request;
    EXPECT_EQ(traceparent_of(request), "");

    request.headers = {{"tracestate", "a=b"}, {"TraceParent", valid}};
    EXPECT_EQ(traceparent_of(request), valid);

    request.headers.push_back({"traceparent", valid});
    EXPECT_EQ(traceparent_of(request), "");

    request.headers = {{"traceparent", "00-nonsense"}};
    EXPECT_EQ(traceparent_of(request), "");
}

}  // namespace
}  // namespace carillon::http
