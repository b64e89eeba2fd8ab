// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.scarce;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.instrument.Instrumentation;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import net.bytebuddy.agent.builder.AgentBuilder;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.matcher.ElementMatchers;

/**
 * Has the start of the transport's threads fail as it does when the system has none to give, after so many more: in a JVM that has this as
 * its agent ({@link ScarceJvm#ofThreads}). The system's own limits cannot be used: they do not bind root.
 */
public final class RefusedThreads {

    private static final String LEFT = "test.threads.left";

    private RefusedThreads() {}

    public static void premain(String arguments, Instrumentation instrumentation) {
        new AgentBuilder.Default().disableClassFormatChanges().ignore(ElementMatchers.none())
                .with(AgentBuilder.RedefinitionStrategy.RETRANSFORMATION)
                .with(AgentBuilder.Listener.StreamWriting.toSystemOut().withErrorsOnly()).type(ElementMatchers.is(Thread.class))
                .transform((builder, type, loader, module, domain) ->
                builder.visit(Advice.to(Start.class).on(ElementMatchers.named("start"))))
                .installOn(instrumentation);
    }

    /** So many more threads of the transport can be started, then no more. */
    public static void allow(int more) {
        System.setProperty(LEFT, Integer.toString(more));
        if (more == 0) {
            ThreadPoolExecutor pool = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(),
                    task -> new Thread(task, "rdma-none"));
            assertThatThrownBy(() -> pool.execute(() -> {})).as("the agent is at work").isInstanceOf(OutOfMemoryError.class);
        }
    }

    /** As many as are wanted. */
    public static void allowAll() {
        System.clearProperty(LEFT);
    }

    /** Its body stands in {@link Thread#start}, and in that which pools use from Java 21 on, so that it uses nothing but the JDK. */
    static final class Start {
        @Advice.OnMethodEnter
        static void enter(@Advice.This Thread thread) {
            String left = System.getProperty("test.threads.left");
            if (left != null && (thread.getName().startsWith("rdma-") || thread.getName().startsWith("rpcrdma"))) {
                int more = Integer.parseInt(left);
                if (more == 0) {
                    throw new OutOfMemoryError("unable to create native thread: refused by the test");
                }
                System.setProperty("test.threads.left", Integer.toString(more - 1));
            }
        }
    }
}
