// SPDX-License-Identifier: Apache-2.0
/** The settings: names, ranges, defaults, and where each value came from. */
package org.dcache.oncrpc4j.rdma.config;
