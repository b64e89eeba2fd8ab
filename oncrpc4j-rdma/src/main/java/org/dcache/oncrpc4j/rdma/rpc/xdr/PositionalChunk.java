// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.xdr;

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
import org.glassfish.grizzly.FileChunk;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a {@link FileChunk} by position, straight into the memory that goes out: one system call for all of it. A chunk itself can only
 * write to a channel, and the JDK moves a file to a channel that is no socket in pieces of 8 KiB, with a copy of each.
 *
 * <p>So it looks at what the chunk's class consists of: one field that can be read by position ({@code read(ByteBuffer, long)}: a {@link
 * java.nio.channels.FileChannel}, or dCache's channel of a replica), one long that is the position, and no other number but what is left.
 * Grizzly's own {@code FileTransfer} and the chunks of all dCache pools are so. A class with another number, or with an object around it,
 * may reckon with that: it is left alone, a line of the log says so once, and its chunks are written to a channel. Any thread; the chunk
 * is not changed.
 */
final class PositionalChunk {

    private static final Logger LOG = LoggerFactory.getLogger(PositionalChunk.class);

    private static final List<String> POSITION = List.of("pos", "position", "offset", "start");
    private static final List<String> LEFT = List.of("len", "length", "count", "size", "remaining", "left");

    private static final ClassValue<PositionalChunk> CLASSES = new ClassValue<>() {
        @Override
        protected PositionalChunk computeValue(Class<?> type) {
            String why;
            try {
                return of(type);
            } catch (IllegalArgumentException e) {
                why = e.getMessage();
            } catch (ReflectiveOperationException | RuntimeException e) {
                why = e.toString();
            }
            LOG.warn("file chunks of {} cannot be read at once, so the JDK may read them in pieces of 8 KiB: {}. Expected one field that"
                    + " can be read by position, such as a FileChannel, one long named {}, and no number besides but one named {}",
                    type.getName(), why, POSITION, LEFT);
            return null;
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

    /** @throws IllegalArgumentException its chunks cannot be read by position; the message says why */
    private static PositionalChunk of(Class<?> type) throws ReflectiveOperationException {
        List<Field> files = new ArrayList<>();
        List<Field> positions = new ArrayList<>();
        for (Class<?> c = type; c != null && c != Object.class; c = c.getSuperclass()) {
            for (Field field : c.getDeclaredFields()) {
                String name = field.getName().replaceFirst("^_", "");
                if (Modifier.isStatic(field.getModifiers())) {
                    continue;
                }
                if (read(field.getType()) != null) {
                    files.add(field);
                } else if (field.getType() == long.class && POSITION.contains(name)) {
                    positions.add(field);
                } else if (field.isSynthetic() || isNumber(field.getType()) && !LEFT.contains(name)) {
                    throw new IllegalArgumentException("its position may depend on its field " + field.getName());
                }
            }
        }
        if (files.size() != 1 || positions.size() != 1) {
            throw new IllegalArgumentException("it has " + files.size() + " such files and " + positions.size() + " positions");
        }
        MethodHandle read = read(files.get(0).getType());
        return new PositionalChunk(getter(files.get(0), Object.class), getter(positions.get(0), long.class),
                read.asType(MethodType.methodType(int.class, Object.class, ByteBuffer.class, long.class)));
    }

    private static boolean isNumber(Class<?> type) {
        return type.isPrimitive() && type != boolean.class || Number.class.isAssignableFrom(type);
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
