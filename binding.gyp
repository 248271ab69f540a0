# The build on the user's own machine, by node-gyp. One source list a platform: what a platform does not have is not
# compiled there, so no source outside native/sys/ needs a platform conditional.
{
  'variables': {
    'sanitize%': '',  # 'address,undefined': the add-on under sanitizers, see CONTRIBUTING.md
  },
  'targets': [
    {
      'target_name': 'fdreactor',
      'sources': [
        'native/addon.cc',
        'native/bind/bind_address.cc',
        'native/bind/bind_fd.cc',
        'native/bind/bind_platform.cc',
        'native/bind/bind_sendfile.cc',
        'native/bind/bind_signals.cc',
        'native/bind/bind_socket.cc',
        'native/bind/bind_waker.cc',
      ],
      'defines': ['NAPI_VERSION=8'],
      'cflags': ['-Wall', '-Wextra', '-Werror', '-fvisibility=hidden'],
      'cflags_cc': ['-std=c++17', '-fno-exceptions', '-fno-rtti'],
      'cflags_cc!': ['-std=gnu++17', '-std=gnu++20', '-frtti'],
      'conditions': [
        ['OS=="linux"', {
          'sources': [
            'native/bind/bind_epoll.cc',
            'native/bind/bind_host_loop.cc',
            'native/bind/bind_pipe.cc',
            'native/bind/bind_splice.cc',
            'native/bind/binders_linux.cc',
            'native/sys/address.cc',
            'native/sys/clock_posix.cc',
            'native/sys/constants_linux.cc',
            'native/sys/epoll.cc',
            'native/sys/error_names_posix.cc',
            'native/sys/fd_posix.cc',
            'native/sys/owned_fds_posix.cc',
            'native/sys/signals_posix.cc',
            'native/sys/sigpipe_posix.cc',
            'native/sys/socket_posix.cc',
            'native/sys/startup_posix.cc',
            'native/sys/transfer_linux.cc',
            'native/sys/waker_linux.cc',
          ],
        }],
        ['sanitize!=""', {
          'cflags': ['-fsanitize=<(sanitize)', '-fno-omit-frame-pointer', '-fno-sanitize-recover=undefined', '-O1', '-g'],
          'ldflags': ['-fsanitize=<(sanitize)'],
        }],
      ],
    },
  ],
}
