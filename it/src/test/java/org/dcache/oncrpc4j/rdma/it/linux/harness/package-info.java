// SPDX-License-Identifier: Apache-2.0
/**
 * The base of the scenarios with Linux kernels: {@link LinuxGuest} boots a guest and runs commands in it, {@link KernelClient} and {@link
 * KernelMount} are mounts of our export, {@link GuestJvm} runs our own programs in a guest, {@link ScenarioReport} writes a report. Uses
 * {@code it.jvm}, the programs in {@code it.linux.app} and {@code it.nfs.app}, the tool, its decoder of captures, and the verbs.
 */
package org.dcache.oncrpc4j.rdma.it.linux.harness;
