/* SPDX-License-Identifier: MIT */
/*
 * app: what the first payload of a flow direction says about the application.
 *
 * Pure look at bytes: TLS ClientHello with SNI (RFC 8446 section 4.1.2, RFC 6066 section 3), HTTP/1
 * request with Host (RFC 9112), DNS question (RFC 1035 section 4.1), SSH banner (RFC 4253
 * section 4.2), QUIC long header by shape (RFC 9000 section 17.2) and the like; the whole list is
 * the table in app.c. Called a few times a flow, not once a packet.
 */
#ifndef MIRRORTOP_FLOW_APP_H
#define MIRRORTOP_FLOW_APP_H

#include "../names.h"

#include <stddef.h>

enum { APP_NAME_MAX = 255, APP_BUFFER = 4096 };

enum app_verdict {
    APP_NOTHING, /* not recognised by this payload; the other direction's may still say */
    APP_FOUND,   /* result is final */
    APP_MORE,    /* the following bytes of the stream are needed for the name, or (app is then
                    APP_UNKNOWN) even for the application: hand in the joined bytes again, at most
                    APP_BUFFER. The answer to those may be APP_NOTHING after all. */
};

struct app_result {
    uint16_t app;                       /* enum app_id */
    char server_name[APP_NAME_MAX + 1]; /* as sent, but A-Z in lower case; no NUL; "" unknown */
};

/* `payload` holds `captured` of the `bytes` first payload bytes that one side of a TCP or UDP
 * flow sent. *result is always set. APP_MORE is answered only for TCP, and never when the payload
 * was cut (captured < bytes) or fills APP_BUFFER. */
enum app_verdict app_identify(uint8_t protocol, uint16_t src_port, uint16_t dst_port,
                              const uint8_t *payload, size_t captured, size_t bytes,
                              struct app_result *result);

#endif
