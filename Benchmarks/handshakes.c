// TLS connections as load: one request on each connection, or many connections that are held idle.
//
//   handshakes --port N [--connections 64] [--seconds 4] [--resumed 1] [--groups X25519] [--version 13]
//       Opens connections, as many at a time as are asked for, does a handshake, GET /1k with "Connection: close", reads the answer
//       up to close_notify, and begins anew. Prints one line as load.lua does. With --resumed each place offers the ticket
//       that its last connection got; a handshake that is not of the kind asked for is an error.
//   handshakes --port N --hold 1
//       Reads numbers from standard input. For each it opens connections until there are as many, one request on each, and prints
//       how many are open; for "check" how many are still open without a byte or an end to read.
//
// One thread. Certificates are not verified, but the server's signature is, as in any client. It is built with OpenSSL, or with the
// BoringSSL that Gatehouse is built with (WITH_BORINGSSL), which alone knows X25519MLKEM768 on older systems.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#ifdef WITH_BORINGSSL
#include <CNIOBoringSSL.h>
#else
#include <openssl/err.h>
#include <openssl/ssl.h>
#endif

enum { LANES_MAX = 4096, HELD_MAX = 100000, SAMPLES_MAX = 1 << 20, BODY_BYTES = 1024, EVENTS_PER_WAIT = 256, STALLED_US = 2000000 };

static const char closing_request[] = "GET /1k HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
static const char keeping_request[] = "GET /1k HTTP/1.1\r\nHost: localhost\r\n\r\n";

typedef enum { CONNECTING, HANDSHAKING, READING } state;
// Why a connection did not end well. MISMATCHED: resumed although it should not be, or the other way.
typedef enum { CONNECT, HANDSHAKE, READ, WRITE, STATUS, TIMEOUT, MISMATCHED, FAULTS } fault;

// One place that always has a connection. The session is what its last connection left.
typedef struct {
    int fd;
    state state;
    SSL *ssl;
    SSL_SESSION *session;
    uint64_t since_us;
    size_t received;
    char answer[4096];
} lane;

static SSL_CTX *context;
static struct sockaddr_in server = {.sin_family = AF_INET};
static int epoll_fd, lane_index;
static bool resumes, measuring;
static uint64_t done, resumed, faults[FAULTS];
static uint32_t samples[SAMPLES_MAX];
static char negotiated[256];

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static uint64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

// MARK: - TLS

// The newest ticket is kept: a ticket is used for one connection only (RFC 8446, appendix C.4).
static int keep_session(SSL *ssl, SSL_SESSION *session) {
    lane *l = SSL_get_ex_data(ssl, lane_index);
    if (!l) return 0;
    SSL_SESSION_free(l->session);
    l->session = session;
    return 1;
}

static void make_context(const char *groups, int version) {
    context = SSL_CTX_new(TLS_client_method());
    if (!context) fail("SSL_CTX_new");
    int protocol = version == 12 ? TLS1_2_VERSION : TLS1_3_VERSION;
    if (!SSL_CTX_set_min_proto_version(context, protocol) || !SSL_CTX_set_max_proto_version(context, protocol)
        || !SSL_CTX_set1_groups_list(context, groups)) {
        fprintf(stderr, "handshakes: TLS version %d or groups %s are not supported\n", version, groups);
        exit(1);
    }
#ifndef WITH_BORINGSSL
    // As browsers do, and as BoringSSL does by itself: AES-128 first.
    if (!SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384")) fail("SSL_CTX_set_ciphersuites");
#endif
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    if (!resumes) return;
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep_session);
    lane_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

static SSL *make_tls(int fd) {
    SSL *ssl = SSL_new(context);
    if (!ssl || !SSL_set_fd(ssl, fd) || !SSL_set_tlsext_host_name(ssl, "localhost")) fail("SSL_new");
    SSL_set_connect_state(ssl);
    return ssl;
}

static void note_negotiated(SSL *ssl) {
#ifdef WITH_BORINGSSL
    const char *group = SSL_get_group_name(SSL_get_group_id(ssl));
#else
    const char *group = OBJ_nid2sn(SSL_get_negotiated_group(ssl));
#endif
    snprintf(negotiated, sizeof negotiated, "%s, %s, %s", SSL_get_version(ssl), SSL_get_cipher_name(ssl),
             group ? group : "no group");
}

// MARK: - A connection per request

static void begin(lane *l);

// Ends the connection and begins the next one, while there is time.
static void finish(lane *l, bool orderly) {
    if (orderly) SSL_shutdown(l->ssl);
    SSL_free(l->ssl);
    close(l->fd);
    l->ssl = NULL;
    ERR_clear_error();
    if (measuring) begin(l);
}

static void give_up(lane *l, fault why) {
    faults[why]++;
    SSL_SESSION_free(l->session);
    l->session = NULL;
    finish(l, false);
}

static void begin(lane *l) {
    int on = 1;
    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (l->fd < 0) fail("socket");
    setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    l->ssl = make_tls(l->fd);
    if (resumes) {
        SSL_set_ex_data(l->ssl, lane_index, l);
        if (l->session) SSL_set_session(l->ssl, l->session);
    }
    l->state = CONNECTING;
    l->received = 0;
    l->since_us = now_us();
    if (connect(l->fd, (struct sockaddr *)&server, sizeof server) && errno != EINPROGRESS) fail("connect");
    struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = l};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, l->fd, &e)) fail("epoll_ctl");
}

// The answer is whole, and the server said that it ends there.
static void count_answer(lane *l) {
    const char *body = memmem(l->answer, l->received, "\r\n\r\n", 4);
    if (!body || strncmp(l->answer, "HTTP/1.1 200 ", 13) != 0 || l->answer + l->received - body != 4 + BODY_BYTES) {
        give_up(l, STATUS);
        return;
    }
    if (done < SAMPLES_MAX) samples[done] = (uint32_t)(now_us() - l->since_us);
    done++;
    finish(l, true);
}

static bool waits(SSL *ssl, int result) {
    int reason = SSL_get_error(ssl, result);
    return reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE;
}

static void read_answer(lane *l) {
    for (;;) {
        size_t room = sizeof l->answer - l->received;
        if (room == 0) { give_up(l, STATUS); return; }
        int count = SSL_read(l->ssl, l->answer + l->received, (int)room);
        if (count > 0) { l->received += (size_t)count; continue; }
        if (waits(l->ssl, count)) return;
        if (SSL_get_error(l->ssl, count) == SSL_ERROR_ZERO_RETURN) count_answer(l);
        else give_up(l, READ);
        return;
    }
}

// Whether the handshake is over and of the kind that was asked for.
static bool shake_hands(lane *l) {
    bool offered = l->session != NULL;
    int result = SSL_do_handshake(l->ssl);
    if (result != 1) {
        if (!waits(l->ssl, result)) give_up(l, HANDSHAKE);
        return false;
    }
    bool is_resumed = SSL_session_reused(l->ssl);
    if (is_resumed != offered) { give_up(l, MISMATCHED); return false; }
    resumed += is_resumed;
    if (!negotiated[0]) note_negotiated(l->ssl);
    return true;
}

// Goes as far as it can: a request fits the socket's buffer, and the answer may be there already.
static void drive(lane *l, uint32_t events) {
    if (l->state == CONNECTING) {
        if (events & (EPOLLERR | EPOLLHUP)) { give_up(l, CONNECT); return; }
        if (!(events & EPOLLOUT)) return;
        l->state = HANDSHAKING;
    }
    if (l->state == HANDSHAKING) {
        if (!shake_hands(l)) return;
        l->state = READING;
        if (SSL_write(l->ssl, closing_request, sizeof closing_request - 1) <= 0) { give_up(l, WRITE); return; }
    }
    read_answer(l);
}

static int ascending(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static uint32_t percentile(unsigned percent) {
    uint64_t count = done < SAMPLES_MAX ? done : SAMPLES_MAX;
    return count ? samples[count * percent / 100] : 0;
}

static void print_summary(uint64_t duration_us) {
    qsort(samples, done < SAMPLES_MAX ? done : SAMPLES_MAX, sizeof samples[0], ascending);
    printf("SUMMARY {\"requests\": %llu, \"duration_us\": %llu, \"p50_us\": %u, \"p99_us\": %u, \"connect_errors\": %llu, "
           "\"handshake_errors\": %llu, \"read_errors\": %llu, \"write_errors\": %llu, \"status_errors\": %llu, "
           "\"timeouts\": %llu, \"mismatched\": %llu, \"resumed\": %llu, \"negotiated\": \"%s\"}\n",
           (unsigned long long)done, (unsigned long long)duration_us, percentile(50), percentile(99),
           (unsigned long long)faults[CONNECT], (unsigned long long)faults[HANDSHAKE], (unsigned long long)faults[READ],
           (unsigned long long)faults[WRITE], (unsigned long long)faults[STATUS], (unsigned long long)faults[TIMEOUT],
           (unsigned long long)faults[MISMATCHED], (unsigned long long)resumed, negotiated);
}

static void run(int count, int seconds) {
    lane *lanes = calloc((size_t)count, sizeof *lanes);
    if (!lanes) fail("calloc");
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    measuring = true;
    uint64_t start = now_us(), end = start + (uint64_t)seconds * 1000000, now = start;
    for (int i = 0; i < count; i++) begin(&lanes[i]);
    struct epoll_event events[EVENTS_PER_WAIT];
    while ((now = now_us()) < end) {
        int ready = epoll_wait(epoll_fd, events, EVENTS_PER_WAIT, (int)((end - now) / 1000) + 1);
        for (int i = 0; i < ready; i++) drive(events[i].data.ptr, events[i].events);
    }
    for (int i = 0; i < count; i++)
        if (now - lanes[i].since_us > STALLED_US) faults[TIMEOUT]++;
    print_summary(now - start);
}

// MARK: - Idle connections

static SSL *held[HELD_MAX];
static int held_count;

// A connection with one request answered, left open. Blocks.
static void hold_one(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&server, sizeof server)) fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    SSL *ssl = make_tls(fd);
    char answer[4096];
    size_t received = 0, whole = 0;
    if (SSL_write(ssl, keeping_request, sizeof keeping_request - 1) <= 0) fail("SSL_write");
    while (whole == 0 || received < whole) {
        int count = SSL_read(ssl, answer + received, (int)(sizeof answer - received));
        if (count <= 0) fail("SSL_read");
        received += (size_t)count;
        const char *body = memmem(answer, received, "\r\n\r\n", 4);
        if (body) whole = (size_t)(body - answer) + 4 + BODY_BYTES;
    }
    if (strncmp(answer, "HTTP/1.1 200 ", 13) != 0) fail("answer");
    held[held_count++] = ssl;
}

static int still_open(void) {
    int count = 0;
    for (int i = 0; i < held_count; i++) {
        char byte;
        int fd = SSL_get_fd(held[i]);
        count += recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    }
    return count;
}

static void hold(void) {
    char line[64];
    while (fgets(line, sizeof line, stdin)) {
        int target = strncmp(line, "check", 5) == 0 ? 0 : atoi(line);
        if (target > HELD_MAX) target = HELD_MAX;
        while (held_count < target) hold_one();
        printf("%d\n", target ? held_count : still_open());
        fflush(stdout);
    }
}

// MARK: - Command line

static const char *option(int count, char **words, const char *name, const char *otherwise) {
    for (int i = 1; i + 1 < count; i++)
        if (strcmp(words[i], name) == 0) return words[i + 1];
    return otherwise;
}

static void raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit)) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int count, char **words) {
    int connections = atoi(option(count, words, "--connections", "64"));
    if (connections < 1 || connections > LANES_MAX) return fprintf(stderr, "handshakes: 1 to %d connections\n", LANES_MAX), 1;
    signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    server.sin_port = htons((uint16_t)atoi(option(count, words, "--port", "0")));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    resumes = atoi(option(count, words, "--resumed", "0"));
    make_context(option(count, words, "--groups", "X25519"), atoi(option(count, words, "--version", "13")));
    if (atoi(option(count, words, "--hold", "0"))) hold();
    else run(connections, atoi(option(count, words, "--seconds", "4")));
    return 0;
}
