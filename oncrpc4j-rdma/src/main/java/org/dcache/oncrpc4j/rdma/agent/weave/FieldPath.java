// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.weave;

import java.util.ArrayList;
import java.util.List;
import net.bytebuddy.description.field.FieldDescription;
import net.bytebuddy.description.type.TypeDefinition;
import net.bytebuddy.description.type.TypeDescription;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;

/**
 * An int that hangs on an object by public fields, such as {@code count.value} of {@code READ4args}. Found in the class files, so that a
 * field that is not there, or is no int, fails the weave and not the first call.
 */
final class FieldPath {

    private record Step(String owner, String name, String descriptor) {}

    private final List<Step> steps = new ArrayList<>();

    private FieldPath() {}

    /** @param path names with dots between them */
    static FieldPath of(TypeDescription type, String path) {
        FieldPath result = new FieldPath();
        TypeDescription at = type;
        for (String name : path.split("\\.")) {
            FieldDescription field = field(at, name);
            if (field == null) {
                throw new IllegalStateException("expected the field " + path + ", but " + at.getName() + " has no " + name);
            }
            result.steps.add(new Step(at.getInternalName(), name, field.getDescriptor()));
            at = field.getType().asErasure();
        }
        if (!at.represents(int.class)) {
            throw new IllegalStateException("expected the field " + path + " to be an int, it is " + at.getName());
        }
        return result;
    }

    private static FieldDescription field(TypeDescription type, String name) {
        for (TypeDefinition t : type) {
            for (FieldDescription field : t.getDeclaredFields()) {
                if (field.getName().equals(name)) {
                    return field;
                }
            }
        }
        return null;
    }

    /** Writes {@code this.path = hook(this.path)}; needs three words of stack. */
    void replace(MethodVisitor code, String hookClass, String hook) {
        code.visitVarInsn(Opcodes.ALOAD, 0);
        Step last = steps.get(steps.size() - 1);
        for (Step step : steps.subList(0, steps.size() - 1)) {
            code.visitFieldInsn(Opcodes.GETFIELD, step.owner(), step.name(), step.descriptor());
        }
        code.visitInsn(Opcodes.DUP);
        code.visitFieldInsn(Opcodes.GETFIELD, last.owner(), last.name(), last.descriptor());
        code.visitMethodInsn(Opcodes.INVOKESTATIC, hookClass, hook, "(I)I", false);
        code.visitFieldInsn(Opcodes.PUTFIELD, last.owner(), last.name(), last.descriptor());
    }
}
