// SPDX-License-Identifier: Apache-2.0
/**
 * What an adapter has of its devices, connections apart: the contexts that librdmacm opens ({@link OpenDevices}, {@link Contexts},
 * {@link AsyncEvents}), each {@link Device} with its protection domain, registered memory ({@link Regions}, {@link BouncePool},
 * {@link ExposedMemory}) and {@link Windows}, {@link ControlThreads} for calls that may block, the {@link SelfTest} of layouts, and
 * {@link RdmaCoreCounter}. The rest of the provider stands on it. Uses {@code rdmacore.ffi}, {@code verbs}, {@code metrics}.
 */
package org.dcache.oncrpc4j.rdma.rdmacore.device;
