# The import library of node.exe, made from the list of functions that node-api-headers brings. One for delayed loading:
# node.exe may have been renamed, so native/sys/node_imports_windows.cc finds the functions, and not Windows.
find_program(NODE_PROGRAM node REQUIRED)
execute_process(
  COMMAND ${NODE_PROGRAM} -p "require('node-api-headers').def_paths.node_api_def"
  WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
  OUTPUT_VARIABLE NODE_API_DEF
  OUTPUT_STRIP_TRAILING_WHITESPACE
  COMMAND_ERROR_IS_FATAL ANY
)

# Named .a, not .dll.a: with -static the linker passes over the latter. dlltool makes symbols of the name that it is given,
# so it gets one without a folder.
set(NODE_API_LIBRARY ${CMAKE_CURRENT_BINARY_DIR}/libnode_api.a)
add_custom_command(
  OUTPUT ${NODE_API_LIBRARY}
  COMMAND ${CMAKE_DLLTOOL} --input-def ${NODE_API_DEF} --dllname node.exe --output-delaylib libnode_api.a
  WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}
  DEPENDS ${NODE_API_DEF}
  VERBATIM
)
