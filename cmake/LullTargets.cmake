# Compiler settings that every target shares, and the helpers that the CMakeLists files use.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

find_program(LULL_CCACHE ccache)
if(LULL_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros ${LULL_CCACHE})
endif()

if(LULL_SANITIZER)
  add_compile_options(-fsanitize=${LULL_SANITIZER} -fno-omit-frame-pointer -fno-sanitize-recover=all -O1)
  add_link_options(-fsanitize=${LULL_SANITIZER})
endif()

# Warnings are errors: in our own targets only, so that they do not leak into a consumer's build.
add_library(lull_warnings INTERFACE)
target_compile_options(lull_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wold-style-cast -Wcast-align
  -Wnon-virtual-dtor -Woverloaded-virtual -Wdouble-promotion -Wimplicit-fallthrough -Werror
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>) # GCC 12 is wrong about std::optional once it inlines (GCC bug 80635)
if(LULL_SANITIZER MATCHES "thread")
  target_compile_options(lull_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>) # liburcu's fences; lull/rcu annotates the order itself
endif()

# lull_module(NAME SOURCES... DEPENDS targets... PRIVATE_DEPENDS targets...): one folder of lib/lull or service.
function(lull_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/lib>)
  target_link_libraries(${name} PUBLIC ${arg_DEPENDS} PRIVATE ${arg_PRIVATE_DEPENDS} lull_warnings)
  if(LULL_MUTANT)
    target_compile_definitions(${name} PUBLIC LULL_MUTANT_${LULL_MUTANT})
  endif()
endfunction()

# lull_test(NAME LABEL unit|model|torture|functional SOURCES... DEPENDS targets...): one GoogleTest program.
function(lull_test name)
  cmake_parse_arguments(arg "" "LABEL;TIMEOUT" "SOURCES;DEPENDS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  find_package(GTest REQUIRED)
  include(GoogleTest)
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} GTest::gtest GTest::gmock GTest::gtest_main lull_warnings)
  target_compile_definitions(${name} PRIVATE LULL_SOURCE_DIR="${PROJECT_SOURCE_DIR}" LULL_BIN_DIR="${CMAKE_BINARY_DIR}/bin")
  set(environment "")
  if(LULL_SANITIZER MATCHES "thread")
    set(environment ENVIRONMENT "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp")
  endif()
  # The preset's name goes first, because one run of ctest may cover several.
  get_filename_component(preset ${CMAKE_BINARY_DIR} NAME)
  gtest_discover_tests(${name} TEST_PREFIX ${preset}. DISCOVERY_MODE PRE_TEST
    PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT} ${environment})
endfunction()
