// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.planted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.architecture.TestClasses;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

/**
 * Plants one bug after the other into a copy of one class and sees the named test fail: a test that passes with the bug in place tests
 * nothing. Always: the list fits the code. With {@code -Pplanted-bugs}: each bug is tried, in a JVM of its own; {@code
 * -Dplanted.only=name,name} picks some.
 */
class PlantedBugsTest {

    /** Enough for one JVM and the longest wait of any one test, by far. */
    private static final int LIMIT_SECONDS = 120;
    /** For all named tests in one JVM, without bugs. */
    private static final int ALL_SECONDS = 600;

    private static final boolean TRY = Boolean.getBoolean("planted.bugs");
    private static final List<String> ONLY = List.of(System.getProperty("planted.only", "").split(","));

    private static List<PlantedBug> bugs() throws Exception {
        return PlantedBugList.read();
    }

    @Test
    @DisplayName("each entry of the list changes code that is there and names a test that is there")
    void theListFitsTheCode() throws Exception {
        List<PlantedBug> bugs = bugs();
        assertThat(bugs).hasSizeGreaterThanOrEqualTo(24).extracting(PlantedBug::name).doesNotHaveDuplicates();
        for (PlantedBug bug : bugs) {
            assertThat(bug.source()).as(bug.name()).isNotEmpty();
            assertThat(TestClasses.ofThisModule()).extracting(Class::getName).as(bug.name()).contains(bug.testClass());
            assertThat(methods(Class.forName(bug.testClass()))).as(bug.name()).contains(bug.testMethod());
        }
    }

    private static List<String> methods(Class<?> type) {
        return Stream.<Class<?>>iterate(type, c -> c != null, Class::getSuperclass).flatMap(c -> Stream.of(c.getDeclaredMethods()))
                .map(m -> m.getName()).toList();
    }

    @TestFactory
    @DisplayName("each planted bug makes its test fail")
    Stream<DynamicTest> eachBugIsFound() throws Exception {
        assumeTrue(TRY, "only with -Pplanted-bugs");
        List<PlantedBug> bugs = bugs().stream().filter(b -> ONLY.equals(List.of("")) || ONLY.contains(b.name())).toList();
        ExecutorService jvms = Executors.newFixedThreadPool(Integer.getInteger("planted.jvms", 2));
        List<DynamicTest> tests = new ArrayList<>();
        tests.add(test("without a bug all these tests pass", jvms, () -> withoutBugs(bugs)));
        bugs.forEach(bug -> tests.add(test(bug.name() + ": " + bug.what(), jvms, () -> found(bug))));
        jvms.shutdown();
        return tests.stream();
    }

    /** Most of them wait most of the time, so some run side by side. */
    private static DynamicTest test(String name, ExecutorService jvms, Executable what) {
        CompletableFuture<Throwable> outcome = CompletableFuture.supplyAsync(() -> {
            try {
                what.execute();
                return null;
            } catch (Throwable e) {
                return e;
            }
        }, jvms);
        return DynamicTest.dynamicTest(name, () -> {
            Throwable thrown = outcome.get();
            if (thrown != null) {
                throw thrown;
            }
        });
    }

    private static void withoutBugs(List<PlantedBug> bugs) throws Exception {
        TestJvm.Result result = TestJvm.run(List.of(), bugs.stream().map(b -> b.testClass() + "#" + b.testMethod()).distinct().toList(),
                ALL_SECONDS);
        assertThat(result.outcome()).as(result.output()).isEqualTo(TestJvm.Outcome.PASSED);
    }

    private static void found(PlantedBug bug) throws Exception {
        Path mutant = Mutant.compile(bug, TestJvm.classPath());
        TestJvm.Result result = TestJvm.run(List.of(mutant), List.of(bug.testClass() + "#" + bug.testMethod()), LIMIT_SECONDS);
        TestJvm.Outcome outcome = bug.hangs() && result.outcome() == TestJvm.Outcome.HUNG ? TestJvm.Outcome.FAILED : result.outcome();
        assertThat(outcome).as("%s passes although %s. It said:%n%s", bug.test(), bug.what(), result.output())
                .isEqualTo(TestJvm.Outcome.FAILED);
    }
}
