/** Which samples matter, as HTTP and the command line show it: rankings of scores, suspicious labels, influences. */
package dev.lethe.streams.attribution;
