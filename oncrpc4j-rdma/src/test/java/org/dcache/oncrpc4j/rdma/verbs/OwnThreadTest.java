// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.AccessController;
import java.security.PrivilegedAction;
import java.util.concurrent.CompletableFuture;
import javax.security.auth.Subject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

@Timeout(60)
class OwnThreadTest {

    private static final InheritableThreadLocal<String> INHERITED = new InheritableThreadLocal<>();

    @Test
    void itHasNothingOfTheThreadThatMakesIt() {
        INHERITED.set("maker's");
        CompletableFuture<String> seen = new CompletableFuture<>();
        OwnThread thread = OwnThread.of("name", () -> seen.complete(INHERITED.get()));
        INHERITED.remove();
        thread.start();

        assertThat(seen.join()).isNull();
        assertThat(thread.isDaemon()).isTrue();
        assertThat(thread.getName()).isEqualTo("name");
        assertThat(thread.getContextClassLoader()).isNull();
    }

    /** Later ones pass no subject to threads, and {@code Subject.getSubject} throws. */
    @Test
    @SuppressWarnings("removal")
    @EnabledForJreRange(max = JRE.JAVA_23, disabledReason = "from Java 24 on a thread inherits no access-control context")
    void norHasItTheSubjectOfWhoMakesIt() {
        PrivilegedAction<Subject> subject = () -> Subject.getSubject(AccessController.getContext());
        PrivilegedAction<Subject> inOwnThread = () -> {
            CompletableFuture<Subject> seen = new CompletableFuture<>();
            OwnThread.of("name", () -> seen.complete(subject.run())).start();
            return seen.join();
        };
        Subject makers = new Subject();

        assertThat(Subject.doAs(makers, subject)).isSameAs(makers);
        assertThat(Subject.doAs(makers, inOwnThread)).isNull();
    }
}
