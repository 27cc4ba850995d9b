/* SPDX-License-Identifier: MIT */
#include "format.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

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

/* Bytes of the UTF-8 character that begins with `first`; 0: none does. */
static size_t utf8_length(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first < 0xc0 || first >= 0xf8)
        return 0;
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Bytes of the UTF-8 character at `text` (RFC 3629), and the character; 0: it is none. */
static size_t utf8_read(const unsigned char *text, uint32_t *character)
{
    static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t length = utf8_length(text[0]);

    *character = text[0];
    if (length <= 1)
        return length;
    *character &= 0x7fu >> length;
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80) /* also the end of the text */
            return 0;
        *character = *character << 6 | (text[i] & 0x3fu);
    }
    if (*character < smallest[length] || *character > 0x10ffff ||
        (*character >= 0xd800 && *character <= 0xdfff))
        return 0;
    return length;
}

/* Characters that act instead of being seen, and the backslash, which begins an escape. */
static bool is_harmful(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        { 0x00, 0x1f },       /* C0 */
        { '\\', '\\' },       /* begins an escape */
        { 0x7f, 0x9f },       /* DEL, C1 */
        { 0x061c, 0x061c },   /* direction mark */
        { 0x200b, 0x200f },   /* nothing to see; direction marks */
        { 0x2028, 0x202e },   /* line separators; embeddings and overrides of direction */
        { 0x2060, 0x206f },   /* invisible operators; isolates; deprecated controls */
        { 0xfeff, 0xfeff },   /* byte order mark */
        { 0xfff9, 0xfffb },   /* interlinear annotation */
        { 0xe0000, 0xe007f }, /* tags */
    };

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]) && c >= ranges[i].first; i++) {
        if (c <= ranges[i].last)
            return true;
    }
    return false;
}

size_t format_escape_next(char out[FORMAT_ESCAPE], const char **text)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *bytes = (const unsigned char *)*text;
    uint32_t character;
    size_t length = utf8_read(bytes, &character), used = 0;

    if (length > 0 && !is_harmful(character)) {
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
