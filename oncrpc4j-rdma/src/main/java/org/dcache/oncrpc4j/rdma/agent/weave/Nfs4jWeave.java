// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.weave;

import static net.bytebuddy.matcher.ElementMatchers.isConstructor;
import static net.bytebuddy.matcher.ElementMatchers.named;
import static net.bytebuddy.matcher.ElementMatchers.takesArguments;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import net.bytebuddy.asm.AsmVisitorWrapper;
import net.bytebuddy.description.type.TypeDescription;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import net.bytebuddy.jar.asm.Type;
import net.bytebuddy.utility.OpenedClassReader;
import org.dcache.oncrpc4j.rdma.agent.hook.Nfs4jHook;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.Settings;

/**
 * The weave points of nfs4j, known by their names only. None of them unless its setting asks for it:
 *
 * <pre>
 *  oncrpc.rdma.nfs4j.transfer-size   READ3args, READ4args        the count, once decoded
 *                                    FSINFO3resok                rtmax, rtpref, wtmax, wtpref, before they are encoded
 *                                    fattr4_maxread, _maxwrite   the argument of the constructor
 *  oncrpc.rdma.nfs4j.devices         device_addr4                the body, as it is encoded
 * </pre>
 *
 * <p>All are XDR types: so they serve nfs4j's own operations and others that an application puts in their place, dCache's READ for one. A
 * class is woven when it is loaded, which may be at the first READ; {@link #check} loads all of them when the first service is built, so
 * that an nfs4j they do not fit fails then.
 */
final class Nfs4jWeave {

    private static final String V3 = "org/dcache/nfs/v3/xdr/";
    private static final String V4 = "org/dcache/nfs/v4/xdr/";
    /** Every nfs4j that oncrpc4j 3.4 runs has it. */
    private static final String SERVER = "org.dcache.nfs.v4.NFSServerV41";
    private static final String HOOK = Type.getInternalName(Nfs4jHook.class);

    private Nfs4jWeave() {}

    /** What the settings ask for, by internal class name. */
    static Map<String, Function<TypeDescription, AsmVisitorWrapper>> of(Configuration config) {
        Map<String, Function<TypeDescription, AsmVisitorWrapper>> weaves = new LinkedHashMap<>();
        if (config.get(Settings.NFS4J_TRANSFER_SIZE) != null) {
            weaves.put(V3 + "READ3args", type -> fields(type, "xdrDecode", true, "readCount", "count.value.value"));
            weaves.put(V4 + "READ4args", type -> fields(type, "xdrDecode", true, "readCount", "count.value"));
            weaves.put(V3 + "FSINFO3resok",
                    type -> fields(type, "xdrEncode", false, "namedSize", "rtmax.value", "rtpref.value", "wtmax.value", "wtpref.value"));
            weaves.put(V4 + "fattr4_maxread", Nfs4jWeave::longArgument);
            weaves.put(V4 + "fattr4_maxwrite", Nfs4jWeave::longArgument);
        }
        if (config.get(Settings.NFS4J_DEVICES) != null) {
            weaves.put(V4 + "device_addr4", Nfs4jWeave::deviceAddress);
        }
        return weaves;
    }

    /**
     * Loads the classes that are to be woven, where there is an nfs4j.
     *
     * @throws IllegalStateException some are there and some are not
     */
    static void check(Iterable<String> names, ClassLoader loader) {
        if (!names.iterator().hasNext()) {
            return;
        }
        List<String> missing = new ArrayList<>();
        boolean any = isThere(SERVER, loader);
        for (String name : names) {
            String dotted = name.replace('/', '.');
            if (isThere(dotted, loader)) {
                any = true;
            } else {
                missing.add(dotted);
            }
        }
        if (any && !missing.isEmpty()) {
            throw new IllegalStateException("the settings oncrpc.rdma.nfs4j.… do not fit this nfs4j (0.27 is known to fit): it has no "
                    + String.join(", ", missing));
        }
    }

    private static boolean isThere(String name, ClassLoader loader) {
        try {
            Class.forName(name, false, loader);
            return true;
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }

    /** Before the method's code or at each of its returns, puts the hook's answer in the place of each int. */
    private static AsmVisitorWrapper fields(TypeDescription type, String method, boolean atReturn, String hook, String... paths) {
        List<FieldPath> fields = new ArrayList<>();
        for (String path : paths) {
            fields.add(FieldPath.of(type, path));
        }
        WeavePoint point = new WeavePoint(method, named(method));
        return wrapper(type, point, next -> new MethodVisitor(OpenedClassReader.ASM_API, next) {
            @Override
            public void visitCode() {
                super.visitCode();
                if (!atReturn) {
                    replace();
                }
            }

            @Override
            public void visitInsn(int opcode) {
                if (atReturn && opcode == Opcodes.RETURN) {
                    replace();
                }
                super.visitInsn(opcode);
            }

            private void replace() {
                fields.forEach(field -> field.replace(mv, HOOK, hook));
            }

            @Override
            public void visitMaxs(int stack, int locals) {
                super.visitMaxs(stack + 3, locals);
            }
        });
    }

    /** The constructor that takes a long gets the hook's answer instead. */
    private static AsmVisitorWrapper longArgument(TypeDescription type) {
        WeavePoint point = new WeavePoint("constructor with a long", isConstructor().and(takesArguments(long.class)));
        return new AsmVisitorWrapper.ForDeclaredMethods().constructor(point.in(type), (t, m, next, context, pool, w, r) ->
                new MethodVisitor(OpenedClassReader.ASM_API, next) {
                    @Override
                    public void visitCode() {
                        super.visitCode();
                        super.visitVarInsn(Opcodes.LLOAD, 1);
                        super.visitMethodInsn(Opcodes.INVOKESTATIC, HOOK, "atMost", "(J)J", false);
                        super.visitVarInsn(Opcodes.LSTORE, 1);
                    }
                });
    }

    private static AsmVisitorWrapper deviceAddress(TypeDescription type) {
        FieldPath.of(type, DeviceBodyVisitor.LAYOUT_TYPE);
        return wrapper(type, new WeavePoint("xdrEncode", named("xdrEncode").and(takesArguments(1))),
                next -> new DeviceBodyVisitor(next, type.getInternalName()));
    }

    private static AsmVisitorWrapper wrapper(TypeDescription type, WeavePoint point, Function<MethodVisitor, MethodVisitor> visitor) {
        return new AsmVisitorWrapper.ForDeclaredMethods().method(point.in(type), (t, m, next, context, pool, w, r) -> visitor.apply(next));
    }
}
