// SPDX-License-Identifier: Apache-2.0
/**
 * What providers are built from: logic that each of them needs and that has nothing to do with how it reaches the network, such as loops,
 * their members and receives that are lent. For providers only: nothing above the verbs knows it.
 */
package org.dcache.oncrpc4j.rdma.verbs.parts;
