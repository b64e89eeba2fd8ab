// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;

/** What tests may ask of the software device beside being a device: faults, its removal, and how much there is of it. */
final class SoftDevice {

    private final SymbolLookup library;

    private SoftDevice(SymbolLookup library) {
        this.library = library;
    }

    /** The one that this JVM's provider uses; skips the test where it uses another. */
    static SoftDevice require() {
        String name = System.getProperty("org.dcache.oncrpc4j.rdma.libibverbs", "");
        assumeTrue(name.contains("softdevice"), "this JVM does not use the software device");
        assumeTrue(Files.exists(Path.of(name)), "the software device is not built: no gcc on this machine");
        return new SoftDevice(SymbolLookup.libraryLookup(name, Arena.global()));
    }

    private MethodHandle function(String name, FunctionDescriptor descriptor) {
        return Linker.nativeLinker().downcallHandle(library.find(name).orElseThrow(), descriptor);
    }

    /** Rules as {@code fault.c} describes them, in place of all before; none for an empty text. */
    void faults(String rules) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocateFrom(rules);
            int result = (int) function("softdevice_faults", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS))
                    .invokeExact(text);
            if (result != 0) {
                throw new IllegalArgumentException("the software device does not understand: " + rules);
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Everything that was made and not destroyed. */
    long objects() {
        try {
            return (long) function("softdevice_objects", FunctionDescriptor.of(ValueLayout.JAVA_LONG)).invokeExact();
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** The device is pulled out. */
    void remove() {
        run("softdevice_removed");
    }

    /** It is there again. */
    void putBack() {
        run("softdevice_returned");
    }

    private void run(String name) {
        try {
            function(name, FunctionDescriptor.ofVoid()).invokeExact();
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
