/* SPDX-License-Identifier: MIT */
/*
 * app_http: HTTP/1 requests with their Host, and responses (RFC 9112 sections 2 to 5); the preface
 * of HTTP/2 without TLS (RFC 9113 section 3.4).
 */
#include "app_look.h"

#include <string.h>
#include <strings.h>

/* RFC 9110 section 9.3, RFC 5789, RFC 4918 section 9, RFC 3253, RFC 5323. */
static const char *const methods[] = {
    "GET ",     "POST ",  "HEAD ",   "PUT ",      "DELETE ",    "OPTIONS ",
    "CONNECT ", "PATCH ", "TRACE ",  "PROPFIND ", "MKCOL ",     "COPY ",
    "MOVE ",    "LOCK ",  "UNLOCK ", "REPORT ",   "PROPPATCH ", "SEARCH ",
};

/* Whole first words that need no further look: a response, and the preface of HTTP/2. */
static const char *const others[] = { "HTTP/1.", "PRI * HTTP/2.0\r\n" };

/* The best match of any of `texts`; the cursor is behind the one that matches wholly. */
static enum app_match match_any(struct cursor *c, const char *const *texts, size_t count)
{
    enum app_match best = MATCH_NO;

    for (size_t i = 0; i < count && best != MATCH_YES; i++) {
        enum app_match match = app_match_text(c, texts[i]);

        if (match != MATCH_NO)
            best = match;
    }
    return best;
}

/* The next line without its end, when the end is there. */
static bool take_line(struct cursor *c, struct cursor *line)
{
    const uint8_t *feed = memchr(c->p, '\n', cur_left(c));

    if (!feed)
        return false;
    *line = cur_sub(c, (size_t)(feed - c->p));
    cur_skip(c, cur_left(line) + 1);
    if (cur_left(line) > 0 && line->end[-1] == '\r')
        line->end--;
    return true;
}

/* "target HTTP/1.1", which neither SIP nor RTSP requests with the same methods end in. */
static bool is_request_line(struct cursor line)
{
    static const char version[] = " HTTP/1.";
    size_t tail = sizeof(version) - 1 + 1; /* and one digit */

    if (cur_left(&line) <= tail)
        return false;
    cur_skip(&line, cur_left(&line) - tail);
    return memcmp(line.p, version, tail - 1) == 0;
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

/* host[:port]; the colons of an IPv6 address in brackets are not taken for that of the port. */
static void set_host(struct cursor value, struct app_result *result)
{
    size_t length, digits = 0;

    while (cur_left(&value) > 0 && is_blank(*value.p))
        value.p++;
    while (cur_left(&value) > 0 && is_blank(value.end[-1]))
        value.end--;
    length = cur_left(&value);
    while (digits < length && value.p[length - 1 - digits] >= '0' &&
           value.p[length - 1 - digits] <= '9')
        digits++;
    if (digits < length && value.p[length - 1 - digits] == ':') {
        size_t host = length - 1 - digits;

        if (host > 0 && (value.p[host - 1] == ']' || !memchr(value.p, ':', host)))
            length = host;
    }
    app_set_name(result, value.p, length);
}

/* The header lines of a request, RFC 9112 section 3.2. */
static enum app_verdict look_for_host(struct cursor c, struct app_result *result)
{
    static const char name[] = "host:";
    struct cursor line;

    while (take_line(&c, &line)) {
        if (cur_left(&line) == 0)
            return APP_FOUND;
        if (cur_has(&line, sizeof(name) - 1) &&
            strncasecmp((const char *)line.p, name, sizeof(name) - 1) == 0) {
            cur_skip(&line, sizeof(name) - 1);
            set_host(line, result);
            return APP_FOUND;
        }
    }
    return APP_MORE;
}

enum app_verdict app_look_http(const struct app_look *look, struct app_result *result)
{
    struct cursor c = look->payload, line;
    enum app_match match = match_any(&c, others, sizeof(others) / sizeof(others[0]));

    if (match == MATCH_YES) {
        result->app = APP_HTTP;
        return APP_FOUND;
    }
    if (match == MATCH_NO)
        match = match_any(&c, methods, sizeof(methods) / sizeof(methods[0]));
    if (match != MATCH_YES)
        return match == MATCH_PART ? APP_MORE : APP_NOTHING;
    if (!take_line(&c, &line)) {
        /* A long target, perhaps cut; SIP's and RTSP's begin with their scheme. */
        if (cur_left(&c) > 0 && *c.p == '/')
            result->app = APP_HTTP;
        return APP_MORE;
    }
    if (!is_request_line(line))
        return APP_NOTHING;
    result->app = APP_HTTP;
    return look_for_host(c, result);
}
