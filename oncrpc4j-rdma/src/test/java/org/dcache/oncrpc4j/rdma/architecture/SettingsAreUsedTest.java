// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.dcache.oncrpc4j.rdma.config.Setting;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A setting that nobody reads would be a promise that is not kept. */
class SettingsAreUsedTest {

    @Test
    @DisplayName("every setting is read by a package that acts on it")
    void everySettingIsRead() {
        JavaClass settings = new ClassFileImporter().withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("org.dcache.oncrpc4j.rdma").get(Settings.class);
        int seen = 0;
        for (JavaField field : settings.getFields()) {
            if (field.getRawType().isEquivalentTo(Setting.class)) {
                seen++;
                if (field.getName().equals("CONFIG")) {
                    assertThat(field.getAccessesToSelf()).as("who reads the file")
                            .anyMatch(a -> a.getOriginOwner().getSimpleName().equals("Sources"));
                    continue;
                }
                assertThat(field.getAccessesToSelf()).as("reads of Settings." + field.getName())
                        .anyMatch(a -> !a.getOriginOwner().getPackageName().equals(Settings.class.getPackageName()));
            }
        }
        assertThat(seen).isEqualTo(Settings.all().size());
    }
}
