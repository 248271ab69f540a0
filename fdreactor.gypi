# The build on the user's own machine, by node-gyp. native/sources.mjs chooses the sources: what a platform does not
# have is not compiled there, so no source outside native/sys/ needs a platform conditional.
{
  'variables': {
    'sanitize%': '',  # 'address,undefined': the add-on under sanitizers, see CONTRIBUTING.md
    'kqueue%': '',  # 'libkqueue', on Linux: kqueue in place of epoll, see CONTRIBUTING.md
    'warnings_are_errors%': 'false',  # 'true' where a developer reads them, not on a user's machine
  },
  'targets': [
    {
      'target_name': 'fdreactor',
      'sources': ['<!@(node native/sources.mjs <(OS) <(kqueue))'],
      'defines': ['NAPI_VERSION=8'],
      'cflags': ['-Wall', '-Wextra', '-fvisibility=hidden'],
      'cflags_cc': ['-std=c++17', '-fno-exceptions', '-fno-rtti'],
      'cflags_cc!': ['-std=gnu++17', '-std=gnu++20', '-frtti'],
      'conditions': [
        ['OS=="linux"', {'libraries': ['-ldl']}],
        # Compilers are as old or new as the system: their opinions are not to stop a user's build.
        ['warnings_are_errors=="true"', {'cflags': ['-Werror']}],
        ['OS in "freebsd openbsd netbsd"', {'libraries': ['-lpthread']}],
        ['OS=="mac"', {
          'xcode_settings': {
            'CLANG_CXX_LANGUAGE_STANDARD': 'c++17',
            'CLANG_CXX_LIBRARY': 'libc++',
            'GCC_ENABLE_CPP_EXCEPTIONS': 'NO',
            'GCC_ENABLE_CPP_RTTI': 'NO',
            'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES',
            'MACOSX_DEPLOYMENT_TARGET': '10.15',
            'WARNING_CFLAGS': ['-Wall', '-Wextra'],
          },
        }],
        ['OS=="mac" and warnings_are_errors=="true"', {
          'xcode_settings': {'GCC_TREAT_WARNINGS_AS_ERRORS': 'YES'},
        }],
        ['kqueue=="libkqueue"', {
          'cflags': ['<!@(pkg-config --cflags libkqueue)'],
          'ldflags': ['-Wl,-rpath,<!(pkg-config --variable=libdir libkqueue)'],
          'libraries': ['<!@(pkg-config --libs libkqueue)'],
        }],
        # MSVC (Visual Studio 2019 or newer). node-gyp brings its own delay-load hook. Node's settings exclude
        # exceptions and RTTI; these lines repeat that, because newer settings may not.
        ['OS=="win"', {
          'defines': ['_HAS_EXCEPTIONS=0', '_WIN32_WINNT=0x0A00', 'NOMINMAX', 'WIN32_LEAN_AND_MEAN'],
          'libraries': ['-lws2_32', '-lmswsock', '-lntdll', '-liphlpapi'],
          'msvs_settings': {
            'VCCLCompilerTool': {
              'AdditionalOptions!': ['-std:c++20'],
              'AdditionalOptions': ['-std:c++17', '/permissive-', '/utf-8'],
              'ExceptionHandling': 0,
              'RuntimeTypeInfo': 'false',
              'WarnAsError': '<(warnings_are_errors)',
              'WarningLevel': 4,
            },
          },
        }],
        ['sanitize!=""', {
          'cflags': ['-fsanitize=<(sanitize)', '-fno-omit-frame-pointer', '-fno-sanitize-recover=undefined', '-O1', '-g'],
          'ldflags': ['-fsanitize=<(sanitize)'],
        }],
      ],
    },
  ],
}
