// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.ConfigurationException;
import org.dcache.oncrpc4j.rdma.config.Setting;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The option {@code --set}, for commands that use the transport in this JVM. */
public final class SettingsOption {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = {"-s", "--set"},
            paramLabel = "NAME=VALUE",
            description = "A setting such as rdma.inline=8192, with or without 'oncrpc.' in front. May be repeated.")
    private Map<String, String> given = new LinkedHashMap<>();

    /** The settings of this JVM with those of the command line, which are stronger; a wrong one is a wrong command line. */
    public Configuration load() {
        return load(Map.of());
    }

    /** With some that are stronger still. */
    public Configuration load(Map<String, String> more) {
        Map<String, String> all = new LinkedHashMap<>(given);
        all.putAll(more);
        String words = all.entrySet().stream().map(e -> e.getKey() + '=' + e.getValue()).collect(Collectors.joining(","));
        try {
            return Configuration.load(System.getProperties(), words);
        } catch (ConfigurationException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    /** Where a setting's value came from. */
    String origin(Configuration config, Setting<?> setting) {
        boolean here = given.keySet().stream().anyMatch(name -> setting.name().equals(name) || setting.name().equals("oncrpc." + name));
        return here ? "--set" : config.origin(setting);
    }
}
