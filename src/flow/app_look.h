/* SPDX-License-Identifier: MIT */
/*
 * app_look: what the recognisers of applications share (app.c and the app_*.c beside it).
 *
 * A recogniser looks at one payload and says NOTHING, FOUND or MORE. Whoever says MORE need not
 * care whether there can be more: app_identify() turns it into a final answer where there cannot.
 * A new application is one function, its prototype here, and one line in the table of app.c.
 */
#ifndef MIRRORTOP_FLOW_APP_LOOK_H
#define MIRRORTOP_FLOW_APP_LOOK_H

#include "../../decode/cursor.h"
#include "app.h"

struct app_look {
    struct cursor payload; /* what was captured, at least one byte */
    size_t bytes;          /* its length on the wire */
    uint16_t src_port, dst_port;
};

/* How bytes compare with something expected: MATCH_PART when they fit but end too early. */
enum app_match { MATCH_NO, MATCH_PART, MATCH_YES };

typedef enum app_verdict app_recogniser(const struct app_look *look, struct app_result *result);

app_recogniser app_look_tls;    /* TCP */
app_recogniser app_look_http;   /* TCP */
app_recogniser app_look_banner; /* TCP: SSH, SMTP, FTP */
app_recogniser app_look_dns_tcp;
app_recogniser app_look_dns; /* UDP: DNS, mDNS, LLMNR */
app_recogniser app_look_dtls;
app_recogniser app_look_quic;
app_recogniser app_look_dhcp;
app_recogniser app_look_ntp;
app_recogniser app_look_stun; /* both */

/* Whether the bytes begin with `text`; MATCH_YES moves the cursor behind it. */
enum app_match app_match_text(struct cursor *c, const char *text);

/* Whether one of the two ports is `port`. */
bool app_has_port(const struct app_look *look, uint16_t port);

/* Sets result->server_name. A name that is too long, or holds a NUL, is no name. */
void app_set_name(struct app_result *result, const uint8_t *name, size_t length);

#endif
