/* SPDX-License-Identifier: MIT */
/*
 * decodecheck: what must hold of every decoded packet, for unit tests and the fuzzer.
 *
 * Functions that look for a flaw answer NULL, or a text that says what is wrong; it is valid
 * until the next call.
 */
#ifndef MIRRORTOP_TESTS_SUPPORT_DECODECHECK_H
#define MIRRORTOP_TESTS_SUPPORT_DECODECHECK_H

#include "../../decode/decode.h"
#include "framebuild.h"

/* Is `addr` the address that `text` says? "" is none. */
bool addr_is(const struct ip_addr *addr, const char *text);

/* Decodes the frame in place, whole, as Ethernet with the usual ports. */
void decode_fb(struct fb *fb, struct packet *packet);

/* Do the fields of a packet, decoded from `captured` bytes at `data`, fit each other? */
const char *packet_flaw(const struct packet *packet, const uint8_t *data, size_t captured);

/*
 * Decodes every shorter length of a good frame from memory of exactly that size. `needed`: bytes
 * that its headers promise; the rest is padding.
 *  - cut by the capture (wire length kept): truncated, or ok when only padding is missing;
 *  - really that short: not ok, or ok when only padding is missing.
 */
const char *cuts_flaw(struct fb *fb, enum link_type link, size_t needed);

#endif
