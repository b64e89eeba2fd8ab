// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.io.EOFException;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.glassfish.grizzly.FileChunk;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a {@link FileChunk} by position, straight into the memory that goes out: one system call for all of it. A chunk itself can only
 * write to a channel, and the JDK moves a file to a channel that is no socket in pieces of 8 KiB, with a copy of each.
 *
 * <p>So it looks at what the chunk's class consists of: one field that can be read by position ({@code read(ByteBuffer, long)}: a {@link
 * java.nio.channels.FileChannel}, or dCache's channel of a replica) and one long that is the position. Grizzly's own {@code FileTransfer}
 * and the chunks of dCache's pools are so. Any other class is left alone, and its chunks are written to a channel. A class is looked at
 * once. Any thread; the chunk is not changed.
 */
final class PositionalChunk {

    private static final Logger LOG = LoggerFactory.getLogger(PositionalChunk.class);

    private static final Set<String> POSITION = Set.of("pos", "position", "offset");

    private static final ClassValue<PositionalChunk> CLASSES = new ClassValue<>() {
        @Override
        protected PositionalChunk computeValue(Class<?> type) {
            try {
                return of(type);
            } catch (ReflectiveOperationException | RuntimeException e) {
                LOG.debug("chunks of {} are not read by position: {}", type.getName(), e.toString());
                return null;
            }
        }
    };

    /** (Object chunk) to Object. */
    private final MethodHandle file;
    /** (Object chunk) to long. */
    private final MethodHandle position;
    /** (Object file, ByteBuffer target, long position) to int. */
    private final MethodHandle read;

    private PositionalChunk(MethodHandle file, MethodHandle position, MethodHandle read) {
        this.file = file;
        this.position = position;
        this.read = read;
    }

    /** Null when its chunks cannot be read by position. */
    private static PositionalChunk of(Class<?> type) throws ReflectiveOperationException {
        List<Field> files = new ArrayList<>();
        List<Field> positions = new ArrayList<>();
        for (Class<?> c = type; c != null && c != Object.class; c = c.getSuperclass()) {
            for (Field field : c.getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers()) && read(field.getType()) != null) {
                    files.add(field);
                } else if (!Modifier.isStatic(field.getModifiers()) && field.getType() == long.class
                        && POSITION.contains(field.getName())) {
                    positions.add(field);
                }
            }
        }
        if (files.size() != 1 || positions.size() != 1) {
            return null;
        }
        MethodHandle read = read(files.get(0).getType());
        return new PositionalChunk(getter(files.get(0), Object.class), getter(positions.get(0), long.class),
                read.asType(MethodType.methodType(int.class, Object.class, ByteBuffer.class, long.class)));
    }

    private static MethodHandle getter(Field field, Class<?> as) throws IllegalAccessException {
        field.setAccessible(true);
        return MethodHandles.lookup().unreflectGetter(field).asType(MethodType.methodType(as, Object.class));
    }

    /** Null when objects of this type cannot be read by position, or not by us. */
    private static MethodHandle read(Class<?> type) {
        try {
            return MethodHandles.publicLookup().findVirtual(type, "read", MethodType.methodType(int.class, ByteBuffer.class, long.class));
        } catch (NoSuchMethodException | IllegalAccessException e) {
            return null;
        }
    }

    /**
     * Fills the target from the chunk's file.
     *
     * @param target its remaining bytes are those of the chunk
     * @return false when the chunk is of a class that cannot be read so; nothing was done then
     * @throws EOFException the file ends before
     */
    static boolean read(FileChunk chunk, ByteBuffer target) throws IOException {
        PositionalChunk known = CLASSES.get(chunk.getClass());
        if (known == null) {
            return false;
        }
        try {
            Object from = (Object) known.file.invokeExact((Object) chunk);
            if (from == null) {
                return false;
            }
            long at = (long) known.position.invokeExact((Object) chunk);
            while (target.hasRemaining()) {
                int n = (int) known.read.invokeExact(from, target, at);
                if (n <= 0) {
                    throw new EOFException("file chunk ended " + target.remaining() + " bytes early, at byte " + at + " of its file");
                }
                at += n;
            }
            return true;
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IOException("reading a file chunk of " + chunk.getClass().getName() + " failed: " + e, e);
        }
    }
}
