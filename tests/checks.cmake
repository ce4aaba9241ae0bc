# Tests that are not gtest binaries: scripts that drive the program, the sanitizer's canary,
# and the `check` target that the sanitizer builds run.

# btfast_script(<file> <label> <timeout in s> [SERIAL] [PARTS N] [ARGS ...]): a Python script
# that exits 0, or 77 where this machine cannot run it (it prints why).  SERIAL: it measures,
# and must have the machine to itself; the others mostly wait, each in namespaces of its own.
# PARTS: as so many tests, each with its share of the cases.
function(btfast_script file label timeout)
  cmake_parse_arguments(script "SERIAL" "PARTS" "ARGS" ${ARGN})
  if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
    return()
  endif()
  if(NOT script_PARTS)
    set(script_PARTS 1)
  endif()
  string(REGEX REPLACE "\\.py$" "" stem ${file})
  string(REPLACE "/" "." stem ${stem})
  foreach(part RANGE 1 ${script_PARTS})
    set(name ${stem})
    set(arguments ${script_ARGS})
    if(script_PARTS GREATER 1)
      set(name ${stem}.${part}_of_${script_PARTS})
      list(APPEND arguments --part ${part}/${script_PARTS})
    endif()
    add_test(NAME ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
      COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/${file}
        --btfast $<TARGET_FILE:btfast> ${arguments})
    # The time-out ends what hangs: a machine at whose cores ten programs pull is slow, not wrong.
    math(EXPR hangs "3 * ${timeout}")
    # COST: the long ones start first.
    set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT ${hangs} COST ${timeout}
      SKIP_RETURN_CODE 77 RUN_SERIAL ${script_SERIAL} ENVIRONMENT "${btfast_test_environment}")
  endforeach()
endfunction()

btfast_script(e2e/cli.py e2e 240)
btfast_script(e2e/create.py e2e 120)
btfast_script(e2e/bad_torrents.py e2e 120)
btfast_script(e2e/trackers.py e2e 400)
btfast_script(e2e/tracker_search.py e2e 300)
btfast_script(e2e/no_peers.py e2e 200)
btfast_script(e2e/hostile_peers.py e2e 400)
btfast_script(e2e/liars.py e2e 180 SERIAL)
btfast_script(e2e/chaos.py e2e 300)
btfast_script(e2e/selection.py e2e 180)
btfast_script(e2e/names.py e2e 300)
btfast_script(e2e/rate_limits.py e2e 180 SERIAL)
btfast_script(e2e/read_amplification.py e2e 120)
btfast_script(e2e/super_seed.py e2e 240)
btfast_script(e2e/sockets.py e2e 300)
btfast_script(e2e/tracker_command.py e2e 300)
btfast_script(e2e/swarm_command.py e2e 300 SERIAL)
btfast_script(e2e/resume.py e2e 300)
btfast_script(e2e/what_stands_there.py e2e 400)
btfast_script(e2e/part_file.py e2e 120)
btfast_script(e2e/kills.py e2e 300)
btfast_script(e2e/after_kill.py e2e 120)
btfast_script(e2e/disk_refuses.py e2e 300)
btfast_script(e2e/disk_hangs.py e2e 300)
btfast_script(e2e/files_change.py e2e 300)
btfast_script(e2e/which_file.py e2e 300)
btfast_script(e2e/cut_files.py e2e 180)
btfast_script(e2e/manual.py e2e 60)
btfast_script(e2e/completions.py e2e 60)
btfast_script(e2e/readme.py e2e 120)
btfast_script(e2e/command_line.py e2e 240)
btfast_script(e2e/in_place.py e2e 120)
btfast_script(e2e/devices.py e2e 120)
btfast_script(e2e/sandbox.py e2e 180)
btfast_script(e2e/slow_readers.py e2e 180)
btfast_script(e2e/events.py e2e 120)
btfast_script(e2e/limiting_stage.py e2e 120)
btfast_script(e2e/panel.py e2e 300)
btfast_script(e2e/crowd.py e2e 120 SERIAL)
btfast_script(interop/run.py interop 600 PARTS 3)
btfast_script(interop/sizes.py interop 600 SERIAL)
btfast_script(interop/info_agreement.py interop 300)
btfast_script(interop/webtorrent.py interop 240)

# Where a kqueue was found, whole downloads run on it too.
include(${PROJECT_SOURCE_DIR}/cmake/Kqueue.cmake)
if(NOT BTFAST_KQUEUE STREQUAL none)
  add_test(NAME interop.on_kqueue WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/interop/run.py
      --btfast $<TARGET_FILE:btfast> --only get/libtorrent,get/aria2/http)
  set_tests_properties(interop.on_kqueue PROPERTIES LABELS interop TIMEOUT 300 RUN_SERIAL ON
    SKIP_RETURN_CODE 77 ENVIRONMENT "${btfast_test_environment};BTFAST_REACTOR=kqueue")
endif()

# A deliberate race that must be reported with our suppressions in force, and the same
# program without it, that must not: else a clean thread sanitizer run would say nothing.
if(BTFAST_SANITIZE MATCHES thread)
  add_executable(tsan_canary tools/tsan_canary.cc)
  target_link_libraries(tsan_canary PRIVATE btfast_engine)
  foreach(road queue pool)
    add_test(NAME canary.${road}_race_is_reported COMMAND tsan_canary ${road} race)
    add_test(NAME canary.${road}_clean_is_silent COMMAND tsan_canary ${road} clean)
    set_tests_properties(canary.${road}_race_is_reported canary.${road}_clean_is_silent
      PROPERTIES LABELS canary TIMEOUT 60 ENVIRONMENT "${btfast_test_environment}")
    set_tests_properties(canary.${road}_race_is_reported PROPERTIES
      PASS_REGULAR_EXPRESSION "WARNING: ThreadSanitizer: data race")
  endforeach()
endif()

# `ninja check` in a sanitizer build: what is worth running there, and only that is built.
if(BTFAST_SANITIZE MATCHES thread)
  btfast_script(e2e/matrix.py download 300 ARGS --short)
  set(check_labels base net storage contract engine)
  set(check_targets tsan_canary btfast)
  set(check_extra "|canary|download")
else()
  set(check_labels base net storage contract engine sim regress cli)
  set(check_targets ${btfast_fuzz_replays})
  set(check_extra "|fuzz")
endif()
foreach(label IN LISTS check_labels)
  if(TARGET tests_${label})
    list(APPEND check_targets tests_${label})
  endif()
endforeach()
list(JOIN check_labels "|" check_pattern)
cmake_host_system_information(RESULT check_jobs QUERY NUMBER_OF_LOGICAL_CORES)
add_custom_target(check DEPENDS ${check_targets} USES_TERMINAL VERBATIM
  COMMAND ${CMAKE_CTEST_COMMAND} --test-dir ${PROJECT_BINARY_DIR} --output-on-failure
    -j ${check_jobs} -L "^(${check_pattern}${check_extra})$" --no-tests=error)
