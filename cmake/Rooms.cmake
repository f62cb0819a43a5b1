# SPDX-License-Identifier: Apache-2.0
# One library target per room. The link graph is the arrow diagram of docs/architecture.md: a room can
# include only what it links, or what those rooms link.

set(QUATRAIN_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror)

# Flags that every target of the project shares.
add_library(quatrain_flags INTERFACE)
target_include_directories(quatrain_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(quatrain_flags INTERFACE
    ${QUATRAIN_WARNINGS}
    -ffp-contract=off)       # a*b+c is two roundings: the numerics page says so, on every host
if(QUATRAIN_SANITIZE)
    target_compile_options(quatrain_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all
                                                    -fno-omit-frame-pointer)
    target_link_options(quatrain_flags INTERFACE -fsanitize=address,undefined)
endif()
if(QUATRAIN_COVERAGE)
    target_compile_options(quatrain_flags INTERFACE --coverage -fprofile-update=atomic)
    target_link_options(quatrain_flags INTERFACE --coverage)
endif()

# quatrain_room(NAME [LINKS room_or_library...]): the library of the current folder, from all its *.cpp.
function(quatrain_room name)
    cmake_parse_arguments(ARG "" "" "LINKS" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
    if(sources)
        add_library(${name} STATIC ${sources})
        target_link_libraries(${name} PUBLIC quatrain_flags ${ARG_LINKS})
    else()
        add_library(${name} INTERFACE)
        target_link_libraries(${name} INTERFACE quatrain_flags ${ARG_LINKS})
    endif()
endfunction()

# quatrain_test(NAME [LINKS ...]): one executable from all *_test.cpp of the current folder.
# Each TEST runs in a process of its own: a SystemC kernel elaborates once per process.
# Parametrised cases are called by their names or numbers: a printed value can hold an address.
function(quatrain_test name)
    cmake_parse_arguments(ARG "" "" "LINKS;LABELS" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cpp)
    add_executable(${name} ${sources})
    target_link_libraries(${name} PRIVATE quatrain_flags test_support ${ARG_LINKS})
    foreach(source ${sources})
        file(RELATIVE_PATH relative ${PROJECT_SOURCE_DIR} ${source})
        set_property(GLOBAL APPEND PROPERTY QUATRAIN_TEST_SOURCES ${relative})
    endforeach()
    gtest_discover_tests(${name} TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60 NO_PRETTY_VALUES
                         PROPERTIES TIMEOUT 600 LABELS "${ARG_LABELS}")
endfunction()
