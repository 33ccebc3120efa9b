# Writes OUTPUT: the FILES as C++ string literals, in pieces that every compiler takes.
set(entries "")
set(bodies "")
set(index 0)
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  get_filename_component(folder ${file} DIRECTORY)
  get_filename_component(folder ${folder} NAME)
  file(READ ${file} hex HEX)
  string(LENGTH "${hex}" digits)
  math(EXPR length "${digits} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND bodies "const unsigned char file_${index}[] = {${bytes}0};\n")
  string(APPEND entries
    "    {\"${folder}/${name}\", {reinterpret_cast<const char*>(file_${index}), ${length}}},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUTPUT} "#include <array>
#include <embedded/${NAME}.hpp>
namespace carillon::embedded {
namespace {
${bodies}
const std::array<File, ${index}> files{{
${entries}}};
}
std::span<const File> ${NAME}() { return files; }
}
")
