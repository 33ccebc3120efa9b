// config/carillon.toml tells about every key, and what it tells is true.
#include <gmock/gmock.h>

#include <set>
#include <sstream>

#include "config/schema.hpp"
#include "unit/config/outside.hpp"

namespace carillon::config {
namespace {

std::string shipped() {
    return read_file(std::string{CARILLON_SOURCE_DIR} + "/config/carillon.toml").value();
}

// The file as it is when every '#' before a key is taken away.
std::string uncommented() {
    std::istringstream in{shipped()};
    std::string out;
    for (std::string line; std::getline(in, line); out += line + '\n') {
        if (line.size() > 1 && line[0] == '#' && line[1] != ' ') line.erase(0, 1);
    }
    return out;
}

TEST(ShippedFile, LoadsAsItIs) {
    Outside outside;
    outside.with_toml(shipped()).with("AUTH_JWT_SECRET", signing_key).with("DATABASE_URL", "postgres://db/x");
    EXPECT_THAT(outside.mistakes(Scope::serving), testing::IsEmpty());
}

TEST(ShippedFile, HoldsEveryKeyWithItsDefault) {
    Outside outside;
    const auto defaults = outside.load().value().settings;

    outside.with_toml(uncommented());
    EXPECT_THAT(outside.mistakes(), testing::IsEmpty());
    const auto written = outside.load().value().settings;

    ASSERT_EQ(defaults.size(), written.size());
    for (std::size_t i = 0; i < written.size(); ++i) {
        EXPECT_THAT(written[i].origin, testing::StartsWith("carillon.toml:")) << written[i].key;
        EXPECT_EQ(written[i].json, defaults[i].json) << written[i].key;
    }
}

TEST(ShippedFile, ExplainsEveryKey) {
    const auto text = shipped();
    for (const auto& key : schema()) {
        EXPECT_THAT(text, testing::HasSubstr("# " + std::string{key.about} + "\n")) << key.full_name();
        for (const auto name : key.other_names) EXPECT_THAT(text, testing::HasSubstr(std::string{name}));
    }
}

TEST(Schema, NoNameMeansTwoKeys) {
    std::set<std::string> seen;
    for (const auto& key : schema()) {
        EXPECT_TRUE(seen.insert(key.full_name()).second) << key.full_name();
        EXPECT_TRUE(seen.insert(key.environment_name()).second) << key.environment_name();
        for (const auto name : key.other_names) EXPECT_TRUE(seen.insert(std::string{name}).second) << name;
    }
}

TEST(ReadFile, TellsWhyItCannot) {
    EXPECT_EQ(read_file("/nonexistent/file").error().failure, Failure::not_found);
    EXPECT_EQ(read_file("/").error().detail, "Is a directory");
}

}  // namespace
}  // namespace carillon::config
