#pragma once
// Certificates made on the spot, in a folder that goes with them.
#include <filesystem>
#include <string>

#include "net/tls.hpp"

namespace carillon::test {

class Certificates {
public:
    Certificates();
    ~Certificates();
    Certificates(const Certificates&) = delete;
    Certificates& operator=(const Certificates&) = delete;

    // A self-signed one for that name ("*.example.com" too), and its key.
    net::CertificateFiles make(const std::string& name);
    [[nodiscard]] std::string path_of(const std::string& file) const { return (folder_ / file).string(); }

private:
    std::filesystem::path folder_;
    int made_ = 0;
};

}  // namespace carillon::test
