# ws_link_static(PROGRAM LIBRARY…): links a program without any shared library, so that it runs in a
# guest that has none and a user's LD_PRELOAD has no hold on it.
#
# The libraries are named as files: what they themselves need (process.cc's Boost, as a shared
# library) stays out, since none of these programs uses it. With sanitizers, which cannot be linked
# statically, the program is an ordinary one.
function(ws_link_static program)
  target_link_libraries(${program} PRIVATE ws_warnings)
  if(WS_SANITIZE OR WS_FUZZ)
    target_link_libraries(${program} PRIVATE ${ARGN})
    return()
  endif()
  foreach(library ${ARGN})
    target_link_libraries(${program} PRIVATE $<TARGET_FILE:${library}>)
    add_dependencies(${program} ${library})
  endforeach()
  target_link_options(${program} PRIVATE -static)
endfunction()
