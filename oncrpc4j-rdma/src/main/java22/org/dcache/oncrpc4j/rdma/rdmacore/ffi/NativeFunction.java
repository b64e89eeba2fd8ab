// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;

/**
 * A C function for the slow paths: set-up, tear-down, waiting. Numbers and pointers alike are passed as long, and the errno of the last
 * call of the calling thread is kept for {@link #errno()}. Any thread; it blocks as long as the function does, which stops neither garbage
 * collection nor other threads.
 *
 * <p>A 32-bit argument in a 64-bit register is what the calling conventions of x86-64 and AArch64 expect; a 32-bit result is cut and
 * sign-extended here.
 */
public final class NativeFunction {

    /** What comes back. */
    public enum Result {
        /** {@code int}; what it means is the function's business. */
        INT,
        /** A pointer, or 64 bits. */
        LONG,
        /** Nothing; {@link #call} gives 0. */
        NOTHING
    }

    private static final MemoryLayout CAPTURE = Linker.Option.captureStateLayout();
    private static final long ERRNO = CAPTURE.byteOffset(MemoryLayout.PathElement.groupElement("errno"));
    private static final ThreadLocal<MemorySegment> CAPTURED = ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(CAPTURE));

    private final String name;
    private final MethodHandle handle;

    private NativeFunction(String name, MemorySegment address, Result result, int arguments, Linker.Option... options) {
        this.name = name;
        ValueLayout[] layouts = new ValueLayout[arguments];
        java.util.Arrays.fill(layouts, ValueLayout.JAVA_LONG);
        FunctionDescriptor descriptor = switch (result) {
            case INT -> FunctionDescriptor.of(ValueLayout.JAVA_INT, layouts);
            case LONG -> FunctionDescriptor.of(ValueLayout.JAVA_LONG, layouts);
            case NOTHING -> FunctionDescriptor.ofVoid(layouts);
        };
        Linker.Option[] all = java.util.Arrays.copyOf(options, options.length + 1);
        all[options.length] = Linker.Option.captureCallState("errno");
        MethodHandle raw = Linker.nativeLinker().downcallHandle(address, descriptor, all);
        if (result == Result.NOTHING) {
            raw = java.lang.invoke.MethodHandles.filterReturnValue(raw, java.lang.invoke.MethodHandles.constant(long.class, 0L));
        }
        handle = raw.asSpreader(long[].class, arguments).asType(MethodType.methodType(long.class, MemorySegment.class, long[].class));
    }

    /** @throws MissingFunctionException when the library does not have it */
    static NativeFunction of(SymbolLookup library, String name, Result result, int arguments, Linker.Option... options) {
        MemorySegment address = library.find(name).orElseThrow(() -> new MissingFunctionException(name));
        return new NativeFunction(name, address, result, arguments, options);
    }

    /** A function that a structure of the library points to. */
    public static NativeFunction at(long address, String name, Result result, int arguments) {
        return new NativeFunction(name, MemorySegment.ofAddress(address), result, arguments);
    }

    public long call(long... arguments) {
        try {
            return (long) handle.invokeExact(CAPTURED.get(), arguments);
        } catch (Throwable e) {
            throw new IllegalStateException("calling " + name + " failed", e);
        }
    }

    /** What errno was after the calling thread's last {@link #call}. */
    public static int errno() {
        return CAPTURED.get().get(ValueLayout.JAVA_INT, ERRNO);
    }

    /** A library lacks a function that we need. */
    static final class MissingFunctionException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        MissingFunctionException(String name) {
            super("the library has no function " + name);
        }
    }
}
