// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.config;

import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/**
 * The settings in force, checked once and unchangeable.
 *
 * <p>Sources, strongest first: agent arguments ({@code transport=rdma,rdma.port=20049}, the names without {@code oncrpc.}), system
 * properties, defaults. An unknown name that starts with {@code oncrpc.rdma.} or stands in the agent arguments is an error, and so is a
 * value outside its range. Other properties that start with {@code oncrpc.} may be the application's own and are left alone, unless they
 * are {@code oncrpc.transport} but for a letter or two.
 */
public final class Configuration {

    private static final String PREFIX = "oncrpc.";
    private static final String PORT_PREFIX = "oncrpc.rdma.port.";

    private final Map<String, Object> values = new HashMap<>();
    private final Map<String, String> texts = new HashMap<>();
    private final Map<String, String> origins = new HashMap<>();
    private final Map<String, PortRule> servicePorts = new HashMap<>();
    private final Map<String, String> servicePortTexts = new TreeMap<>();

    private Configuration(Map<String, String> given, Map<String, String> origin) {
        Map<String, String> rest = new LinkedHashMap<>(given);
        for (Setting<?> setting : Settings.all()) {
            String text = rest.remove(setting.name());
            origins.put(setting.name(), text == null ? "default" : origin.getOrDefault(setting.name(), "given"));
            String effective = text == null ? setting.text() : text;
            texts.put(setting.name(), effective);
            values.put(setting.name(), setting.parse(effective));
        }
        rest.forEach((name, text) -> {
            if (name.startsWith(PORT_PREFIX) && name.length() > PORT_PREFIX.length()) {
                servicePorts.put(name.substring(PORT_PREFIX.length()), Settings.PORT.parse(name, text));
                servicePortTexts.put(name.substring(PORT_PREFIX.length()), text);
            } else if (name.startsWith("oncrpc.rdma.") || origin.getOrDefault(name, "").startsWith("agent") || looksLikeTransport(name)) {
                throw new ConfigurationException("unknown setting " + name + "; did you mean " + nearest(name) + "?");
            }
        });
    }

    /** Only these settings, for programs and tests that do not take them from the environment. */
    public static Configuration of(Map<String, String> given) {
        return new Configuration(given, Map.of());
    }

    /**
     * @param properties usually the system properties
     * @param agentArguments what stood behind {@code -javaagent:….jar=}; null or empty for none. Commas inside a value are
     *     understood where the next word has no {@code =}.
     */
    public static Configuration load(Properties properties, String agentArguments) {
        Map<String, String> given = new LinkedHashMap<>();
        Map<String, String> origin = new HashMap<>();
        for (String name : properties.stringPropertyNames()) {
            if (name.startsWith(PREFIX)) {
                given.put(name, properties.getProperty(name));
                origin.put(name, "system property");
            }
        }
        String last = null;
        for (String word : agentArguments == null || agentArguments.isBlank() ? new String[0] : agentArguments.split(",")) {
            int equals = word.indexOf('=');
            if (equals < 0) {
                if (last == null) {
                    throw new ConfigurationException("agent argument '" + word + "': expected name=value");
                }
                given.merge(last, word.trim(), (a, b) -> a + "," + b);
                continue;
            }
            String name = word.substring(0, equals).trim();
            last = name.startsWith(PREFIX) ? name : PREFIX + name;
            given.put(last, word.substring(equals + 1).trim());
            if ("agent argument".equals(origin.put(last, "agent argument"))) {
                throw new ConfigurationException("agent argument " + name + " is given twice");
            }
        }
        return new Configuration(given, origin);
    }

    @SuppressWarnings("unchecked")
    public <T> T get(Setting<T> setting) {
        return (T) values.get(setting.name());
    }

    /** The value as it was written. */
    public String text(Setting<?> setting) {
        return texts.get(setting.name());
    }

    /** "default", "system property", "agent argument" or "given". */
    public String origin(Setting<?> setting) {
        return origins.get(setting.name());
    }

    /** {@code oncrpc.rdma.port.<service name>} if given, else {@code oncrpc.rdma.port}. */
    public PortRule portOf(String serviceName) {
        PortRule own = serviceName == null ? null : servicePorts.get(serviceName);
        return own != null ? own : get(Settings.PORT);
    }

    /** The setting that {@link #portOf} goes by, with its value, for messages. */
    public String portSettingOf(String serviceName) {
        boolean own = serviceName != null && servicePorts.containsKey(serviceName);
        return own ? PORT_PREFIX + serviceName + "=" + servicePortTexts.get(serviceName) : Settings.PORT.name() + "=" + text(Settings.PORT);
    }

    /** The ports given for services by name, as they were written. */
    public Map<String, String> servicePorts() {
        return Collections.unmodifiableMap(servicePortTexts);
    }

    /** {@code oncrpc.transprot=rdma} must not end in silent TCP. */
    private static boolean looksLikeTransport(String name) {
        return distance(name.toLowerCase(Locale.ROOT), Settings.TRANSPORT.name()) <= 2;
    }

    /** Agent arguments often forget the {@code rdma.} before a name, so that the name is looked for with it too. */
    private static String nearest(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        String full = lower.startsWith("oncrpc.rdma.") ? lower : "oncrpc.rdma." + lower.substring(PREFIX.length());
        String best = "";
        int bestDistance = Integer.MAX_VALUE;
        for (Setting<?> setting : Settings.all()) {
            int d = Math.min(distance(lower, setting.name()), distance(full, setting.name()));
            if (d < bestDistance) {
                bestDistance = d;
                best = setting.name();
            }
        }
        return best;
    }

    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int up = row[j];
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                row[j] = Math.min(Math.min(up, row[j - 1]) + 1, diagonal + change);
                diagonal = up;
            }
        }
        return row[b.length()];
    }
}
