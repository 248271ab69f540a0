# The build on the user's own machine, by node-gyp. One source list a platform: what a platform does not have is not
# compiled there, so no source outside native/sys/ needs a platform conditional.
{
  'variables': {
    'sanitize%': '',  # 'address,undefined': the add-on under sanitizers, see CONTRIBUTING.md
    'kqueue%': '',  # 'libkqueue', on Linux: kqueue in place of epoll, see CONTRIBUTING.md
    'warnings_are_errors%': 'false',  # 'true' where somebody reads them, not on a user's machine
  },
  'targets': [
    {
      'target_name': 'fdreactor',
      'sources': [
        'native/addon.cc',
        'native/bind/bind_address.cc',
        'native/bind/bind_fd.cc',
        'native/bind/bind_host_loop.cc',
        'native/bind/bind_host_thread.cc',
        'native/bind/bind_platform.cc',
        'native/bind/bind_sendfile.cc',
        'native/bind/bind_signals.cc',
        'native/bind/bind_socket.cc',
        'native/bind/bind_waker.cc',
        'native/sys/owned_fds.cc',
      ],
      'defines': ['NAPI_VERSION=8'],
      'cflags': ['-Wall', '-Wextra', '-fvisibility=hidden'],
      'cflags_cc': ['-std=c++17', '-fno-exceptions', '-fno-rtti'],
      'cflags_cc!': ['-std=gnu++17', '-std=gnu++20', '-frtti'],
      'conditions': [
        ['OS!="win"', {
          'sources': [
            'native/bind/bind_pipe.cc',
            'native/bind/host_signal_uv.cc',
            'native/sys/address.cc',
            'native/sys/clock_posix.cc',
            'native/sys/error_names_posix.cc',
            'native/sys/fd_identity_posix.cc',
            'native/sys/fd_posix.cc',
            'native/sys/fd_room_posix.cc',
            'native/sys/new_fd_posix.cc',
            'native/sys/signal_disposition_posix.cc',
            'native/sys/sigpipe_posix.cc',
            'native/sys/socket_options.cc',
            'native/sys/socket_posix.cc',
            'native/sys/startup_posix.cc',
            'native/sys/thread_posix.cc',
          ],
        }],
        ['OS=="linux"', {
          'libraries': ['-ldl'],
          'sources': [
            'native/sys/constants_linux.cc',
            'native/sys/socket_options_linux.cc',
            'native/sys/transfer_linux.cc',
          ],
        }],
        ['OS=="linux" and kqueue==""', {
          'sources': [
            'native/bind/bind_epoll.cc',
            'native/bind/bind_host_uv.cc',
            'native/bind/bind_splice.cc',
            'native/bind/binders_linux.cc',
            'native/bind/host_waiter_linux.cc',
            'native/sys/epoll.cc',
            'native/sys/fd_wait_linux.cc',
            'native/sys/pulse_linux.cc',
            'native/sys/poller_room_linux.cc',
            'native/sys/signals_posix.cc',
            'native/sys/waker_linux.cc',
          ],
        }],
        ['OS in "mac freebsd openbsd netbsd" or kqueue!=""', {
          'sources': [
            'native/bind/bind_kqueue.cc',
            'native/bind/binders_kqueue.cc',
            'native/bind/host_waiter_kqueue.cc',
            'native/sys/constants_kqueue.cc',
            'native/sys/kqueue.cc',
            'native/sys/kqueue_stash.cc',
            'native/sys/poller_room_kqueue.cc',
            'native/sys/signals_kqueue.cc',
            'native/sys/waker_kqueue.cc',
          ],
        }],
        ['OS in "mac freebsd openbsd netbsd"', {
          'sources': ['native/sys/constants_bsd.cc', 'native/sys/socket_options_bsd.cc'],
        }],
        ['OS in "mac freebsd"', {
          'sources': ['native/sys/transfer_bsd.cc'],
        }],
        ['OS in "openbsd netbsd"', {
          'sources!': ['native/bind/bind_sendfile.cc'],
          'sources': ['native/bind/bind_sendfile_absent.cc'],
        }],
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
        # MSVC (Visual Studio 2019 or newer). node-gyp brings a delay-load hook of its own. Without exceptions and RTTI is
        # how Node's own settings have it; said once more, because newer ones may not.
        ['OS=="win"', {
          'sources': [
            'native/bind/bind_afd.cc',
            'native/bind/bind_iocp.cc',
            'native/bind/bind_overlapped.cc',
            'native/bind/bind_overlapped_file.cc',
            'native/bind/binders_windows.cc',
            'native/bind/host_signal_absent.cc',
            'native/bind/host_waiter_windows.cc',
            'native/bind/operations.cc',
            'native/sys/address.cc',
            'native/sys/afd.cc',
            'native/sys/afd_device_windows.cc',
            'native/sys/afd_operation_windows.cc',
            'native/sys/clock_windows.cc',
            'native/sys/constants_windows.cc',
            'native/sys/error_names_windows.cc',
            'native/sys/fd_identity_windows.cc',
            'native/sys/fd_windows.cc',
            'native/sys/handle_count_windows.cc',
            'native/sys/iocp.cc',
            'native/sys/operation.cc',
            'native/sys/operation_memory.cc',
            'native/sys/overlapped.cc',
            'native/sys/overlapped_file.cc',
            'native/sys/signals_windows.cc',
            'native/sys/socket_options.cc',
            'native/sys/socket_options_windows.cc',
            'native/sys/socket_pair_windows.cc',
            'native/sys/socket_windows.cc',
            'native/sys/startup_windows.cc',
            'native/sys/thread_windows.cc',
            'native/sys/transfer_windows.cc',
            'native/sys/waker_windows.cc',
          ],
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
