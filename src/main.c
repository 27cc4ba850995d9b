/* SPDX-License-Identifier: MIT */
/*
 * main: what is asked for, and the only one that prints start-up errors and exits.
 */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "../ui/theme.h"
#include "../ui/ui.h"
#include "filter/words.h"
#include "run.h"

static bool print_filter(const struct options *options, struct err *err)
{
    struct services *services;
    struct filter filter;
    bool good;

    if (options->filter_count == 0)
        return err_set(err, EXIT_USAGE,
                       "--print-filter: there is no filter to print: give one with -f or -F");
    services = services_new("/etc/services", err);
    if (!services)
        return false;
    filter_init(&filter);
    filter_words_use(services);
    good = options_read_filter(options, &filter, err) &&
           filter_write(&filter, options->print_format, stdout, err);
    filter_words_use(NULL);
    filter_free(&filter);
    services_free(services);
    return good;
}

static void screen_readable(const char *paths[RUN_READABLE], char buffers[RUN_READABLE][PATH_MAX])
{
    static const enum theme_origin from[RUN_READABLE] = { THEME_FROM_USER, THEME_FROM_INSTALLED };

    for (size_t i = 0; i < RUN_READABLE; i++)
        paths[i] = theme_directory(from[i], buffers[i]) ? buffers[i] : NULL;
}

static bool screen_show(struct run *run, struct err *err)
{
    struct ui_config config = {
        .options = &run->options,
        .feed = run->feed,
        .notice = run->notice,
        .rights = run->rights,
        .exports = &run->directory,
    };

    return ui_run(&config, err);
}

static bool run_mode(struct run *run, struct err *err)
{
    static const struct run_screen screen = { .readable = screen_readable, .show = screen_show };

    switch (run->options.mode) {
    case MODE_HELP:
        options_print_help(stdout);
        break;
    case MODE_VERSION:
        printf("mirrortop %s\n", VERSION);
        break;
    case MODE_LIST_THEMES:
        ui_list_themes(stdout);
        break;
    case MODE_LIST_FIELDS:
        field_list(stdout);
        break;
    case MODE_LIST_KEYS:
        ui_list_keys(stdout);
        break;
    case MODE_LIST_INTERFACES:
        if (!input_list_interfaces(stdout, err))
            return false;
        break;
    case MODE_PRINT_FILTER:
        if (!print_filter(&run->options, err))
            return false;
        break;
    case MODE_RUN:
        return run_all(run, &screen, err);
    }
    return fflush(stdout) == 0 && !ferror(stdout)
               ? true
               : err_set(err, EXIT_RUNTIME, "standard output cannot be written");
}

/* A file that is opened must not take the place of standard output because that was closed. For
 * reading: what is written to it fails, and is reported. */
static void keep_standard_files(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char *argv[])
{
    struct run run = RUN_EMPTY;
    struct err err = { .status = EXIT_OK };
    bool good;

    keep_standard_files();
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of a write, and is reported */
    options_default(&run.options);
    good = options_parse(&run.options, argc, argv, NULL, &err) && run_mode(&run, &err);
    run_release(&run);
    if (good)
        return (int)run.status;
    fprintf(stderr, "mirrortop: %s\n", err.text);
    return (int)err.status;
}
