/* SPDX-License-Identifier: MIT */
#include "everything.h"

#include <stdio.h>

#include "payload.h"
#include "talk.h"

/* Many talks are alike, so most fields have ties. */
static void add_talk(struct mirror *mirror, unsigned i)
{
    static const uint8_t data[500];
    uint8_t first[400];
    char client[40], server[40], name[40];
    struct talk talk;
    size_t length;

    snprintf(client, sizeof(client), i % 3 ? "10.0.%u.%u" : "fd00::%u:%u", i % 2 + 1, i % 40 + 1);
    snprintf(server, sizeof(server), i % 3 ? "192.0.2.%u" : "2001:db8:%u::1", i % 200 + 1);
    snprintf(name, sizeof(name), "%s%u.example", i % 5 ? "www.a-long-name-" : "", i % 50);
    talk = talk_make(mirror, EVERYTHING_START + (i % 100) * 30 * TALK_MS, client,
                     (uint16_t)(30000 + i), server, i % 4 ? 443 : 53, i % 2);
    if (i % 4 == 0) {
        length = payload_dns(first, sizeof(first), (uint16_t)i, name, NULL, 0);
        talk_udp(&talk, 0, first, length);
        return;
    }
    talk_open(&talk, i % 7 * TALK_MS, TALK_MS);
    length = payload_client_hello(first, sizeof(first), name, 0);
    talk_tcp(&talk, 0, TALK_ACK | TALK_PSH, first, length);
    for (unsigned n = 0; n < i % 6; n++)
        talk_tcp(&talk, 1, TALK_ACK, data, 100 * (1 + i % 4));
    for (unsigned n = 0; n < i % 11 / 4; n++)
        talk_tcp_at(&talk, 1, talk.next[1] - 50, TALK_ACK, data, 50);
    if (i % 9 == 0)
        talk_close(&talk, 0, TALK_MS);
}

static void add_scan(struct mirror *mirror, unsigned i)
{
    unsigned targets = 30 + i % 3;

    for (unsigned n = 0; n < targets; n++) {
        char source[20], target[20];
        struct talk talk;

        snprintf(source, sizeof(source), "203.0.113.%u", i + 1);
        snprintf(target, sizeof(target), "10.0.9.%u", i % 2 ? 1 : n + 1);
        talk = talk_make(mirror, EVERYTHING_START + (1000 + n * 10 + i) * TALK_MS, source, 6000,
                         target, (uint16_t)(i % 2 ? 1000 + n : 22), 1);
        talk_tcp(&talk, 0, TALK_SYN, NULL, 0);
    }
}

static void add_other_frame(struct mirror *mirror, unsigned i)
{
    struct fb fb;

    fb_init(&fb);
    fb_payload(&fb, NULL, 60);
    fb_eth(&fb, "ff:ff:ff:ff:ff:ff", mirror->mac, (uint16_t)(0x9000 + i));
    mirror_send(mirror, EVERYTHING_START + 500 * TALK_MS, &fb, i, true);
}

void everything_add(struct capture *capture)
{
    struct mirror mirrors[EVERYTHING_SESSIONS] = {
        { .source = "10.0.1.11", .vni = 7 }, /* one of the clients */
        { .source = "10.0.1.10", .vni = 7, .packet_length = 100 },
        { .source = "10.0.2.1", .vni = 9, .gwlbe_id = 0x1234567890abcdef },
        { .source = "10.0.2.2", .vni = 4 },
        { .source = NULL }, /* not wrapped */
    };

    for (size_t i = 0; i < EVERYTHING_SESSIONS; i++) {
        mirrors[i].capture = capture;
        mirrors[i].mac = "02:00:00:00:00:0a";
        mirrors[i].router_mac = "02:00:00:00:00:ff";
    }
    for (unsigned i = 0; i < EVERYTHING_TALKS; i++)
        add_talk(&mirrors[i % EVERYTHING_SESSIONS], i);
    for (unsigned i = 0; i < EVERYTHING_SCANS; i++)
        add_scan(&mirrors[0], i);
    for (unsigned i = 0; i < 8; i++)
        add_other_frame(&mirrors[i % 4], i % 5);
    capture_sort(capture);
}
