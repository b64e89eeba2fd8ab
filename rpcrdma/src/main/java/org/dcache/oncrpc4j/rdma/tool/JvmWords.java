// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.config.Configuration;

/**
 * What a running JVM was told of us, by {@code /proc}: of its command line and its environment those words that are about this transport or
 * about memory, and no others, as those may hold secrets. An agent that was attached later is not seen. Immutable.
 *
 * @param options flags, in the order in which the JVM reads them
 * @param environment our own variables
 */
record JvmWords(List<String> options, Map<String, String> environment) {

    private static final List<String> OURS = List.of("-Doncrpc.rdma.", "-Doncrpc.transport", "-Xmx", "-XX:MaxDirectMemorySize",
            "--enable-native-access");
    private static final List<String> OPTION_VARIABLES = List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS");
    private static final String AGENT = "-javaagent:";

    /** @throws IOException there is no such process, or it is another user's */
    static JvmWords of(Path proc, String pid) throws IOException {
        Map<String, String> given = new TreeMap<>();
        for (String variable : words(proc.resolve(pid).resolve("environ"))) {
            int equals = variable.indexOf('=');
            if (equals > 0) {
                given.put(variable.substring(0, equals), variable.substring(equals + 1));
            }
        }
        List<String> options = new ArrayList<>();
        OPTION_VARIABLES.forEach(name -> options.addAll(ours(Arrays.stream(given.getOrDefault(name, "").split("\\s+")))));
        options.addAll(ours(words(proc.resolve(pid).resolve("cmdline")).stream()));
        given.keySet().removeIf(name -> !name.startsWith("ONCRPC_RDMA_") && !name.equals("ONCRPC_TRANSPORT"));
        return new JvmWords(List.copyOf(options), Map.copyOf(given));
    }

    private static List<String> words(Path file) throws IOException {
        return List.of(Files.readString(file, StandardCharsets.ISO_8859_1).split("\0"));
    }

    private static List<String> ours(Stream<String> words) {
        return words.filter(word -> OURS.stream().anyMatch(word::startsWith)
                || word.startsWith(AGENT) && jar(word).contains("oncrpc4j-rdma")).toList();
    }

    private static String jar(String agent) {
        int equals = agent.indexOf('=');
        return agent.substring(AGENT.length(), equals < 0 ? agent.length() : equals);
    }

    /** The jar of our agent; the last, if several are named. */
    Optional<Path> agent() {
        return options.stream().filter(option -> option.startsWith(AGENT)).reduce((first, last) -> last).map(JvmWords::jar).map(Path::of);
    }

    /**
     * The settings as that JVM has read them, with their origins, if the files are still what they were.
     *
     * @throws RuntimeException a setting is wrong, as it was there, or a file cannot be read from here
     */
    Configuration settings() {
        Properties properties = new Properties();
        String arguments = "";
        for (String option : options) {
            int equals = option.indexOf('=');
            String value = equals < 0 ? "" : option.substring(equals + 1);
            if (option.startsWith("-Doncrpc.")) {
                properties.setProperty(equals < 0 ? option.substring(2) : option.substring(2, equals), value);
            } else if (option.startsWith(AGENT)) {
                arguments = value;
            }
        }
        return Configuration.load(properties, environment, agent().orElse(null), arguments, "agent argument");
    }
}
