# The functions of Node-API as pointers, which native/sys/windows/imports/node_imports_windows.cc fills when the add-on is loaded.
find_program(NODE_PROGRAM node REQUIRED)
set(NODE_API_IMPORTS ${CMAKE_CURRENT_BINARY_DIR}/node_api_imports.cc)
execute_process(
  COMMAND ${NODE_PROGRAM} scripts/prebuild/node-api-imports.mjs
  WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
  OUTPUT_FILE ${NODE_API_IMPORTS}
  COMMAND_ERROR_IS_FATAL ANY
)
