// curl_multi CA URL COUNT: the same push COUNT times through a bare libcurl multi loop, 100 at once over
// HTTP/2. Prints {requests, per_second, per_cpu_second}. It is what sending costs when nothing is known of
// the messages.
#include <curl/curl.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

constexpr int at_once = 100;
const char* const body =
    R"({"message":{"token":"token-of-u1","notification":{"title":"Ready","body":"Your table is ready."},)"
    R"("data":{"message_id":"msg_019aa5b1e4c07000800000000000a001"},"android":{"priority":"HIGH","ttl":"86400s"}}})";

std::size_t swallow(char*, std::size_t size, std::size_t count, void* total) {
    *static_cast<std::size_t*>(total) += size * count;
    return size * count;
}

double cpu_seconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

class Loop {
public:
    Loop(const char* ca, const char* url, long count) : multi_{curl_multi_init()}, left_{count} {
        headers_ = curl_slist_append(headers_, "Authorization: Bearer ya29.bench");
        headers_ = curl_slist_append(headers_, "Content-Type: application/json");
        curl_multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
        curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, 4L);
        for (int i = 0; i < at_once && left_ > 0; ++i) begin(make(ca, url));
    }

    void run() {
        for (int running = 1; running > 0;) {
            curl_multi_perform(multi_, &running);
            int waiting = 0;
            while (const auto* message = curl_multi_info_read(multi_, &waiting)) {
                if (message->msg == CURLMSG_DONE) ended(message->easy_handle, message->data.result);
            }
            if (running > 0 || left_ > 0) curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
            if (running == 0 && begun_ > 0) running = 1;
        }
    }

private:
    CURL* make(const char* ca, const char* url) {
        CURL* easy = curl_easy_init();
        curl_easy_setopt(easy, CURLOPT_URL, url);
        curl_easy_setopt(easy, CURLOPT_CAINFO, ca);
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
        curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &swallow);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answered_bytes_);
        return easy;
    }

    void begin(CURL* easy) {
        --left_;
        ++begun_;
        curl_multi_add_handle(multi_, easy);
    }

    void ended(CURL* easy, CURLcode result) {
        long status = 0;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        if (result != CURLE_OK || status != 200) {
            std::fprintf(stderr, "status %ld: %s\n", status, curl_easy_strerror(result));
            std::exit(1);
        }
        curl_multi_remove_handle(multi_, easy);
        --begun_;
        if (left_ > 0)
            begin(easy);
        else
            curl_easy_cleanup(easy);
    }

    CURLM* multi_;
    curl_slist* headers_ = nullptr;
    long left_;
    long begun_ = 0;
    std::size_t answered_bytes_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const long count = std::atol(argv[3]);
    const auto began = std::chrono::steady_clock::now();
    const auto cpu = cpu_seconds();
    Loop loop{argv[1], argv[2], count};
    loop.run();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::printf(R"({"requests":%ld,"per_second":%f,"per_cpu_second":%f})"
                "\n",
                count, static_cast<double>(count) / took.count(),
                static_cast<double>(count) / (cpu_seconds() - cpu));
}
