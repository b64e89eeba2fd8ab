// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.planted;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * One small fault that could be in the code, and the test that has to notice it.
 *
 * @param name short and unique
 * @param what the fault in words
 * @param file source file below the root package, for example {@code iwarp/ReceiveSide.java}
 * @param test {@code package.Class#method} below the root package; the method may be parameterized, or a property
 * @param hangs whether the test may also not end at all
 * @param before text of the source, which must occur exactly once
 * @param after what stands there instead
 */
record PlantedBug(String name, String what, String file, String test, boolean hangs, String before, String after) {

    static final String ROOT = "org.dcache.oncrpc4j.rdma";

    private static final Path SOURCES = Path.of("src/main/java", ROOT.split("\\."));

    /** Binary name of the class whose file is changed. */
    String className() {
        return ROOT + "." + file.replace(".java", "").replace('/', '.');
    }

    String testClass() {
        return ROOT + "." + test.substring(0, test.indexOf('#'));
    }

    String testMethod() {
        return test.substring(test.indexOf('#') + 1);
    }

    /** The changed source; an error when the text to be changed is not there, or not only once. */
    String source() throws IOException {
        String source = Files.readString(SOURCES.resolve(file));
        int at = source.indexOf(before);
        if (at < 0 || source.indexOf(before, at + 1) >= 0) {
            throw new IllegalStateException("planted bug " + name + ": expected its text exactly once in " + file + ", it is there "
                    + (at < 0 ? "never" : "more than once") + "; put the entry right:\n" + before);
        }
        return source.substring(0, at) + after + source.substring(at + before.length());
    }
}
