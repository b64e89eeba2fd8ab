#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# mount-stats.sh DIRECTORY: what /proc/self/mountstats has of that mount.
awk -v wanted="$1" '$1 == "device" {mine = $5 == wanted} mine' /proc/self/mountstats
