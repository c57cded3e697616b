# The single list of what crossfade is built on. Each library may be included only by its owners
# and their tests and benchmarks; cmake/check_owners.cmake reads this table and holds everybody to
# it. Columns are two spaces apart; headers and owners are the beginnings of paths. The reason for
# each library stands in ARCHITECTURE.md.
#
#   library        version  licence       headers            owners
#   fmt            9        MIT           fmt/               anywhere
#   nlohmann-json  3.11     MIT           nlohmann/          crossfade/core/json.h
#   toml++         3.3      MIT           toml++/            crossfade/core/toml.cpp
#   xxHash         0.8      BSD-2-Clause  xxhash.h           crossfade/core/hash.cpp
#   DuckDB         1.4      MIT           duckdb.h           crossfade/core/database.cpp
#   zlib           1.2      Zlib          zlib.h             crossfade/ingest/gzip_file.cpp
#   Eigen          3.4      MPL-2.0       Eigen/             crossfade/core/npy.cpp crossfade/features/ crossfade/kernels/
#   libcurl        7.85     curl          curl/              crossfade/download/http.cpp
#   OpenSSL        3.0      Apache-2.0    openssl/           crossfade/download/image_store.cpp
#   utf8proc       2.6      MIT           utf8proc.h         crossfade/features/text
#   OpenCV         4.6      Apache-2.0    opencv2/           crossfade/synth/ crossfade/features/image_
#   llama.cpp      0.5.0    MIT           llama ggml gguf mtmd  crossfade/features/llama/
#   libtorch       1.13     BSD-3-Clause  torch/ ATen/ c10/  crossfade/models/ crossfade/training/
#   CLI11          2.1      BSD-3-Clause  CLI/               cli/
#   GoogleTest     1.12     BSD-3-Clause  gtest/ gmock/      tests/
#   benchmark      1.7      Apache-2.0    benchmark/         benchmarks/
find_package(Threads REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(tomlplusplus 3.3 REQUIRED)
find_package(Eigen3 3.4 REQUIRED)
find_package(ZLIB 1.2 REQUIRED)
find_package(CURL 7.85 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)

# Debian keeps OpenCV's CMake files in a package that pulls in all of OpenCV; three modules do.
find_path(OPENCV_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4 REQUIRED)
add_library(crossfade_opencv INTERFACE)
target_include_directories(crossfade_opencv SYSTEM INTERFACE "${OPENCV_INCLUDE_DIR}")
foreach(module IN ITEMS core imgproc imgcodecs)
  find_library(OPENCV_${module}_LIBRARY opencv_${module} REQUIRED)
  target_link_libraries(crossfade_opencv INTERFACE "${OPENCV_${module}_LIBRARY}")
endforeach()

find_package(CLI11 2.1 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash>=0.8)
pkg_check_modules(utf8proc REQUIRED IMPORTED_TARGET libutf8proc>=2.6)

# DuckDB is not in Debian 12. tools/bootstrap puts a pinned copy into a cache outside the tree;
# -DCROSSFADE_DUCKDB_DIR=... names another one (with include/duckdb.h and lib/libduckdb.so).
if(DEFINED ENV{CROSSFADE_CACHE})
  set(crossfade_cache "$ENV{CROSSFADE_CACHE}")
else()
  set(crossfade_cache "$ENV{HOME}/.cache/crossfade")
endif()
set(CROSSFADE_DUCKDB_DIR "${crossfade_cache}/duckdb-1.4.4" CACHE PATH "Where DuckDB is")
find_path(DUCKDB_INCLUDE_DIR duckdb.h PATHS "${CROSSFADE_DUCKDB_DIR}/include")
find_library(DUCKDB_LIBRARY duckdb PATHS "${CROSSFADE_DUCKDB_DIR}/lib")
if(NOT DUCKDB_INCLUDE_DIR OR NOT DUCKDB_LIBRARY)
  message(FATAL_ERROR
    "DuckDB is not in ${CROSSFADE_DUCKDB_DIR}; run tools/bootstrap or pass -DCROSSFADE_DUCKDB_DIR")
endif()
add_library(duckdb::duckdb SHARED IMPORTED)
set_target_properties(duckdb::duckdb PROPERTIES
  IMPORTED_LOCATION "${DUCKDB_LIBRARY}"
  IMPORTED_NO_SONAME ON
  INTERFACE_INCLUDE_DIRECTORIES "${DUCKDB_INCLUDE_DIR}")

# llama.cpp is compiled by tools/bootstrap into the same cache; -DCROSSFADE_LLAMA_DIR=... names
# another one (with include/llama.h, lib/libllama.so and so on). The code for the processor or the
# graphics card is loaded when a program starts, from bin/.
if(CROSSFADE_WITH_LLAMA)
  set(CROSSFADE_LLAMA_DIR "${crossfade_cache}/llama-0.5.0-2" CACHE PATH "Where llama.cpp is")
  find_path(LLAMA_INCLUDE_DIR mtmd.h PATHS "${CROSSFADE_LLAMA_DIR}/include" NO_DEFAULT_PATH)
  add_library(crossfade_llama INTERFACE)
  foreach(library IN ITEMS mtmd llama ggml ggml-base)
    find_library(LLAMA_${library}_LIBRARY ${library}
                 PATHS "${CROSSFADE_LLAMA_DIR}/lib" NO_DEFAULT_PATH)
    target_link_libraries(crossfade_llama INTERFACE "${LLAMA_${library}_LIBRARY}")
    if(NOT LLAMA_${library}_LIBRARY OR NOT LLAMA_INCLUDE_DIR)
      message(FATAL_ERROR "llama.cpp is not in ${CROSSFADE_LLAMA_DIR}; run tools/bootstrap, or pass "
        "-DCROSSFADE_LLAMA_DIR or -DCROSSFADE_WITH_LLAMA=OFF")
    endif()
  endforeach()
  target_include_directories(crossfade_llama SYSTEM INTERFACE "${LLAMA_INCLUDE_DIR}")
  target_compile_definitions(crossfade_llama INTERFACE
    "CROSSFADE_LLAMA_BACKENDS=\"${CROSSFADE_LLAMA_DIR}/bin\"")
endif()

if(CROSSFADE_WITH_TORCH)
  find_package(Torch REQUIRED)
endif()
if(CROSSFADE_BUILD_TESTS)
  find_package(GTest 1.12 REQUIRED)
endif()
if(CROSSFADE_BUILD_BENCHMARKS)
  find_package(benchmark 1.7 REQUIRED)
endif()
