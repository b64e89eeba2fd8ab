/* SPDX-License-Identifier: Apache-2.0 */
/* Faults that tests ask for. */
#include "soft.h"

int fault(const char *call)
{
    (void)call;
    return 0;
}

int fault_status(int opcode, uint64_t *not_before)
{
    (void)opcode;
    (void)not_before;
    return WC_SUCCESS;
}

bool fault_loses(const char *event)
{
    (void)event;
    return false;
}
