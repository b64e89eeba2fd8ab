#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes jars of releases of oncrpc4j out of a clone of its repository, for OtherReleasesIT: few of them are on Maven Central.
#
#   oncrpc4j.sh CLONE OUTPUT RELEASE...      a release is 3.4.0, or anything that git knows, such as master
#
# They are compiled against the libraries of the tool's build (mvn package), with the Java of JAVA_HOME; no jar needs Maven. Prints the
# jars as one path, for -Dit.oncrpc4j.jars.

set -eu

[ $# -ge 3 ] || { sed -n 's/^#   \(oncrpc4j.sh\)/usage: \1/p' "$0" >&2; exit 2; }
clone=$1 output=$2
shift 2
libraries=$(cd "$(dirname "$0")/../../../../rpcrdma/target/tool/app" && pwd) || { echo "first: mvn -DskipTests package" >&2; exit 1; }
path=$(find "$libraries" -name '*.jar' ! -name 'oncrpc4j-core*' | tr '\n' ':')
bin=${JAVA_HOME:+$JAVA_HOME/bin/}
mkdir -p "$output"
output=$(cd "$output" && pwd)
jars=
for release; do
    tag=$release
    git -C "$clone" rev-parse -q --verify "oncrpc4j-$release^{commit}" >/dev/null && tag=oncrpc4j-$release
    work=$(mktemp -d)
    git -C "$clone" archive "$tag" oncrpc4j-core/src/main/java | tar x -C "$work"
    find "$work" -name '*.java' >"$work/sources"
    "${bin}javac" -nowarn -Xlint:none -proc:none -cp "$path" -d "$work/classes" "@$work/sources" >&2
    jar=$output/oncrpc4j-core-$(echo "$release" | tr / -).jar
    "${bin}jar" cf "$jar" -C "$work/classes" .
    rm -rf "$work"
    jars=$jars:$jar
done
echo "${jars#:}"
