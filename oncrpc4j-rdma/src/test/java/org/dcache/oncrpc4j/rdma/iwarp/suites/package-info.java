// SPDX-License-Identifier: Apache-2.0
/** The suites that every verbs provider passes, run on software iWARP, also with small FPDUs. Uses {@code verbs} only. */
package org.dcache.oncrpc4j.rdma.iwarp.suites;
