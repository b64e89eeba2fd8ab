// SPDX-License-Identifier: Apache-2.0
/**
 * What all sockets of an adapter share: {@link IwarpResources} (loops, pools, counters, the list of those sockets), made of
 * {@link IwarpSettings}. What is counted is an {@link IwarpCounter}, what is measured an {@link IwarpGauge}. Uses {@code iwarp.memory},
 * {@code iwarp.tx}, {@code iwarp.rx}, {@code iwarp.loop}, {@code iwarp.wire}, {@code verbs}, {@code config}, {@code metrics}.
 */
package org.dcache.oncrpc4j.rdma.iwarp.shared;
