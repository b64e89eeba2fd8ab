// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.verbs.Availability;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;
import org.dcache.oncrpc4j.rdma.verbs.error.ProviderUnavailableException;
import org.junit.jupiter.api.Test;

/** What is missing for DiSNI is said, with the way to get it, and nothing is thrown. */
class DisniProviderTest {

    /** A loader without DiSNI's classes, or with them but not those of a package: DiSNI as an application may have it. */
    private static final class Without extends URLClassLoader {
        private final String hidden;

        Without(String hidden) {
            super(new URL[] {source(DisniProvider.class), source("com.ibm.disni.verbs.RdmaProvider")}, Without.class.getClassLoader());
            this.hidden = hidden;
        }

        private static URL source(Class<?> of) {
            return of.getProtectionDomain().getCodeSource().getLocation();
        }

        private static URL source(String name) {
            try {
                return source(Class.forName(name, false, Without.class.getClassLoader()));
            } catch (ClassNotFoundException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (name.startsWith(hidden)) {
                throw new ClassNotFoundException(name);
            }
            if (name.startsWith("com.ibm.disni.") || name.startsWith(DisniProvider.class.getPackageName())) {
                synchronized (getClassLoadingLock(name)) {
                    Class<?> loaded = findLoadedClass(name);
                    return loaded != null ? loaded : findClass(name);
                }
            }
            return super.loadClass(name, resolve);
        }
    }

    private static Availability availability(String hidden) throws Exception {
        try (Without loader = new Without(hidden)) {
            Object provider = loader.loadClass(DisniProvider.class.getName()).getConstructor().newInstance();
            assertThat(provider.getClass().getClassLoader()).isSameAs(loader);
            return ((VerbsProvider) provider).availability();
        }
    }

    @Test
    void withoutDisnisJarTheReasonNamesIt() throws Exception {
        Availability availability = availability("com.ibm.disni.");
        assertThat(availability.available()).isFalse();
        assertThat(availability.reason()).contains("class path").contains("com.ibm.disni:disni:2.1");
    }

    @Test
    void aJarThatIsNotWholeIsNoError() throws Exception {
        Availability availability = availability("com.ibm.disni.verbs.impl.");
        assertThat(availability.available()).isFalse();
        assertThat(availability.reason()).contains("lacks a class");
    }

    /** The library can belong to one class loader only, and here to none. */
    @Test
    void withoutItsLibraryTheReasonSaysHowToBuildIt() throws Exception {
        assumeFalse(System.getProperty("java.library.path", "").contains("disni"), "libdisni.so is there");
        Availability availability = availability("nothing.");
        assertThat(availability.available()).isFalse();
        assertThat(availability.reason()).contains("libdisni.so").contains("https://github.com/zrlio/disni")
                .contains("-Djava.library.path");
    }

    @Test
    void askingAgainGivesTheSameAnswerAndOpeningFailsWithIt() throws IOException {
        VerbsProvider provider = new DisniProvider();
        Availability availability = provider.availability();
        assertThat(provider.availability()).isEqualTo(availability);
        assumeFalse(availability.available(), "DiSNI works here");
        assertThatThrownBy(() -> provider.open(Configuration.of(java.util.Map.of()))).isInstanceOf(ProviderUnavailableException.class)
                .hasMessageContaining(availability.reason());
    }
}
