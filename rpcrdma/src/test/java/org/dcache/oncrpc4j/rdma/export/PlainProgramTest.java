// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The export is an ordinary oncrpc4j program. */
class PlainProgramTest {

    private static final String ROOT = "org.dcache.oncrpc4j.rdma.";

    private final JavaClasses production =
            new ClassFileImporter().withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(ROOT + "export", ROOT + "nfs3",
                    ROOT + "tool.serve.app");

    @Test
    @DisplayName("the XDR types use oncrpc4j and nothing else of this project")
    void types() {
        classes().that().resideInAPackage(ROOT + "nfs3..").should().onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "org.dcache.oncrpc4j.xdr", "org.dcache.oncrpc4j.rpc", "org.glassfish.grizzly..",
                ROOT + "nfs3..").check(production);
    }

    @Test
    @DisplayName("the export uses oncrpc4j and the XDR types, and no class of the transport; nor does the program that serves it")
    void export() {
        classes().that().resideInAPackage(ROOT + "export..").should().onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "javax.security.auth..", "com.sun.security.auth..", "org.ietf.jgss", "org.slf4j",
                "org.dcache.oncrpc4j.xdr", "org.dcache.oncrpc4j.rpc..", "org.dcache.oncrpc4j.grizzly", "org.glassfish.grizzly..",
                        ROOT + "nfs3..", ROOT + "export..").check(production);
        classes().that().resideInAPackage(ROOT + "tool.serve.app").should().onlyDependOnClassesThat()
                .resideInAnyPackage("java..", ROOT + "export..", ROOT + "tool.serve.app").check(production);
    }
}
