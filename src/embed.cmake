# Puts text files into the program, so that one binary is all there is to deploy.
#   embed_files(TARGET carillon_db NAME migrations FILES migrations/*.sql)
# makes carillon::embedded::migrations() in <embedded/migrations.hpp>: a list of {name, text}, sorted by name.
# A name is folder/file (users/openapi.json).
function(embed_files)
  cmake_parse_arguments(ARG "" "TARGET;NAME" "FILES" ${ARGN})
  file(GLOB files CONFIGURE_DEPENDS ${ARG_FILES})
  set(folder ${CMAKE_BINARY_DIR}/embedded)
  set(header ${folder}/embedded/${ARG_NAME}.hpp)
  set(source ${folder}/${ARG_NAME}.cpp)
  file(MAKE_DIRECTORY ${folder}/embedded)
  file(CONFIGURE OUTPUT ${header} CONTENT "#pragma once
#include <span>
#include <string_view>
namespace carillon::embedded {
#ifndef CARILLON_EMBEDDED_FILE
#define CARILLON_EMBEDDED_FILE
struct File { std::string_view name; std::string_view text; };
#endif
std::span<const File> @ARG_NAME@();
}
" @ONLY)
  add_custom_command(OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${source} -DNAME=${ARG_NAME} "-DFILES=${files}"
            -P ${PROJECT_SOURCE_DIR}/src/embed_write.cmake
    DEPENDS ${files} ${PROJECT_SOURCE_DIR}/src/embed_write.cmake VERBATIM)
  target_sources(${ARG_TARGET} PRIVATE ${source})
  target_include_directories(${ARG_TARGET} PUBLIC ${folder})
endfunction()
