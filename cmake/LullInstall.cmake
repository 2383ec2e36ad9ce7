# The library as others see it: one archive of all modules, their headers, and a package for find_package(lull).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
include(${CMAKE_CURRENT_LIST_DIR}/LullDependencies.cmake)

set(objects)
foreach(module IN LISTS LULL_LIBRARY_MODULES)
  list(APPEND objects $<TARGET_OBJECTS:lull_${module}>)
endforeach()
add_library(lull STATIC ${objects})
add_library(lull::lull ALIAS lull)
set_target_properties(lull PROPERTIES LINKER_LANGUAGE CXX)
target_compile_features(lull PUBLIC cxx_std_20)
target_include_directories(lull PUBLIC
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/lib> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(lull
  PUBLIC tl::expected PkgConfig::LULL_URCU_BP Threads::Threads
  PRIVATE PkgConfig::LULL_XXHASH PkgConfig::LULL_FYAML simdjson::simdjson OpenSSL::Crypto SQLite::SQLite3)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/lull)
install(TARGETS lull EXPORT lullTargets ARCHIVE)
install(EXPORT lullTargets NAMESPACE lull:: DESTINATION ${package})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/lib/lull TYPE INCLUDE FILES_MATCHING PATTERN "*.h")
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/lullConfig.cmake.in ${PROJECT_BINARY_DIR}/lullConfig.cmake
  INSTALL_DESTINATION ${package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/lullConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/lullConfig.cmake ${PROJECT_BINARY_DIR}/lullConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/LullDependencies.cmake DESTINATION ${package})

# The sample, for a first start: lulld --config <prefix>/share/lull/config/service.yaml --data-dir <somewhere>
install(FILES ${PROJECT_SOURCE_DIR}/config/service.yaml DESTINATION ${CMAKE_INSTALL_DATADIR}/lull/config)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/config/documents ${PROJECT_SOURCE_DIR}/config/inventory
  DESTINATION ${CMAKE_INSTALL_DATADIR}/lull/config)
