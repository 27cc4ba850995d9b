/* SPDX-License-Identifier: MIT */
/*
 * Mirrored packets as frames of a network device, by libpcap.
 *
 * libpcap reads a ring that it shares with the kernel (TPACKET_V3) and gives a block of it back as
 * soon as the block's last frame has been handed to us, within one pcap_dispatch(); the kernel may
 * write there at once. So what is kept of a frame is copied.
 *
 * When the device vanishes, the kernel unbinds the socket for good. The socket, its ring and its
 * filter stay good: read() binds it again to a device of the same name, for which no privilege is
 * needed.
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../record.h"
#include "capture.h"
#include "device.h"
#include "live.h"

enum {
    RING_BYTES = 8 << 20,
    /* A block that is not full is handed over after this time. */
    BLOCK_MS = 50,
    ALIGN = 16, /* of kept frames */
};

struct interface {
    struct input base; /* first */
    pcap_t *pcap;
    int fd; /* libpcap's */
    char name[IFNAMSIZ];
    uint8_t link; /* enum link_type */
    bool any;     /* all devices: none of its own to look after */
    bool promiscuous;
    bool gone;    /* the socket is bound to no device */
    bool changed; /* another kind of device has this name now */
    int hardware; /* ARPHRD_... */
    uint64_t ring_bytes;
    struct live_counter ring_drops;

    int links_fd;          /* to ask for the device's own counters; -1: it cannot be */
    uint64_t device_last;  /* what it said last ... */
    uint64_t device_drops; /* ... and how much it grew, over all devices of the name */

    uint8_t kept[INPUT_BATCH * (INPUT_KEEP + ALIGN)];
};

struct batch {
    struct interface *in;
    struct frame *frames;
    size_t count, used;
};

/* ---- reading --------------------------------------------------------------------------------- */

/* Nobody but our own snap length shortens a frame here, so what is not captured did arrive. */
static void take_frame(u_char *context, const struct pcap_pkthdr *header, const u_char *bytes)
{
    struct batch *batch = (struct batch *)(void *)context;
    struct interface *in = batch->in;
    uint32_t keep = header->caplen < INPUT_KEEP ? header->caplen : INPUT_KEEP;
    uint8_t *data = in->kept + batch->used;

    memcpy(data, bytes, keep);
    batch->used += (keep + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    batch->frames[batch->count++] = (struct frame){
        .data = data,
        .ts_ns = (uint64_t)header->ts.tv_sec * 1000000000 + (uint64_t)header->ts.tv_usec,
        .captured = keep,
        .unkept = header->len > keep ? header->len - keep : 0,
        .wire = header->len > keep ? header->len : keep,
        .link = in->link,
    };
    in->base.position_bytes += header->len;
}

static int bound_index(const struct interface *in)
{
    struct sockaddr_ll own = { .sll_ifindex = -1 };
    socklen_t size = sizeof(own);

    getsockname(in->fd, (struct sockaddr *)&own, &size);
    return own.sll_ifindex;
}

/* Not by libpcap: it would then read the device's counters from /sys for pcap_stats(), and it
 * does not know of the device that comes after this one. */
static bool listen_to_all(const struct interface *in, int index)
{
    struct packet_mreq request = { .mr_ifindex = index, .mr_type = PACKET_MR_PROMISC };

    return !in->promiscuous || in->any ||
           setsockopt(in->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof(request)) == 0;
}

static bool bind_again(struct interface *in, int index)
{
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_protocol = htobe16(ETH_P_ALL),
        .sll_ifindex = index,
    };

    in->device_last = 0;
    return bind(in->fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
           listen_to_all(in, index);
}

/* Frames of another kind of device would be taken for what they are not. */
static void look_for_device(struct interface *in)
{
    struct device_state state;

    device_look(in->fd, in->name, &state);
    in->changed = state.index > 0 && state.hardware != in->hardware;
    if (state.index > 0 && !in->changed && bind_again(in, state.index))
        in->gone = false;
}

/* After libpcap has reported an error: the device is gone when the socket has lost it, or when its
 * name now means none or another one. */
static bool has_vanished(const struct interface *in)
{
    struct device_state state;

    if (in->any)
        return false;
    device_look(in->fd, in->name, &state);
    return state.index == 0 || state.index != bound_index(in);
}

static enum input_status interface_read(struct input *input, struct frame *frames, size_t max,
                                        size_t *count, struct err *err)
{
    struct interface *in = (struct interface *)input;
    struct batch batch = { .in = in, .frames = frames };
    int got;

    if (max > INPUT_BATCH)
        max = INPUT_BATCH;
    if (in->gone)
        look_for_device(in);
    /* also while it is gone: there may be frames in the ring */
    got = pcap_dispatch(in->pcap, (int)max, take_frame, (u_char *)&batch);
    *count = batch.count;
    if (got < 0 && got != PCAP_ERROR_BREAK && !in->gone) {
        in->gone = has_vanished(in);
        if (!in->gone) {
            err_set(err, EXIT_RUNTIME, "%s: cannot be read: %s", in->name, pcap_geterr(in->pcap));
            return INPUT_ERROR;
        }
        look_for_device(in); /* it may be back already */
    }
    return batch.count > 0 ? INPUT_OK : INPUT_AGAIN;
}

static int interface_fd(const struct input *input)
{
    return ((const struct interface *)input)->fd;
}

/* ---- health ---------------------------------------------------------------------------------- */

static void told_drops(const struct link_info *info, void *context)
{
    *(uint64_t *)context = info->rx_drops;
}

static void count_device_drops(struct interface *in)
{
    uint64_t now = VALUE_UNKNOWN;

    if (in->any || in->gone || !links_each(in->links_fd, in->name, told_drops, &now) ||
        now == VALUE_UNKNOWN)
        return;
    if (now > in->device_last)
        in->device_drops += now - in->device_last;
    in->device_last = now;
}

static void describe_trouble(struct interface *in, char *out, size_t size)
{
    struct device_state state;

    *out = '\0';
    if (in->any)
        return;
    device_look(in->fd, in->name, &state);
    if (in->changed)
        snprintf(out, size, "%s is another kind of device now: start mirrortop again", in->name);
    else if (in->gone || state.index == 0)
        snprintf(out, size, "%s is gone: waiting for it", in->name);
    else if (!state.is_up)
        snprintf(out, size, "%s is down: waiting (sudo ip link set %s up)", in->name, in->name);
    else if (!state.is_connected)
        snprintf(out, size, "%s has no carrier: waiting for the other end", in->name);
}

static void interface_health(struct input *input, struct input_health *health)
{
    struct interface *in = (struct interface *)input;
    struct pcap_stat stats;

    memset(health, 0, sizeof(*health));
    if (pcap_stats(in->pcap, &stats) == 0)
        live_count(&in->ring_drops, stats.ps_drop);
    count_device_drops(in);
    health->kernel_drops = in->ring_drops.total;
    health->interface_drops = in->any || in->links_fd < 0 ? VALUE_UNKNOWN : in->device_drops;
    health->buffer_bytes = in->ring_bytes;
    describe_trouble(in, health->trouble, sizeof(health->trouble));
}

static void interface_close(struct input *input)
{
    struct interface *in = (struct interface *)input;

    if (in->pcap)
        pcap_close(in->pcap);
    if (in->links_fd >= 0)
        close(in->links_fd);
    free(in);
}

static const struct input_ops interface_ops = {
    .read = interface_read,
    .fd = interface_fd,
    .health = interface_health,
    .close = interface_close,
};

/* ---- opening --------------------------------------------------------------------------------- */

static bool refused(const struct interface *in, const char *name, int status, struct err *err)
{
    char text[INPUT_TEXT];

    switch (status) {
    case PCAP_ERROR_PERM_DENIED:
        live_program(text, sizeof(text));
        return err_set(err, EXIT_PERMISSION,
                       "no permission to capture on %s: sudo setcap cap_net_raw+ep %s", name, text);
    case PCAP_ERROR_NO_SUCH_DEVICE:
        device_names(text, sizeof(text));
        return err_set(err, EXIT_PERMISSION, "there is no interface %s: choose from %s", name,
                       text);
    case PCAP_ERROR_IFACE_NOT_UP:
        return err_set(err, EXIT_PERMISSION, "interface %s is down: sudo ip link set %s up", name,
                       name);
    default:
        return err_set(err, EXIT_RUNTIME, "cannot capture on %s: %s", name, pcap_geterr(in->pcap));
    }
}

static bool activate(struct interface *in, const struct interface_config *config, struct err *err)
{
    char why[PCAP_ERRBUF_SIZE] = "";
    int status;

    in->pcap = pcap_create(config->name, why);
    if (!in->pcap)
        return err_set(err, EXIT_RUNTIME, "cannot capture on %s: %s", config->name, why);
    /* None of these can fail before activation. The kernel may grant a smaller ring. */
    pcap_set_snaplen(in->pcap, INPUT_KEEP);
    pcap_set_timeout(in->pcap, BLOCK_MS);
    pcap_set_buffer_size(in->pcap, RING_BYTES);
    pcap_set_tstamp_precision(in->pcap, PCAP_TSTAMP_PRECISION_NANO);
    status = pcap_activate(in->pcap);
    if (status < 0)
        return refused(in, config->name, status, err);
    if (status > 0)
        live_notice(&in->base, "%s: %s", config->name, pcap_geterr(in->pcap));
    if (pcap_setnonblock(in->pcap, 1, why) < 0)
        return err_set(err, EXIT_RUNTIME, "cannot capture on %s: %s", config->name, why);
    in->fd = pcap_fileno(in->pcap);
    return true;
}

static bool known_link(struct interface *in, const char *name, struct err *err)
{
    char text[64];
    int number = pcap_datalink(in->pcap);

    in->link = capture_link((uint32_t)number);
    if (in->link != LINK_UNSUPPORTED)
        return true;
    capture_link_name(text, sizeof(text), (uint32_t)number);
    return err_set(err, EXIT_RUNTIME, "frames of %s have link type %s, which is not known here",
                   name, text);
}

/* An empty filter lets all frames pass, and makes the kernel shorten them. Not every link type
 * has VLAN tags. */
static bool set_filter(struct interface *in, const struct interface_config *config, struct err *err)
{
    char text[DEVICE_FILTER] = "";
    struct bpf_program program;
    int status = -1;

    for (int vlan = 1; vlan >= 0 && status < 0; vlan--) {
        if (!config->all)
            device_filter(config->decode, vlan, text);
        status = pcap_compile(in->pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN);
    }
    if (status == 0) {
        status = pcap_setfilter(in->pcap, &program);
        pcap_freecode(&program);
    }
    return status == 0 || err_set(err, EXIT_RUNTIME, "cannot filter on %s: %s", config->name,
                                  pcap_geterr(in->pcap));
}

/* libpcap does not say how large a ring the kernel granted, but the ring is in our address
 * space. */
static uint64_t ring_size(int fd)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512], wanted[64];
    uint64_t size = 0;
    struct stat own;

    if (!maps || fstat(fd, &own) < 0)
        own.st_ino = 0;
    snprintf(wanted, sizeof(wanted), "socket:[%llu]\n", (unsigned long long)own.st_ino);
    while (maps && size == 0 && fgets(line, sizeof(line), maps)) {
        char *end;
        uint64_t from = strtoull(line, &end, 16);

        if (strstr(line, wanted) && *end == '-')
            size = strtoull(end + 1, NULL, 16) - from;
    }
    if (maps)
        fclose(maps);
    return size;
}

static bool look_at_device(struct interface *in, const struct interface_config *config,
                           struct err *err)
{
    struct device_state state;

    snprintf(in->name, sizeof(in->name), "%s", config->name);
    in->base.source = in->name;
    in->any = strcmp(in->name, "any") == 0;
    in->promiscuous = config->promiscuous;
    device_look(in->fd, in->name, &state);
    in->hardware = state.hardware;
    in->links_fd = links_open();
    count_device_drops(in);
    in->device_drops = 0; /* what was before */
    return listen_to_all(in, state.index) ||
           err_set(err, EXIT_RUNTIME, "%s cannot be made promiscuous: %s", in->name,
                   strerror(errno));
}

static void look_at_ring(struct interface *in)
{
    in->ring_bytes = ring_size(in->fd);
    in->base.patient = in->ring_bytes >= LIVE_PATIENT_BYTES;
    if (!in->base.patient)
        live_notice(&in->base,
                    "%s: the kernel has memory for a ring of %llu KiB only, bursts may be lost",
                    in->name, (unsigned long long)in->ring_bytes / 1024);
}

struct input *input_open_interface(const struct interface_config *config, struct err *err)
{
    struct interface *in = calloc(1, sizeof(*in));

    if (!in) {
        err_set(err, EXIT_RUNTIME, "no memory to capture on %s", config->name);
        return NULL;
    }
    in->base.ops = &interface_ops;
    in->links_fd = -1;
    if (!activate(in, config, err) || !known_link(in, config->name, err) ||
        !set_filter(in, config, err) || !look_at_device(in, config, err)) {
        interface_close(&in->base);
        return NULL;
    }
    look_at_ring(in);
    return &in->base;
}
