/* SPDX-License-Identifier: MIT */
#include "action.h"

#include <string.h>

#include "export_flows.h"
#include "find.h"
#include "pane.h"
#include "row_rules.h"

static const double speed_slowest = 0.125, speed_fastest = 64;

static struct grid *action_grid(struct ui *ui)
{
    return &ui->grids[ui->focus];
}

void action_update_grids(struct ui *ui)
{
    for (int i = 0; i < TABLE_COUNT; i++)
        grid_update(&ui->grids[i], pane_rows(ui, (enum table_id)i));
}

/* The order has changed: what is shown is sorted at once, and the engine is asked for rows that
 * are best by the new order. */
static void action_resort(struct ui *ui)
{
    grid_update(action_grid(ui), pane_rows(ui, ui->focus));
    ui->redraw |= REDRAW_SNAPSHOT;
}

static void action_focus(struct ui *ui, enum table_id pane)
{
    if (ui->focus == pane)
        ui->zoomed = !ui->zoomed;
    ui->focus = pane;
}

static void action_move(struct ui *ui, enum action action)
{
    struct grid *grid = action_grid(ui);
    long page = grid->rows.height > 1 ? grid->rows.height - 1 : 1;

    switch (action) {
    case ACTION_DOWN:
        grid_move(grid, 1);
        break;
    case ACTION_UP:
        grid_move(grid, -1);
        break;
    case ACTION_PAGE_DOWN:
        grid_move(grid, page);
        break;
    case ACTION_PAGE_UP:
        grid_move(grid, -page);
        break;
    case ACTION_HOME:
        grid_move(grid, -GRID_ROWS);
        break;
    case ACTION_END:
        grid_move(grid, GRID_ROWS);
        break;
    case ACTION_LEFT:
        if (grid->shift > 0)
            grid->shift--;
        break;
    case ACTION_RIGHT:
        grid->shift++; /* the choice of columns limits it */
        break;
    default:
        break;
    }
}

/* The pane has shown retransmits by its rows: that is over. */
static void action_end_by(struct ui *ui)
{
    for (int i = 0; i < TABLE_COUNT; i++) {
        struct grid *grid = &ui->grids[i];

        if (grid->tcp) {
            grid->tcp = false;
            grid->sort = ui->by_before;
            grid_update(grid, pane_rows(ui, (enum table_id)i));
        }
    }
}

/* Retransmits and losses by flow, by address, by session: the panes that have them, one after the
 * other, sorted by retransmits. */
static void action_view_by(struct ui *ui)
{
    enum table_id next = TABLE_RETRANSMITS;
    struct grid *grid;

    if (ui->focus == TABLE_RETRANSMITS)
        next = TABLE_TALKERS;
    else if (ui->focus == TABLE_TALKERS && action_grid(ui)->tcp)
        next = TABLE_SESSIONS;
    action_end_by(ui);
    ui->focus = next;
    grid = action_grid(ui);
    if (next != TABLE_RETRANSMITS) {
        ui->by_before = grid->sort;
        grid->tcp = true;
        grid->sort = (struct snapshot_order){
            .field = table_find(&field_tables[next], "retransmits"),
            .descending = true,
        };
        grid->touched = false;
    }
    action_resort(ui);
    ui_say(ui, ROLE_MESSAGE, "retransmits and losses %s; v: %s",
           next == TABLE_TALKERS    ? "by the address that sent"
           : next == TABLE_SESSIONS ? "by mirror session"
                                    : "by flow",
           next == TABLE_TALKERS    ? "by mirror session"
           : next == TABLE_SESSIONS ? "by flow"
                                    : "by address");
}

static void action_pause(struct ui *ui)
{
    ui->paused = !ui->paused;
    if (!ui->paused)
        ui->redraw |= REDRAW_SNAPSHOT;
}

/* New numbers for the panes, which then stay as they are again. */
static void action_step(struct ui *ui)
{
    ui->paused = true;
    ui->step = true;
    ui->redraw |= REDRAW_SNAPSHOT;
}

bool action_theme(struct ui *ui, const char *name, struct err *err)
{
    struct theme theme;

    if (!theme_load(&theme, name, err))
        return false;
    ui->theme = theme;
    ui_use_theme(ui);
    ui_say(ui, ROLE_MESSAGE, "theme %s", theme.name);
    return true;
}

/* The next theme that can be loaded; one that cannot is said and passed over. */
static void action_next_theme(struct ui *ui)
{
    struct theme_list list;
    struct err err;
    size_t at = 0;

    theme_list_all(&list);
    while (at < list.count && strcmp(list.entries[at].name, ui->theme.name) != 0)
        at++;
    for (size_t i = 1; i <= list.count; i++) {
        if (action_theme(ui, list.entries[(at + i) % list.count].name, &err))
            return;
        ui_say(ui, ROLE_ALERT, "%s", err.text);
    }
}

static void action_speed(struct ui *ui, bool faster, uint64_t now_ns)
{
    double speed = ui->feed.speed;

    if (!feed_has_speed(ui->config->feed)) {
        ui_say(ui, ROLE_MESSAGE, "a live capture has no other speed than its own");
        return;
    }
    if (speed <= FEED_MAX)
        speed = faster ? FEED_MAX : speed_fastest;
    else if (faster)
        speed = speed * 2 > speed_fastest ? FEED_MAX : speed * 2;
    else if (speed / 2 >= speed_slowest)
        speed /= 2;
    feed_set_speed(ui->config->feed, speed, now_ns);
    feed_status(ui->config->feed, &ui->feed); /* the next key may come before the next frame */
    if (speed <= FEED_MAX)
        ui_say(ui, ROLE_MESSAGE, "replay as fast as it goes");
    else
        ui_say(ui, ROLE_MESSAGE, "replay speed %.4gx", speed);
}

static void action_restart(struct ui *ui, uint64_t now_ns)
{
    struct err err;

    if (ui->config->options->export_count > 0) {
        ui_say(ui, ROLE_ALERT, "not with --export: it would have every flow twice");
        return;
    }
    if (!feed_has_speed(ui->config->feed)) {
        ui_say(ui, ROLE_ALERT, "cannot start again: a live capture does not come twice");
        return;
    }
    if (!feed_restart(ui->config->feed, now_ns, &err)) {
        ui_say(ui, ROLE_ALERT, "%s", err.text);
        return;
    }
    ui->paused = false;
    ui->failure[0] = '\0';
    ui_forget_rows(ui);
    ui_say(ui, ROLE_MESSAGE, "started again");
}

/* Counts from here on. Everything is lost, so the key must come twice. */
static void action_reset(struct ui *ui)
{
    if (ui->config->options->export_count > 0) {
        ui_say(ui, ROLE_ALERT, "not with --export: flows would be missing there");
    } else if (feed_is_over(ui->feed.state)) {
        ui_say(ui, ROLE_ALERT, "nothing more will come to be counted");
    } else if (!ui->reset_armed) {
        ui->reset_armed = true;
        ui_say(ui, ROLE_MESSAGE, "again: forget all and count from here");
    } else {
        ui->reset_armed = false;
        feed_reset(ui->config->feed);
        ui_forget_rows(ui);
        ui_say(ui, ROLE_MESSAGE, "counting from here");
    }
}

/* In as many words as there is room for: what matters most is where the file is. */
static void action_say_written(struct ui *ui, uint64_t rows, const char *path)
{
    size_t room = (size_t)ui->layout.footer.width - 2;
    const char *slash = strrchr(path, '/');
    char text[sizeof(ui->message)];

    snprintf(text, sizeof(text), "%llu flows of the table written to ", (unsigned long long)rows);
    if (strlen(text) + strlen(path) <= room)
        ui_say(ui, ROLE_GOOD, "%s%s", text, path);
    else if (strlen("wrote ") + strlen(path) <= room)
        ui_say(ui, ROLE_GOOD, "wrote %s", path);
    else if (strlen(path) <= room)
        ui_say(ui, ROLE_GOOD, "%s", path);
    else
        ui_say(ui, ROLE_GOOD, "wrote %s", slash ? slash + 1 : path);
}

static void action_export(struct ui *ui)
{
    struct export_result result;
    struct err err;

    if (export_flows(ui->config->feed, ui->config->exports, ui->config->options->utc, &result,
                     &err))
        action_say_written(ui, result.rows, result.path);
    else
        ui_say(ui, ROLE_ALERT, "export failed: %s", err.text);
}

static void action_open(struct ui *ui)
{
    struct grid *grid = action_grid(ui);

    grid_move(grid, 0); /* one that is out of sight is not what the user means */
    if (!grid->has_selected)
        return;
    page_open(&ui->page, PAGE_DETAIL, ui->focus, grid->selected);
    if (ui->focus == TABLE_FLOWS || ui->focus == TABLE_RETRANSMITS)
        ui->redraw |= REDRAW_SNAPSHOT; /* with what explains the flow's counts */
}

static void action_toggle(struct ui *ui, bool *flag, const char *on, const char *off)
{
    *flag = !*flag;
    ui_say(ui, ROLE_MESSAGE, "%s", *flag ? on : off);
}

static void action_back(struct ui *ui)
{
    if (ui->page.kind != PAGE_NONE)
        ui->page.kind = PAGE_NONE;
    else
        ui->zoomed = false;
}

void action_run_view(struct ui *ui, enum action action)
{
    switch (action) {
    case ACTION_PAUSE:
        action_pause(ui);
        break;
    case ACTION_STEP:
        action_step(ui);
        break;
    case ACTION_UNITS:
        ui->units = (enum format_units)((ui->units + 1) % UNITS_COUNT);
        break;
    case ACTION_THEME:
        action_next_theme(ui);
        break;
    case ACTION_HELP:
        if (ui->page.kind == PAGE_HELP)
            ui->page.kind = PAGE_NONE;
        else
            page_open(&ui->page, PAGE_HELP, ui->focus, 0);
        break;
    case ACTION_COUNTERS:
        page_open(&ui->page, PAGE_COUNTERS, ui->focus, 0);
        break;
    case ACTION_BACK:
        action_back(ui);
        break;
    case ACTION_REDRAW:
        ui->redraw |= REDRAW_REPAINT;
        break;
    case ACTION_SUSPEND:
        ui->suspend = true;
        break;
    case ACTION_QUIT:
        ui->quit = true;
        break;
    default:
        break;
    }
}

static void action_run_pane(struct ui *ui, enum action action)
{
    struct grid *grid = action_grid(ui);

    switch (action) {
    case ACTION_PANE_NEXT:
        ui->focus = (enum table_id)((ui->focus + 1) % TABLE_COUNT);
        break;
    case ACTION_PANE_PREVIOUS:
        ui->focus = (enum table_id)((ui->focus + TABLE_COUNT - 1) % TABLE_COUNT);
        break;
    case ACTION_PANE_1:
    case ACTION_PANE_2:
    case ACTION_PANE_3:
    case ACTION_PANE_4:
    case ACTION_PANE_5:
    case ACTION_PANE_6:
    case ACTION_PANE_7:
    case ACTION_PANE_8:
        action_focus(ui, (enum table_id)(action - ACTION_PANE_1));
        break;
    case ACTION_ZOOM:
        ui->zoomed = !ui->zoomed;
        break;
    case ACTION_OPEN:
        action_open(ui);
        break;
    case ACTION_SORT_NEXT:
    case ACTION_SORT_PREVIOUS:
        grid_sort_step(grid, action == ACTION_SORT_NEXT ? 1 : -1);
        action_resort(ui);
        break;
    case ACTION_REVERSE:
        grid_sort_by(grid, grid->sort.field);
        action_resort(ui);
        break;
    case ACTION_HOLD:
        action_toggle(ui, &grid->hold, "order held: rows stay where they are",
                      "rows are in order again");
        grid->reveal = true;
        action_resort(ui);
        break;
    case ACTION_FOLLOW:
        action_toggle(ui, &grid->follow, "following the selected row", "not following any more");
        break;
    case ACTION_FIND:
        prompt_open(&ui->prompt, PROMPT_FIND, "");
        break;
    case ACTION_FIND_NEXT:
    case ACTION_FIND_PREVIOUS:
        find_step(ui, action == ACTION_FIND_NEXT ? 1 : -1);
        break;
    case ACTION_EXPORT:
        action_export(ui);
        break;
    case ACTION_VIEW_BY:
        action_view_by(ui);
        break;
    default:
        action_move(ui, action);
        break;
    }
}

/* What concerns the mirror filter; false: nothing of it. */
static bool action_run_filter(struct ui *ui, enum action action, uint64_t now_ns)
{
    switch (action) {
    case ACTION_FILTER:
        if (trial_open(ui))
            action_prompt_changed(ui, now_ns);
        return true;
    case ACTION_INVERT:
        trial_invert(ui);
        return true;
    case ACTION_RULE_ACCEPT:
    case ACTION_RULE_REJECT:
        row_rules_add(ui, action == ACTION_RULE_ACCEPT);
        return true;
    case ACTION_UNDO:
        trial_undo(ui);
        return true;
    case ACTION_BASELINE:
        trial_baseline(ui);
        return true;
    case ACTION_COMMAND:
        prompt_open(&ui->prompt, PROMPT_COMMAND, "");
        action_prompt_changed(ui, now_ns);
        return true;
    default:
        return false;
    }
}

static void action_run(struct ui *ui, enum action action, uint64_t now_ns)
{
    if (action_run_filter(ui, action, now_ns))
        return;
    switch (action) {
    case ACTION_SLOWER:
    case ACTION_FASTER:
        action_speed(ui, action == ACTION_FASTER, now_ns);
        break;
    case ACTION_RESTART:
        action_restart(ui, now_ns);
        break;
    case ACTION_RESET:
        action_reset(ui);
        break;
    default:
        action_run_view(ui, action);
        if (ui->page.kind != PAGE_NONE)
            page_move(&ui->page, action);
        else
            action_run_pane(ui, action);
        break;
    }
}

static void action_click(struct ui *ui, const struct screen_event *event)
{
    for (int i = 0; i < TABLE_COUNT; i++) {
        const struct rect *pane = &ui->layout.panes[i];
        struct grid *grid = &ui->grids[i];
        struct rect heading = grid->rows;

        if (pane->height == 0 || !rect_contains(pane, event->y, event->x))
            continue;
        ui->focus = (enum table_id)i;
        heading.y--;
        heading.height = 1;
        if (rect_contains(&grid->rows, event->y, event->x))
            grid_select(grid, grid->top + (size_t)(event->y - grid->rows.y));
        if (grid->count == 0 || !rect_contains(&heading, event->y, event->x))
            return;
        for (size_t c = 0; c < grid->column_count; c++) {
            int x = grid->rows.x + grid->columns[c].x;

            if (event->x >= x && event->x < x + grid->columns[c].width) {
                grid_sort_by(grid, grid->columns[c].field);
                action_resort(ui);
            }
        }
        return;
    }
}

static void action_wheel(struct ui *ui, const struct screen_event *event)
{
    if (ui->page.kind != PAGE_NONE) {
        page_wheel(&ui->page, event->steps);
        return;
    }
    for (int i = 0; i < TABLE_COUNT; i++) {
        if (ui->layout.panes[i].height > 0 &&
            rect_contains(&ui->layout.panes[i], event->y, event->x))
            grid_wheel(&ui->grids[i], event->steps);
    }
}

void action_handle(struct ui *ui, const struct screen_event *event, uint64_t now_ns)
{
    enum key_context context = ui->prompt.open              ? IN_PROMPT
                               : ui->page.kind != PAGE_NONE ? IN_PAGE
                                                            : IN_PANES;
    enum action action;

    ui->redraw |= REDRAW_SCREEN;
    ui->message[0] = '\0';
    switch (event->kind) {
    case EVENT_CLICK:
        if (context == IN_PROMPT)
            action_prompt_click(ui, event, now_ns);
        else if (context == IN_PANES)
            action_click(ui, event);
        break;
    case EVENT_WHEEL:
        action_wheel(ui, event);
        break;
    case EVENT_KEY:
        if (event->pasted && context != IN_PROMPT)
            break; /* a text that strayed here is no row of commands */
        action = event->pasted ? ACTION_COUNT : keys_find(context, event->code, event->named);
        if (action != ACTION_RESET)
            ui->reset_armed = false;
        if (context == IN_PROMPT)
            action_prompt(ui, event, action, now_ns);
        else if (action != ACTION_COUNT)
            action_run(ui, action, now_ns);
        break;
    case EVENT_NONE:
        break;
    }
}
