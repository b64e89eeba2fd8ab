/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device soft0: its context, what it can do, protection domains. It looks like a RoCE card with memory windows of type 2 and shared receive queues. Beside the
 * library lies what Linux would list in sysfs (build.sh). Removal and return are functions for tests.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "soft.h"

static const uint8_t guid[8] = { 0x73, 0x6f, 0x66, 0x74, 0, 0, 0, 1 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct ibv_context *context;
static bool removed;
void (*soft_when_removed)(void); /* the connection manager's */
static struct ibv_device device = { .node_type = 1, .transport_type = 0, .name = "soft0", .dev_name = "uverbs0" };

/* Where this library lies. */
const char *soft_folder(void)
{
    static char folder[200];
    Dl_info info;
    if (!folder[0] && dladdr((void *)soft_folder, &info) && info.dli_fname) {
        char *path = realpath(info.dli_fname, NULL);
        if (path) {
            *strrchr(path, '/') = 0;
            snprintf(folder, sizeof folder, "%s", path);
            free(path);
        }
    }
    return folder;
}

static struct ibv_context *open_context(int *problem)
{
    struct ibv_context *made = calloc(1, sizeof *made);
    ino_t inode = 0;
    if (!made || (*problem = segment_open()) != 0 || (*problem = retry_start()) != 0) {
        *problem = *problem ? *problem : ENOMEM;
        free(made);
        return NULL;
    }
    made->cmd_fd = memfd_create("uverbs0", MFD_CLOEXEC);
    made->async_fd = made->cmd_fd < 0 ? -1 : fifo_open("infiniband-events", &inode);
    if (made->async_fd < 0) {
        *problem = errno;
        if (made->cmd_fd >= 0)
            close(made->cmd_fd);
        free(made);
        return NULL;
    }
    snprintf(device.dev_path, sizeof device.dev_path, "%s/verbs/uverbs0", soft_folder());
    snprintf(device.ibdev_path, sizeof device.ibdev_path, "%s/devices/soft0", soft_folder());
    made->device = &device;
    made->num_comp_vectors = 1;
    made->ops.alloc_mw = mw_alloc;
    made->ops.dealloc_mw = mw_free;
    made->ops.poll_cq = cq_poll;
    made->ops.req_notify_cq = cq_arm;
    made->ops.post_srq_recv = srq_post;
    made->ops.post_send = sq_post;
    made->ops.post_recv = receive_post;
    own->seg->async_inode = inode;
    own->seg->async_fd = made->async_fd;
    return made;
}

/* The one context of this process; NULL with errno. */
struct ibv_context *soft_context(void)
{
    int problem = fault("open_device");
    pthread_mutex_lock(&lock);
    if (removed)
        problem = ENODEV;
    if (!problem && !context)
        context = open_context(&problem);
    struct ibv_context *found = problem ? NULL : context;
    pthread_mutex_unlock(&lock);
    errno = problem;
    return found;
}

static _Atomic long objects;

void soft_made(int more)
{
    atomic_fetch_add(&objects, more);
}

/* For tests: how many objects of all kinds this process has, connection ids too. */
long softdevice_objects(void)
{
    return atomic_load(&objects);
}

bool soft_present(void)
{
    return !removed;
}

/* For tests: the device is pulled out. What was made on it can still be destroyed. */
void softdevice_removed(void)
{
    pthread_mutex_lock(&lock);
    removed = true;
    memory_stays();
    bool open = context != NULL;
    context = NULL;
    pthread_mutex_unlock(&lock);
    if (open) {
        for (uint32_t i = 0; i < MAX_OBJECTS; i++) {
            struct shared_qp *qp = &own->seg->qps[i];
            if (qp->qpn != 0)
                qp_error_shared(own, qp, -1);
        }
        event_send(own, EVENT_DEVICE_FATAL, ELEMENT_NONE, 0, 0);
    }
    if (open && soft_when_removed)
        soft_when_removed();
}

/* For tests: it is plugged in again. */
void softdevice_returned(void)
{
    pthread_mutex_lock(&lock);
    removed = false;
    pthread_mutex_unlock(&lock);
}

const char *ibv_get_device_name(struct ibv_device *of)
{
    return of->name;
}

int ibv_query_device(struct ibv_context *of, struct ibv_device_attr *attr)
{
    (void)of;
    memset(attr, 0, sizeof *attr);
    strcpy(attr->fw_ver, "1");
    memcpy(attr->node_guid, guid, sizeof guid);
    memcpy(attr->sys_image_guid, guid, sizeof guid);
    attr->max_mr_size = UINT64_MAX;
    attr->page_size_cap = 4096;
    attr->device_cap_flags = 1 << 21 | 1 << 24; /* memory management extensions, windows of type 2B */
    attr->max_qp = attr->max_cq = attr->max_srq = MAX_OBJECTS - 2;
    attr->max_qp_wr = attr->max_srq_wr = MAX_WR;
    attr->max_sge = attr->max_sge_rd = attr->max_srq_sge = MAX_SGE;
    attr->max_cqe = MAX_CQE;
    attr->max_mr = attr->max_mw = MAX_KEYS - 1;
    attr->max_pd = 1 << 20;
    attr->max_qp_rd_atom = attr->max_qp_init_rd_atom = 16;
    attr->max_pkeys = 1;
    attr->phys_port_cnt = 1;
    attr->vendor_id = fault("like_rxe") ? 0xffffff : 0;
    return fault("query_device");
}

int ibv_query_port(struct ibv_context *of, uint8_t port, struct ibv_port_attr *attr)
{
    (void)of;
    if (port != 1)
        return EINVAL;
    /* The older of the two shapes of the structure ends before its last fields. */
    memset(attr, 0, 48);
    attr->state = 4;
    attr->max_mtu = attr->active_mtu = 5;
    attr->gid_tbl_len = 1;
    attr->max_msg_sz = 1U << 30;
    return fault("query_port");
}

struct ibv_pd *ibv_alloc_pd(struct ibv_context *of)
{
    static _Atomic uint32_t number;
    int problem = fault("alloc_pd");
    struct soft_pd *pd = problem ? NULL : calloc(1, sizeof *pd);
    if (!pd) {
        errno = problem ? problem : ENOMEM;
        return NULL;
    }
    soft_made(1);
    pd->ibv = (struct ibv_pd){ of, atomic_fetch_add(&number, 1) + 1 };
    return &pd->ibv;
}

int ibv_dealloc_pd(struct ibv_pd *pd)
{
    if (atomic_load(&((struct soft_pd *)pd)->users) > 0)
        return EBUSY;
    soft_made(-1);
    free(pd);
    return 0;
}
