// Static-inline shims over the system calls that the engine uses.
// Every call answers its result, or the negated errno: no thread-local errno is read from Swift.
#ifndef C_GATE_LINUX_H
#define C_GATE_LINUX_H

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

// glibc shows these to C only under _GNU_SOURCE, and Swift's importer does not set it.
extern int accept4(int, struct sockaddr *, socklen_t *, int);
extern int pipe2(int[2], int);
extern int pthread_setname_np(pthread_t, const char *);

#define GATE_RESULT(call) __extension__({ __typeof__(call) gate_r = (call); gate_r < 0 ? -(long)errno : (long)gate_r; })

// The calls of every request go to the kernel directly: libc's wrappers make each a cancellation point, which costs more
// than all else that they do. The kernel answers with the negated errno itself.
#if defined(__x86_64__)
static inline long gate_call(long number, long a, long b, long c, long d, long e, long f) {
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
static inline long gate_call(long number, long a, long b, long c, long d, long e, long f) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
}
#else
static inline long gate_call(long number, long a, long b, long c, long d, long e, long f) {
    return GATE_RESULT(syscall(number, a, b, c, d, e, f));
}
#endif

enum {
    GATE_EPOLL_READ = EPOLLIN,
    GATE_EPOLL_WRITE = EPOLLOUT,
    GATE_EPOLL_READ_HANGUP = EPOLLRDHUP,
    GATE_EPOLL_HANGUP = EPOLLHUP,
    GATE_EPOLL_ERROR = EPOLLERR,
};

// ---- epoll ----------------------------------------------------------------------------------

static inline long gate_epoll_create(void) { return GATE_RESULT(epoll_create1(EPOLL_CLOEXEC)); }

static inline long gate_epoll_add(int epoll, int fd, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data = {.u64 = token}};
    return GATE_RESULT(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
}

/// Every stream socket: read, write and hang-up, edge-triggered, registered once for its life.
static inline long gate_epoll_add_edge(int epoll, int fd, uint64_t token) {
    return gate_epoll_add(epoll, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, token);
}

/// Listening sockets and event descriptors: level-triggered.
static inline long gate_epoll_add_level(int epoll, int fd, uint64_t token) {
    return gate_epoll_add(epoll, fd, EPOLLIN, token);
}

/// A listening socket that several loops watch: the kernel wakes one of them for an arrival.
static inline long gate_epoll_add_exclusive(int epoll, int fd, uint64_t token) {
    return gate_epoll_add(epoll, fd, EPOLLIN | (1u << 28) /* EPOLLEXCLUSIVE */, token);
}

static inline long gate_epoll_remove(int epoll, int fd) {
    struct epoll_event event = {0};
    return GATE_RESULT(epoll_ctl(epoll, EPOLL_CTL_DEL, fd, &event));
}

static inline long gate_epoll_wait(int epoll, struct epoll_event *events, int count, int timeout_ms) {
    return gate_call(SYS_epoll_pwait, epoll, (long)events, count, timeout_ms, 0, 8);
}

static inline uint64_t gate_epoll_token(const struct epoll_event *event) { return event->data.u64; }

// ---- descriptors ----------------------------------------------------------------------------

static inline long gate_close(int fd) { return GATE_RESULT(close(fd)); }
static inline long gate_recv(int fd, void *bytes, size_t count) {
    return gate_call(SYS_recvfrom, fd, (long)bytes, (long)count, 0, 0, 0);
}
static inline long gate_peek(int fd, void *bytes, size_t count) {
    return GATE_RESULT(recv(fd, bytes, count, MSG_PEEK | MSG_DONTWAIT));
}
static inline long gate_send(int fd, const void *bytes, size_t count) {
    return GATE_RESULT(send(fd, bytes, count, MSG_NOSIGNAL));
}

/// `more`: further bytes follow at once, so the last segment may wait for them.
static inline long gate_send_more(int fd, const void *bytes, size_t count, int more) {
    return gate_call(SYS_sendto, fd, (long)bytes, (long)count, MSG_NOSIGNAL | (more ? MSG_MORE : 0), 0, 0);
}

/// Sends up to three pieces as one segment sequence; a piece of no bytes is allowed.
static inline long gate_send3(int fd, const void *a, size_t a_count, const void *b, size_t b_count, const void *c,
                              size_t c_count) {
    struct iovec parts[3] = {{(void *)a, a_count}, {(void *)b, b_count}, {(void *)c, c_count}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};
    return gate_call(SYS_sendmsg, fd, (long)&message, MSG_NOSIGNAL, 0, 0, 0);
}

enum { GATE_FRAMES_MAX = 8 };

/// Sends `front`, then `body` in pieces of `piece` bytes, each behind the next `head` bytes of `heads`, as one segment
/// sequence. GATE_FRAMES_MAX pieces at most.
static inline long gate_send_framed(int fd, const void *front, size_t front_count, const uint8_t *heads, size_t head,
                                    const uint8_t *body, size_t body_count, size_t piece) {
    struct iovec parts[1 + 2 * GATE_FRAMES_MAX];
    size_t count = 0;
    parts[count++] = (struct iovec){(void *)front, front_count};
    while (body_count > 0 && count < 1 + 2 * GATE_FRAMES_MAX) {
        size_t taken = body_count < piece ? body_count : piece;
        parts[count++] = (struct iovec){(void *)heads, head};
        parts[count++] = (struct iovec){(void *)body, taken};
        heads += head;
        body += taken;
        body_count -= taken;
    }
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    return gate_call(SYS_sendmsg, fd, (long)&message, MSG_NOSIGNAL, 0, 0, 0);
}

static inline long gate_shutdown_write(int fd) { return GATE_RESULT(shutdown(fd, SHUT_WR)); }

static inline long gate_eventfd(void) { return GATE_RESULT(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }
static inline long gate_eventfd_signal(int fd) {
    uint64_t one = 1;
    return GATE_RESULT(write(fd, &one, sizeof one));
}
static inline long gate_eventfd_drain(int fd) {
    uint64_t count;
    return GATE_RESULT(read(fd, &count, sizeof count));
}

static inline long gate_write(int fd, const void *bytes, size_t count) { return GATE_RESULT(write(fd, bytes, count)); }
/// A file for appending; a FIFO without waiting for its reader.
static inline long gate_open_log(const char *path, mode_t mode) {
    struct stat status;
    int is_pipe = stat(path, &status) == 0 && S_ISFIFO(status.st_mode);
    int flags = is_pipe ? O_RDWR | O_NONBLOCK : O_WRONLY | O_CREAT | O_APPEND;
    return GATE_RESULT(open(path, flags | O_CLOEXEC, mode));
}
static inline long gate_poll_writable(int fd, int timeout_ms) {
    struct pollfd entry = {.fd = fd, .events = POLLOUT};
    return GATE_RESULT(poll(&entry, 1, timeout_ms));
}

// ---- pipes and splice -----------------------------------------------------------------------

static inline long gate_pipe(int *read_end, int *write_end, int capacity) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) return -errno;
    *read_end = ends[0];
    *write_end = ends[1];
    int got = fcntl(ends[1], 1031 /* F_SETPIPE_SZ */, capacity);
    return got < 0 ? 65536 : got;
}

static inline long gate_splice(int from, int to, size_t count, int more) {
    // SPLICE_F_MOVE | SPLICE_F_NONBLOCK, and SPLICE_F_MORE when more will follow at once.
    return gate_call(SYS_splice, from, 0, to, 0, (long)count, 1u | 2u | (more ? 4u : 0u));
}

// ---- addresses and sockets ------------------------------------------------------------------

/// A socket address in the order of this machine, IPv4 as ::ffff:a.b.c.d.
typedef struct {
    uint64_t high, low;
    uint16_t port;
    uint8_t family;  // 4, 6, or 1 for a Unix socket
} gate_address;

static inline uint64_t gate_load_be64(const uint8_t *p) {
    uint64_t v;
    memcpy(&v, p, 8);
    return __builtin_bswap64(v);
}

static inline gate_address gate_address_from(const struct sockaddr *address) {
    gate_address result = {0, 0, 0, 1};
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)address;
        result.family = 4;
        result.low = 0xffff00000000ull | ntohl(in->sin_addr.s_addr);
        result.port = ntohs(in->sin_port);
    } else if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
        result.high = gate_load_be64(in6->sin6_addr.s6_addr);
        result.low = gate_load_be64(in6->sin6_addr.s6_addr + 8);
        result.family = (result.high == 0 && (result.low >> 32) == 0xffff) ? 4 : 6;
        result.port = ntohs(in6->sin6_port);
    }
    return result;
}

typedef struct {
    struct sockaddr_storage storage;
    socklen_t length;
} gate_sockaddr;

/// `high`/`low` hold the address; `v4` picks the family. `v4` addresses are in the low 32 bits.
static inline gate_sockaddr gate_sockaddr_ip(uint64_t high, uint64_t low, int v4, uint16_t port) {
    gate_sockaddr result;
    memset(&result, 0, sizeof result);
    if (v4) {
        struct sockaddr_in *in = (struct sockaddr_in *)&result.storage;
        in->sin_family = AF_INET;
        in->sin_port = htons(port);
        in->sin_addr.s_addr = htonl((uint32_t)low);
        result.length = sizeof *in;
    } else {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&result.storage;
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(port);
        uint64_t h = __builtin_bswap64(high), l = __builtin_bswap64(low);
        memcpy(in6->sin6_addr.s6_addr, &h, 8);
        memcpy(in6->sin6_addr.s6_addr + 8, &l, 8);
        result.length = sizeof *in6;
    }
    return result;
}

/// Answers a length of 0 when the path does not fit (107 bytes at most).
static inline gate_sockaddr gate_sockaddr_unix(const char *path) {
    gate_sockaddr result;
    memset(&result, 0, sizeof result);
    struct sockaddr_un *un = (struct sockaddr_un *)&result.storage;
    size_t count = strlen(path);
    if (count == 0 || count >= sizeof un->sun_path) return result;
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path, count);
    result.length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + count + 1);
    return result;
}

static inline void gate_option(int fd, int level, int name, int value) {
    setsockopt(fd, level, name, &value, sizeof value);
}

static inline void gate_no_delay(int fd) { gate_option(fd, IPPROTO_TCP, TCP_NODELAY, 1); }

static inline void gate_keep_alive(int fd, int idle_seconds) {
    gate_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    gate_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, idle_seconds);
}

/// Makes, binds and listens. `dual_stack`: an IPv6 socket that takes IPv4 as well.
static inline long gate_listen(const gate_sockaddr *address, int backlog, int reuse_port, int dual_stack) {
    int family = address->storage.ss_family;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    if (family != AF_UNIX) {
        gate_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
        if (reuse_port) gate_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    }
    if (family == AF_INET6) gate_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, dual_stack ? 0 : 1);
    if (bind(fd, (const struct sockaddr *)&address->storage, address->length) < 0 || listen(fd, backlog) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

static inline long gate_accept(int fd, gate_address *from) {
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    storage.ss_family = AF_UNIX;
    int client = accept4(fd, (struct sockaddr *)&storage, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) return -errno;
    *from = gate_address_from((struct sockaddr *)&storage);
    return client;
}

/// Starts a connection; 0 when it is there at once, -EINPROGRESS while it is on its way. `*fd` is -1 on failure.
static inline long gate_connect(const gate_sockaddr *address, int *fd) {
    *fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fd < 0) return -errno;
    if (address->storage.ss_family != AF_UNIX) gate_no_delay(*fd);
    if (connect(*fd, (const struct sockaddr *)&address->storage, address->length) == 0) return 0;
    int error = errno;
    if (error != EINPROGRESS) {
        close(*fd);
        *fd = -1;
    }
    return -error;
}

/// A datagram socket that talks to one address; its descriptor, or a negated errno.
static inline long gate_connect_datagram(const gate_sockaddr *address) {
    int fd = socket(address->storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    if (connect(fd, (const struct sockaddr *)&address->storage, address->length) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

/// The next close sends a reset and drops what was not sent.
static inline void gate_linger_reset(int fd) {
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

static inline int gate_socket_error(int fd) {
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0) return errno;
    return error;
}

static inline gate_address gate_local_address(int fd) {
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    storage.ss_family = AF_UNIX;
    getsockname(fd, (struct sockaddr *)&storage, &length);
    return gate_address_from((struct sockaddr *)&storage);
}

// ---- clocks, limits, threads ----------------------------------------------------------------

static inline uint64_t gate_monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static inline uint64_t gate_wall_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

/// Raises the soft descriptor limit to the hard one; answers the limit that now holds.
static inline long gate_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    return (long)limit.rlim_cur;
}

/// Processors that this process may run on.
static inline int gate_processor_count(void) {
    unsigned long mask[128] = {0};
    long bytes = syscall(SYS_sched_getaffinity, 0, sizeof mask, mask);
    int count = 0;
    for (long i = 0; i < bytes / (long)sizeof mask[0]; i++) count += __builtin_popcountl(mask[i]);
    return count > 0 ? count : 1;
}

static inline void gate_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

/// Blocks the given signals in this thread and those it starts, and answers a descriptor that reads them.
static inline long gate_signal_descriptor(const int *signals, int count) {
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < count; i++) sigaddset(&set, signals[i]);
    int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (error) return -error;
    return GATE_RESULT(signalfd(-1, &set, SFD_CLOEXEC));
}

static inline long gate_next_signal(int fd) {
    struct signalfd_siginfo info;
    ssize_t count = read(fd, &info, sizeof info);
    return count == sizeof info ? (long)info.ssi_signo : -(long)errno;
}

/// This thread hears of broken pipes by EPIPE alone.
static inline void gate_block_broken_pipe(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static inline void gate_ignore_broken_pipe(void) { signal(SIGPIPE, SIG_IGN); }

#endif
