#!/bin/sh
# The launcher of the image: as ../lethe, without building. exec, so that a stop signal reaches Java.
archive=/var/lib/lethe/lethe.jsa
options='-XX:MaxRAMPercentage=60 -Dorg.bytedeco.javacpp.maxPhysicalBytes=0'
# Made with the image; Java is silent where it does not fit after all.
[ -s "$archive" ] && options="$options -XX:SharedArchiveFile=$archive -Xlog:cds*=off -Xlog:class+path=off"
# Two lists of options, of which none has a space.
# shellcheck disable=SC2086
exec java $options ${LETHE_JAVA_OPTS:-} -cp '/opt/lethe/lib/*' dev.lethe.streams.cli.Lethe "$@"
