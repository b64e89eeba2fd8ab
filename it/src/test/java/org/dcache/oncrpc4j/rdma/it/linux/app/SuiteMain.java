// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux.app;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.EngineFilter;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Runs test classes and prints how each test ended: a line {@code PASSED name}, {@code SKIPPED name: reason} or {@code FAILED name} with
 * the stack trace, and at the end a line {@code TESTS passed skipped failed}. The exit status is 0 if none failed. Arguments: class names.
 */
public final class SuiteMain implements TestExecutionListener {

    private final AtomicInteger passed = new AtomicInteger();
    private final AtomicInteger skipped = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();

    private SuiteMain() {}

    public static void main(String[] classes) {
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .filters(EngineFilter.includeEngines("junit-jupiter"))
                .selectors(Arrays.stream(classes).map(DiscoverySelectors::selectClass).toList()).build();
        SuiteMain run = new SuiteMain();
        LauncherFactory.create().execute(request, run);
        System.out.println("TESTS " + run.passed + ' ' + run.skipped + ' ' + run.failed);
        // Ends the JVM even if a test left a thread behind.
        System.exit(run.failed.get() == 0 ? 0 : 1);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        switch (result.getStatus()) {
            case SUCCESSFUL -> {
                if (test.isTest()) {
                    passed.incrementAndGet();
                    System.out.println("PASSED " + name(test));
                }
            }
            case ABORTED -> {
                skipped.incrementAndGet();
                System.out.println("SKIPPED " + name(test) + result.getThrowable().map(t -> ": " + t.getMessage()).orElse(""));
            }
            case FAILED -> {
                failed.incrementAndGet();
                System.out.println("FAILED " + name(test));
                result.getThrowable().ifPresent(t -> t.printStackTrace(new PrintWriter(System.out, true)));
            }
        }
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        skipped.incrementAndGet();
        System.out.println("SKIPPED " + name(test) + ": " + reason);
    }

    /** The unique name ends in the class and the method. */
    private static String name(TestIdentifier test) {
        return test.getUniqueIdObject().getSegments().stream().skip(1).map(s -> s.getValue()).reduce((a, b) -> a + ' ' + b)
                .orElse(test.getDisplayName());
    }
}
