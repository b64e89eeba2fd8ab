// SPDX-License-Identifier: Apache-2.0
/**
 * The program that tries everything that can fail for an application of oncrpc4j: {@code Failures} visits the places, a class for each kind
 * of failure adds those of its kind. A place's name is the row of docs/exceptions.md.
 */
package org.dcache.oncrpc4j.rdma.it.app.failures;
