#include "net/proxies.hpp"

#include <gtest/gtest.h>

namespace carillon::net {
namespace {

Proxies trusting(const std::vector<std::string>& texts) {
    return Proxies::parse(texts).value();
}

TEST(Proxies, KnowsAddressesAndNetworks) {
    const auto proxies = trusting({"10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "::1"});

    for (const auto* text : {"10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3", "192.0.2.7", "2001:db8::1",
                             "2001:db8:ffff::", "::1"})
        EXPECT_TRUE(proxies.trusted(text)) << text;
    for (const auto* text : {"11.0.0.0", "9.255.255.255", "192.0.2.6", "2001:db9::1", "::2", "::", "",
                             "unknown", "10.0.0.1:80", "10.0.0", "::10.0.0.1", "0:0:0:0:0:0:0a00:0001"})
        EXPECT_FALSE(proxies.trusted(text)) << text;
}

TEST(Proxies, TakesANetworkThatIsWrittenAsOneOfItsAddresses) {
    EXPECT_TRUE(trusting({"10.1.2.3/8"}).trusted("10.9.9.9"));
    EXPECT_TRUE(trusting({"2001:db8::1/32"}).trusted("2001:db8:5::"));
    EXPECT_TRUE(trusting({"::ffff:10.0.0.0/104"}).trusted("10.9.9.9"));
}

TEST(Proxies, KnowsTheWidestAndTheNarrowest) {
    EXPECT_TRUE(trusting({"0.0.0.0/0"}).trusted("203.0.113.1"));
    EXPECT_FALSE(trusting({"0.0.0.0/0"}).trusted("2001:db8::1"));
    EXPECT_TRUE(trusting({"::/0"}).trusted("2001:db8::1"));
    EXPECT_TRUE(trusting({"10.0.0.1/32"}).trusted("10.0.0.1"));
    EXPECT_FALSE(trusting({"10.0.0.1/32"}).trusted("10.0.0.0"));
    EXPECT_FALSE(trusting({}).trusted("127.0.0.1"));
}

TEST(Proxies, RefusesWhatIsNeitherAddressNorNetwork) {
    for (const auto* text : {"", "localhost", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x", "/8",
                             "10.0.0", "10.0.0.0/8/8", "2001:db8::/129", "10.0.0.256", " 10.0.0.1"}) {
        const auto proxies = Proxies::parse({"10.0.0.1", text});
        ASSERT_TRUE(proxies.has_error()) << text;
        EXPECT_NE(proxies.error().detail.find(text), std::string::npos) << text;
    }
}

TEST(ProxiesClient, IsThePeerWhenThePeerIsNoProxy) {
    const auto proxies = trusting({"10.0.0.1"});

    EXPECT_EQ(proxies.client("203.0.113.5", "198.51.100.1"), "203.0.113.5");
    EXPECT_EQ(trusting({}).client("10.0.0.1", "198.51.100.1"), "10.0.0.1");
}

TEST(ProxiesClient, IsWhomTheProxySaw) {
    const auto proxies = trusting({"10.0.0.1"});

    EXPECT_EQ(proxies.client("10.0.0.1", "198.51.100.1"), "198.51.100.1");
    EXPECT_EQ(proxies.client("10.0.0.1", " 2001:db8::5 "), "2001:db8::5");
    EXPECT_EQ(proxies.client("10.0.0.1", ""), "10.0.0.1");
}

TEST(ProxiesClient, IsNeverWhatTheClientForged) {
    const auto proxies = trusting({"10.0.0.1"});

    EXPECT_EQ(proxies.client("10.0.0.1", "127.0.0.1, 1.1.1.1, 198.51.100.1"), "198.51.100.1");
    EXPECT_EQ(proxies.client("10.0.0.1", "10.0.0.1, 198.51.100.1"), "198.51.100.1");
}

TEST(ProxiesClient, IsFoundBehindAChainOfProxies) {
    const auto proxies = trusting({"10.0.0.0/8"});

    EXPECT_EQ(proxies.client("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.3,10.0.0.2"), "198.51.100.1");
    // Proxies all the way: the farthest of them is all there is.
    EXPECT_EQ(proxies.client("10.0.0.1", "10.0.0.3, 10.0.0.2"), "10.0.0.3");
}

TEST(ProxiesClient, StopsAtWhatIsNoAddress) {
    const auto proxies = trusting({"10.0.0.0/8"});

    for (const auto* garbage : {"unknown", "198.51.100.1, unknown", "198.51.100.1:4711", ",", "198.51.100.1,",
                                "<script>", "_hidden"})
        EXPECT_EQ(proxies.client("10.0.0.1", garbage), "10.0.0.1") << garbage;
    EXPECT_EQ(proxies.client("10.0.0.1", "198.51.100.1, x, 10.0.0.2"), "10.0.0.2");
}

}  // namespace
}  // namespace carillon::net
