/* SPDX-License-Identifier: MIT */
/*
 * format: values as text, for the screen, the report and the exports.
 *
 * Every function writes a NUL-terminated text into the caller's buffer, never beyond `size`, and
 * returns the length of what stands there; a text that does not fit is cut. Thread-safe. Nothing
 * here depends on the locale.
 */
#ifndef MIRRORTOP_FORMAT_H
#define MIRRORTOP_FORMAT_H

#include "field.h"

#include <stddef.h>

/* Buffers that hold any value whole. */
enum {
    FORMAT_ADDR = 46,
    FORMAT_TIME = 32,
    FORMAT_NUMBER = 24,
    FORMAT_ESCAPE = 17, /* one character, escaped */
    FORMAT_FIELD = 1100,
};

enum format_units { UNITS_BITS, UNITS_BYTES, UNITS_COUNT };

/* Presentation form of an address (RFC 5952 for IPv6); "" for family 0. */
size_t format_addr(char *out, size_t size, const struct ip_addr *addr);

/* RFC 3339, UTC, microseconds (the rest is cut off): 2019-06-27T13:05:11.123456Z. */
size_t format_time(char *out, size_t size, uint64_t ns);

/* Only the clock: 13:05:11, in UTC or local time. */
size_t format_clock(char *out, size_t size, uint64_t ns, bool utc);

/* At most 4 columns, SI prefixes, rounded: 0, 7, 999, 1.2k, 12k, 123k, 1.2M and so on to 18E. */
size_t format_si(char *out, size_t size, uint64_t value);

/* At most 5 columns (below 32 years), rounded: 0us, 999us, 1.2ms, 999ms, 1.2s, 999s, 1.2ks. */
size_t format_microseconds(char *out, size_t size, uint64_t us);

/* Letters FSRPAUEC in this order for the flags set: SYN+ACK is "SA". */
size_t format_tcp_flags(char *out, size_t size, uint64_t flags);

/*
 * Makes text from the network harmless for a terminal and for files: control characters (C0, DEL,
 * C1), the backslash, bytes that are not valid UTF-8, line separators (U+2028, U+2029),
 * bidirectional controls (U+061C, U+200E, U+200F, U+202A-202E, U+2066-2069) and other characters
 * that cannot be seen become \xNN, one for each byte. The result is valid UTF-8 and never ends
 * inside a character or an escape.
 */
size_t format_escape(char *out, size_t size, const char *text);

/* The same for the one character at *text (which must not be the end), which moves behind it. */
size_t format_escape_next(char out[FORMAT_ESCAPE], const char **text);

/* A field as a script wants it: exact number, RFC 3339 time, address, escaped text; "" when
 * unknown. Not yet quoted for CSV or JSON. */
size_t format_field_exact(char *out, size_t size, const struct field *field, const void *record);

/* A field as a person wants it: SI prefixes, rates in the chosen unit ("1.2M" of bit/s or byte/s),
 * clock time (utc or local), "1.2ms", shares as "12.3%", "-" when unknown, "" for an empty text.
 * Text escaped. */
size_t format_field_human(char *out, size_t size, const struct field *field, const void *record,
                          enum format_units units, bool utc);

#endif
