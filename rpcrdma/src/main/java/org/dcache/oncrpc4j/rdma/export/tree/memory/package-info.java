// SPDX-License-Identifier: Apache-2.0
/**
 * A tree of files in this JVM's memory, of a bounded number of bytes: {@link MemoryTree} is the face. Of {@code export.tree} it uses what
 * every tree is made of ({@code ExportTree}, {@code Node}, {@code Creation}), of {@code nfs3} the types.
 */
package org.dcache.oncrpc4j.rdma.export.tree.memory;
