/* SPDX-License-Identifier: Apache-2.0 */
/* IP addresses: those of this machine are the device's, all of them. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>
#include "cm.h"

void address_copy(struct sockaddr_storage *to, const struct sockaddr *from)
{
    memset(to, 0, sizeof *to);
    memcpy(to, from, from->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
}

static bool same(const struct sockaddr *a, const struct sockaddr *b)
{
    if (a->sa_family != b->sa_family)
        return false;
    if (a->sa_family == AF_INET6)
        return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr, &((const struct sockaddr_in6 *)b)->sin6_addr, 16) == 0;
    return ((const struct sockaddr_in *)a)->sin_addr.s_addr == ((const struct sockaddr_in *)b)->sin_addr.s_addr;
}

bool address_is_any(const struct sockaddr *address)
{
    struct sockaddr_storage any = { .ss_family = address->sa_family };
    return same(address, (struct sockaddr *)&any);
}

/* 0 where it is one of this machine, EADDRNOTAVAIL where not, or why that cannot be said. */
int address_check_local(const struct sockaddr *address)
{
    struct ifaddrs *all = NULL;
    if (address->sa_family == AF_INET && ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24 == 127)
        return 0;
    if (getifaddrs(&all) != 0)
        return errno;
    bool found = false;
    for (struct ifaddrs *one = all; one && !found; one = one->ifa_next)
        found = one->ifa_addr && same(one->ifa_addr, address);
    freeifaddrs(all);
    return found ? 0 : EADDRNOTAVAIL;
}

void address_wildcard(struct sockaddr_storage *to, int family, const struct sockaddr_storage *port_of)
{
    memset(to, 0, sizeof *to);
    to->ss_family = family;
    address_set_port(to, address_port(port_of));
}

/* The port lies at the same place in both kinds. */
uint16_t address_port(const struct sockaddr_storage *address)
{
    return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

void address_set_port(struct sockaddr_storage *address, uint16_t port)
{
    ((struct sockaddr_in *)address)->sin_port = htons(port);
}

/* One that is probably free. */
uint16_t address_free_port(void)
{
    static _Atomic uint32_t count;
    uint32_t start = (uint32_t)getpid() * 2654435761U + (uint32_t)(own ? own->seg->id : 0);
    return 32768 + (start + atomic_fetch_add(&count, 1)) % 28232;
}
