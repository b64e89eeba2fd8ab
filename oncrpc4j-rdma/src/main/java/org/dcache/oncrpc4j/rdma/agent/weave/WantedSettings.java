// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.weave;

import java.util.Properties;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.Settings;

/** First step: are we wanted, and are the settings right? Touches nothing, and must not refer to the hook. */
public final class WantedSettings {

    private WantedSettings() {}

    /**
     * @param arguments the agent's
     * @return the system properties of ours as they are now, from which each transport loader reads its configuration again; null when the
     *     transport is {@code tcp}
     * @throws org.dcache.oncrpc4j.rdma.config.ConfigurationException a wrong name or value
     */
    public static Properties read(String arguments) {
        Properties now = new Properties();
        Properties system = System.getProperties();
        for (String name : system.stringPropertyNames()) {
            if (name.startsWith("oncrpc.")) {
                now.setProperty(name, system.getProperty(name));
            }
        }
        return Configuration.load(now, arguments).get(Settings.TRANSPORT).usesRdma() ? now : null;
    }
}
