// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.config;

/** A setting has an unknown name or a value that is not allowed. The message names the setting, what was got and what was expected. */
public class ConfigurationException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    public ConfigurationException(String message) {
        super(message);
    }
}
