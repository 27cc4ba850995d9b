/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <string.h>

#include "filter/read.h"
#include "options_table.h"

/* ---- the command line ------------------------------------------------------------------------ */

/* What is left of the arguments. */
struct arguments {
    char *const *next;
};

static bool parse_long(struct options *options, struct arguments *arguments, const char *argument,
                       struct err *err)
{
    const char *name = argument + 2;
    size_t length = strcspn(name, "=");
    struct option_use use = { .option = option_find(name, length) };
    char where[48];

    if (!use.option) {
        const char *suggestion = option_suggest(name, length);

        if (suggestion)
            return err_set(err, EXIT_USAGE, "unknown option --%.*s: did you mean --%s?",
                           (int)(length < 80 ? length : 80), name, suggestion);
        return err_set(err, EXIT_USAGE, "unknown option --%.*s: see mirrortop --help",
                       (int)(length < 80 ? length : 80), name);
    }
    snprintf(where, sizeof(where), "--%s", use.option->name);
    use.where = where;
    if (name[length] == '=')
        use.value = name + length + 1;
    else if (use.option->argument == ARGUMENT_REQUIRED && *arguments->next)
        use.value = *arguments->next++;
    return option_apply(options, &use, err);
}

/* One or several letters; the rest of the word, or the next word, is the value of the last one. */
static bool parse_letters(struct options *options, struct arguments *arguments,
                          const char *argument, struct err *err)
{
    for (const char *letter = argument + 1; *letter != '\0'; letter++) {
        struct option_use use = { .option = option_find_letter(*letter) };
        char where[8];
        bool takes_value;

        if (!use.option)
            return err_set(err, EXIT_USAGE, "unknown option -%c: see mirrortop --help", *letter);
        takes_value =
            use.option->argument == ARGUMENT_OPTIONAL || use.option->argument == ARGUMENT_REQUIRED;
        snprintf(where, sizeof(where), "-%c", *letter);
        use.where = where;
        if (takes_value && letter[1] != '\0')
            use.value = letter + 1;
        else if (use.option->argument == ARGUMENT_REQUIRED && *arguments->next)
            use.value = *arguments->next++;
        if (!option_apply(options, &use, err))
            return false;
        if (takes_value)
            break;
    }
    return true;
}

static bool parse_arguments(struct options *options, char *const *words, struct err *err)
{
    struct arguments arguments = { .next = words };
    bool only_words = false;

    while (*arguments.next) {
        const char *word = *arguments.next++;
        bool good;

        if (!only_words && strcmp(word, "--") == 0) {
            only_words = true;
            continue;
        }
        if (options->batch != BATCH_NO && (strcmp(word, "text") == 0 || strcmp(word, "json") == 0))
            return err_set(err, EXIT_USAGE, "unexpected argument '%s': write --batch=%s", word,
                           word);
        if (options->listen && word[0] >= '0' && word[0] <= '9')
            return err_set(err, EXIT_USAGE, "unexpected argument '%.80s': write --listen=%.80s",
                           word, word);
        if (only_words || word[0] != '-' || word[1] == '\0')
            return err_set(err, EXIT_USAGE,
                           "unexpected argument '%.80s': to replay a file give -r FILE", word);
        if (word[1] == '-')
            good = parse_long(options, &arguments, word, err);
        else
            good = parse_letters(options, &arguments, word, err);
        if (!good)
            return false;
    }
    return true;
}

void options_default(struct options *options)
{
    *options = (struct options){
        .mode = MODE_RUN,
        .decode = decode_config_default,
        .max_flows = 262144,
        .top = 100,
        .interval_s = 1,
    };
}

/* A session of which nobody gave the rules would mirror nothing, and nobody would see why. A filter
 * that is known to have none is one like others. */
static bool check_sessions(const struct filter *filter, struct err *err)
{
    for (size_t i = 0; i < filter->count; i++) {
        const struct filter_session *session = &filter->sessions[i];

        if (session->awaited && !session->amazon_dns)
            return err_set(err, EXIT_USAGE,
                           "--filter-file: session %u has filter %s, of which nothing is known "
                           "yet: give the output of describe-traffic-mirror-filters as well",
                           session->number, session->filter_id ? session->filter_id : "no id");
    }
    return true;
}

bool options_read_filter(const struct options *options, struct filter *filter, struct err *err)
{
    for (size_t i = 0; i < options->filter_count; i++) {
        const char *value = options->filters[i].value;
        struct filter_error error;

        if (options->filters[i].is_file) {
            if (!filter_read_file(filter, value, err))
                return false;
        } else if (!filter_read(filter, value, strlen(value), &error)) {
            char where[32] = "--filter";

            if (options->filters[i].config_line > 0)
                snprintf(where, sizeof(where), "config:%u: filter",
                         options->filters[i].config_line);
            return err_set(err, EXIT_USAGE, "%s:%zu:%zu: %s", where, error.line, error.column,
                           error.text);
        }
    }
    return check_sessions(filter, err);
}

static bool has_input(const struct options *options)
{
    return options->demo || options->read_path || options->interface || options->listen;
}

static void forget_input(struct options *options)
{
    options->demo = false;
    options->read_path = NULL;
    options->interface = NULL;
    options->listen = false;
}

static void copy_input(struct options *options, const struct options *from)
{
    options->demo = from->demo;
    options->read_path = from->read_path;
    options->interface = from->interface;
    options->listen = from->listen;
    options->listen_port = from->listen_port;
    memcpy(options->listen_address, from->listen_address, sizeof(options->listen_address));
}

/* The port to receive on is the first of --vxlan-port. Where it was named, what comes there is
 * VXLAN, whatever --vxlan-port says of others. */
static bool decode_listen_port(struct options *options, struct err *err)
{
    uint16_t *ports = options->decode.vxlan_ports;
    size_t free = 0;

    if (options->listen_port == 0)
        options->listen_port = ports[0];
    while (free < DECODE_MAX_PORTS && ports[free] != 0 && ports[free] != options->listen_port)
        free++;
    if (free == DECODE_MAX_PORTS)
        return err_set(
            err, EXIT_USAGE,
            "--listen: port %u and those of --vxlan-port are more than %d: name it there",
            options->listen_port, DECODE_MAX_PORTS);
    ports[free] = options->listen_port;
    return true;
}

/* The command line's choice of an input replaces the config file's. Without any, we listen. */
static bool choose_input(struct options *options, const struct options *config, struct err *err)
{
    bool live = options->interface || options->listen;

    if ((options->demo && options->read_path) || (live && (options->demo || options->read_path)))
        return err_set(err, EXIT_USAGE, "%s and %s do not go together: give one of them",
                       options->read_path ? "--read" : "--demo",
                       options->demo && options->read_path ? "--demo"
                       : options->interface                ? "--interface"
                                                           : "--listen");
    if (!has_input(options))
        copy_input(options, config);
    if (!has_input(options))
        options->listen = true;
    return options->demo || options->read_path || decode_listen_port(options, err);
}

/* So does its filter. */
static void choose_filter(struct options *options, const struct options *config)
{
    if (options->filter_count > 0)
        return;
    memcpy(options->filters, config->filters, sizeof(options->filters));
    options->filter_count = config->filter_count;
}

bool options_parse(struct options *options, int argc, char *const argv[], const char *config_path,
                   struct err *err)
{
    struct options config;

    if (!config_load(options, config_path, err))
        return false;
    config = *options;
    forget_input(options);
    options->filter_count = 0;
    if (!parse_arguments(options, argc > 0 ? argv + 1 : argv, err))
        return false;
    choose_filter(options, &config);
    return choose_input(options, &config, err);
}

/* ---- the help -------------------------------------------------------------------------------- */

static void print_option(FILE *out, const struct option *option)
{
    char left[64];
    const char *help = option->help;
    const char *open = "", *close = "";
    int column;

    if (option->argument == ARGUMENT_OPTIONAL) {
        open = "[";
        close = "]";
    }
    snprintf(left, sizeof(left), " %c%c%c --%s%s%s%s%s", option->letter ? '-' : ' ',
             option->letter ? option->letter : ' ', option->letter ? ',' : ' ', option->name, open,
             option->value_name ? "=" : "", option->value_name ? option->value_name : "", close);
    column = fprintf(out, "%-*s", OPTION_HELP_COLUMN - 1, left);
    if (column >= OPTION_HELP_COLUMN)
        column = fprintf(out, "\n") - 1;
    for (;;) {
        size_t line = strcspn(help, "\n");

        fprintf(out, "%*s%.*s\n", OPTION_HELP_COLUMN - column, "", (int)line, help);
        if (help[line] == '\0')
            break;
        help += line + 1;
        column = 0;
    }
}

void options_print_help(FILE *out)
{
    static const char *const titles[GROUP_COUNT] = {
        [GROUP_INPUT] = "Input",   [GROUP_DECODE] = "What is counted",
        [GROUP_OUTPUT] = "Output", [GROUP_SCREEN] = "Screen",
        [GROUP_OTHER] = "Other",
    };

    fputs("mirrortop: top for mirrored traffic\n"
          "\n"
          "usage: mirrortop [--listen[=[ADDR:]PORT] | -i IF] [options]\n"
          "       mirrortop -r FILE [options]\n"
          "       mirrortop --demo\n",
          out);
    for (size_t group = 0; group < GROUP_COUNT; group++) {
        fprintf(out, "\n%s:\n", titles[group]);
        for (size_t i = 0; i < option_count; i++) {
            if (option_table[i].group == (enum option_group)group)
                print_option(out, &option_table[i]);
        }
    }
    fputs("\n"
          "Options can also stand in $XDG_CONFIG_HOME/mirrortop/config (else in\n"
          "~/.config/mirrortop/config), one a line: name = value. The command line wins.\n"
          "\n"
          "Exit status: 0 ok, 1 runtime error, 2 usage, 3 no permission or no such device,\n"
          "4 cannot read the input.\n",
          out);
}
