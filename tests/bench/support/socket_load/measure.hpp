// What the load program counts with: a clock, a histogram, and the line it answers.
#pragma once

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace load {

// CLOCK_MONOTONIC, the same for every process of the machine, so that one may send what another reads.
inline std::int64_t now_ns() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1'000'000'000L + time.tv_nsec;
}

inline double in_seconds(std::int64_t ns) {
    return static_cast<double>(ns) / 1e9;
}

inline double cpu_seconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

// A measurement that went wrong is none: says why, in one sentence, and ends.
[[noreturn]] inline void fail(const std::string& why) {
    std::fprintf(stderr, "socket_load: %s\n", why.c_str());
    std::exit(1);
}

// Times in steps of 1/32 of their power of two: 3 % at worst, at any size, and nothing to sort.
class Histogram {
public:
    void add(std::int64_t ns) {
        const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0));
        ++counts_[place_of(value)];
        ++total_;
        longest_ = std::max(longest_, value);
    }

    void clear() { *this = {}; }
    std::uint64_t total() const { return total_; }
    double longest_ms() const { return static_cast<double>(longest_) / 1e6; }

    // The middle of the step in which this share lies.
    double quantile_ms(double share) const {
        const auto rank = static_cast<std::uint64_t>(share * static_cast<double>(total_));
        std::uint64_t below = 0;
        for (std::size_t place = 0; place < counts_.size(); ++place) {
            below += counts_[place];
            if (below > rank) return std::min(middle_of(place), static_cast<double>(longest_)) / 1e6;
        }
        return longest_ms();
    }

private:
    static constexpr int step_bits = 5;
    static constexpr std::uint64_t steps = 1U << step_bits;

    static std::size_t place_of(std::uint64_t value) {
        if (value < steps) return value;
        const auto power = static_cast<std::uint64_t>(std::bit_width(value) - 1 - step_bits);
        return power * steps + (value >> power);
    }
    static double middle_of(std::size_t place) {
        if (place < steps) return static_cast<double>(place);
        const auto power = place / steps - 1;
        return (static_cast<double>(place - power * steps) + 0.5) *
               static_cast<double>(std::uint64_t{1} << power);
    }

    std::array<std::uint64_t, 60 * steps> counts_{};
    std::uint64_t total_ = 0;
    std::uint64_t longest_ = 0;
};

// One line of JSON.
class Answer {
public:
    Answer& add(std::string_view name, double value) {
        char text[40];
        std::snprintf(text, sizeof text, "%.9g", value);
        return add_text(name, text);
    }
    Answer& add(std::string_view name, const Histogram& times) {
        if (times.total() == 0) return *this;
        const std::string prefix{name};
        add(prefix + "_p50_ms", times.quantile_ms(0.5));
        add(prefix + "_p99_ms", times.quantile_ms(0.99));
        return add(prefix + "_max_ms", times.longest_ms());
    }
    void print() const {
        std::printf("%s}\n", text_.c_str());
        std::fflush(stdout);
    }

private:
    Answer& add_text(std::string_view name, std::string_view value) {
        text_ += text_.empty() ? '{' : ',';
        text_.append("\"").append(name).append("\":").append(value);
        return *this;
    }

    std::string text_;
};

}  // namespace load
