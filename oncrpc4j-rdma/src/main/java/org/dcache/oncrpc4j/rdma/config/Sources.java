// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.config;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/**
 * Reads what was given from where it was given: words (agent arguments), system properties, the environment, and one file. Each is read
 * once; the first of them that has a name decides it, the others are not asked for its value. Whether values are right is not known here.
 *
 * <p>Names are checked as far as a source is ours alone: all in words and file, and those of the environment that begin with
 * {@code ONCRPC_RDMA_}. The environment has no dots, dashes or small letters, so it cannot name a service; an empty variable is as none.
 */
final class Sources {

    static final String PREFIX = "oncrpc.";

    /** Origin of what a program gave itself. */
    static final String PROGRAM = "given";

    /** Looked for beside the agent jar when no other file is named. */
    private static final String BESIDE = "oncrpc4j-rdma.properties";

    private static final String VARIABLE_PREFIX = "ONCRPC_RDMA_";

    /** @param ours whether every name of its source has to be a setting */
    record Given(String text, String origin, boolean ours) {

        /** For messages; empty for what a program gave itself. */
        String where() {
            return origin.equals(PROGRAM) ? "" : " (" + origin + ")";
        }
    }

    private Sources() {}

    /** @param agentJar null where there is none */
    static Map<String, Given> read(Properties properties, Map<String, String> environment, Path agentJar, String words, String origin) {
        Map<String, Given> all = words(words, origin);
        for (String name : properties.stringPropertyNames()) {
            if (name.startsWith(PREFIX)) {
                all.putIfAbsent(name, new Given(properties.getProperty(name), "system property", false));
            }
        }
        variables(environment).forEach(all::putIfAbsent);
        Given named = all.get(Settings.CONFIG.name());
        Path beside = agentJar == null ? null : agentJar.resolveSibling(BESIDE);
        if (named != null && !named.text().isBlank()) {
            file(named.text().trim(), Settings.CONFIG.name() + "=" + named.text() + named.where()).forEach(all::putIfAbsent);
        } else if (beside != null && Files.exists(beside)) {
            file(beside.toString(), beside + ", beside the agent jar").forEach(all::putIfAbsent);
            all.put(Settings.CONFIG.name(), new Given(beside.toString(), "found beside the agent jar", true));
        }
        return all;
    }

    /** Commas inside a value are understood where the next word has no {@code =}. */
    private static Map<String, Given> words(String words, String origin) {
        Map<String, Given> found = new LinkedHashMap<>();
        String last = null;
        for (String word : words == null || words.isBlank() ? new String[0] : words.split(",")) {
            int equals = word.indexOf('=');
            if (equals >= 0) {
                last = add(found, word.substring(0, equals).trim(), word.substring(equals + 1).trim(), origin);
            } else if (last != null) {
                found.compute(last, (name, before) -> new Given(before.text() + "," + word.trim(), origin, true));
            } else {
                throw new ConfigurationException(origin + " '" + word + "': expected name=value");
            }
        }
        return found;
    }

    private static Map<String, Given> variables(Map<String, String> environment) {
        Map<String, String> names = new TreeMap<>();
        Settings.all().forEach(setting -> names.put(setting.variable(), setting.name()));
        Map<String, Given> found = new LinkedHashMap<>();
        environment.forEach((variable, text) -> {
            String name = names.get(variable);
            String capitals = variable.toUpperCase(Locale.ROOT);
            if (name == null && capitals.startsWith(Settings.PORT.variable() + "_")) {
                throw new ConfigurationException("unknown setting " + variable + " (environment); the port of one service cannot be given "
                        + "there, take the system property oncrpc.rdma.port.<service name> or a file");
            } else if (name == null
                    && (capitals.startsWith(VARIABLE_PREFIX) || Spelling.distance(capitals, Settings.TRANSPORT.variable()) <= 2)) {
                throw new ConfigurationException("unknown setting " + variable + " (environment); did you mean "
                        + Spelling.nearest(names.keySet(), capitals) + "?");
            } else if (name != null && !text.isBlank()) {
                found.put(name, new Given(text, "environment " + variable, true));
            }
        });
        return found;
    }

    /** @param what begins the message when it cannot be read */
    private static Map<String, Given> file(String path, String what) {
        Map<String, Given> found = new LinkedHashMap<>();
        Properties lines = new Properties() {
            @Override
            public synchronized Object put(Object name, Object text) {
                return add(found, (String) name, (String) text, "file " + path);
            }
        };
        try (Reader in = Files.newBufferedReader(Path.of(path))) {
            lines.load(in);
        } catch (ConfigurationException e) {
            throw e;
        } catch (IOException | IllegalArgumentException e) {
            throw new ConfigurationException(what + ": expected a file of settings that can be read; " + e);
        }
        if (found.containsKey(Settings.CONFIG.name())) {
            throw new ConfigurationException(Settings.CONFIG.name() + " (file " + path + "): a file cannot name another");
        }
        return found;
    }

    /** @return the full name */
    private static String add(Map<String, Given> found, String name, String text, String origin) {
        String full = name.startsWith(PREFIX) ? name : PREFIX + name;
        if (found.putIfAbsent(full, new Given(text, origin, true)) != null) {
            throw new ConfigurationException(name + " is given twice (" + origin + ")");
        }
        return full;
    }
}
