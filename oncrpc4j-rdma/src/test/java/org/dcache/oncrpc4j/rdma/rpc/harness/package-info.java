// SPDX-License-Identifier: Apache-2.0
/**
 * Services, clients, programs and relays that tests are made of: {@link LocalEndpoints} and {@link RelayedEndpoints} are a server and
 * its client in this JVM, {@link BareClient} and {@link RawClient} speak what a well-behaved client does not, {@link LeakLedger} sees
 * that nothing stays behind.
 */
package org.dcache.oncrpc4j.rdma.rpc.harness;
