/* SPDX-License-Identifier: MIT */
/*
 * The capture reader on any bytes: ends, stays inside them, says what is wrong, and finds the same
 * frames when it starts again.
 */
#include <stdlib.h>

#include "../../src/input/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
    if (!truth)
        abort();
}

struct outcome {
    uint64_t frames, sum;
    enum input_status end;
    bool cut;
};

static struct outcome read_all(struct input *input, const uint8_t *data, size_t size)
{
    struct outcome outcome = { .frames = 0 };
    struct frame frames[INPUT_BATCH];
    struct err err;
    size_t count;

    while ((outcome.end = input_read(input, frames, INPUT_BATCH, &count, &err)) == INPUT_OK) {
        require(count > 0 && count <= INPUT_BATCH);
        for (size_t i = 0; i < count; i++) {
            const struct frame *frame = &frames[i];

            require(frame->captured <= size && frame->captured <= 262144);
            require(frame->captured == 0 || (frame->data >= data && frame->data < data + size));
            require(frame->link <= LINK_UNSUPPORTED && frame->ts_ns <= INT64_MAX);
            for (uint32_t at = 0; at < frame->captured; at++)
                outcome.sum = outcome.sum * 31 + frame->data[at];
            outcome.sum = outcome.sum * 31 + frame->ts_ns + frame->wire;
        }
        outcome.frames += count;
        require(outcome.frames <= size);
        require(input->position_bytes <= size);
    }
    require(count == 0 && outcome.end != INPUT_AGAIN);
    require(outcome.end != INPUT_ERROR || (err.status == EXIT_INPUT && err.text[0] != '\0'));
    outcome.cut = input->cut;
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = { .status = EXIT_OK };
    struct input *input = input_open_memory("fuzz", data, size, &err);
    struct outcome first, again;

    if (!input) {
        require(err.status == EXIT_INPUT);
        return 0;
    }
    first = read_all(input, data, size);
    require(input_rewind(input, &err));
    again = read_all(input, data, size);
    require(first.frames == again.frames && first.sum == again.sum && first.end == again.end &&
            first.cut == again.cut);
    input_close(input);
    return 0;
}
