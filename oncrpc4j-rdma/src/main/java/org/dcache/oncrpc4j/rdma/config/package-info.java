// SPDX-License-Identifier: Apache-2.0
/**
 * The settings: names, ranges, defaults, and where each value came from. {@link Settings} lists them, {@link Configuration} has their
 * values; a wrong one is a {@link ConfigurationException} at the start. Usable by every package but {@code proto}; uses the JDK only.
 */
package org.dcache.oncrpc4j.rdma.config;
