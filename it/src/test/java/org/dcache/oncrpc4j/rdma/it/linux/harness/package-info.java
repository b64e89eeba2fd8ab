// SPDX-License-Identifier: Apache-2.0
/**
 * What the scenarios with Linux kernels stand on: {@link LinuxGuest} boots a guest and runs commands in it, {@link KernelClient} and {@link
 * KernelMount} are mounts of our export, {@link GuestJvm} runs our own programs in a guest, {@link ScenarioReport} keeps what a scenario
 * leaves. Uses {@code it.jvm}, {@code it.capture} and the tool.
 */
package org.dcache.oncrpc4j.rdma.it.linux.harness;
