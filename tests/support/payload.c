/* SPDX-License-Identifier: MIT */
#include "payload.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

struct buffer {
    uint8_t *p;
    size_t size, len;
};

static struct buffer buffer_make(uint8_t *p, size_t size)
{
    return (struct buffer){ .p = p, .size = size };
}

static uint8_t *take(struct buffer *b, size_t n)
{
    uint8_t *p = b->p + b->len;

    if (n > b->size - b->len)
        abort();
    b->len += n;
    return p;
}

static void put(struct buffer *b, const void *data, size_t n)
{
    memcpy(take(b, n), data, n);
}

static void put8(struct buffer *b, size_t v)
{
    *take(b, 1) = (uint8_t)v;
}

static void put16(struct buffer *b, size_t v)
{
    put8(b, v >> 8);
    put8(b, v);
}

/* A 16-bit length that is known later: returns its place. */
static size_t begin16(struct buffer *b)
{
    put16(b, 0);
    return b->len;
}

static void end16(struct buffer *b, size_t from)
{
    size_t n = b->len - from;

    b->p[from - 2] = (uint8_t)(n >> 8);
    b->p[from - 1] = (uint8_t)n;
}

/* Bytes that look encrypted and are always the same. */
static void fill(struct buffer *b, size_t n, uint32_t seed)
{
    uint8_t *p = take(b, n);
    uint32_t x = seed * UINT32_C(2654435761) + 1;

    for (size_t i = 0; i < n; i++) {
        x = x * UINT32_C(1664525) + UINT32_C(1013904223);
        p[i] = (uint8_t)(x >> 24);
    }
}

static void put_extensions(struct buffer *b, const char *name, size_t least)
{
    size_t all = begin16(b), extension, list;
    size_t name_len = strlen(name);

    put(b, "\x00\x2b\x00\x05\x04\x03\x04\x03\x03", 9); /* versions 1.3 and 1.2 */
    put(b, "\x00\x0a\x00\x04\x00\x02\x00\x1d", 8);     /* group x25519 */
    if (b->len + 4 + 9 + name_len < least) {
        size_t padding = least - (b->len + 4 + 9 + name_len);

        put16(b, 21);
        put16(b, padding);
        memset(take(b, padding), 0, padding);
    }
    put16(b, 0); /* server_name */
    extension = begin16(b);
    list = begin16(b);
    put8(b, 0);
    put16(b, name_len);
    put(b, name, name_len);
    end16(b, list);
    end16(b, extension);
    end16(b, all);
}

size_t payload_client_hello(uint8_t *out, size_t size, const char *name, size_t least)
{
    struct buffer b = buffer_make(out, size);
    size_t record, hello;

    put(&b, "\x16\x03\x01", 3);
    record = begin16(&b);
    put(&b, "\x01\x00", 2);
    hello = begin16(&b);
    put(&b, "\x03\x03", 2);
    fill(&b, 32, (uint32_t)strlen(name));
    put8(&b, 32);
    fill(&b, 32, 77);
    put(&b, "\x00\x06\x13\x01\x13\x02\xc0\x2f", 8);
    put(&b, "\x01\x00", 2);
    put_extensions(&b, name, least);
    end16(&b, hello);
    end16(&b, record);
    return b.len;
}

size_t payload_tls_record(uint8_t *out, size_t size, uint8_t type, size_t length)
{
    struct buffer b = buffer_make(out, size);

    put8(&b, type);
    put16(&b, 0x0303);
    put16(&b, length);
    fill(&b, length, type);
    return b.len;
}

static void put_labels(struct buffer *b, const char *name)
{
    while (*name) {
        size_t n = strcspn(name, ".");

        put8(b, n);
        put(b, name, n);
        name += n + (name[n] == '.');
    }
    put8(b, 0);
}

size_t payload_dns(uint8_t *out, size_t size, uint16_t id, const char *name, const char *answer,
                   uint8_t rcode)
{
    struct buffer b = buffer_make(out, size);
    uint8_t addr[16];
    int ipv6 = answer && strchr(answer, ':');
    size_t addr_len = ipv6 ? 16 : 4;

    put16(&b, id);
    put16(&b, answer || rcode ? 0x8180u | rcode : 0x0100u);
    put16(&b, 1);
    put16(&b, answer != NULL);
    put16(&b, 0);
    put16(&b, 0);
    put_labels(&b, name);
    put16(&b, ipv6 ? 28 : 1);
    put16(&b, 1);
    if (answer) {
        if (inet_pton(ipv6 ? AF_INET6 : AF_INET, answer, addr) != 1)
            abort();
        put16(&b, 0xc00c);
        put16(&b, ipv6 ? 28 : 1);
        put16(&b, 1);
        put(&b, "\0\0\0\x3c", 4);
        put16(&b, addr_len);
        put(&b, addr, addr_len);
    }
    return b.len;
}

size_t payload_quic_initial(uint8_t *out, size_t size, size_t length, uint8_t connection)
{
    struct buffer b = buffer_make(out, size);
    size_t rest;

    put(&b, "\xc3\0\0\0\x01\x08", 6); /* long header, Initial, version 1, 8-byte id */
    fill(&b, 8, connection);
    put8(&b, 0); /* no source id */
    put8(&b, 0); /* no token */
    rest = length - b.len - 2;
    put16(&b, 0x4000u | rest); /* two-byte variable-length integer */
    fill(&b, rest, connection + 1u);
    return b.len;
}

size_t payload_ntp(uint8_t *out, size_t size, uint8_t mode)
{
    struct buffer b = buffer_make(out, size);

    put8(&b, 0x20u | mode);
    put8(&b, mode == 4 ? 2 : 0);
    put(&b, "\x06\xec", 2);
    memset(take(&b, 44), 0, 44);
    return b.len;
}
