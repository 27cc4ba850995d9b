/* SPDX-License-Identifier: MIT */
/*
 * replay: runs a fuzz target on files, without libFuzzer.
 *
 * usage: replay_NAME FILE...
 *
 * Every compiler and every sanitizer can so check the committed inputs. Each input is a copy of
 * its exact size on the heap, so that a read beyond its end does not go unseen.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_LIMIT = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t input_bytes[INPUT_LIMIT];

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *copy;
    size_t size;

    if (!file) {
        perror(path);
        return -1;
    }
    size = fread(input_bytes, 1, sizeof(input_bytes), file);
    fclose(file);
    copy = malloc(size ? size : 1);
    if (!copy) {
        perror(path);
        return -1;
    }
    memcpy(copy, input_bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s FILE...\n", argv[0]);
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        if (run_file(argv[i]) != 0)
            return 1;
    }
    return 0;
}
