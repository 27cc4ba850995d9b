/* SPDX-License-Identifier: MIT */
/*
 * payload: what applications say first, for generators of test captures.
 *
 * Every function writes into `out` of `size` bytes and returns the length; too little room aborts.
 */
#ifndef MIRRORTOP_TESTS_SUPPORT_PAYLOAD_H
#define MIRRORTOP_TESTS_SUPPORT_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>

/* A TLS record with a ClientHello (RFC 8446 section 4.1.2) that names `name` (RFC 6066 section 3),
 * padded (RFC 7685) to at least `least` bytes with the name behind the padding. */
size_t payload_client_hello(uint8_t *out, size_t size, const char *name, size_t least);

/* A TLS record of the given type and length with nothing meaningful in it. */
size_t payload_tls_record(uint8_t *out, size_t size, uint8_t type, size_t length);

/* A DNS question (RFC 1035 section 4.1) of type A or AAAA for `name`. `answer` not NULL: the reply
 * with that address. `rcode` other than 0: an error reply. */
size_t payload_dns(uint8_t *out, size_t size, uint16_t id, const char *name, const char *answer,
                   uint8_t rcode);

/* A QUIC version 1 Initial (RFC 9000 section 17.2.2) of `length` bytes, its payload opaque. */
size_t payload_quic_initial(uint8_t *out, size_t size, size_t length, uint8_t connection);

/* An NTP version 4 packet (RFC 5905 section 7.3) of the mode: 3 client, 4 server. */
size_t payload_ntp(uint8_t *out, size_t size, uint8_t mode);

#endif
