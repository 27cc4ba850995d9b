/* SPDX-License-Identifier: MIT */
#include "health.h"

#include <string.h>

/* A line without its end, which is CR LF or only LF (RFC 9112 section 2.2). */
struct line {
    const char *text;
    size_t size;
};

/* Takes a line off `*bytes`; false: its end has not come yet. */
static bool next_line(const char **bytes, size_t *size, struct line *line)
{
    const char *end = memchr(*bytes, '\n', *size);

    if (!end)
        return false;
    line->text = *bytes;
    line->size = (size_t)(end - *bytes);
    *size -= line->size + 1;
    *bytes = end + 1;
    if (line->size > 0 && line->text[line->size - 1] == '\r')
        line->size--;
    return true;
}

/* RFC 9110 section 5.6.2: what a method and a field's name consist of. */
static size_t token_size(const char *text, size_t size)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    size_t n = 0;

    while (n < size &&
           ((text[n] >= '0' && text[n] <= '9') || (text[n] >= 'A' && text[n] <= 'Z') ||
            (text[n] >= 'a' && text[n] <= 'z') || (text[n] != '\0' && strchr(others, text[n]))))
        n++;
    return n;
}

/* No control character but the tab. */
static bool is_text(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (((unsigned char)text[i] < ' ' && text[i] != '\t') || text[i] == 0x7f)
            return false;
    }
    return true;
}

/* "METHOD target HTTP/1.x" */
static enum health_verdict judge_first_line(const struct line *line)
{
    static const char version[] = " HTTP/1.";
    const size_t tail = sizeof(version) - 1 + 1;
    size_t method = token_size(line->text, line->size);
    size_t target;

    if (method == 0 || line->size < method + 1 + 1 + tail || line->text[method] != ' ')
        return HEALTH_BAD;
    if (memcmp(line->text + line->size - tail, version, tail - 1) != 0 ||
        line->text[line->size - 1] < '0' || line->text[line->size - 1] > '9')
        return HEALTH_BAD;
    target = line->size - tail - (method + 1);
    if (memchr(line->text + method + 1, ' ', target) || !is_text(line->text + method + 1, target))
        return HEALTH_BAD;
    if (method == 3 && memcmp(line->text, "GET", 3) == 0)
        return HEALTH_GET;
    if (method == 4 && memcmp(line->text, "HEAD", 4) == 0)
        return HEALTH_HEAD;
    return HEALTH_METHOD;
}

static bool is_field(const struct line *line)
{
    size_t name = token_size(line->text, line->size);

    return name > 0 && name < line->size && line->text[name] == ':' &&
           is_text(line->text + name, line->size - name);
}

enum health_verdict health_judge(const char *bytes, size_t size)
{
    /* What is not whole by now never will be. */
    const enum health_verdict unfinished = size < HEALTH_REQUEST ? HEALTH_MORE : HEALTH_BAD;
    enum health_verdict verdict;
    struct line line;

    if (size > HEALTH_REQUEST)
        size = HEALTH_REQUEST;
    if (!next_line(&bytes, &size, &line)) {
        /* What cannot become a method is not waited for: the hello of TLS, for example. */
        size_t method = token_size(bytes, size);

        if (method < size && (method == 0 || bytes[method] != ' '))
            return HEALTH_BAD;
        return unfinished;
    }
    verdict = judge_first_line(&line);
    if (verdict == HEALTH_BAD)
        return HEALTH_BAD;
    while (next_line(&bytes, &size, &line)) {
        if (line.size == 0)
            return verdict;
        if (!is_field(&line))
            return HEALTH_BAD;
    }
    return unfinished;
}
