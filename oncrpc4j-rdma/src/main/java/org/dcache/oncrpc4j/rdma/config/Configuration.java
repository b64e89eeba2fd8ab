// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.config;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.dcache.oncrpc4j.rdma.config.Sources.Given;

/**
 * The settings in force, checked once and unchangeable.
 *
 * <p>Sources, strongest first: agent arguments ({@code transport=rdma,rdma.port=20049}, the names without {@code oncrpc.}), system
 * properties, the environment ({@code ONCRPC_RDMA_PORT}), a file, defaults. An unknown name that starts with {@code oncrpc.rdma.} or stands
 * in the agent arguments or the file is an error, and so is a value outside its range; messages name the source. Other properties that
 * start with {@code oncrpc.} may be the application's own and are left alone, unless they are {@code oncrpc.transport} but for a letter or
 * two.
 */
public final class Configuration {

    private static final String PORT_PREFIX = "oncrpc.rdma.port.";

    /** What {@link #origin} says of a setting that nobody gave. */
    private static final String DEFAULT = "default";

    private final Map<String, Object> values = new HashMap<>();
    private final Map<String, Given> effective = new HashMap<>();
    private final Map<String, PortRule> servicePorts = new HashMap<>();
    private final Map<String, Given> servicePortsGiven = new TreeMap<>();

    private Configuration(Map<String, Given> given) {
        Map<String, Given> rest = new LinkedHashMap<>(given);
        for (Setting<?> setting : Settings.all()) {
            Given found = rest.remove(setting.name());
            Given used = found == null ? new Given(setting.text(), DEFAULT, true) : found;
            effective.put(setting.name(), used);
            values.put(setting.name(), setting.parse(setting.name(), used.text(), used.where()));
        }
        rest.forEach((name, found) -> {
            if (name.startsWith(PORT_PREFIX) && name.length() > PORT_PREFIX.length()) {
                String service = name.substring(PORT_PREFIX.length());
                servicePorts.put(service, Settings.PORT.parse(name, found.text(), found.where()));
                servicePortsGiven.put(service, found);
            } else if (name.startsWith("oncrpc.rdma.") || found.ours() || looksLikeTransport(name)) {
                throw new ConfigurationException("unknown setting " + name + found.where() + "; did you mean " + nearest(name) + "?");
            }
        });
    }

    /** Only these settings, for programs and tests that do not take them from the environment. A file that they name is not read. */
    public static Configuration of(Map<String, String> given) {
        Map<String, Given> all = new LinkedHashMap<>();
        given.forEach((name, text) -> all.put(name, new Given(text, Sources.PROGRAM, false)));
        return new Configuration(all);
    }

    /** As the agent, but without an environment and without a file beside its jar. */
    public static Configuration load(Properties properties, String agentArguments) {
        return load(properties, Map.of(), null, agentArguments, "agent argument");
    }

    /**
     * @param properties usually the system properties
     * @param environment usually that of the process
     * @param agentJar beside which the file of settings is looked for when none is named; null for nowhere
     * @param words what stood behind {@code -javaagent:….jar=}, or the like; null or empty for none. Commas inside a value are understood
     *     where the next word has no {@code =}.
     * @param wordsOrigin what to call them
     */
    public static Configuration load(Properties properties, Map<String, String> environment, Path agentJar, String words,
            String wordsOrigin) {
        return new Configuration(Sources.read(properties, environment, agentJar, words, wordsOrigin));
    }

    /** All that was given, by full names. {@link #of} makes the same configuration of it, in another class loader too. */
    public Map<String, String> given() {
        Map<String, String> all = new TreeMap<>();
        effective.forEach((name, given) -> {
            if (!given.origin().equals(DEFAULT)) {
                all.put(name, given.text());
            }
        });
        servicePortsGiven.forEach((service, given) -> all.put(PORT_PREFIX + service, given.text()));
        return all;
    }

    @SuppressWarnings("unchecked")
    public <T> T get(Setting<T> setting) {
        return (T) values.get(setting.name());
    }

    /** The value as it was written. */
    public String text(Setting<?> setting) {
        return effective.get(setting.name()).text();
    }

    /** "default", "system property", "environment" and the variable, "file" and its path, "agent argument" or "given". */
    public String origin(Setting<?> setting) {
        return effective.get(setting.name()).origin();
    }

    /** {@code oncrpc.rdma.port.<service name>} if given, else {@code oncrpc.rdma.port}. */
    public PortRule portOf(String serviceName) {
        PortRule own = serviceName == null ? null : servicePorts.get(serviceName);
        return own != null ? own : get(Settings.PORT);
    }

    /** The setting that {@link #portOf} goes by, with its value, for messages. */
    public String portSettingOf(String serviceName) {
        boolean own = serviceName != null && servicePorts.containsKey(serviceName);
        return own ? PORT_PREFIX + serviceName + "=" + servicePortsGiven.get(serviceName).text()
                : Settings.PORT.name() + "=" + text(Settings.PORT);
    }

    /** The ports given for services by name, as they were written. */
    public Map<String, String> servicePorts() {
        Map<String, String> ports = new TreeMap<>();
        servicePortsGiven.forEach((service, given) -> ports.put(service, given.text()));
        return ports;
    }

    /** As {@link #origin}, of one of {@link #servicePorts}. */
    public String servicePortOrigin(String serviceName) {
        return servicePortsGiven.get(serviceName).origin();
    }

    /** {@code oncrpc.transprot=rdma} must not end in silent TCP. */
    private static boolean looksLikeTransport(String name) {
        return Spelling.distance(name.toLowerCase(Locale.ROOT), Settings.TRANSPORT.name()) <= 2;
    }

    /** Agent arguments often forget the {@code rdma.} before a name, so that the name is looked for with it too. */
    private static String nearest(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        String full = lower.startsWith("oncrpc.rdma.") ? lower : "oncrpc.rdma." + lower.substring(Sources.PREFIX.length());
        return Spelling.nearest(Settings.all().stream().map(Setting::name).toList(), lower, full);
    }
}
