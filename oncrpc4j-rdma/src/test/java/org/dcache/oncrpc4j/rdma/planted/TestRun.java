// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.planted;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.ClassSelector;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * The program of a fresh JVM that runs some test methods: arguments are {@code class#method}. Says on its output which of them failed, and
 * ends with {@link #PASSED}, {@link #FAILED}, or {@link #NOT_RUN} when a method has no test that ran.
 */
public final class TestRun {

    static final int PASSED = 0;
    static final int FAILED = 3;
    static final int NOT_RUN = 4;

    private TestRun() {}

    public static void main(String[] tests) {
        Set<String> wanted = Set.of(tests);
        List<ClassSelector> classes = wanted.stream().map(t -> t.substring(0, t.indexOf('#'))).distinct().map(c -> selectClass(c)).toList();
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request().selectors(classes)
                .filters((org.junit.platform.launcher.PostDiscoveryFilter) d -> FilterResult.includedIf(isWanted(d, wanted))).build();
        Map<String, Boolean> results = new TreeMap<>();
        LauncherFactory.create().execute(request, new TestExecutionListener() {
            @Override
            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                boolean passed = result.getStatus() == TestExecutionResult.Status.SUCCESSFUL;
                test.getSource().filter(MethodSource.class::isInstance).map(MethodSource.class::cast)
                        .ifPresent(m -> results.merge(m.getClassName() + "#" + m.getMethodName(), passed, Boolean::logicalAnd));
                result.getThrowable().ifPresent(e -> System.out.println("FAILED " + test.getDisplayName() + ": " + firstLine(e)));
            }
        });
        Set<String> missing = new TreeSet<>(wanted);
        missing.removeAll(results.keySet());
        missing.removeIf(t -> results.keySet().stream().anyMatch(r -> r.endsWith(t.substring(t.indexOf('#')))));
        missing.forEach(t -> System.out.println("NOT RUN " + t));
        results.forEach((test, passed) -> System.out.println((passed ? "passed " : "failed ") + test));
        System.out.flush();
        System.exit(!missing.isEmpty() ? NOT_RUN : results.containsValue(false) ? FAILED : PASSED);
    }

    /** Containers of no method are kept; what is empty then falls out by itself. */
    private static boolean isWanted(TestDescriptor descriptor, Set<String> wanted) {
        if (!(descriptor.getSource().orElse(null) instanceof MethodSource method)) {
            return true;
        }
        // A test that a class inherits is named with the class it is run in, which its parent knows.
        return wanted.stream().anyMatch(t -> t.endsWith("#" + method.getMethodName())
                && t.startsWith(method.getClassName() + "#") || t.equals("*") || inherits(t, method));
    }

    private static boolean inherits(String test, MethodSource method) {
        if (!test.endsWith("#" + method.getMethodName())) {
            return false;
        }
        try {
            Class<?> owner = Class.forName(test.substring(0, test.indexOf('#')), false, TestRun.class.getClassLoader());
            return method.getJavaClass().isAssignableFrom(owner);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String firstLine(Throwable e) {
        String text = e.toString();
        int end = text.indexOf('\n');
        return end < 0 || Boolean.getBoolean("planted.verbose") ? text : text.substring(0, end) + " …";
    }
}
