#include <exception>
#include <iostream>

#include "app/cli.hpp"

int main(int argc, char** argv) try {
    using namespace carillon;
    app::Shell shell{std::cout, std::cerr};
    shell.sources.environment = config::process_environment();
    shell.sources.read_file = config::read_file;
    shell.now = system_now;
    return app::run_cli({argv + 1, argv + argc}, shell);
} catch (const std::exception& error) {
    std::cerr << "carillon: " << error.what() << '\n';
    return 1;
}
