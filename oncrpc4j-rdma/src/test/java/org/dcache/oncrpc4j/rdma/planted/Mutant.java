// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.planted;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/**
 * Compiles the changed class of a planted bug, against the classes as they are, into a folder of its own that then goes first on the class
 * path.
 */
final class Mutant {

    private Mutant() {}

    static Path compile(PlantedBug bug, String classPath) throws IOException {
        Path folder = Path.of("target", "planted-bugs", bug.name());
        Files.createDirectories(folder);
        String source = bug.source();
        JavaFileObject file = new SimpleJavaFileObject(URI.create("string:///" + bug.className().replace('.', '/') + ".java"),
                JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return source;
            }
        };
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        boolean compiled = compiler.getTask(messages, null, null,
                List.of("-d", folder.toString(), "-cp", classPath, "-proc:none", "--release", "17"),
                null, List.of(file)).call();
        if (!compiled) {
            throw new IllegalStateException("planted bug " + bug.name() + " is no Java:\n" + messages);
        }
        return folder;
    }
}
