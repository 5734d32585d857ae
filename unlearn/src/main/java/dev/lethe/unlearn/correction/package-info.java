/** The anchor form: changes folded into G and P, corrections with their certificates, and settling. */
package dev.lethe.unlearn.correction;
