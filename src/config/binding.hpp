#pragma once
// Between a field of Config and the JSON value that stands for it. Only schema.cpp needs this.
#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>

#include "config/schema.hpp"

namespace carillon::config {

// The names of an enumeration, in its order.
template <class Enum>
inline constexpr std::array<std::string_view, 0> names_of{};
template <>
inline constexpr std::array<std::string_view, 2> names_of<TlsVersion>{"1.2", "1.3"};
template <>
inline constexpr std::array<std::string_view, 2> names_of<AuthMode>{"token", "development"};
template <>
inline constexpr std::array<std::string_view, 2> names_of<Backoff>{"fixed", "exponential"};
template <>
inline constexpr std::array<std::string_view, 3> names_of<ChannelBackoff>{"as_all", "fixed", "exponential"};
template <>
inline constexpr std::array<std::string_view, 5> names_of<log::Level>{"debug", "info", "warn", "error",
                                                                      "off"};
template <>
inline constexpr std::array<std::string_view, 2> names_of<log::Format>{"human", "json"};

inline void store_value(bool& field, const Json& value) {
    field = value.get<bool>();
}
inline Json read_value(bool field) {
    return field;
}

template <std::integral Number>
void store_value(Number& field, const Json& value) {
    field = value.get<Number>();
}
template <std::integral Number>
Json read_value(Number field) {
    return field;
}

template <class Unit>
void store_value(std::chrono::duration<std::int64_t, Unit>& field, const Json& value) {
    field = std::chrono::duration<std::int64_t, Unit>{value.get<std::int64_t>()};
}
template <class Unit>
Json read_value(std::chrono::duration<std::int64_t, Unit> field) {
    return field.count();
}

template <class Enum>
requires std::is_enum_v<Enum>
void store_value(Enum& field, const Json& value) {
    constexpr auto& names = names_of<Enum>;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (value == names[i]) field = static_cast<Enum>(i);
    }
}
template <class Enum>
requires std::is_enum_v<Enum> Json read_value(Enum field) {
    return names_of<Enum>[static_cast<std::size_t>(field)];
}

inline void store_value(std::string& field, const Json& value) {
    field = value.get<std::string>();
}
inline Json read_value(const std::string& field) {
    return field;
}

inline void store_value(Secret& field, const Json& value) {
    field = Secret{value.get<std::string>()};
}
inline Json read_value(const Secret& field) {
    return field.reveal();
}

inline void store_value(std::vector<std::string>& field, const Json& value) {
    field = value.get<std::vector<std::string>>();
}
inline Json read_value(const std::vector<std::string>& field) {
    return field;
}

inline void store_value(std::vector<Endpoint>& field, const Json& value) {
    field.clear();
    for (const auto& item : value) {
        if (auto endpoint = parse_endpoint(item.get_ref<const std::string&>()))
            field.push_back(std::move(*endpoint));
    }
}
inline Json read_value(const std::vector<Endpoint>& field) {
    auto list = Json::array();
    for (const auto& endpoint : field) list.push_back(to_text(endpoint));
    return list;
}

inline void store_value(std::vector<Certificate>& field, const Json& value) {
    field.clear();
    for (const auto& item : value) {
        field.push_back({item.at("cert").get<std::string>(), item.at("key").get<std::string>()});
    }
}
inline Json read_value(const std::vector<Certificate>& field) {
    auto list = Json::array();
    for (const auto& pair : field) list.push_back({{"cert", pair.cert}, {"key", pair.key}});
    return list;
}

template <auto Section, auto Field>
Binding bind() {
    return {[](Config& config, const Json& value) { store_value((config.*Section).*Field, value); },
            [](const Config& config) -> Json { return read_value((config.*Section).*Field); }};
}

}  // namespace carillon::config
