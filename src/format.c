/* SPDX-License-Identifier: MIT */
#include "format.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "utf8.h"

static const uint64_t second_ns = 1000000000u;

static size_t put(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* snprintf() that answers how much there is, not how much there would be. */
static size_t put(char *out, size_t size, const char *format, ...)
{
    va_list arguments;
    int length;

    if (size == 0)
        return 0;
    va_start(arguments, format);
    length = vsnprintf(out, size, format, arguments);
    va_end(arguments);
    if (length < 0) {
        out[0] = '\0';
        return 0;
    }
    return (size_t)length < size ? (size_t)length : size - 1;
}

static size_t put_bytes(char *out, size_t size, const char *text, size_t length)
{
    if (size == 0)
        return 0;
    length = length < size ? length : size - 1;
    memcpy(out, text, length);
    out[length] = '\0';
    return length;
}

/* By hand: an export writes some twenty numbers a flow. */
static size_t put_number(char *out, size_t size, uint64_t value)
{
    char digits[FORMAT_NUMBER];
    size_t first = sizeof(digits);

    do {
        digits[--first] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return put_bytes(out, size, digits + first, sizeof(digits) - first);
}

size_t format_addr(char *out, size_t size, const struct ip_addr *addr)
{
    char text[FORMAT_ADDR] = "";

    if (addr->family == 4 || addr->family == 6)
        inet_ntop(addr->family == 4 ? AF_INET : AF_INET6, addr->bytes, text, sizeof(text));
    return put_bytes(out, size, text, strlen(text));
}

size_t format_time(char *out, size_t size, uint64_t ns)
{
    time_t seconds = (time_t)(ns / second_ns); /* at most in the year 2554 */
    struct tm tm = { 0 };

    gmtime_r(&seconds, &tm);
    return put(out, size, "%04d-%02d-%02dT%02d:%02d:%02d.%06uZ", tm.tm_year + 1900, tm.tm_mon + 1,
               tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (unsigned)(ns % second_ns / 1000));
}

size_t format_clock(char *out, size_t size, uint64_t ns, bool utc)
{
    time_t seconds = (time_t)(ns / second_ns);
    struct tm tm = { 0 };

    if (utc)
        gmtime_r(&seconds, &tm);
    else
        localtime_r(&seconds, &tm);
    return put(out, size, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* Rounds to the nearest; cannot overflow. */
static uint64_t divide(uint64_t value, uint64_t by)
{
    return value / by + (value % by >= by - by / 2);
}

size_t format_si(char *out, size_t size, uint64_t value)
{
    static const char prefixes[] = "kMGTPE";
    uint64_t unit = 1000, tenths;
    size_t i = 0;

    if (value < 1000)
        return put_number(out, size, value);
    /* what would be rounded to 1000 of one prefix is 1.0 of the next */
    while (divide(value, unit) >= 1000) {
        unit *= 1000;
        i++;
    }
    tenths = divide(value, unit / 10);
    if (tenths < 100)
        return put(out, size, "%" PRIu64 ".%" PRIu64 "%c", tenths / 10, tenths % 10, prefixes[i]);
    return put(out, size, "%" PRIu64 "%c", divide(value, unit), prefixes[i]);
}

size_t format_tcp_flags(char *out, size_t size, uint64_t flags)
{
    static const char letters[] = "FSRPAUEC"; /* from the lowest bit to the highest */
    char text[sizeof(letters)];
    size_t length = 0;

    for (size_t i = 0; i + 1 < sizeof(letters); i++) {
        if (flags & 1u << i)
            text[length++] = letters[i];
    }
    return put_bytes(out, size, text, length);
}

size_t format_escape_next(char out[FORMAT_ESCAPE], const char **text)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *bytes = (const unsigned char *)*text;
    uint32_t character;
    size_t length = utf8_read(*text, UTF8_MAX, &character), used = 0;

    /* a backslash begins an escape */
    if (length > 0 && character != '\\' && !utf8_is_unseen(character)) {
        memcpy(out, bytes, length);
        out[length] = '\0';
        *text += length;
        return length;
    }
    length = length ? length : 1;
    for (size_t i = 0; i < length; i++) {
        out[used++] = '\\';
        out[used++] = 'x';
        out[used++] = digits[bytes[i] >> 4];
        out[used++] = digits[bytes[i] & 15];
    }
    out[used] = '\0';
    *text += length;
    return used;
}

size_t format_escape(char *out, size_t size, const char *text)
{
    char next[FORMAT_ESCAPE];
    size_t used = 0;

    if (size == 0)
        return 0;
    while (*text) {
        size_t length = format_escape_next(next, &text);

        if (used + length >= size)
            break; /* whole characters only */
        memcpy(out + used, next, length);
        used += length;
    }
    out[used] = '\0';
    return used;
}

size_t format_field_exact(char *out, size_t size, const struct field *field, const void *record)
{
    if (field_is_unknown(field, record))
        return put_bytes(out, size, "", 0);
    switch (field->type) {
    case FIELD_ADDR:
        return format_addr(out, size, field_addr(field, record));
    case FIELD_TEXT:
        return format_escape(out, size, field_text(field, record));
    case FIELD_TIME:
        return format_time(out, size, field_number(field, record));
    case FIELD_TCP_FLAGS:
        return format_tcp_flags(out, size, field_number(field, record));
    default:
        return put_number(out, size, field_number(field, record));
    }
}

size_t format_microseconds(char *out, size_t size, uint64_t us)
{
    char text[FORMAT_NUMBER];
    size_t last;

    if (us < 1000)
        return put(out, size, "%" PRIu64 "us", us);
    last = format_si(text, sizeof(text), us) - 1;
    if (text[last] == 'k' || text[last] == 'M') {
        const char *unit = text[last] == 'k' ? "ms" : "s";

        text[last] = '\0';
        return put(out, size, "%s%s", text, unit);
    }
    format_si(text, sizeof(text), divide(us, 1000000));
    return put(out, size, "%ss", text);
}

size_t format_field_human(char *out, size_t size, const struct field *field, const void *record,
                          enum format_units units, bool utc)
{
    uint64_t value;

    if (field->type == FIELD_TEXT)
        return format_escape(out, size, field_text(field, record));
    if (field_is_unknown(field, record))
        return put(out, size, "-");
    if (field->type == FIELD_ADDR)
        return format_addr(out, size, field_addr(field, record));
    value = field_number(field, record);
    switch (field->type) {
    case FIELD_COUNT:
    case FIELD_BYTES:
    case FIELD_PACKET_RATE:
        return format_si(out, size, value);
    case FIELD_BIT_RATE:
        return format_si(out, size, units == UNITS_BYTES ? value / 8 : value);
    case FIELD_TIME:
        return format_clock(out, size, value, utc);
    case FIELD_MICROSECONDS:
        return format_microseconds(out, size, value);
    case FIELD_SHARE:
        return put(out, size, "%" PRIu64 ".%" PRIu64 "%%", value / 10, value % 10);
    default:
        return format_field_exact(out, size, field, record);
    }
}
