/**
 * Deep networks through DJL (PyTorch, float64, offline): training, per-layer captures, curvature, patches that are
 * measured, and frozen extractors in front of an exact head. The native library loads with the first network, never
 * with the service.
 */
package dev.lethe.unlearn.network;
