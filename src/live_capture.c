/* SPDX-License-Identifier: MIT */
#include <poll.h>

#include "clock.h"
#include "live_state.h"

enum {
    NAP_NS = 1000000,     /* a patient input is left alone so long, to collect a batch */
    LINGER_MS = 60,       /* frames that have come may lie in the kernel's ring for so long */
    LAST_READS = 1 << 16, /* after the end is wished, what has come is read up to here */
};

static void note_health(struct live *live)
{
    struct input_health health = { .interface_drops = VALUE_UNKNOWN };

    live->config.input->ops->health(live->config.input, &health);
    pthread_mutex_lock(&live->lock);
    live->health = health;
    pthread_mutex_unlock(&live->lock);
}

static void take_frames(struct live *live, const struct frame *frames, size_t count)
{
    size_t put = ring_put(live->ring, frames, count);

    if (put < count && !live_has_enough(live))
        atomic_fetch_add_explicit(&live->queue_drops, count - put, memory_order_relaxed);
    if (ring_used(live->ring) > ring_size(live->ring) / 2)
        live_ring_bell(live->work_fd);
}

/* Waits until the input has something, at most until its counters are to be read again. */
static void wait_for_input(struct live *live)
{
    const struct timespec nap = { .tv_nsec = NAP_NS };
    struct pollfd fds[2] = {
        { .fd = input_fd(live->config.input), .events = POLLIN },
        { .fd = live->stop_fd, .events = POLLIN },
    };

    if (poll(fds, 2, LIVE_HEALTH_MS) > 0 && fds[1].revents == 0 && live->config.input->patient)
        nanosleep(&nap, NULL);
}

static void linger(void)
{
    const struct timespec pause = { .tv_nsec = LINGER_MS * 1000000 };

    nanosleep(&pause, NULL);
}

void *live_capture_thread(void *context)
{
    struct live *live = context;
    struct frame frames[INPUT_BATCH];
    struct err failure = { .status = EXIT_OK };
    uint64_t health_due = 0;
    size_t count, reads_left = LAST_READS;
    bool open = true, lingered = false;

    pthread_setname_np(pthread_self(), "mt-capture"); /* of another thread: /proc is needed */
    while (open) {
        bool stop = atomic_load_explicit(&live->stop, memory_order_acquire);
        enum input_status status =
            input_read(live->config.input, frames, INPUT_BATCH, &count, &failure);
        uint64_t now = clock_monotonic_ns();

        if (count > 0)
            take_frames(live, frames, count);
        if (now >= health_due) {
            note_health(live);
            health_due = now + LIVE_HEALTH_MS * 1000000u;
        }
        if (status == INPUT_AGAIN && !stop)
            wait_for_input(live);
        open = status == INPUT_OK || status == INPUT_AGAIN;
        if (stop && live_has_enough(live)) {
            open = false;
        } else if (stop && status == INPUT_AGAIN && !lingered) {
            linger();
            lingered = true;
        } else if (stop && (status == INPUT_AGAIN || --reads_left == 0)) {
            open = false;
        }
    }
    note_health(live);
    pthread_mutex_lock(&live->lock);
    live->failure = failure;
    pthread_mutex_unlock(&live->lock);
    atomic_store_explicit(&live->drained, true, memory_order_release);
    live_ring_bell(live->work_fd);
    return NULL;
}
