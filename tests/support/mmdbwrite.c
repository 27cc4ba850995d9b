/* SPDX-License-Identifier: MIT */
#include "mmdbwrite.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NODES_MAX = 4096,
    DATA_MAX = 1 << 16,
    NODE_BYTES = 8, /* two records of 32 bits */
    SEPARATOR = 16, /* zeros between tree and data */
    TYPE_TEXT = 2,
    TYPE_UINT16 = 5,
    TYPE_UINT32 = 6,
    TYPE_MAP = 7,
    TYPE_UINT64 = 9,
    TYPE_ARRAY = 11,
};

/* A record of the tree while it is built: nothing, the index of a node, or an offset of data. */
struct record {
    enum { EMPTY, NODE, DATA } kind;
    uint32_t value;
};

struct mmdbwrite {
    unsigned ip_version;
    size_t node_count;
    struct record nodes[NODES_MAX][2];
    size_t data_length;
    uint8_t data[DATA_MAX];
};

static void put(struct mmdbwrite_value *value, const void *bytes, size_t length)
{
    if (length > sizeof(value->bytes) - value->length)
        abort();
    memcpy(value->bytes + value->length, bytes, length);
    value->length += length;
}

static void put_byte(struct mmdbwrite_value *value, size_t byte)
{
    put(value, &(uint8_t){ (uint8_t)byte }, 1);
}

/* Type and size: three and five bits; types above 7 and sizes above 28 take a further byte. */
static void put_control(struct mmdbwrite_value *value, unsigned type, size_t size)
{
    enum { SIZE_FOLLOWS = 29 };
    bool is_long = size >= SIZE_FOLLOWS;

    if (size > SIZE_FOLLOWS + 255)
        abort();
    put_byte(value, (type > 7 ? 0 : type << 5) | (is_long ? SIZE_FOLLOWS : size));
    if (type > 7)
        put_byte(value, type - 7);
    if (is_long)
        put_byte(value, size - SIZE_FOLLOWS);
}

static void put_number(struct mmdbwrite_value *value, unsigned type, size_t size, uint64_t number)
{
    put_control(value, type, size);
    for (size_t shift = size * 8; shift > 0; shift -= 8)
        put_byte(value, number >> (shift - 8) & 0xff);
}

void mmdbwrite_map(struct mmdbwrite_value *value, size_t members)
{
    put_control(value, TYPE_MAP, members);
}

void mmdbwrite_text(struct mmdbwrite_value *value, const char *text)
{
    put_control(value, TYPE_TEXT, strlen(text));
    put(value, text, strlen(text));
}

void mmdbwrite_uint(struct mmdbwrite_value *value, uint32_t number)
{
    put_number(value, TYPE_UINT32, 4, number);
}

struct mmdbwrite *mmdbwrite_new(unsigned ip_version)
{
    struct mmdbwrite *writer = calloc(1, sizeof(*writer));

    if (!writer || (ip_version != 4 && ip_version != 6))
        abort();
    writer->ip_version = ip_version;
    writer->node_count = 1;
    return writer;
}

void mmdbwrite_free(struct mmdbwrite *writer)
{
    free(writer);
}

/* The bits of a network as the tree has them, and how many of them count. */
static unsigned parse_network(const struct mmdbwrite *writer, const char *network, uint8_t bits[16])
{
    char text[64];
    char *slash;
    bool ipv6 = strchr(network, ':') != NULL;
    bool below = !ipv6 && writer->ip_version == 6;

    snprintf(text, sizeof(text), "%s", network);
    slash = strchr(text, '/');
    if (!slash || (ipv6 && writer->ip_version == 4))
        abort();
    *slash = '\0';
    memset(bits, 0, 16);
    if (inet_pton(ipv6 ? AF_INET6 : AF_INET, text, bits + (below ? 12 : 0)) != 1)
        abort();
    return (unsigned)strtoul(slash + 1, NULL, 10) + (below ? 96 : 0);
}

/* The node behind a record; one that takes the place of data hands it to both its sides. */
static size_t descend(struct mmdbwrite *writer, struct record *record)
{
    size_t node = writer->node_count;

    if (record->kind == NODE)
        return record->value;
    if (node == NODES_MAX)
        abort();
    writer->node_count++;
    writer->nodes[node][0] = *record;
    writer->nodes[node][1] = *record;
    *record = (struct record){ .kind = NODE, .value = (uint32_t)node };
    return node;
}

void mmdbwrite_add(struct mmdbwrite *writer, const char *network,
                   const struct mmdbwrite_value *value)
{
    uint8_t bits[16];
    unsigned length = parse_network(writer, network, bits);
    struct record *record = NULL;
    size_t node = 0;

    if (value->length > DATA_MAX - writer->data_length || length == 0)
        abort();
    for (unsigned i = 0; i < length; i++) {
        if (record)
            node = descend(writer, record);
        record = &writer->nodes[node][bits[i / 8] >> (7 - i % 8) & 1];
    }
    *record = (struct record){ .kind = DATA, .value = (uint32_t)writer->data_length };
    memcpy(writer->data + writer->data_length, value->bytes, value->length);
    writer->data_length += value->length;
}

static void put_metadata(const struct mmdbwrite *writer, struct mmdbwrite_value *value)
{
    static const char marker[] = "\xab\xcd\xefMaxMind.com";

    put(value, marker, sizeof(marker) - 1);
    mmdbwrite_map(value, 9);
    mmdbwrite_text(value, "node_count");
    mmdbwrite_uint(value, (uint32_t)writer->node_count);
    mmdbwrite_text(value, "record_size");
    put_number(value, TYPE_UINT16, 2, 32);
    mmdbwrite_text(value, "ip_version");
    put_number(value, TYPE_UINT16, 2, writer->ip_version);
    mmdbwrite_text(value, "database_type");
    mmdbwrite_text(value, "mirrortop-test");
    mmdbwrite_text(value, "languages");
    put_control(value, TYPE_ARRAY, 0);
    mmdbwrite_text(value, "binary_format_major_version");
    put_number(value, TYPE_UINT16, 2, 2);
    mmdbwrite_text(value, "binary_format_minor_version");
    put_number(value, TYPE_UINT16, 2, 0);
    mmdbwrite_text(value, "build_epoch");
    put_number(value, TYPE_UINT64, 8, 1700000000);
    mmdbwrite_text(value, "description");
    mmdbwrite_map(value, 0);
}

static uint32_t record_value(const struct mmdbwrite *writer, struct record record)
{
    uint32_t nodes = (uint32_t)writer->node_count;

    if (record.kind == NODE)
        return record.value;
    return record.kind == EMPTY ? nodes : nodes + SEPARATOR + record.value;
}

uint8_t *mmdbwrite_bytes(const struct mmdbwrite *writer, size_t *length)
{
    struct mmdbwrite_value metadata = { .length = 0 };
    size_t tree = writer->node_count * NODE_BYTES;
    uint8_t *bytes, *p;

    put_metadata(writer, &metadata);
    *length = tree + SEPARATOR + writer->data_length + metadata.length;
    bytes = calloc(1, *length);
    if (!bytes)
        abort();
    for (size_t i = 0; i < writer->node_count * 2; i++) {
        uint32_t value = htonl(record_value(writer, writer->nodes[i / 2][i % 2]));

        memcpy(bytes + i * sizeof(value), &value, sizeof(value));
    }
    p = bytes + tree + SEPARATOR;
    memcpy(p, writer->data, writer->data_length);
    memcpy(p + writer->data_length, metadata.bytes, metadata.length);
    return bytes;
}
