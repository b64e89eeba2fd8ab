// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Property;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;

/** Surefire runs classes by their names, without a word about those it passes over: no test may be in a class of another name. */
class TestNamesTest {

    @Test
    @DisplayName("every class with tests has a name that Surefire looks for")
    void everyTestIsRun() {
        List<Class<?>> withTests = TestClasses.ofThisModule().stream().filter(TestNamesTest::hasTests).toList();

        assertThat(withTests).contains(TestNamesTest.class);
        for (Class<?> c : withTests) {
            if (!Modifier.isAbstract(c.getModifiers()) && c.getEnclosingClass() == null) {
                assertThat(c.getSimpleName()).as(c.getName()).matches("Test.*|.*Test|.*Tests|.*TestCase");
            }
        }
    }

    private static boolean hasTests(Class<?> c) {
        return Stream.of(c.getDeclaredMethods()).anyMatch(TestNamesTest::isTest);
    }

    static boolean isTest(AnnotatedElement e) {
        return Stream.of(Test.class, ParameterizedTest.class, RepeatedTest.class, TestFactory.class, Property.class)
                .anyMatch(e::isAnnotationPresent);
    }
}
