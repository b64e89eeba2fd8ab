// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.weave;

import java.nio.file.Path;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.Settings;

/** First step: are we wanted, and are the settings right? Touches nothing, and must not refer to the hook. */
public final class WantedSettings {

    private WantedSettings() {}

    /**
     * @param arguments the agent's
     * @param jar the agent's; a file of settings may lie beside it
     * @return all settings that were given, wherever, from which each transport loader makes its configuration again; null when the
     *     transport is {@code tcp}, or all is switched off
     * @throws org.dcache.oncrpc4j.rdma.config.ConfigurationException a wrong name or value
     */
    public static Map<String, String> read(String arguments, Path jar) {
        Configuration config = Configuration.load(System.getProperties(), System.getenv(), jar, arguments, "agent argument");
        if (!config.get(Settings.ENABLED)) {
            System.err.println("oncrpc4j-rdma: switched off, nothing is woven: " + Settings.ENABLED.name() + "="
                    + config.text(Settings.ENABLED) + " (" + config.origin(Settings.ENABLED) + ")");
            return null;
        }
        return config.get(Settings.TRANSPORT).usesRdma() ? config.given() : null;
    }
}
