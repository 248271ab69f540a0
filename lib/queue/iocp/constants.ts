// The numbers of Windows' headers that belong to completion ports and overlapped calls, by their own names. They are part
// of its binary interface and the same on every version, so they are written down here and are there on every platform.

/** afdPoll(): there is something to read. */
export const AFD_POLL_RECEIVE = 0x1;
/** afdPoll(): there is out-of-band data. */
export const AFD_POLL_RECEIVE_EXPEDITED = 0x2;
/** afdPoll(): there is room to write, or connect() is done. */
export const AFD_POLL_SEND = 0x4;
/** afdPoll(): the peer has closed its sending half. */
export const AFD_POLL_DISCONNECT = 0x8;
/** afdPoll(): the connection was reset. */
export const AFD_POLL_ABORT = 0x10;
/** afdPoll(): the socket was closed in this process. */
export const AFD_POLL_LOCAL_CLOSE = 0x20;
/** afdPoll(): a connection waits to be accepted. */
export const AFD_POLL_ACCEPT = 0x80;
/** afdPoll(): connect() has failed. */
export const AFD_POLL_CONNECT_FAIL = 0x100;

/** transmitFile(): disconnect when all is sent (TransmitFile). */
export const TF_DISCONNECT = 0x1;
/** transmitFile() with TF_DISCONNECT, and disconnectEx(): the socket can then be used for acceptEx() or connectEx() again. */
export const TF_REUSE_SOCKET = 0x2;
/** transmitFile(): complete without waiting for the peer's acknowledgement. */
export const TF_WRITE_BEHIND = 0x4;
/** transmitFile(): use the system's default thread for long sends. */
export const TF_USE_DEFAULT_WORKER = 0x0;
/** transmitFile(): use system threads for long sends. */
export const TF_USE_SYSTEM_THREAD = 0x10;
/** transmitFile(): use kernel asynchronous procedure calls. */
export const TF_USE_KERNEL_APC = 0x20;

/** A status: it worked. */
export const STATUS_SUCCESS = 0x0;
/** A status: the datagram or message was longer than the buffers, which have its beginning; the rest is lost. */
export const STATUS_BUFFER_OVERFLOW = 0x80000005;
/** A status: a buffer was detached or shortened before its bytes came, which are lost. `error(i)` says EFAULT. */
export const STATUS_ACCESS_VIOLATION = 0xc0000005;
/** A status: the end of the file; no error. */
export const STATUS_END_OF_FILE = 0xc0000011;
/** A status: the operation was cancelled, by cancelIoEx() or because its socket was closed. */
export const STATUS_CANCELLED = 0xc0000120;

/** openFile(): for reading (access). */
export const GENERIC_READ = 0x80000000;
/** openFile(): for writing (access). */
export const GENERIC_WRITE = 0x40000000;
/** openFile(): others may open it for reading (share). */
export const FILE_SHARE_READ = 0x1;
/** openFile(): others may open it for writing (share). */
export const FILE_SHARE_WRITE = 0x2;
/** openFile(): others may delete or rename it (share). */
export const FILE_SHARE_DELETE = 0x4;
/** openFile(): make a new file; EEXIST where there is one (disposition). */
export const CREATE_NEW = 1;
/** openFile(): make a new file, or empty the one that is there (disposition). */
export const CREATE_ALWAYS = 2;
/** openFile(): ENOENT where there is none (disposition). */
export const OPEN_EXISTING = 3;
/** openFile(): open it, or make a new one (disposition). */
export const OPEN_ALWAYS = 4;
/** openFile(): empty the one that is there (disposition). */
export const TRUNCATE_EXISTING = 5;
/** openFile(): write to the disk, not only to the cache (flags). */
export const FILE_FLAG_WRITE_THROUGH = 0x80000000;
/** openFile(): without the cache; offsets and lengths must then be multiples of the sector size (flags). */
export const FILE_FLAG_NO_BUFFERING = 0x20000000;
/** openFile(): a hint for the cache (flags). */
export const FILE_FLAG_RANDOM_ACCESS = 0x10000000;
/** openFile(): a hint for the cache (flags). */
export const FILE_FLAG_SEQUENTIAL_SCAN = 0x8000000;
/** openFile(): the file is deleted when its last handle is closed (flags). */
export const FILE_FLAG_DELETE_ON_CLOSE = 0x4000000;
