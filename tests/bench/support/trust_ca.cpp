// Loaded before a program's own libraries: makes its libcurl trust one certificate more than none, that of
// BENCH_TRUSTED_CA. The server has no setting for that, and what a measurement needs is no reason for one.
#include <curl/curl.h>
#include <dlfcn.h>

#include <cstdlib>

extern "C" CURL* curl_easy_init() {
    using Init = CURL* (*)();
    static const auto real = reinterpret_cast<Init>(dlsym(RTLD_NEXT, "curl_easy_init"));
    CURL* easy = real();
    if (easy) curl_easy_setopt(easy, CURLOPT_CAINFO, std::getenv("BENCH_TRUSTED_CA"));
    return easy;
}
