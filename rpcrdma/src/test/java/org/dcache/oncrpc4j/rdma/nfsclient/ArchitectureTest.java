// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfsclient;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {

    @Test
    void theClientKnowsOncrpc4jAndTheProtocolOnly() {
        JavaClasses production = new ClassFileImporter().withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("org.dcache.oncrpc4j.rdma.nfsclient");
        classes().should().onlyDependOnClassesThat().resideInAnyPackage("java..", "org.slf4j..", "org.dcache.oncrpc4j.rpc..",
                "org.dcache.oncrpc4j.xdr..", "org.dcache.oncrpc4j.rdma.nfs3..", "org.dcache.oncrpc4j.rdma.nfsclient..").check(production);
    }
}
