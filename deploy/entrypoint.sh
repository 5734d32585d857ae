#!/bin/sh
# The launcher of the image: as ../lethe, without building. exec, so that a stop signal reaches Java.
exec java -XX:MaxRAMPercentage=60 -Dorg.bytedeco.javacpp.maxPhysicalBytes=0 ${LETHE_JAVA_OPTS:-} \
  -cp '/opt/lethe/lib/*' dev.lethe.streams.cli.Lethe "$@"
