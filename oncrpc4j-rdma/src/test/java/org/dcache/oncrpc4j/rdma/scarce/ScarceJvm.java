// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.scarce;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.planted.TestJvm;

/**
 * A JVM of its own in which something is scarce: descriptors, direct memory or threads. It runs one method of a test class, on an instance
 * that it makes itself, so that what the test uses up is nobody else's.
 *
 * <p>Loading a class from a folder takes a descriptor, and a class that could not be loaded stays so: all classes of the project are loaded
 * before the method runs. The method itself does once with plenty what it will do with little, for what the JDK loads and opens when it is
 * first used.
 */
public final class ScarceJvm {

    private static final int SECONDS = 300;
    private static final String OURS = "org/dcache/oncrpc4j/rdma/";

    private final List<String> shell = new ArrayList<>();
    private final List<String> options = new ArrayList<>();

    private ScarceJvm() {}

    /** At most so many open files. */
    public static ScarceJvm ofDescriptors(int most) {
        ScarceJvm jvm = new ScarceJvm();
        jvm.shell.addAll(List.of("sh", "-c", "ulimit -n " + most + " && exec \"$0\" \"$@\""));
        return jvm;
    }

    /** So many MiB of direct memory. */
    public static ScarceJvm ofDirectMemory(int mebibytes) {
        ScarceJvm jvm = new ScarceJvm();
        jvm.options.add("-XX:MaxDirectMemorySize=" + mebibytes + "m");
        return jvm;
    }

    /** {@link RefusedThreads} works there. */
    public static ScarceJvm ofThreads() throws IOException {
        ScarceJvm jvm = new ScarceJvm();
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Premain-Class", RefusedThreads.class.getName());
        manifest.getMainAttributes().putValue("Can-Retransform-Classes", "true");
        Path agent = Files.createTempFile("refused-threads", ".jar");
        agent.toFile().deleteOnExit();
        try (OutputStream file = Files.newOutputStream(agent)) {
            new JarOutputStream(file, manifest).close();
        }
        jvm.options.addAll(List.of("-javaagent:" + agent, "-Dnet.bytebuddy.experimental=true"));
        return jvm;
    }

    /**
     * Runs the method, which has no parameters, in the JVM; an error with all that the JVM said when it fails or does not end. Skips the
     * test in an emulated guest, where a device's address is given.
     */
    public void run(Class<?> test, String method) throws IOException, InterruptedException {
        assumeTrue(System.getProperty("test.rdma.address") == null, "an emulated guest takes minutes for a JVM of its own");
        List<String> command = new ArrayList<>(shell);
        command.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m", "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1"));
        command.addAll(options);
        System.getProperties().stringPropertyNames().stream().filter(name -> name.startsWith("org.dcache.oncrpc4j.rdma."))
                .forEach(name -> command.add("-D" + name + '=' + System.getProperty(name)));
        if (Runtime.version().feature() >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.addAll(List.of("-cp", TestJvm.classPath(), ScarceJvm.class.getName(), test.getName(), method));
        TestJvm.Ended ended = TestJvm.run(command, SECONDS);
        if (ended.status() != 0) {
            throw new AssertionError(method + (ended.inTime() ? " failed" : " did not end within " + SECONDS + " s")
                    + " in its own JVM, which said:\n" + ended.output());
        }
    }

    /** Arguments: class and method. */
    public static void main(String[] args) {
        try {
            loadAll();
            Class<?> test = Class.forName(args[0]);
            Method method = Stream.<Class<?>>iterate(test, c -> c != null, Class::getSuperclass)
                    .flatMap(c -> Stream.of(c.getDeclaredMethods()))
                    .filter(m -> m.getName().equals(args[1])).findFirst().orElseThrow();
            method.setAccessible(true);
            var constructor = test.getDeclaredConstructor();
            constructor.setAccessible(true);
            method.invoke(constructor.newInstance());
            System.exit(0);
        } catch (Throwable e) {
            e.printStackTrace(System.out);
            System.exit(1);
        }
    }

    private static void loadAll() throws IOException {
        for (String entry : System.getProperty("java.class.path").split(System.getProperty("path.separator"))) {
            Path root = Path.of(entry);
            if (Files.isDirectory(root.resolve(OURS))) {
                try (Stream<Path> files = Files.walk(root.resolve(OURS))) {
                    files.map(file -> root.relativize(file).toString()).filter(name -> name.endsWith(".class"))
                            .forEach(name -> load(name.substring(0, name.length() - 6)));
                }
            }
        }
        // All archives are opened in the search for this one.
        load("no/such/Type");
    }

    private static void load(String name) {
        try {
            Class.forName(name.replace('/', '.'), false, ScarceJvm.class.getClassLoader());
        } catch (ClassNotFoundException | LinkageError e) {
            // Not there, or of a provider whose library is not.
        }
    }
}
