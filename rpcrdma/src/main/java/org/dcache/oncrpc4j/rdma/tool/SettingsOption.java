// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.ConfigurationException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The option {@code --set} of every command: settings with or without {@code oncrpc.} in front, checked before anything is done with them.
 * A command uses them in this JVM ({@link #load}) or gives them to JVMs that it starts ({@link #properties}).
 */
public final class SettingsOption {

    private static final String PREFIX = "oncrpc.";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = {"-s", "--set"},
            paramLabel = "NAME=VALUE",
            description = "A setting such as rdma.inline=8192, with or without 'oncrpc.' in front. May be repeated.")
    private Map<String, String> given = new LinkedHashMap<>();

    /** The settings that our agent would have in this JVM, with stronger ones of the command line; a wrong one is a wrong command line. */
    public Configuration load() {
        return load(Map.of());
    }

    /** @param more stronger still; names without {@code oncrpc.} in front */
    public Configuration load(Map<String, String> more) {
        return load(System.getProperties(), System.getenv(), Home.agentIfKnown(), more);
    }

    /** As they were given, for a command that runs others. */
    List<String> given() {
        return given.entrySet().stream().map(setting -> setting.getKey() + '=' + setting.getValue()).toList();
    }

    /** System properties for another JVM: what was given, by full names. It does not have the system properties of this JVM. */
    public Map<String, String> properties() {
        load(new Properties(), Map.of(), null, Map.of());
        Map<String, String> properties = new LinkedHashMap<>();
        given.forEach((name, value) -> properties.put(name.startsWith(PREFIX) ? name : PREFIX + name, value));
        return properties;
    }

    private Configuration load(Properties properties, Map<String, String> environment, Path agentJar, Map<String, String> more) {
        Map<String, String> all = new LinkedHashMap<>(given);
        more.keySet().forEach(name -> all.remove(PREFIX + name));
        all.putAll(more);
        String words = all.entrySet().stream().map(e -> e.getKey() + '=' + e.getValue()).collect(Collectors.joining(","));
        try {
            return Configuration.load(properties, environment, agentJar, words, "--set");
        } catch (ConfigurationException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }
}
