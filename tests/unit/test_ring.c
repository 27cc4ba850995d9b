/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "../../src/ring.h"
#include "../support/random.h"
#include "../support/rounds.h"

Suite *make_ring_suite(void);

enum { SIZE = 1 << 20, LARGEST = 70000 };

static struct ring *ring;
static struct err err;
static uint8_t bytes[LARGEST];

static void setup(void)
{
    ring = ring_new(SIZE, &err);
    ck_assert_msg(ring != NULL, "%s", err.text);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 7);
}

static void teardown(void)
{
    ring_free(ring);
}

static struct frame frame_of(uint64_t number, uint32_t length)
{
    return (struct frame){
        .data = bytes + number % 64,
        .ts_ns = number,
        .captured = length,
        .unkept = (uint32_t)number & 15,
        .wire = length + ((uint32_t)number & 31),
        .link = LINK_RAW,
    };
}

static void check_frame(const struct frame *got, uint64_t number, uint32_t length)
{
    struct frame want = frame_of(number, length);

    ck_assert_uint_eq(got->ts_ns, want.ts_ns);
    ck_assert_uint_eq(got->captured, want.captured);
    ck_assert_uint_eq(got->unkept, want.unkept);
    ck_assert_uint_eq(got->wire, want.wire);
    ck_assert_uint_eq(got->link, want.link);
    ck_assert_mem_eq(got->data, want.data, length);
}

static uint32_t random_length(uint64_t *state)
{
    return (uint32_t)(random_below(state, 20) ? random_below(state, 1600)
                                              : random_below(state, LARGEST - 64));
}

/* What goes in comes out, in order and unchanged, however full the ring is and wherever it
 * wraps. */
START_TEST(test_random_against_a_list)
{
    enum { LIST = 1 << 16, STEPS = 30000 };
    static uint32_t lengths[LIST];
    uint64_t state = (uint64_t)_i + 1, in = 0, out = 0;
    size_t refused = 0;

    for (size_t step = 0; step < test_rounds(STEPS); step++) {
        struct frame frames[8];
        size_t count = 1 + random_below(&state, 8);

        if (random_below(&state, 5) < 3) {
            size_t put;

            for (size_t i = 0; i < count; i++) {
                lengths[(in + i) % LIST] = random_length(&state);
                frames[i] = frame_of(in + i, lengths[(in + i) % LIST]);
            }
            put = ring_put(ring, frames, count);
            refused += put < count;
            in += put;
        } else {
            size_t got = ring_peek(ring, frames, count);

            ck_assert_uint_eq(got, in - out < count ? in - out : count);
            for (size_t i = 0; i < got; i++)
                check_frame(&frames[i], out + i, lengths[(out + i) % LIST]);
            out += got;
            ring_release(ring);
        }
        ck_assert_uint_le(ring_used(ring), ring_size(ring));
        ck_assert_uint_eq(ring_used(ring) == 0, in == out);
    }
    ck_assert_uint_gt(refused, 10);
    ck_assert_uint_gt(in, test_rounds(STEPS) / 3);
}
END_TEST

/* Frames that were looked at stay until they are given back, all of them at once. */
START_TEST(test_peeked_frames_keep_their_place)
{
    struct frame frame = frame_of(1, LARGEST - 64), got[2], other[64];
    size_t fit = 0;

    while (ring_put(ring, &frame, 1) == 1)
        fit++;
    ck_assert_uint_ge(fit, SIZE / LARGEST);
    ck_assert_uint_eq(ring_peek(ring, got, 2), 2);
    ck_assert_uint_eq(ring_put(ring, &frame, 1), 0);
    check_frame(&got[0], 1, LARGEST - 64);
    ring_release(ring);
    ck_assert_uint_eq(ring_put(ring, &frame, 1), 1);
    ck_assert_uint_eq(ring_peek(ring, other, 64), fit - 1);
}
END_TEST

/* However far it had got when it was empty, all of the ring can be filled before it is read. */
START_TEST(test_all_of_it_can_be_filled)
{
    enum { LENGTH = 1500 };
    struct frame frame = frame_of(1, LENGTH), got[64];

    for (size_t round = 0; round < test_rounds(50); round++) {
        size_t fit = 0, read = 0;

        while (ring_put(ring, &frame, 1) == 1)
            fit++;
        ck_assert_uint_ge(fit, SIZE / (LENGTH + 64) - 1);
        while (read < fit) {
            read += ring_peek(ring, got, 64);
            ring_release(ring);
        }
        ck_assert_uint_eq(ring_used(ring), 0);
        for (size_t i = 0; i <= 13 * round; i++) { /* some more, one by one, as a quiet mirror */
            ck_assert_uint_eq(ring_put(ring, &frame, 1), 1);
            ck_assert_uint_eq(ring_peek(ring, got, 64), 1);
            ring_release(ring);
        }
    }
}
END_TEST

enum { THREAD_FRAMES = 60000 };

static void *writer(void *context)
{
    uint64_t state = 99, sent = 0;

    (void)context;
    while (sent < test_rounds(THREAD_FRAMES)) {
        struct frame frames[16];
        size_t put;

        for (size_t i = 0; i < 16; i++)
            frames[i] = frame_of(sent + i, (uint32_t)((sent + i) * 31 % 1500));
        put = ring_put(ring, frames, 1 + random_below(&state, 16));
        if (put == 0)
            sched_yield();
        sent += put;
    }
    return NULL;
}

START_TEST(test_two_threads)
{
    uint64_t got = 0;
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, writer, NULL), 0);
    while (got < test_rounds(THREAD_FRAMES)) {
        struct frame frames[64];
        size_t count = ring_peek(ring, frames, 64);

        for (size_t i = 0; i < count; i++)
            check_frame(&frames[i], got + i, (uint32_t)((got + i) * 31 % 1500));
        ring_release(ring);
        got += count;
        if (count == 0)
            sched_yield();
    }
    pthread_join(thread, NULL);
    ck_assert_uint_le(got, THREAD_FRAMES + 16);
}
END_TEST

Suite *make_ring_suite(void)
{
    Suite *suite = suite_create("ring");
    TCase *tcase = tcase_create("ring");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, test_random_against_a_list, 0, 4);
    tcase_add_test(tcase, test_peeked_frames_keep_their_place);
    tcase_add_test(tcase, test_all_of_it_can_be_filled);
    tcase_add_test(tcase, test_two_threads);
    suite_add_tcase(suite, tcase);
    return suite;
}
