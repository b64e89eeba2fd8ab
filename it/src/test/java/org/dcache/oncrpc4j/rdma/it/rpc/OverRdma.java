// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.rpc;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;

/**
 * Tests that run in a JVM with the agent and {@code oncrpc.transport=rdma}. They are written against oncrpc4j alone; {@link Peers} proves
 * for each connection that it is not TCP. The time limit is for tests that hang, not a measurement.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("over-rdma")
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public @interface OverRdma {}
