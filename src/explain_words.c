/* SPDX-License-Identifier: MIT */
/* What an event says: a verdict, and a sentence made of its reasons. */
#include "explain.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

/* A text that grows; what does not fit is cut. */
struct words {
    char *out;
    size_t size, used;
};

static void say(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct words *words, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(words->out + words->used, words->size - words->used, format, arguments);
    va_end(arguments);
    if (length > 0)
        words->used += (size_t)length;
    if (words->used >= words->size)
        words->used = words->size - 1;
}

/* The same behind what was said before. */
#define SAY_MORE(words, separator, ...)                                                            \
    (say(words, "%s", (words)->used > 0 ? (separator) : ""), say(words, __VA_ARGS__))

static bool counts(const struct tcp_event *event, enum tcp_count what)
{
    return event->added >> what & 1;
}

/* ---- the verdict ----------------------------------------------------------------------------- */

static const struct {
    enum tcp_count what;
    const char *name;
} kinds[] = {
    { TCP_COUNT_FAST, "fast" },           { TCP_COUNT_TIMEOUT, "timeout" },
    { TCP_COUNT_TAIL_PROBES, "probe" },   { TCP_COUNT_SPURIOUS, "spurious" },
    { TCP_COUNT_SYN_AGAIN, "SYN again" }, { TCP_COUNT_FIN_AGAIN, "FIN again" },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static const struct {
    enum tcp_count what;
    const char *name;
} others[] = {
    { TCP_COUNT_ZERO_WINDOWS, "zero window" },
    { TCP_COUNT_WINDOW_FULL, "window full" },
    { TCP_COUNT_DUPLICATE_ACKS, "duplicate ACK" },
    { TCP_COUNT_KEEP_ALIVES, "keep-alive" },
    { TCP_COUNT_ZERO_WINDOW_PROBES, "zero-window probe" },
    { TCP_COUNT_WINDOW_PROBES, "window probe" },
    { TCP_COUNT_RESETS_AFTER_DATA, "reset after data" },
    { TCP_COUNT_SYN_UNANSWERED, "SYN without answer" },
};

enum { OTHERS = sizeof(others) / sizeof(others[0]) };

static void say_retransmit(struct words *words, const struct tcp_event *event)
{
    const char *kind = NULL;

    for (size_t i = 0; i < KINDS; i++) {
        if (counts(event, kinds[i].what))
            kind = kinds[i].name;
    }
    say(words, "retransmit%s%s%s", kind ? " (" : "", kind ? kind : "", kind ? ")" : "");
    if (counts(event, TCP_COUNT_RETRANSMIT_RUNS))
        say(words, ", a new run");
    if (counts(event, TCP_COUNT_LOST_BEFORE_MIRROR))
        say(words, ", lost before the mirror");
    if (counts(event, TCP_COUNT_SEEN_TWICE))
        say(words, ", the same packet seen twice");
}

/* A retransmit of before is of another kind after all. */
static void say_changed(struct words *words, const struct tcp_event *event)
{
    const char *before = NULL;

    for (size_t i = 0; i < KINDS; i++) {
        if (event->taken >> kinds[i].what & 1)
            before = kinds[i].name;
    }
    say(words, "an earlier retransmit was spurious%s%s", before ? ", not " : "",
        before ? before : "");
}

size_t explain_verdict(char *out, size_t size, const struct tcp_event *event)
{
    struct words words = { .out = out, .size = size };

    out[0] = '\0';
    if (event->why == TCP_WHY_CUT)
        say(&words, "taken back");
    else if (counts(event, TCP_COUNT_RETRANSMITS))
        say_retransmit(&words, event);
    else if (counts(event, TCP_COUNT_SPURIOUS))
        say_changed(&words, event);
    else if (counts(event, TCP_COUNT_LATE))
        say(&words, "late copy");
    else if (counts(event, TCP_COUNT_UNCERTAIN))
        say(&words, "uncertain%s", counts(event, TCP_COUNT_OUT_OF_ORDER) ? ", out of order" : "");
    else if (counts(event, TCP_COUNT_OUT_OF_ORDER))
        say(&words, "out of order in the network");
    for (size_t i = 0; i < OTHERS; i++) {
        if (counts(event, others[i].what))
            SAY_MORE(&words, ", ", "%s", others[i].name);
    }
    if (event->inferred > 0)
        SAY_MORE(&words, ", ", "%" PRId32 " inferred retransmit%s", event->inferred,
                 event->inferred > 1 ? "s" : "");
    else if (event->inferred < 0)
        SAY_MORE(&words, ", ", "%" PRIu32 " less inferred", 0 - (uint32_t)event->inferred);
    if (event->lost_bytes > 0)
        SAY_MORE(&words, ", ", "mirror loss of %" PRId32 " bytes", event->lost_bytes);
    else if (event->lost_bytes < 0)
        SAY_MORE(&words, ", ", "%" PRIu32 " bytes less of mirror loss",
                 0 - (uint32_t)event->lost_bytes);
    else if (event->lost_segments != 0)
        SAY_MORE(&words, ", ", "mirror loss: %+" PRId32 " segments", event->lost_segments);
    if (words.used == 0)
        say(&words, "counts brought together");
    return words.used;
}

/* ---- why ------------------------------------------------------------------------------------- */

size_t explain_time(char *out, size_t size, uint64_t ts_ns, uint64_t first_ns)
{
    bool before = ts_ns < first_ns;
    uint64_t ns = before ? first_ns - ts_ns : ts_ns - first_ns;

    return (size_t)snprintf(out, size, "%s%" PRIu64 ".%06" PRIu64, before ? "-" : "",
                            ns / 1000000000u, ns % 1000000000u / 1000);
}

/* "at 12.345678 s", so many microseconds before the event. */
static void say_at(struct words *words, const struct tcp_event *event, uint64_t first_ns,
                   uint32_t us_before)
{
    char text[FORMAT_NUMBER + 8];

    explain_time(text, sizeof(text), event->ts_ns - us_before * UINT64_C(1000), first_ns);
    say(words, "at %s s", text);
}

static void say_duration(struct words *words, uint32_t us)
{
    if (us < 10000)
        say(words, "%" PRIu32 " us", us);
    else
        say(words, "%" PRIu32 ".%" PRIu32 " ms", us / 1000, us % 1000 / 100);
}

static void say_hole(struct words *words, const struct tcp_event *event, uint64_t first_ns)
{
    say(words, "it fills a hole that was opened ");
    say_at(words, event, first_ns, event->number[0]);
    if (event->number[1] != TCP_NEVER) {
        say(words, " and shown by the receiver ");
        say_at(words, event, first_ns, event->number[1]);
    }
}

static void say_why_again(struct words *words, const struct tcp_event *event, uint64_t first_ns)
{
    const uint32_t *n = event->number;

    switch (event->why) {
    case TCP_WHY_TIME_NEWER:
        say(words,
            "it fills a hole, and its timestamp %" PRIu32 " is newer than %" PRIu32
            " of what lies behind the hole",
            n[0], n[1]);
        break;
    case TCP_WHY_ID_NEWER:
        say(words,
            "it fills a hole, and its IP ID %" PRIu32 " is newer than %" PRIu32
            " of what lies behind the hole",
            n[0], n[1]);
        break;
    case TCP_WHY_NO_SIGN:
        say_hole(words, event, first_ns);
        say(words, ", too long ago for a copy that was overtaken");
        break;
    default:
        if (event->resent_bytes < event->length)
            say(words, "%" PRIu32 " of its ", event->resent_bytes);
        say(words, "bytes %" PRIu32 "-%" PRIu32 " had been carried ", event->seq,
            event->seq + event->length);
        if (event->why != TCP_WHY_CARRIED) {
            say(words, "before");
        } else {
            say_at(words, event, first_ns, n[0]);
            say(words, ", frame %" PRIu32, n[1]);
        }
        break;
    }
}

static void say_why_kind(struct words *words, const struct tcp_event *event, uint64_t first_ns)
{
    uint32_t n = event->kind_number;

    switch (event->kind_why) {
    case TCP_KIND_DUPLICATE_ACKS:
        say(words, "; %" PRIu32 " duplicate ACK%s asked for it", n, n == 1 ? "" : "s");
        break;
    case TCP_KIND_SACK:
        say(words, "; the receiver had acknowledged later bytes, up to %" PRIu32 ", selectively",
            n);
        break;
    case TCP_KIND_LACKS:
        say(words,
            "; the receiver had acknowledged bytes up to %" PRIu32
            " selectively, and lacked earlier ones",
            n);
        break;
    case TCP_KIND_SHOWN:
        say(words, "; the receiver showed ");
        say_at(words, event, first_ns, n);
        say(words, " that it lacks it");
        break;
    case TCP_KIND_SILENCE:
        say(words, "; the receiver had been silent for ");
        say_duration(words, n);
        break;
    case TCP_KIND_RUN:
        say(words, "; it goes on with a run of this kind");
        break;
    case TCP_KIND_ACKED:
        say(words, "; the receiver had acknowledged all up to %" PRIu32, n);
        break;
    case TCP_KIND_NEWEST:
        say(words,
            "; it is the newest segment, and a timeout would begin with the oldest, at %" PRIu32,
            n);
        break;
    case TCP_KIND_TAIL:
        say(words, "; it is the newest segment, nothing shows it lost, and its sender had waited "
                   "for only ");
        say_duration(words, n);
        break;
    default:
        break;
    }
}

static void say_why_odd(struct words *words, const struct tcp_event *event, uint64_t first_ns)
{
    const uint32_t *n = event->number;

    switch (event->why) {
    case TCP_WHY_TIME_OLDER:
        say(words, "its timestamp %" PRIu32 " is older than %" PRIu32 " of what overtook it", n[0],
            n[1]);
        break;
    case TCP_WHY_ID_OLDER:
        say(words, "its IP ID %" PRIu32 " is older than %" PRIu32 " of what overtook it", n[0],
            n[1]);
        break;
    case TCP_WHY_SAME_TICK:
        say(words, "its timestamp %" PRIu32 " is that of what overtook it ", n[0]);
        say_at(words, event, first_ns, n[1]);
        break;
    case TCP_WHY_NO_SIGN:
        say_hole(words, event, first_ns);
        say(words, ", and neither timestamps nor IP IDs tell when it was sent");
        break;
    case TCP_WHY_RETURNED:
        say(words,
            "segments that had come far ahead are none of this connection: it goes on here, where "
            "the receiver has acknowledged all up to %" PRIu32,
            n[0]);
        break;
    default:
        if (counts(event, TCP_COUNT_OUT_OF_ORDER))
            say(words, "it lies left of the first byte seen in this direction");
        else
            say(words, "it lies further ahead than the receiver's window allows, or further "
                       "behind than anybody remembers");
        break;
    }
    if (counts(event, TCP_COUNT_OUT_OF_ORDER) && !counts(event, TCP_COUNT_LATE) &&
        !counts(event, TCP_COUNT_UNCERTAIN))
        say(words, "; the receiver had missed it, too");
}

static void say_why_other(struct words *words, const struct tcp_event *event)
{
    uint32_t end = event->seq + event->length;

    if (counts(event, TCP_COUNT_ZERO_WINDOWS))
        SAY_MORE(words, "; ", "it advertises a window of 0");
    if (counts(event, TCP_COUNT_WINDOW_FULL))
        SAY_MORE(words, "; ", "it ends at %" PRIu32 ", where the receiver's window does", end);
    if (counts(event, TCP_COUNT_DUPLICATE_ACKS))
        SAY_MORE(words, "; ", "it acknowledges %" PRIu32 " once more, duplicate number %" PRIu32,
                 event->number[1], event->number[0]);
    if (counts(event, TCP_COUNT_KEEP_ALIVES))
        SAY_MORE(words, "; ", "it lies just left of what is to be sent next%s",
                 event->has_ack ? ", and all of that is acknowledged" : "");
    if (counts(event, TCP_COUNT_ZERO_WINDOW_PROBES))
        SAY_MORE(words, "; ", "one byte behind all that is acknowledged, against a window of 0");
    if (counts(event, TCP_COUNT_WINDOW_PROBES))
        SAY_MORE(words, "; ",
                 "no data, just left of what is to be sent next, against a window of 0");
    if (event->inferred > 0)
        SAY_MORE(words, "; ",
                 "so many IP identifications are missing before its own, and no bytes with them");
    else if (event->inferred < 0)
        SAY_MORE(words, "; ",
                 "what was missing has come, was lost by the mirror, or was of another connection");
    if (counts(event, TCP_COUNT_RESETS_AFTER_DATA))
        SAY_MORE(words, "; ", "the first reset of a connection that had carried data");
}

static void say_why_lost(struct words *words, const struct tcp_event *event)
{
    if (event->lost_bytes > 0)
        SAY_MORE(words, "; ",
                 "the receiver has acknowledged all up to %" PRIu32 ", and of that %" PRId32
                 " bytes, about %" PRId32 " segment%s, never came from the mirror",
                 event->acked, event->lost_bytes, event->lost_segments,
                 event->lost_segments == 1 ? "" : "s");
    else if (event->lost_bytes < 0)
        SAY_MORE(words, "; ", "bytes that were counted as lost have come after all");
}

size_t explain_why(char *out, size_t size, const struct tcp_event *event, uint64_t first_ns)
{
    struct words words = { .out = out, .size = size };

    out[0] = '\0';
    if (event->why == TCP_WHY_JOINED) {
        say(&words, "the flow is seen in two sessions: its counts of both were brought together");
        return words.used;
    }
    if (event->why == TCP_WHY_CUT) {
        say(&words, "options of TCP are cut off here, so the kinds of retransmits, full windows "
                    "and duplicate ACKs that are listed before this count no more");
        return words.used;
    }
    if (counts(event, TCP_COUNT_RETRANSMITS)) {
        say_why_again(&words, event, first_ns);
        say_why_kind(&words, event, first_ns);
        if (counts(event, TCP_COUNT_SEEN_TWICE))
            say(&words,
                "; it has the IP ID of the packet just before, within a millisecond: it was "
                "captured twice on its way");
    } else if (event->why == TCP_WHY_HAD_BEFORE) {
        say(&words, "a duplicate SACK says that bytes %" PRIu32 "-%" PRIu32 " had arrived before",
            event->number[0], event->number[1]);
    } else if (event->why == TCP_WHY_NO_ANSWER) {
        say(&words, "nothing came back since the last SYN ");
        say_at(&words, event, first_ns, event->number[0]);
    } else if (counts(event, TCP_COUNT_OUT_OF_ORDER) || counts(event, TCP_COUNT_UNCERTAIN)) {
        say_why_odd(&words, event, first_ns);
    }
    say_why_other(&words, event);
    say_why_lost(&words, event);
    return words.used;
}
