/* SPDX-License-Identifier: MIT */
/*
 * aws_state: what the two files of aws.h share; nobody else includes it.
 *
 *   aws_read.c  JSON documents into lists
 *   aws_join.c  lists into look-ups, and what arrives into sessions
 */
#ifndef MIRRORTOP_MIRROR_AWS_STATE_H
#define MIRRORTOP_MIRROR_AWS_STATE_H

#include "aws.h"

struct aws_list {
    void *items;
    size_t count, capacity, item_size;
};

/* How sessions, interfaces and filters begin. Of two with the same id the later one stays. */
struct aws_entry {
    const char *id;
    size_t order;
};

/* The rules of a filter are not read: nothing evaluates them. */
struct aws_filter {
    const char *id;
    size_t order;
    const char *name; /* its tag Name, or "" */
};

/* An address from which an interface's mirror can send: its primary IPv4 address, and every IPv6
 * address. Order: of the interface. */
struct aws_addr {
    struct ip_addr addr;
    const char *eni; /* id */
    size_t order;
};

/* What a session's packets can be found by. */
struct aws_way {
    uint64_t vni;
    struct ip_addr source; /* family 0: its interface has no known address */
    size_t session;
};

struct aws_chunk {
    struct aws_chunk *next;
    size_t used;
    char bytes[64 << 10];
};

struct aws_documents {
    struct aws_list sessions;   /* struct aws_session */
    struct aws_list interfaces; /* struct aws_interface */
    struct aws_list filters;    /* struct aws_filter */
    struct aws_list addrs;      /* struct aws_addr */
    struct aws_list ways;       /* struct aws_way */
    struct aws_list warnings;   /* const char * */
    struct aws_chunk *chunks;   /* texts */
    bool has_sessions;
};

/* aws_read.c: a new item of zeros at the list's end; NULL: no memory. */
void *aws_list_add(struct aws_list *list);

#endif
