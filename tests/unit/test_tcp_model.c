/* SPDX-License-Identifier: MIT */
/* What is said of TCP against a model that knows the truth. */
#include <check.h>

#include "../support/enginerun.h"
#include "../support/random.h"
#include "../support/rounds.h"
#include "../support/tcpmodel.h"

Suite *make_tcp_model_suite(void);

static const struct {
    bool ids, timestamps, answers;
} modes[] = { { true, false, false },
              { false, true, false },
              { true, true, false },
              { false, false, false },
              { true, false, true } };

static uint64_t resent, known; /* in the rounds in which retransmits can be inferred */

/* A path in which a late copy is never later than a round trip, or nobody could tell. */
static struct tcpmodel_config path(uint64_t seed, int mode)
{
    uint64_t random = seed * 977 + (uint64_t)mode;
    uint32_t near = 100, far = 5000 + (uint32_t)random_below(&random, 30000);
    bool at_sender = random_below(&random, 2);

    return (struct tcpmodel_config){
        .seed = seed,
        .ids = modes[mode].ids,
        .timestamps = modes[mode].timestamps,
        .answers = modes[mode].answers,
        .segments = 100 + (unsigned)random_below(&random, TCPMODEL_SEGMENTS - 100),
        .to_mirror_us = at_sender ? near : far,
        .to_receiver_us = at_sender ? far : near,
        .late_us = 2500,
        .loss_before = (unsigned)random_below(&random, 4) * 10,
        .loss_behind = (unsigned)random_below(&random, 4) * 10,
        .mirror_loss = (unsigned)random_below(&random, 4) * 10,
        .mirror_late = (unsigned)random_below(&random, 4) * 10,
    };
}

/* Segments of many sizes: how many a hole was cannot always be told, and what is lost at its end
 * neither; but nothing is inferred that was not. */
static void check_inferred(const struct tcpmodel_config *config, const struct tcpmodel_truth *truth,
                           const uint64_t *n)
{
    uint64_t all = n[TCP_COUNT_RETRANSMITS] + n[TCP_COUNT_INFERRED];

    if (n[TCP_COUNT_NUMBERED] == 0)
        return;
    ck_assert_msg(all <= truth->resent, "seed %u: %u, not %u in all", (unsigned)config->seed,
                  (unsigned)all, truth->resent);
    resent += truth->resent;
    known += all;
}

static void one_round(uint64_t seed, int mode)
{
    struct engine_config engine = enginerun_config();
    struct tcpmodel_config config = path(seed, mode);
    struct tcpmodel_truth truth;
    struct snapshot *snapshot;
    const uint64_t *n;

    trace_start();
    truth = tcpmodel_run(&config);
    snapshot = enginerun_all(&engine);
    n = snapshot->tcp.count;
    ck_assert_msg(n[TCP_COUNT_RETRANSMITS] <= truth.seen_again, "seed %u mode %d: %u, not %u",
                  (unsigned)seed, mode, (unsigned)n[TCP_COUNT_RETRANSMITS], truth.seen_again);
    ck_assert_msg(n[TCP_COUNT_MIRROR_LOSS_BYTES] == truth.lost_bytes,
                  "seed %u mode %d: lost %llu, not %llu", (unsigned)seed, mode,
                  (unsigned long long)n[TCP_COUNT_MIRROR_LOSS_BYTES],
                  (unsigned long long)truth.lost_bytes);
    ck_assert_msg(n[TCP_COUNT_RETRANSMITS] + n[TCP_COUNT_OUT_OF_ORDER] ==
                      truth.seen_again + truth.late,
                  "seed %u mode %d", (unsigned)seed, mode);
    if (config.ids || config.timestamps) {
        ck_assert_msg(n[TCP_COUNT_RETRANSMITS] == truth.seen_again,
                      "seed %u mode %d: %u, not %u retransmits", (unsigned)seed, mode,
                      (unsigned)n[TCP_COUNT_RETRANSMITS], truth.seen_again);
        /* What was lost behind the mirror and came late is missed by the receiver, just as if the
         * network had reordered it. */
        ck_assert_msg(n[TCP_COUNT_LATE] == truth.late ||
                          (config.loss_behind > 0 && n[TCP_COUNT_LATE] < truth.late),
                      "seed %u mode %d: %u, not %u late", (unsigned)seed, mode,
                      (unsigned)n[TCP_COUNT_LATE], truth.late);
        ck_assert_uint_eq(n[TCP_COUNT_UNCERTAIN], 0);
    }
    if (config.answers)
        check_inferred(&config, &truth, n);
    snapshot_free(snapshot);
}

START_TEST(test_against_the_truth)
{
    resent = known = 0;
    for (uint64_t seed = 1; seed <= test_rounds(150); seed++)
        one_round(seed, _i);
    ck_assert_uint_ge(known * 100, resent * 98);
}
END_TEST

Suite *make_tcp_model_suite(void)
{
    Suite *suite = suite_create("tcp_model");
    TCase *tcase = tcase_create("model");

    tcase_add_loop_test(tcase, test_against_the_truth, 0, sizeof(modes) / sizeof(modes[0]));
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return suite;
}
